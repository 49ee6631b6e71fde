// What the Kernel knows of its runs while they run: those that take long, and those that were stopped.
//
// A run that is shorter than Leash::long_ns never comes here. Tested by tests/bounds/run_limits_test.cpp.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/call_env.hpp"
#include "skep/kernel.hpp"

namespace skep {

// The limits of runs that this thread begins, or null: see RunLimitsScope.
const RunLimits* limits_of_this_thread();
// The CPU that this thread's runs are to be on, or null: see RunCpuScope.
const unsigned* cpu_of_this_thread();
// What the caller of a run that was stopped gets: -ETIME, or -EINTR when it was asked for. 0: it was not.
int error_of(StopReason reason);
// A place in a program, as people name it.
struct CodePlace {
  std::string_view function, file, text;  // empty: not known
  std::uint32_t line = 0;
  std::uint32_t instruction = 0;  // of the program as it was loaded
  // "in f() at file.c:12: the line", or "… at instruction 7".
  std::string where() const;
};
CodePlace place_in(const runtime::Program& program, std::uint32_t pc);
// All that is known of the place, with its message.
StoppedRun stopped_run(const runtime::RunPlace& place);

class RunWatch {
 public:
  using Listener = std::function<void(const StoppedRun&)>;
  void on_stopped(Listener listener);
  // Tells the listener; what it throws is told to the Kernel's log.
  void stopped(Kernel& kernel, const StoppedRun& run);
  void count_stopped() { stopped_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t stopped_so_far() const { return stopped_.load(std::memory_order_relaxed); }

  void is_long(const void* run, const runtime::RunPlace& place, std::uint64_t now_ns);
  void ended(const void* run);
  std::vector<LongRun> long_runs(std::uint64_t now_ns) const;

 private:
  std::atomic<std::uint64_t> stopped_{0};
  mutable std::mutex lock_;  // of the listener, and held while it is called
  Listener listener_;
  struct Known {
    LongRun run;
    std::uint64_t began_ns;
  };
  mutable std::mutex runs_lock_;
  std::map<const void*, Known> runs_;
};

}  // namespace skep
