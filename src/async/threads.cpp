// See async/threads.hpp.
#include "async/threads.hpp"

#include <atomic>
#include <chrono>
#include <ctime>
#include <new>
#include <optional>
#include <thread>

#include "async/executor.hpp"
#include "memory/in_signal.hpp"
#include "rcu/brief.hpp"

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
    {
      const AwayScope away;
      lease_.release();
      job.sleep_off_cpu();
      if (held) lease_ = cpus_.enter(cpu);
    }
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

void Executor::count(Later what) {
  auto& counts = later_[current().cpu % later_.size()];
  counts.of[static_cast<std::size_t>(what)].fetch_add(1, std::memory_order_relaxed);
}
void Executor::count_cancelled(const Runnable& item) {
  if (item.kind == Runnable::Kind::work) return count_cancelled();
  count(item.is_timer ? Later::timer_cancelled : Later::task_cancelled);
}
WorkCounts Executor::with_later(WorkCounts counts) const {
  const auto sum = [this](Later what) {
    std::uint64_t all = 0;
    for (const LaterCounts& one : later_) all += one.of[static_cast<std::size_t>(what)].load(std::memory_order_relaxed);
    return all;
  };
  counts.timers_merged = sum(Later::timer_merged);
  counts.timers_cancelled = sum(Later::timer_cancelled);
  counts.task_works = sum(Later::task_ran);
  counts.task_works_cancelled = sum(Later::task_cancelled);
  return counts;
}

const Current& current_run() {
  return current();
}
CurrentScope::CurrentScope(const void* executor, unsigned cpu, Runnable* item) : before_(current()) {
  // A signal handler may look between two of these: whoever is said to be inside holds the CPU.
  Current& now = current();
  now.away = true;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  now.executor = executor;
  now.cpu = cpu;
  now.item = item;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  now.away = false;
}
CurrentScope::~CurrentScope() {
  Current& now = current();
  now.away = true;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  now.executor = before_.executor;
  now.cpu = before_.cpu;
  now.item = before_.item;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  now.away = before_.away;
}

void leave_cpu() {
  current().away = true;
  std::atomic_signal_fence(std::memory_order_seq_cst);
}
AwayScope::AwayScope() {
  leave_cpu();
}
AwayScope::~AwayScope() {
  std::atomic_signal_fence(std::memory_order_seq_cst);
  current().away = false;
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

namespace {

// For who waits for nothing.
class ImpatientSeat final : public Seat {
 public:
  explicit ImpatientSeat(unsigned cpu) : cpu_(cpu) {}
  ~ImpatientSeat() = default;
  unsigned cpu() const override { return cpu_; }
  void wait_for_others() override {}
  void sleep(Job&) override {}

 private:
  const unsigned cpu_;
};

}  // namespace

bool Executor::run_in_signal_handler(Job& job) {
  if (!rcu::brief_thread.known.load(std::memory_order_relaxed)) return false;
  const memory::SignalScope in_handler;
  const auto run_on = [&](unsigned cpu) {
    const rcu::ReadGuard section;
    ImpatientSeat seat(cpu);
    job.run_to_end(seat);
    return true;
  };
  const Current now = current();
  if (now.executor == this && !now.away) return run_on(now.cpu);
  for (unsigned cpu = 0; cpu < cpus().count(); ++cpu) {
    const CpuSet::Lease lease = cpus().try_enter(cpu);
    if (!lease.held()) continue;
    const CurrentScope scope(this, cpu, nullptr);
    return run_on(cpu);
  }
  return false;
}

}  // namespace skep::async
