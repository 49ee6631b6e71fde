// The armed timers of one virtual CPU by their times: arming, moving and disarming one costs what the logarithm of
// their number says, for each knows its place.
//
// Nobody waits to change it, not even a signal handler that interrupts another change on the same thread: who cannot
// have the heap leaves the timer in a list, which whoever has it looks through before going, and once more afterwards.
// The truth is in the timer's own word and time (timer.cpp); the heap follows it. Timers of the same time are in the
// order in which they were armed. Room is made when a timer is initialized, so that arming never allocates. Tested by
// tests/async/timer_test.cpp.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace skep::async {

class Callback;
class TimerItem;

// A timer that is armed.
struct ArmedShot {
  std::shared_ptr<const Callback> callback;
  unsigned cpu = 0;
  std::uint64_t at_ns = 0;
};

class TimerHeap {
 public:
  static constexpr std::uint64_t never = ~std::uint64_t{0};

  // Whom it tells that the earliest time is another one; without any lock, on whatever thread changed it.
  class Owner {
   public:
    virtual void earliest_changed(std::uint64_t at_ns) = 0;

   protected:
    ~Owner() = default;
  };

  explicit TimerHeap(Owner& owner) : owner_(owner) {}
  ~TimerHeap();
  TimerHeap(const TimerHeap&) = delete;
  TimerHeap& operator=(const TimerHeap&) = delete;

  // One more timer will be here: false when there is no memory for it. Each is to be forgotten in the end. In a signal
  // handler there is as much room as make_room() has made beyond the timers that are here.
  bool reserve();
  bool make_room(std::size_t timers);
  std::size_t timers() const { return timers_.load(std::memory_order_relaxed); }
  void forget() { timers_.fetch_sub(1, std::memory_order_relaxed); }

  // The timer's word says that it is armed, or that it is kept here and not armed any more.
  void changed(TimerItem& timer);
  // The time of the first; exact when no change is under way.
  std::uint64_t earliest() const { return earliest_.load(std::memory_order_seq_cst); }
  // Queues what is due at `now` (TimerItem::fire), at most `limit` of them: how many.
  std::size_t fire(std::uint64_t now, std::size_t limit);
  // Whether one is due by then; all changes that have returned count.
  bool due_by(std::uint64_t at_ns);
  // All that are armed, in no order.
  void collect(std::vector<ArmedShot>& shots);
  // Disarms all. Inside a read section.
  void clear();

 private:
  struct Entry {
    std::uint64_t at;
    std::uint64_t order;
    TimerItem* timer;
    bool before(const Entry& other) const { return at != other.at ? at < other.at : order < other.order; }
  };

  void lock();
  bool try_lock() { return !locked_.exchange(true, std::memory_order_seq_cst); }
  void unlock();
  void look_through_changes();
  void follow(TimerItem& timer);
  void place(TimerItem& timer, std::uint64_t at);
  void remove(TimerItem& timer);
  void put(std::size_t index, const Entry& entry);
  void sift_up(std::size_t index, const Entry& entry);
  void sift_down(std::size_t index, const Entry& entry);

  Owner& owner_;
  alignas(64) std::atomic<TimerItem*> changes_{nullptr};
  std::atomic<std::uint64_t> earliest_{never};
  std::atomic<std::size_t> timers_{0}, room_{0};  // room: for how many
  alignas(64) std::atomic<bool> locked_{false};
  std::vector<Entry> entries_;  // a heap whose nodes have four children
  std::uint64_t order_ = 0;
};

// For timers that signal handlers initialize. False: there is no memory.
bool make_room_for_signals(std::span<const std::shared_ptr<TimerHeap>> heaps);
// All that are armed in some heaps, in the order of their times. Inside a read section.
std::vector<ArmedShot> armed_in(std::span<const std::shared_ptr<TimerHeap>> heaps);

}  // namespace skep::async
