// See async/threads.hpp.
#include "async/threads.hpp"

#include <chrono>
#include <ctime>
#include <new>
#include <optional>
#include <thread>

#include "async/executor.hpp"

namespace skep::async {
namespace {

Current& current() {
  thread_local Current run;
  return run;
}

// The place of a thread of ours, or of the caller's, while it runs a job.
class ThreadSeat final : public Seat {
 public:
  ThreadSeat(CpuSet& cpus, CpuSet::Lease& lease, rcu::ReadGuard& section, const std::function<void()>& before_sleep)
      : cpus_(cpus), lease_(lease), section_(section), before_sleep_(before_sleep) {}
  ~ThreadSeat() = default;

  unsigned cpu() const override { return lease_.held() ? lease_.cpu() : current().cpu; }
  void wait_for_others() override { pause_blocked(++blocked_); }
  void sleep(Job& job) override {
    try {
      if (!hold_) hold_.emplace();
    } catch (const std::bad_alloc&) {  // it sleeps in its section then, and grace periods wait for it
    }
    if (hold_) section_.leave();
    if (before_sleep_) before_sleep_();
    const bool held = lease_.held();
    const unsigned cpu = lease_.cpu();
    lease_.release();
    job.sleep_off_cpu();
    if (held) lease_ = cpus_.enter(cpu);
    if (hold_) section_.enter();
  }

 private:
  CpuSet& cpus_;
  CpuSet::Lease& lease_;
  rcu::ReadGuard& section_;
  const std::function<void()>& before_sleep_;
  std::optional<rcu::Hold> hold_;  // from the first sleep to the end
  unsigned blocked_ = 0;
};

}  // namespace

std::uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

std::uint64_t Executor::realtime_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

const Current& current_run() {
  return current();
}
CurrentScope::CurrentScope(const void* executor, unsigned cpu, Runnable* item)
    : before_(std::exchange(current(), {executor, cpu, item})) {}
CurrentScope::~CurrentScope() {
  current() = before_;
}

void pause_blocked(unsigned times) {
  // The holder runs on another CPU and will be done soon, unless its thread is not scheduled.
  if (times % 64 != 0) {
    std::this_thread::yield();
  } else {
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

void drive(Job& job, CpuSet& cpus, CpuSet::Lease& lease, rcu::ReadGuard& section,
           const std::function<void()>& before_sleep) {
  ThreadSeat seat(cpus, lease, section, before_sleep);
  job.run_to_end(seat);
}

void run_outside(const void* executor, Job& job, CpuSet& cpus, const unsigned* cpu) {
  CpuSet::Lease lease;
  if (current().executor == executor) {  // inside a run of this executor: the CPU is held
    rcu::ReadGuard section;
    drive(job, cpus, lease, section, {});
    return;
  }
  lease = cpu != nullptr ? cpus.enter(*cpu % cpus.count()) : cpus.enter();
  const CurrentScope scope(executor, lease.cpu(), nullptr);
  rcu::ReadGuard section;
  drive(job, cpus, lease, section, {});
}

}  // namespace skep::async
