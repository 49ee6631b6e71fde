// Perf events for the output of programs, as perf_event_open(2) has them: what libbpf's perf_buffer and other readers
// of perf event arrays need beside bpf(2). The loader's wrapped calls lead here; whoever speaks bpf(2) by Kernel::bpf
// calls these.
//
//   int fd = skep::open_perf_event(kernel, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
//   void* ring = reinterpret_cast<void*>(kernel.mmap(nullptr, 9 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
//   skep::control_perf_event(kernel, fd, PERF_EVENT_IOC_ENABLE, 0);
//
// There is one event: PERF_TYPE_SOFTWARE with PERF_COUNT_SW_BPF_OUTPUT, of a virtual CPU. Its descriptor is a Kernel's
// (Kernel::close, duplicate, mmap), goes into a perf event array by BPF_MAP_UPDATE_ELEM, and is readable while a reader
// has not read what it was woken for. Records are in the ring as perf_event_open(2) describes them. Tested by
// tests/loader/perf_rows_test.cpp and tests/loader/perf_buffer_test.cpp.
#pragma once

#include "skep/kernel.hpp"

namespace skep {

// A descriptor or a negative errno. `attr`: a struct perf_event_attr of <linux/perf_event.h>. -EOPNOTSUPP: another kind
// of event, or what Skep has not of this one; Kernel::on_log and refusal() say what.
SKEP_API int open_perf_event(Kernel& kernel, const void* attr, int pid, int cpu, int group, unsigned long flags);
// ioctl(2) of such a descriptor: PERF_EVENT_IOC_ENABLE, _DISABLE, _RESET, _ID and _PAUSE_OUTPUT.
SKEP_API int control_perf_event(Kernel& kernel, int fd, unsigned long request, unsigned long argument);

}  // namespace skep
