// The life of a work item as transitions of one word; see work_item.hpp. Tested by tests/async/work_item_test.cpp, and
// by stress_test.cpp for what only happens between threads.
#include "async/work_item.hpp"

#include <cerrno>
#include <utility>

#include "async/executor.hpp"
#include "rcu/rcu.hpp"

namespace skep::async {
namespace {

// With what the allocator and the grace period add.
constexpr std::uint64_t item_bytes = sizeof(WorkItem) + 64, box_bytes = 256;

constexpr std::uint64_t pending = 1;
constexpr std::uint64_t queued = 2;
constexpr std::uint64_t running = 4;
constexpr std::uint64_t cancelled = 8;
constexpr std::uint64_t one_merged = 16;
constexpr std::uint64_t flags = one_merged - 1;

std::uint64_t merged(std::uint64_t state) {
  return state / one_merged;
}

}  // namespace

WorkItem::~WorkItem() {
  std::default_delete<Box>()(box_.load(std::memory_order_relaxed));
}

void WorkItem::replace_box(Box* box) {
  rcu::retire(box_.exchange(box, std::memory_order_acq_rel));
}

int WorkItem::set_callback(std::shared_ptr<Callback> callback) {
  const Box* now = box_.load(std::memory_order_acquire);
  if (now == nullptr || now->callback != callback) {
    auto box = std::make_unique<Box>();
    if (!box->charge.take(executor_.account, box_bytes)) return -ENOMEM;
    box->callback = std::move(callback);
    replace_box(box.release());
  }
  // A cancel that saw no box yet has left this one to us.
  if ((state_.load(std::memory_order_seq_cst) & cancelled) == 0) return 0;
  replace_box(nullptr);
  return -EINVAL;
}

int WorkItem::start(unsigned cpu) {
  if (box_.load(std::memory_order_acquire) == nullptr) return -EINVAL;
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  for (;;) {
    if ((state & cancelled) != 0) return -EINVAL;
    // Also a merged start writes the word: the run that is due must see what its caller did before.
    const std::uint64_t wanted = (state & pending) != 0 ? state + one_merged : state | pending | queued;
    if (state_.compare_exchange_weak(state, wanted, std::memory_order_acq_rel)) break;
  }
  if ((state & pending) != 0) return 0;
  // While it runs it is queued where it runs, so that the order of first starts on that CPU holds for it too.
  if ((state & running) != 0) cpu = running_cpu_.load(std::memory_order_relaxed);
  executor_.enqueue(cpu, *this);
  return 0;
}

void WorkItem::cancel() {
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  while (!state_.compare_exchange_weak(state, (state & flags & ~pending) | cancelled, std::memory_order_seq_cst)) {
  }
  if ((state & pending) != 0) {
    executor_.count_merged(merged(state));
    executor_.count_cancelled();
  }
  if ((state & running) == 0) replace_box(nullptr);
  if ((state & (queued | running)) == 0) rcu::retire(this);
}

Runnable::Begin WorkItem::begin(unsigned cpu) {
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  for (;;) {
    if ((state & (cancelled | running)) != 0) {
      if (!state_.compare_exchange_weak(state, state & ~queued, std::memory_order_acq_rel)) continue;
      if ((state & cancelled) == 0) return Begin::merged;
      if ((state & running) == 0) rcu::retire(this);
      return Begin::dropped;
    }
    // Set before the word says "running": starts that see that read it.
    running_cpu_.store(cpu, std::memory_order_relaxed);
    if (state_.compare_exchange_weak(state, running, std::memory_order_acq_rel)) break;
  }
  if (merged(state) != 0) executor_.count_merged(merged(state));
  return Begin::run;
}

Callback* WorkItem::callback() {
  const Box* box = box_.load(std::memory_order_acquire);
  return box != nullptr ? box->callback.get() : nullptr;
}

bool WorkItem::finish(bool again) {
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  for (;;) {
    const bool handed = (state & (pending | queued | cancelled)) == pending;
    const std::uint64_t wanted = handed && again ? running : handed ? 0 : state & ~running;
    if (!state_.compare_exchange_weak(state, wanted, std::memory_order_acq_rel)) continue;
    if (handed) {
      executor_.count_merged(merged(state));
      if (!again) executor_.count_cancelled();
      return again;
    }
    if ((state & cancelled) != 0 && (state & queued) == 0) rcu::retire(this);
    return false;
  }
}

void WorkItem::drop() {
  std::uint64_t state = state_.load(std::memory_order_relaxed);
  while (!state_.compare_exchange_weak(state, state & (cancelled | running), std::memory_order_acq_rel)) {
  }
  if ((state & pending) != 0) {
    executor_.count_merged(merged(state));
    executor_.count_cancelled();
  }
  if ((state & (cancelled | running)) == cancelled) rcu::retire(this);
}

int WorkSlot::init(Executor& executor, bool (*map_alive)(const void* map), void* map) {
  if (item_.load(std::memory_order_acquire) != nullptr) return -EBUSY;
  if (!map_alive(map)) return -EPERM;
  memory::Charge charge;
  if (!charge.take(executor.account, item_bytes)) return -ENOMEM;
  auto item = std::make_unique<WorkItem>(executor, std::move(charge));
  owner_.set(map);
  WorkItem* none = nullptr;
  if (!item_.compare_exchange_strong(none, item.get(), std::memory_order_seq_cst)) return -EBUSY;
  WorkItem* mine = item.release();
  if (map_alive(map)) return 0;
  // The last user reference went meanwhile: whoever cancelled the map's items may have missed this one.
  if (item_.compare_exchange_strong(mine, nullptr, std::memory_order_acq_rel)) mine->cancel();
  return -EPERM;
}

int WorkSlot::set_callback(std::shared_ptr<Callback> callback, bool (*map_alive)(const void* map), const void* map) {
  WorkItem* item = item_.load(std::memory_order_acquire);
  if (item == nullptr) return -EINVAL;
  if (!map_alive(map)) return -EPERM;
  return item->set_callback(std::move(callback));
}

int WorkSlot::start(unsigned cpu) {
  WorkItem* item = item_.load(std::memory_order_acquire);
  return item == nullptr ? -EINVAL : item->start(cpu);
}

void WorkSlot::cancel() {
  WorkItem* item = item_.load(std::memory_order_relaxed);
  if (item == nullptr) return;
  item = item_.exchange(nullptr, std::memory_order_acq_rel);
  if (item != nullptr) item->cancel();
}

}  // namespace skep::async
