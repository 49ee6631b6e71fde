// Virtual CPUs as futex words. A waiter that has lost its turn twice asks for the CPU to be handed over, so that a
// thread which takes the same CPU in a loop cannot keep others from it. Tested by tests/async/executor_test.cpp.
#include "async/job.hpp"

namespace skep::async {
namespace {

constexpr std::uint32_t free_cpu = 0;
constexpr std::uint32_t held = 1;
constexpr std::uint32_t waited_for = 2;  // held, and somebody waits
constexpr std::uint32_t promised = 3;    // held, and to be handed over
constexpr std::uint32_t handed = 4;      // free, but only for those who have waited

thread_local unsigned last_cpu = 0;

}  // namespace

CpuSet::CpuSet(unsigned count) : slots_(count == 0 ? 1 : count) {}

CpuSet::Lease& CpuSet::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    release();
    set_ = other.set_;
    cpu_ = other.cpu_;
    other.set_ = nullptr;
  }
  return *this;
}

void CpuSet::Lease::release() {
  if (set_ == nullptr) return;
  CpuSet& set = *set_;
  set_ = nullptr;
  auto& state = set.slots_[cpu_].state;
  std::uint32_t now = state.load(std::memory_order_relaxed);
  while (!state.compare_exchange_weak(now, now == promised ? handed : free_cpu, std::memory_order_seq_cst)) {
  }
  if (now == promised) {
    state.notify_all();
  } else if (now == waited_for) {
    state.notify_one();
  }
  if (set.waiting_for_any_.load(std::memory_order_seq_cst) != 0) {
    set.released_.fetch_add(1, std::memory_order_seq_cst);
    set.released_.notify_all();
  }
}

CpuSet::Lease CpuSet::try_enter(unsigned cpu) {
  std::uint32_t expected = free_cpu;
  if (!slots_[cpu].state.compare_exchange_strong(expected, held, std::memory_order_seq_cst)) return {};
  last_cpu = cpu;
  return {*this, cpu};
}

bool CpuSet::contended(unsigned cpu) const {
  return slots_[cpu].state.load(std::memory_order_relaxed) > held;
}

CpuSet::Lease CpuSet::enter(unsigned cpu) {
  if (Lease lease = try_enter(cpu); lease.held()) return lease;
  auto& state = slots_[cpu].state;
  for (unsigned lost = 0;; ++lost) {
    std::uint32_t now = state.load(std::memory_order_relaxed);
    const std::uint32_t mark = lost >= 2 ? promised : waited_for;
    for (;;) {
      if (now == free_cpu || (now == handed && lost >= 2)) {
        // Others may wait still: they are to be woken when this holder leaves.
        if (!state.compare_exchange_weak(now, waited_for, std::memory_order_seq_cst)) continue;
        last_cpu = cpu;
        return {*this, cpu};
      }
      if (now == handed || now >= mark) break;
      if (state.compare_exchange_weak(now, mark, std::memory_order_seq_cst)) {
        now = mark;
        break;
      }
    }
    state.wait(now);
  }
}

CpuSet::Lease CpuSet::enter() {
  // Threads serve executors of different sizes. No divisions: every run comes by here.
  const unsigned preferred = last_cpu < count() ? last_cpu : 0;
  const auto try_all = [&]() -> Lease {
    for (unsigned i = 0; i < count(); ++i) {
      if (Lease lease = try_enter(preferred + i < count() ? preferred + i : preferred + i - count()); lease.held())
        return lease;
    }
    return {};
  };
  if (Lease lease = try_all(); lease.held()) return lease;
  if (count() == 1) return enter(0);
  waiting_for_any_.fetch_add(1, std::memory_order_seq_cst);
  for (;;) {
    const std::uint32_t seen = released_.load(std::memory_order_seq_cst);
    if (Lease lease = try_all(); lease.held()) {
      waiting_for_any_.fetch_sub(1, std::memory_order_seq_cst);
      return lease;
    }
    released_.wait(seen);
  }
}

}  // namespace skep::async
