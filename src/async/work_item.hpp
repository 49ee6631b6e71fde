// Work items: what a `struct bpf_wq` in a map's value refers to. See item.hpp for their life; docs/work-queues.md tells
// it as users see it. Tested by tests/async/work_item_test.cpp.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "async/item.hpp"
#include "async/owner_word.hpp"

namespace skep::async {

// The item behind a slot.
class WorkItem final : public Item {
 public:
  WorkItem(Executor& executor, memory::Charge charge) : Item(executor, std::move(charge), Kind::work) {}
};

// The 16 bytes of a bpf_wq in a value. Zero bytes are a free slot. All operations are safe against each other from any
// thread. Results are the kfuncs' results (docs/work-queues.md).
class WorkSlot {
 public:
  static WorkSlot& at(void* field) { return *static_cast<WorkSlot*>(field); }

  // `map_alive` says whether the map still has a user reference (-EPERM when not); it is asked before and after the
  // slot is set. The map becomes the slot's owner.
  int init(Executor& executor, bool (*map_alive)(const void* map), void* map);
  int set_callback(std::shared_ptr<Callback> callback, bool (*map_alive)(const void* map), const void* map);
  // Whether set_callback() with a callback of that identity would change nothing.
  bool has_callback(const void* identity) const;
  int start(unsigned cpu);
  // The element goes, or is overwritten: the slot is free again; pending work does not run, running work finishes.
  void cancel();
  bool initialized() const { return item_.load(std::memory_order_acquire) != nullptr; }
  // Inside a brief section; null: not initialized.
  const WorkItem* item() const { return item_.load(std::memory_order_acquire); }
  void* owner() const { return owner_.get(); }  // the map; null: torn down just now

 private:
  std::atomic<class WorkItem*> item_;
  OwnerWord owner_;
};
static_assert(sizeof(WorkSlot) == 16);

}  // namespace skep::async
