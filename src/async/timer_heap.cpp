// See timer_heap.hpp.
#include "async/timer_heap.hpp"

#include <algorithm>
#include <new>
#include <thread>
#include <utility>

#include "async/timer.hpp"
#include "rcu/brief.hpp"

namespace skep::async {
namespace {

constexpr std::size_t children = 4;

}  // namespace

TimerHeap::~TimerHeap() = default;

void TimerHeap::lock() {
  for (unsigned tries = 1; !try_lock(); ++tries)
    if (tries % 32 == 0) std::this_thread::yield();
}

// Whoever found it locked meanwhile has left a change: it is looked at here, or by whoever has it next.
void TimerHeap::unlock() {
  do {
    look_through_changes();
    const std::uint64_t earliest = entries_.empty() ? never : entries_.front().at;
    const bool other = earliest != earliest_.load(std::memory_order_relaxed);
    if (other) earliest_.store(earliest, std::memory_order_seq_cst);
    locked_.store(false, std::memory_order_seq_cst);
    if (other) owner_.earliest_changed(earliest);
  } while (changes_.load(std::memory_order_seq_cst) != nullptr && try_lock());
}

bool TimerHeap::reserve() {
  const std::size_t wanted = timers_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (wanted <= room_.load(std::memory_order_acquire)) return true;
  if (!memory::in_signal_handler && make_room(std::max(wanted, std::size_t{64}))) return true;
  forget();
  return false;
}

bool TimerHeap::make_room(std::size_t timers) {
  bool has_room = true;
  lock();
  if (entries_.capacity() < timers) {
    try {
      entries_.reserve(timers * 2);
    } catch (const std::bad_alloc&) {
      has_room = false;
    }
  }
  room_.store(entries_.capacity(), std::memory_order_release);
  unlock();
  return has_room;
}

void TimerHeap::changed(TimerItem& timer) {
  TimerItem* top = changes_.load(std::memory_order_relaxed);
  do {
    timer.next_changed_ = top;
  } while (!changes_.compare_exchange_weak(top, &timer, std::memory_order_seq_cst));
  if (try_lock()) unlock();
}

void TimerHeap::look_through_changes() {
  TimerItem* newest = changes_.exchange(nullptr, std::memory_order_seq_cst);
  TimerItem* oldest = nullptr;
  while (newest != nullptr) oldest = std::exchange(newest, std::exchange(newest->next_changed_, oldest));
  while (oldest != nullptr) follow(*std::exchange(oldest, oldest->next_changed_));
}

// Makes the heap say what the timer's word says.
void TimerHeap::follow(TimerItem& timer) {
  for (;;) {
    const TimerItem::View view = timer.view();
    if (view.armed)
      place(timer, view.at_ns);
    else
      remove(timer);
    if (timer.followed(view)) return;
  }
}

std::size_t TimerHeap::fire(std::uint64_t now, std::size_t limit) {
  std::size_t fired = 0;
  const rcu::BriefSection section;
  lock();
  while (fired < limit) {
    look_through_changes();
    if (entries_.empty() || entries_.front().at > now) break;
    TimerItem& timer = *entries_.front().timer;
    const TimerItem::View view = timer.view();
    if (view.armed && view.at_ns != entries_.front().at) {
      place(timer, view.at_ns);  // it was moved, and will be listed presently
    } else if (timer.leave_heap(view)) {
      remove(timer);
      if (view.armed) {
        timer.fire(view);
        ++fired;
      }
    }
  }
  unlock();
  return fired;
}

bool TimerHeap::due_by(std::uint64_t at_ns) {
  lock();
  look_through_changes();
  const bool due = !entries_.empty() && entries_.front().at <= at_ns;
  unlock();
  return due;
}

void TimerHeap::collect(std::vector<ArmedShot>& shots) {
  const rcu::BriefSection section;
  lock();
  look_through_changes();
  try {
    for (const Entry& entry : entries_)
      if (auto callback = entry.timer->shared_callback())
        shots.push_back({std::move(callback), entry.timer->cpu(), entry.at});
  } catch (const std::bad_alloc&) {  // the answer is what there was memory for
  }
  unlock();
}

void TimerHeap::clear() {
  lock();
  look_through_changes();
  while (!entries_.empty()) {
    TimerItem& timer = *entries_.back().timer;
    timer.disarm(true);
    follow(timer);
  }
  unlock();
}

bool make_room_for_signals(std::span<const std::shared_ptr<TimerHeap>> heaps) {
  return std::all_of(heaps.begin(), heaps.end(),
                     [](const auto& heap) { return heap->make_room(heap->timers() + memory::reserve_blocks); });
}

std::vector<ArmedShot> armed_in(std::span<const std::shared_ptr<TimerHeap>> heaps) {
  std::vector<ArmedShot> shots;
  for (const auto& heap : heaps) heap->collect(shots);
  std::stable_sort(shots.begin(), shots.end(), [](const auto& a, const auto& b) { return a.at_ns < b.at_ns; });
  return shots;
}

// ---- the heap itself ------------------------------------------------------------------------------------------------

void TimerHeap::put(std::size_t index, const Entry& entry) {
  entries_[index] = entry;
  entry.timer->place_ = index;
}

void TimerHeap::sift_up(std::size_t index, const Entry& entry) {
  while (index != 0) {
    const std::size_t parent = (index - 1) / children;
    if (!entry.before(entries_[parent])) break;
    put(index, entries_[parent]);
    index = parent;
  }
  put(index, entry);
}

void TimerHeap::sift_down(std::size_t index, const Entry& entry) {
  for (;;) {
    const std::size_t first = index * children + 1;
    if (first >= entries_.size()) break;
    const std::size_t end = std::min(first + children, entries_.size());
    std::size_t least = first;
    for (std::size_t i = first + 1; i < end; ++i)
      if (entries_[i].before(entries_[least])) least = i;
    if (!entries_[least].before(entry)) break;
    put(index, entries_[least]);
    index = least;
  }
  put(index, entry);
}

void TimerHeap::place(TimerItem& timer, std::uint64_t at) {
  const Entry entry{at, ++order_, &timer};
  if (timer.place_ == TimerItem::nowhere) {
    entries_.push_back(entry);  // room was made when the timer was initialized
    sift_up(entries_.size() - 1, entry);
    return;
  }
  const std::size_t index = timer.place_;
  if (index != 0 && entry.before(entries_[(index - 1) / children]))
    sift_up(index, entry);
  else
    sift_down(index, entry);
}

void TimerHeap::remove(TimerItem& timer) {
  const std::size_t index = timer.place_;
  if (index == TimerItem::nowhere) return;
  timer.place_ = TimerItem::nowhere;
  const Entry last = entries_.back();
  entries_.pop_back();
  if (last.timer == &timer) return;
  if (index != 0 && last.before(entries_[(index - 1) / children]))
    sift_up(index, last);
  else
    sift_down(index, last);
}

}  // namespace skep::async
