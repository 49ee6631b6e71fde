// Who waits for which resilient spin lock: what tells a wait that cannot end from one that takes a while.
//
// A lock's word says which CPU holds it. With the lock that each CPU waits for, whoever finds that the holder of its
// lock waits, directly, for one of its own answers -EDEADLK; longer circles, and holders that do not come back, end by
// time, as in Linux 7.3. A CPU's entry is set while it waits and cleared when it takes a lock, so that what a run that
// was stopped has left means nothing. Tested by tests/runtime/lock_waits_test.cpp.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <vector>

namespace skep::runtime {

class LockWaits {
 public:
  static constexpr std::uint64_t patience_ns = 250'000'000;

  explicit LockWaits(unsigned cpus) : waits_(cpus) {}

  // `cpu` cannot have `lock`, which `holder` has: 0: it may ask again; else what the call answers. `held(address)` says
  // whether the run that asks holds the lock at an address.
  template <typename IsHeld>
  int wait(unsigned cpu, std::uint64_t lock, unsigned holder, std::uint64_t now_ns, IsHeld&& held) {
    if (cpu >= waits_.size() || holder >= waits_.size()) return 0;
    Wait& mine = waits_[cpu];
    if (mine.lock.load(std::memory_order_relaxed) != lock) {
      mine.since_ns = now_ns;
      mine.lock.store(lock, std::memory_order_seq_cst);
    }
    // Of two that wait for each other one at least sees the other.
    const std::uint64_t wanted = waits_[holder].lock.load(std::memory_order_seq_cst);
    int error = 0;
    if (wanted != none && held(wanted))
      error = -EDEADLK;
    else if (now_ns - mine.since_ns >= patience_ns)
      error = -ETIMEDOUT;
    if (error != 0) mine.lock.store(none, std::memory_order_seq_cst);
    return error;
  }
  // It has taken a lock, and waits for none any more.
  void taken(unsigned cpu) {
    if (cpu < waits_.size() && waits_[cpu].lock.load(std::memory_order_relaxed) != none)
      waits_[cpu].lock.store(none, std::memory_order_seq_cst);
  }

 private:
  static constexpr std::uint64_t none = 0;
  struct alignas(64) Wait {
    std::atomic<std::uint64_t> lock{none};
    std::uint64_t since_ns = 0;  // the CPU's own
  };
  std::vector<Wait> waits_;
};

}  // namespace skep::runtime
