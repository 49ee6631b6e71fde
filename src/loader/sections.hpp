// Program sections that the distribution's libbpf does not know yet.
#pragma once

namespace skep::loader {

// Registers the handlers of those that this libbpf lacks.
void teach_sections();

}  // namespace skep::loader
