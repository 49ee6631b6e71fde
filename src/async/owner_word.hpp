// The second word of a bpf_wq's or bpf_timer's 16 bytes: the map whose value it is in.
//
// It is the same in every life of the item, so that a callback knows the element that it is for; a slot whose memory
// was zeroed has none. It is set before the item is, so whoever sees an item sees its owner. Tested by
// tests/async/work_item_test.cpp.
#pragma once

#include <atomic>

namespace skep::async {

class OwnerWord {
 public:
  void set(void* owner) { owner_.store(owner, std::memory_order_relaxed); }
  void* get() const { return owner_.load(std::memory_order_relaxed); }

 private:
  std::atomic<void*> owner_;
};
static_assert(sizeof(OwnerWord) == 8);

}  // namespace skep::async
