// What tests of programs need beyond running them: a clock that stands, calls that are replaced, and everything that
// programs say: lines, records. See also RunCpuScope (skep/limits.hpp) and KernelOptions::clock_ns, random_seed.
//
//   skep::mock_call(kernel, "bpf_get_prandom_u32", [](const skep::MockedCall&) { return 4; });  // before it is loaded
//   skep::on_perf_record(kernel, [&](const skep::PerfRecord& record) { records.push_back(record); });
//
// Tested by tests/kernel/testing_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "skep/kernel.hpp"

namespace skep {

// Lets so much time pass on a clock that stands. Timers run when they are due, and the work that follows from them, on
// this thread. False: the Kernel's clock goes by itself, or work restarts itself without end: the clock stopped there.
SKEP_API bool advance_clock(Kernel& kernel, std::uint64_t ns);
// Sets such a clock anew, even back: between two tests. False: the Kernel's clock goes by itself.
SKEP_API bool set_clock(Kernel& kernel, std::uint64_t ns, std::uint64_t realtime_ns);
// Begins the random numbers of programs anew.
SKEP_API void seed_random(Kernel& kernel, std::uint64_t seed);
// The Kernel's monotonic clock, as programs see it.
SKEP_API std::uint64_t clock_now(Kernel& kernel);

// A line of bpf_printk, and who says it.
struct TraceLine {
  std::string text, program;
  unsigned cpu = 0;
};
// As Kernel::on_trace, which is told, too.
SKEP_API void on_trace_line(Kernel& kernel, std::function<void(const TraceLine&)> listener);

// A record for a perf event array: bpf_perf_event_output and its like.
struct PerfRecord {
  std::string map, program;
  std::uint32_t index = 0;  // in the map: the CPU's, by custom
  std::vector<std::uint8_t> bytes;
};
// While somebody listens, every element of every such map has an event; else those have that user space put in
// (skep/perf_event.hpp), and of the others programs get -ENOENT.
SKEP_API void on_perf_record(Kernel& kernel, std::function<void(const PerfRecord&)> listener);

// ---- calls that are replaced ----

struct MockedCall {
  std::string_view call;  // "bpf_ktime_get_ns"
  std::string_view program;
  unsigned cpu = 0;
  std::array<std::uint64_t, 5> args = {};
  // Bytes of memory at args[i] that the program has proved, for arguments that are memory of a known size; else 0.
  std::array<std::uint64_t, 5> sizes = {};
};
// What the program gets; it runs on the program's thread, several at a time, and must not block.
using MockFunction = std::function<std::int64_t(const MockedCall&)>;
// Replaces a helper or kfunc, by name, for programs that are loaded from now on; a null function ends that. The
// verifier still checks the real prototype. What the verifier concludes of a result holds for the mock's, too: a value
// that the call cannot return (a length beyond the memory, a CPU that there is not, a pointer) is replaced by the
// nearest that it can, and on_log is told. -ENOENT: there is no such call. -EOPNOTSUPP: it is part of how programs work
// (locks, references, callbacks, tail calls, maps' values), which nobody can stand in for; refusal() says so.
SKEP_API int mock_call(Kernel& kernel, std::string_view call, MockFunction function);
// The same by a global function of the object that is loaded, for objects that are opened from now on: it gets what the
// call is given, and its result is the call's. The verifier checks the call as the real one, and as a call of the
// function, too; that may not sleep, throw, or change the packet. Calls that the function makes itself are real. An
// empty name ends that.
SKEP_API int mock_call_by(Kernel& kernel, std::string_view call, std::string_view function);
// How often a function has answered so since then.
SKEP_API std::uint64_t mocked_calls(Kernel& kernel, std::string_view call);

}  // namespace skep
