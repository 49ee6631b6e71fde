// What executors that run on real threads share: the clock, who runs what on this thread, and driving a job to its end.
// Used by thread_executor.cpp and pumped_executor.cpp; tested by tests/async/executor_test.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "async/job.hpp"
#include "async/work_item.hpp"
#include "rcu/rcu.hpp"

namespace skep::async {

std::uint64_t monotonic_ns();

// One firing of a timer: it stands in a queue once.
class TimerShot final : public Runnable {
 public:
  explicit TimerShot(std::shared_ptr<Callback> callback) : callback_(std::move(callback)) { is_timer = true; }
  Begin begin(unsigned) override { return Begin::run; }
  Callback* callback() override { return callback_.get(); }
  bool finish(bool) override {
    std::default_delete<TimerShot>()(this);
    return false;
  }
  void drop() override { finish(false); }

 private:
  std::shared_ptr<Callback> callback_;
};

// What a thread runs for, so that a run inside a run uses the CPU that is held already.
struct Current {
  const void* executor = nullptr;
  unsigned cpu = 0;
};
const Current& current_run();

class CurrentScope {
 public:
  CurrentScope(const void* executor, unsigned cpu);
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
