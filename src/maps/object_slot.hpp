// A place that holds an object of the kernel (a map, a program) in a map: programs read the bare pointer inside their
// read section, and the reference is dropped a grace period after it was replaced. Until then it counts as the map's
// memory. Zero bytes are an empty one. Tested by tests/maps/elements_test.cpp and tests/bounds/memory_limit_test.cpp.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "maps/map_info.hpp"
#include "memory/account.hpp"
#include "rcu/rcu.hpp"

namespace skep::maps {

class ObjectSlot {
 public:
  struct Reference {
    void* bare = nullptr;  // the object; first, for engines: a slot leads to this pointer
    std::shared_ptr<void> object;
    memory::Charge charge;
  };
  // Null: the account (null: nobody counts) has no memory for one more.
  static std::unique_ptr<Reference> reference_to(std::shared_ptr<void> object, const memory::AccountPtr& account) {
    auto reference = std::make_unique<Reference>();
    if (!reference->charge.take(account, sizeof *reference)) return nullptr;
    reference->bare = object.get();
    reference->object = std::move(object);
    return reference;
  }

  static ObjectSlot& at(void* p) { return *static_cast<ObjectSlot*>(p); }
  void* get() const {
    const Reference* reference = reference_.load(std::memory_order_acquire);
    return reference != nullptr ? reference->bare : nullptr;
  }
  std::shared_ptr<void> shared() const {
    const Reference* reference = reference_.load(std::memory_order_acquire);
    return reference != nullptr ? reference->object : nullptr;
  }
  void set(std::unique_ptr<Reference> reference) {
    rcu::retire(reference_.exchange(reference.release(), std::memory_order_acq_rel));
  }
  bool clear() {
    Reference* reference = reference_.exchange(nullptr, std::memory_order_acq_rel);
    rcu::retire(reference);
    return reference != nullptr;
  }

 private:
  std::atomic<Reference*> reference_;
};
static_assert(sizeof(ObjectSlot) == 8);

// Whether a map can be an inner map where `wanted` is the template.
bool same_layout(const MapInfo& wanted, const MapInfo& inner);

}  // namespace skep::maps
