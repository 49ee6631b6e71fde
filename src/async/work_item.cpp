// See work_item.hpp. Tested by tests/async/work_item_test.cpp.
#include "async/work_item.hpp"

#include <cerrno>
#include <utility>

#include "async/executor.hpp"
#include "async/slot.hpp"

namespace skep::async {
namespace {

constexpr std::uint64_t item_bytes = Item::bytes(sizeof(WorkItem));

}  // namespace

int WorkSlot::init(Executor& executor, bool (*map_alive)(const void* map), void* map) {
  const rcu::BriefSection section;
  if (item_.load(std::memory_order_acquire) != nullptr) return -EBUSY;
  if (!map_alive(map)) return -EPERM;
  memory::Charge charge;
  if (!charge.take(executor.account, item_bytes)) return -ENOMEM;
  auto item = std::make_unique<WorkItem>(executor, std::move(charge));
  if (item == nullptr) return -ENOMEM;
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
  return set_callback_of(item_, std::move(callback), map_alive, map);
}

bool WorkSlot::has_callback(const void* identity) const {
  return with_item(item_, false, [&](const WorkItem& item) { return item.has_callback(identity); });
}

int WorkSlot::start(unsigned cpu) {
  return with_item(item_, -EINVAL, [&](WorkItem& item) { return item.start(cpu); });
}

void WorkSlot::cancel() {
  free_slot(item_, [](WorkItem& item) { item.cancel(); });
}

}  // namespace skep::async
