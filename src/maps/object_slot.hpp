// A place that holds an object of the kernel (a map, a program) in a map: programs read the bare pointer inside their
// read section, and the reference is dropped a grace period after it was replaced. Zero bytes are an empty one.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "maps/map_info.hpp"
#include "rcu/rcu.hpp"

namespace skep::maps {

class ObjectSlot {
 public:
  static ObjectSlot& at(void* p) { return *static_cast<ObjectSlot*>(p); }
  void* get() const {
    const Reference* reference = reference_.load(std::memory_order_acquire);
    return reference != nullptr ? reference->object.get() : nullptr;
  }
  std::shared_ptr<void> shared() const {
    const Reference* reference = reference_.load(std::memory_order_acquire);
    return reference != nullptr ? reference->object : nullptr;
  }
  void set(std::shared_ptr<void> object) {
    auto reference = std::make_unique<Reference>();
    reference->object = std::move(object);
    rcu::retire(reference_.exchange(reference.release(), std::memory_order_acq_rel));
  }
  bool clear() {
    Reference* reference = reference_.exchange(nullptr, std::memory_order_acq_rel);
    rcu::retire(reference);
    return reference != nullptr;
  }

 private:
  struct Reference {
    std::shared_ptr<void> object;
  };
  std::atomic<Reference*> reference_;
};
static_assert(sizeof(ObjectSlot) == 8);

// Whether a map can be an inner map where `wanted` is the template.
bool same_layout(const MapInfo& wanted, const MapInfo& inner);

}  // namespace skep::maps
