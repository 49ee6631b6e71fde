// USDT probes of provider `skep`, for tracers outside the process (bpftrace, perf, systemtap): an instruction that does
// nothing until one of them looks. Built in where <sys/sdt.h> is there (Debian: systemtap-sdt-dev). Arguments: the
// item, a virtual CPU. docs/work-queues.md lists them; tests/cli/observe_test.py finds them in the command.
#pragma once

#if __has_include(<sys/sdt.h>)
#include <sys/sdt.h>
#define SKEP_PROBE(name, item, cpu) DTRACE_PROBE2(skep, name, item, cpu)
#else
#define SKEP_PROBE(name, item, cpu) static_cast<void>(0)
#endif
