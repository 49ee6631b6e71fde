// What the fields of a value do alike that refer to an item: a bpf_wq, a bpf_timer, a bpf_task_work.
//
// Whoever looks at the item stays in a brief section as long as it does (rcu/brief.hpp); whoever may have retired
// something gives the thread that reclaims a moment afterwards. Tested by tests/async/work_item_test.cpp and
// timer_test.cpp.
#pragma once

#include <atomic>
#include <cerrno>
#include <memory>
#include <utility>

#include "async/item.hpp"
#include "rcu/brief.hpp"

namespace skep::async {

// What a call that needs a callback answers where it has got none.
inline int errno_without_callback() {
  return memory::in_signal_handler ? -ENOMEM : -EOPNOTSUPP;
}

// What `use(item)` answers; `none`, where there is no item.
template <typename ItemType, typename Answer, typename Use>
Answer with_item(const std::atomic<ItemType*>& slot, Answer none, Use&& use) {
  const rcu::BriefSection section;
  ItemType* const item = slot.load(std::memory_order_acquire);
  return item == nullptr ? none : static_cast<Answer>(use(*item));
}

template <typename ItemType>
int set_callback_of(const std::atomic<ItemType*>& slot, std::shared_ptr<Callback> callback,
                    bool (*map_alive)(const void* map), const void* map) {
  const int result = with_item(
      slot, -EINVAL, [&](ItemType& item) { return map_alive(map) ? item.set_callback(std::move(callback)) : -EPERM; });
  if (!memory::in_signal_handler) rcu::after_retiring_brief();
  return result;
}

// The slot is free afterwards: `leave(item)` ends what was in it.
template <typename ItemType, typename Leave>
void free_slot(std::atomic<ItemType*>& slot, Leave&& leave) {
  if (slot.load(std::memory_order_relaxed) == nullptr) return;
  {
    const rcu::BriefSection section;
    if (ItemType* const item = slot.exchange(nullptr, std::memory_order_acq_rel)) leave(*item);
  }
  rcu::after_retiring_brief();
}

}  // namespace skep::async
