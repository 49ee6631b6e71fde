// What executors that run on real threads share: the clock, who runs what on this thread, and driving a job to its end.
// Used by thread_executor.cpp and pumped_executor.cpp; tested by tests/async/executor_test.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "async/item.hpp"
#include "async/job.hpp"
#include "rcu/rcu.hpp"

namespace skep::async {

std::uint64_t monotonic_ns();

// What a thread runs for, so that a run inside a run uses the CPU that is held already.
struct Current {
  const void* executor = nullptr;
  unsigned cpu = 0;
  Runnable* item = nullptr;  // whose callback it is
  bool away = false;         // it sleeps, and has given the CPU up
};
const Current& current_run();

// The run of this thread has given its CPU up: for as long as the scope around it, or this one, lives.
void leave_cpu();
class AwayScope {
 public:
  AwayScope();
  ~AwayScope();
  AwayScope(const AwayScope&) = delete;
  AwayScope& operator=(const AwayScope&) = delete;
};

class CurrentScope {
 public:
  CurrentScope(const void* executor, unsigned cpu, Runnable* item);
  ~CurrentScope();
  CurrentScope(const CurrentScope&) = delete;
  CurrentScope& operator=(const CurrentScope&) = delete;

 private:
  Current before_;
};

// What a thread does before it tries again what another CPU holds; `times`: how often it has.
void pause_blocked(unsigned times);

// Runs `job` to its end on the CPU of `lease`, or on the one that the run around it holds. `before_sleep` (may be
// empty) is called each time before it sleeps, with the CPU still held and the section left.
void drive(Job& job, CpuSet& cpus, CpuSet::Lease& lease, rcu::ReadGuard& section,
           const std::function<void()>& before_sleep);
// The same for a job from outside: on `cpu`, or on any when it is null.
void run_outside(const void* executor, Job& job, CpuSet& cpus, const unsigned* cpu);

}  // namespace skep::async
