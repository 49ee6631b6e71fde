// See engine/llvm/object_cache.hpp.
#include "engine/llvm/object_cache.hpp"

#include <utility>

namespace skep::engine::native {

ObjectCache& ObjectCache::of_process() {
  constexpr std::size_t most_bytes = std::size_t{32} << 20;
  // Never destroyed: programs may be compiled while the process ends.
  static ObjectCache& cache = *std::make_unique<ObjectCache>(most_bytes).release();
  return cache;
}

ObjectCache::Object ObjectCache::find(std::string_view content) {
  const std::lock_guard guard(lock_);
  const auto found = by_content_.find(content);
  if (found == by_content_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->object;
}

void ObjectCache::add(std::string content, Object object) {
  const std::lock_guard guard(lock_);
  if (content.size() + object->size() > most_bytes_ || by_content_.contains(content)) return;
  entries_.push_front({std::move(content), std::move(object)});
  by_content_.emplace(entries_.front().content, entries_.begin());
  bytes_ += entries_.front().bytes();
  while (bytes_ > most_bytes_) {
    bytes_ -= entries_.back().bytes();
    by_content_.erase(entries_.back().content);
    entries_.pop_back();
  }
}

std::size_t ObjectCache::bytes() const {
  const std::lock_guard guard(lock_);
  return bytes_;
}

}  // namespace skep::engine::native
