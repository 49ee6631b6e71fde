// What a run may use, and how it is told that it went beyond that.
//
// A run is one execution of a program from its entry (a test run, a fired link, a hook) or of one of its callbacks (a
// work item's, a timer's). Whoever makes a Kernel limits all of them (KernelOptions::run_limits); a thread may limit
// those that it begins itself otherwise (RunLimitsScope). A run that reaches a limit is stopped between two
// instructions: it gives up the locks, ring buffer records and references that it holds, its effects so far stay, and
// what was run answers -ETIME. A run that comes to
// a call without behavior is stopped in the same way, and what was run answers -EOPNOTSUPP.
#pragma once

#include <cstdint>
#include <string>

#include "skep/export.h"

namespace skep {

struct RunLimits {
  std::uint64_t instructions = 0;  // 0: no limit. Exact: as many are executed and no more
  // Nanoseconds of the Kernel's clock, sleeps included; 0: no limit. The clock is read every 65,536 instructions, so a
  // run may take a little longer.
  std::uint64_t time_ns = 0;
};

enum class StopReason : std::uint8_t {
  none,          // it was not stopped
  instructions,  // RunLimits::instructions
  time,          // RunLimits::time_ns
  asked,         // Kernel::stop_runs
  closing,       // its Kernel is being destroyed, and KernelOptions::close_limit_ns have passed
  no_behavior,   // it made a call that is verified and has no behavior here; the message names it
};

// One run that was stopped, and where.
struct StoppedRun {
  StopReason reason = StopReason::none;
  std::string program;   // whose code was running
  std::string function;  // in which function it was stopped
  std::string entry;     // the function that the run began in: the program's first, or a callback
  bool callback = false;
  // The line of C, if the program was loaded with its source lines: the file without its directory, and the text.
  std::string file, text;
  std::uint32_t line = 0;
  std::uint32_t instruction = 0;  // its place in the program as it was loaded
  std::uint64_t instructions = 0;
  std::uint64_t time_ns = 0;
  unsigned cpu = 0;
  std::string message;  // all of that as one line
};

// A Kernel's memory, in bytes, as KernelOptions::memory_limit counts it.
struct MemoryStatistics {
  std::uint64_t limit = 0;    // 0: none
  std::uint64_t used = 0;     // now; what waits for a grace period included
  std::uint64_t peak = 0;     // the most so far
  std::uint64_t refused = 0;  // how often something was refused for the limit's sake
};

// One run that has taken at least 100 ms by now.
struct LongRun {
  std::string program;
  std::string entry;
  bool callback = false;
  unsigned cpu = 0;
  std::uint64_t running_ns = 0;
};

// Runs that this thread begins while it lives have these limits, whatever Kernel they are of, instead of the Kernel's
// own. Scopes nest, and end in the order in which they began. Callbacks keep the Kernel's limits.
class SKEP_API RunLimitsScope {
 public:
  explicit RunLimitsScope(const RunLimits& limits);
  ~RunLimitsScope();
  RunLimitsScope(const RunLimitsScope&) = delete;
  RunLimitsScope& operator=(const RunLimitsScope&) = delete;

 private:
  RunLimits limits_;
  const RunLimits* before_;
};

// Runs that this thread begins while it lives are on that virtual CPU, which is waited for; a number beyond the
// Kernel's CPUs says nothing. Scopes nest, and end in the order in which they began.
class SKEP_API RunCpuScope {
 public:
  explicit RunCpuScope(unsigned cpu);
  ~RunCpuScope();
  RunCpuScope(const RunCpuScope&) = delete;
  RunCpuScope& operator=(const RunCpuScope&) = delete;

 private:
  unsigned cpu_;
  const unsigned* before_;
};

}  // namespace skep
