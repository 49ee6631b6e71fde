// See timer.hpp. Tested by tests/async/timer_test.cpp.
#include "async/timer.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "async/executor.hpp"
#include "async/probes.hpp"
#include "async/slot.hpp"
#include "async/threads.hpp"
#include "async/timer_heap.hpp"

namespace skep::async {
namespace {

static_assert(sizeof(TimerItem) <= memory::reserve_block);
// With its place in the heap.
constexpr std::uint64_t timer_bytes = Item::bytes(sizeof(TimerItem)) + 64;

// A time of `clock` as the executor's own will tell it, unless that clock is set anew. What programs see as the boot
// time is the executor's.
std::uint64_t executor_time(Executor& executor, Clock clock, std::uint64_t at_ns) {
  if (clock != Clock::realtime) return at_ns;
  const std::uint64_t now = executor.realtime_ns();
  const std::uint64_t here = executor.now_ns();
  if (at_ns <= now) return here - std::min(here, now - at_ns);
  return at_ns - now > unlimited - 1 - here ? unlimited - 1 : here + (at_ns - now);
}

}  // namespace

TimerItem::~TimerItem() = default;

void TimerItem::look_in_heap() {
  heap_->changed(*this);
}

bool TimerItem::finish(bool again) {
  waits_for_.store(nullptr, std::memory_order_seq_cst);
  return Item::finish(again);
}

int TimerItem::start(unsigned cpu, std::uint64_t nanoseconds, std::uint64_t flags) {
  const std::uint64_t now = executor_.now_ns();
  std::uint64_t at = nanoseconds;
  if ((flags & timer_flag::absolute) == 0) {
    at = nanoseconds > unlimited - 1 - now ? unlimited - 1 : now + nanoseconds;
  } else {
    at = executor_time(executor_, clock_, nanoseconds);
  }
  at = std::clamp(at, std::uint64_t{1}, unlimited - 1);
  const bool due = at <= now;
  at_ns_.store(at, std::memory_order_seq_cst);
  cpu_.store(cpu, std::memory_order_relaxed);
  std::uint64_t state = state_.load(std::memory_order_acquire);
  std::uint64_t wanted = 0;
  do {
    // Whoever takes the callback away changes the word afterwards.
    if ((state & cancelled) != 0 || !has_callback()) return -EINVAL;
    wanted = (state & ~(armed | pending)) + one_more;
    wanted |= due ? pending | queued | ((state & kept) != 0 ? listed : 0) : armed | listed;
  } while (!state_.compare_exchange_weak(state, wanted, std::memory_order_seq_cst));
  SKEP_PROBE(timer_start, this, cpu);
  if ((state & (armed | pending)) != 0) executor_.count(Executor::Later::timer_merged);
  if ((wanted & ~state & listed) != 0) look_in_heap();
  if ((wanted & ~state & queued) != 0)
    executor_.enqueue((state & running) != 0 ? running_cpu_.load(std::memory_order_relaxed) : cpu, *this);
  return 0;
}

int TimerItem::disarm(bool by_heap) {
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  std::uint64_t wanted = 0;
  do {
    wanted = (state & ~(armed | pending)) + one_more;
    if ((state & kept) != 0 && !by_heap) wanted |= listed;
  } while (!state_.compare_exchange_weak(state, wanted, std::memory_order_seq_cst));
  if ((wanted & ~state & listed) != 0) look_in_heap();
  if ((state & (armed | pending)) != 0) executor_.count_cancelled(*this);
  // Who ends the element at the same time has come first.
  return (state & cancelled) != 0 ? -EINVAL : (state & (armed | pending)) != 0 ? 1 : 0;
}

// Whether what this timer's callback waits for waits in turn for the timer whose callback this thread runs.
bool TimerItem::waits_for_this_thread() const {
  const TimerItem* next = waits_for_.load(std::memory_order_seq_cst);
  for (int hops = 0; next != nullptr && hops < 8; ++hops) {
    if (next == current_run().item) return true;
    next = next->waits_for_.load(std::memory_order_seq_cst);
  }
  return false;
}

int TimerItem::cancel_and_wait() {
  if (current_run().item == this) return -EDEADLK;
  // Only timers stand in the way of timers.
  auto* caller = current_run().item != nullptr && current_run().item->is_timer
                     ? static_cast<TimerItem*>(current_run().item)
                     : nullptr;
  if ((state_.load(std::memory_order_acquire) & cancelled) != 0) return -EINVAL;
  if (memory::in_signal_handler && (state_.load(std::memory_order_seq_cst) & running) != 0)
    return -EOPNOTSUPP;  // what it would wait for may wait for what this thread was interrupted in
  replace_callback(nullptr);
  if (caller != nullptr) make_known_to_runs();
  if ((state_.load(std::memory_order_seq_cst) & running) != 0) {
    // As above, if it has begun meanwhile. It has no callback any more, and nobody waits for it.
    if (memory::in_signal_handler) return disarm(false);
    if (caller != nullptr) {
      caller->waits_for_.store(this, std::memory_order_seq_cst);
      if (waits_for_this_thread()) {
        caller->waits_for_.store(nullptr, std::memory_order_seq_cst);
        return -EDEADLK;
      }
    }
    return -EAGAIN;
  }
  if (caller != nullptr) caller->waits_for_.store(nullptr, std::memory_order_seq_cst);
  return disarm(false);
}

int TimerItem::cancel_now() {
  const std::uint64_t state = state_.load(std::memory_order_seq_cst);
  if ((state & cancelled) != 0) return -EINVAL;
  if ((state & running) != 0) return -1;
  return disarm(false);
}

Runnable::Begin TimerItem::begin(unsigned cpu) {
  const unsigned wanted = cpu_.load(std::memory_order_relaxed) % executor_.cpus().count();
  if ((state_.load(std::memory_order_acquire) & (pending | running | cancelled)) == pending && wanted != cpu) {
    executor_.enqueue(wanted, *this);  // started anew on another CPU while it stood in this one's queue
    return Begin::merged;
  }
  return Item::begin(cpu);
}

TimerItem::View TimerItem::view() const {
  const std::uint64_t word = state_.load(std::memory_order_seq_cst);
  return {word, at_ns_.load(std::memory_order_seq_cst), (word & armed) != 0};
}

bool TimerItem::followed(const View& view) {
  std::uint64_t word = view.word;
  const std::uint64_t wanted = (word & ~(listed | kept)) | (view.armed ? kept : 0);
  if (!state_.compare_exchange_strong(word, wanted, std::memory_order_seq_cst)) return false;
  retire_if_last(wanted);
  return true;
}

bool TimerItem::leave_heap(const View& view) {
  std::uint64_t word = view.word;
  std::uint64_t wanted = word & ~(armed | kept);
  if (view.armed) wanted = (wanted | pending | queued) + one_more;
  if (!state_.compare_exchange_strong(word, wanted, std::memory_order_seq_cst)) return false;
  retire_if_last(wanted);
  return true;
}

void TimerItem::fire(const View& left) {
  if ((left.word & queued) != 0) return;
  executor_.enqueue((left.word & running) != 0 ? running_cpu_.load(std::memory_order_relaxed) : cpu(), *this);
}

int TimerSlot::init(Executor& executor, std::uint64_t flags, bool (*map_alive)(const void* map), void* map) {
  const rcu::BriefSection section;
  const auto clock = static_cast<Clock>(flags);
  if (flags > 7 || (clock != Clock::realtime && clock != Clock::monotonic && clock != Clock::boottime)) return -EINVAL;
  if (item_.load(std::memory_order_acquire) != nullptr) return -EBUSY;
  if (!map_alive(map)) return -EPERM;
  memory::Charge charge;
  if (!charge.take(executor.account, timer_bytes)) return -ENOMEM;
  std::shared_ptr<TimerHeap> heap = executor.timer_heap(current_run().cpu);
  if (!heap->reserve()) return -ENOMEM;
  auto item = std::make_unique<TimerItem>(executor, std::move(charge), heap, clock);
  if (item == nullptr) return heap->forget(), -ENOMEM;
  owner_.set(map);
  TimerItem* none = nullptr;
  if (!item_.compare_exchange_strong(none, item.get(), std::memory_order_seq_cst)) {
    heap->forget();
    return -EBUSY;
  }
  static_cast<void>(item.release());
  if (map_alive(map)) return 0;
  release();
  return -EPERM;
}

int TimerSlot::set_callback(std::shared_ptr<Callback> callback, bool (*map_alive)(const void* map), const void* map) {
  return set_callback_of(item_, std::move(callback), map_alive, map);
}

bool TimerSlot::has_callback(const void* identity) const {
  return with_item(item_, false, [&](const TimerItem& item) { return item.has_callback(identity); });
}

int TimerSlot::start(unsigned cpu, std::uint64_t nanoseconds, std::uint64_t flags) {
  if ((flags & ~(timer_flag::absolute | timer_flag::cpu_pin)) != 0) return -EINVAL;
  return with_item(item_, -EINVAL, [&](TimerItem& item) { return item.start(cpu, nanoseconds, flags); });
}

int TimerSlot::cancel() {
  return with_item(item_, -EINVAL, [](TimerItem& item) { return item.cancel_and_wait(); });
}

int TimerSlot::cancel_async() {
  return with_item(item_, -EINVAL, [](TimerItem& item) { return item.cancel_now(); });
}

void TimerSlot::release() {
  free_slot(item_, [](TimerItem& item) {
    // The heap's room is given back after the heap was told to let go.
    const std::shared_ptr<TimerHeap> heap = item.heap();
    item.cancel();
    heap->forget();
  });
}

}  // namespace skep::async
