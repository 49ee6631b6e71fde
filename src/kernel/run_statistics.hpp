// How often programs ran and for how long, as BPF_OBJ_GET_INFO_BY_FD tells it (run_cnt, run_time_ns): counted while
// somebody holds a descriptor of BPF_ENABLE_STATS, for the clock that is read around each run costs as much as a short
// program. Runs from an entry count: test runs, fired links, hooks, members of struct_ops; tail calls and the callbacks
// of work items and timers do not, as in the kernel. Tested by tests/kernel/run_statistics_test.cpp.
#pragma once

#include <atomic>
#include <cstdint>

#include "skep/kernel.hpp"

namespace skep {

struct ProgramObject;

struct RunStatistics {
  std::atomic<std::uint64_t> runs{0}, time_ns{0};
};

// Lives as long as the runs of a program that it counts.
class RunMeter {
 public:
  RunMeter(const Kernel::Impl& kernel, const ProgramObject& program);
  ~RunMeter();
  RunMeter(const RunMeter&) = delete;
  RunMeter& operator=(const RunMeter&) = delete;
  void count(std::uint32_t runs) { runs_ += runs; }

 private:
  const Kernel::Impl& kernel_;
  const ProgramObject* program_;  // null: nobody wants to know
  std::uint64_t begin_ = 0;
  std::uint32_t runs_ = 0;
};

}  // namespace skep
