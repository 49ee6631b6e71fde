// A timer: what a `struct bpf_timer` in a map's value refers to.
//
// As with work items the 16 bytes hold a pointer, set by compare-and-swap, and every use of it is safe inside an RCU
// read section. What is behind it is guarded by a mutex that is never held while a callback runs. A callback runs on a
// virtual CPU like any other work, before the work items that are queued there, and may not sleep (the verifier sees to
// that). Tested by tests/async/executor_test.cpp.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "async/executor.hpp"
#include "async/owner_word.hpp"

namespace skep::async {

class TimerItem;

namespace timer_flag {
inline constexpr std::uint64_t absolute = 1;
inline constexpr std::uint64_t cpu_pin = 2;
}  // namespace timer_flag

class TimerSlot {
 public:
  static TimerSlot& at(void* field) { return *static_cast<TimerSlot*>(field); }

  // `flags` is the clock: CLOCK_REALTIME, CLOCK_MONOTONIC or CLOCK_BOOTTIME, else -EINVAL. -EBUSY, -EPERM as WorkSlot.
  int init(Executor& executor, std::uint64_t flags, bool (*map_alive)(const void* map), void* map);
  int set_callback(std::shared_ptr<Callback> callback, bool (*map_alive)(const void* map), const void* map);
  // Arms it, again if it is armed. -EINVAL: unknown flags, not initialized, no callback.
  int start(unsigned cpu, std::uint64_t nanoseconds, std::uint64_t flags);
  // bpf_timer_cancel: 1 it was armed, 0 it was not, -EINVAL not initialized, -EDEADLK from its own callback or when its
  // callback waits to cancel the caller's timer. The callback is forgotten. -EAGAIN: the callback runs at this moment
  // on another CPU; call again until it has ended (the result is then what it would have been).
  int cancel();
  // The element goes: as WorkSlot::cancel().
  void release();
  bool initialized() const { return item_.load(std::memory_order_acquire) != nullptr; }
  void* owner() const { return owner_.get(); }  // the map; null: torn down just now

 private:
  std::atomic<TimerItem*> item_;
  OwnerWord owner_;
};
static_assert(sizeof(TimerSlot) == 16);

}  // namespace skep::async
