// Timers: what a `struct bpf_timer` in a map's value refers to. See item.hpp for their life; docs/timers.md tells it as
// users see it.
//
// A timer's word says whether it is armed, and for when is beside it; the heap of the CPU on which it was initialized
// follows (timer_heap.hpp). One whose time has come, or is set to one that has passed, is queued like a work item, but
// before those. A callback runs on the virtual CPU that its timer was started on, and may not sleep (the verifier sees
// to that). Tested by tests/async/timer_test.cpp.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "async/item.hpp"
#include "async/owner_word.hpp"

namespace skep::async {

class TimerHeap;

// What a timer counts by. Only absolute times tell them apart.
enum class Clock : std::uint8_t { realtime = 0, monotonic = 1, boottime = 7 };

namespace timer_flag {
inline constexpr std::uint64_t absolute = 1;
inline constexpr std::uint64_t cpu_pin = 2;
}  // namespace timer_flag

class TimerItem final : public Item {
 public:
  static constexpr std::size_t nowhere = ~std::size_t{0};

  TimerItem(Executor& executor, memory::Charge charge, std::shared_ptr<TimerHeap> heap, Clock clock)
      : Item(executor, std::move(charge), Kind::timer), heap_(std::move(heap)), clock_(clock) {}
  ~TimerItem() override;

  int start(unsigned cpu, std::uint64_t nanoseconds, std::uint64_t flags);
  int cancel_and_wait();  // see TimerSlot
  int cancel_now();
  Begin begin(unsigned cpu) override;
  std::uint64_t due_at_ns() const { return at_ns_.load(std::memory_order_relaxed); }
  unsigned cpu() const { return cpu_.load(std::memory_order_relaxed); }
  bool finish(bool again) override;
  const std::shared_ptr<TimerHeap>& heap() { return heap_; }

  // ---- for the heap, which is locked, inside a read section
  struct View {
    std::uint64_t word;
    std::uint64_t at_ns;
    bool armed;
  };
  View view() const;
  // The heap says what the view says: true unless the word is another by now.
  bool followed(const View& view);
  // Out of the heap, and due if it was armed: true unless the word is another by now.
  bool leave_heap(const View& view);
  void fire(const View& left);  // after leave_heap()
  // 1: it was armed or due; 0: it was not; -EINVAL: it is cancelled. `by_heap`: the heap needs not be told.
  int disarm(bool by_heap);

 private:
  friend class TimerHeap;
  bool waits_for_this_thread() const;
  void look_in_heap() override;

  const std::shared_ptr<TimerHeap> heap_;  // which may outlive its executor
  const Clock clock_;
  std::atomic<unsigned> cpu_{0};
  std::atomic<std::uint64_t> at_ns_{0};
  std::atomic<TimerItem*> waits_for_{nullptr};  // while its callback cancels another timer
  std::size_t place_ = nowhere;                 // the heap's
  TimerItem* next_changed_ = nullptr;           // the heap's
};

class TimerSlot {
 public:
  static TimerSlot& at(void* field) { return *static_cast<TimerSlot*>(field); }

  // `flags` is the clock: CLOCK_REALTIME, CLOCK_MONOTONIC or CLOCK_BOOTTIME, else -EINVAL. -EBUSY, -EPERM, -ENOMEM as
  // WorkSlot.
  int init(Executor& executor, std::uint64_t flags, bool (*map_alive)(const void* map), void* map);
  int set_callback(std::shared_ptr<Callback> callback, bool (*map_alive)(const void* map), const void* map);
  bool has_callback(const void* identity) const;
  // Arms it, again if it is armed. -EINVAL: unknown flags, not initialized, no callback.
  int start(unsigned cpu, std::uint64_t nanoseconds, std::uint64_t flags);
  // bpf_timer_cancel: 1 it was armed, 0 it was not, -EINVAL not initialized, -EDEADLK from its own callback or when its
  // callback waits to cancel the caller's timer. The callback is forgotten. -EAGAIN: the callback runs at this moment
  // on another CPU; call again until it has ended (the result is then what it would have been).
  int cancel();
  // bpf_timer_cancel_async: the same without waiting; the callback stays set. -1: it runs at this moment.
  int cancel_async();
  // The element goes: as WorkSlot::cancel().
  void release();
  bool initialized() const { return item_.load(std::memory_order_acquire) != nullptr; }
  // Inside a brief section; null: not initialized.
  const TimerItem* item() const { return item_.load(std::memory_order_acquire); }
  void* owner() const { return owner_.get(); }  // the map; null: torn down just now

 private:
  std::atomic<TimerItem*> item_;
  OwnerWord owner_;
};
static_assert(sizeof(TimerSlot) == 16);

}  // namespace skep::async
