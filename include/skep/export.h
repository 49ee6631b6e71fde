/* What the shared library shows. Everything else in it is hidden, and the linker script gives the rest its version. */
#ifndef SKEP_EXPORT_H
#define SKEP_EXPORT_H

#define SKEP_API __attribute__((visibility("default")))
#define SKEP_LOCAL __attribute__((visibility("hidden")))

#endif
