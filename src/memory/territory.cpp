// See memory/territory.hpp.
#include "memory/territory.hpp"

#include <algorithm>
#include <iterator>
#include <mutex>

namespace skep::memory {

void Territory::add(const void* at, std::size_t size, const Cells& cells) {
  const auto begin = reinterpret_cast<std::uint64_t>(at);
  if (size <= small && cells.stride != 0) {
    for (std::size_t cell = cells.offset; cell + cells.size <= size; cell += cells.stride)
      add(static_cast<const char*>(at) + cell, cells.size);
    return;
  }
  if (size <= small) {
    marks_->set(begin, size);
    return;
  }
  const std::lock_guard guard(lock_);
  ranges_.insert_or_assign(begin, Range{.end = begin + size, .cells = cells});
}
void Territory::remove(const void* at, std::size_t size) {
  const auto begin = reinterpret_cast<std::uint64_t>(at);
  if (size <= small) {
    marks_->clear(begin, size);
    return;
  }
  const std::lock_guard guard(lock_);
  ranges_.erase(begin);
}

void Territory::hold(const void* at, std::size_t size) {
  const auto begin = reinterpret_cast<std::uint64_t>(at);
  const std::lock_guard guard(lock_);
  const auto [it, added] = held_.try_emplace(begin, Range{begin + size});
  if (added) return;
  ++it->second.holders;
  it->second.end = std::max(it->second.end, begin + size);
}
void Territory::let_go(const void* at) {
  const std::lock_guard guard(lock_);
  const auto it = held_.find(reinterpret_cast<std::uint64_t>(at));
  if (it != held_.end() && --it->second.holders == 0) held_.erase(it);
}

bool Territory::contains(std::uint64_t from, std::size_t size) const {
  if (size == 0) return true;
  if (from + size < from) return false;
  if (size <= small && marks_->all(from, size)) return true;
  const std::shared_lock guard(lock_);
  for (const auto* ranges : {&ranges_, &held_}) {
    auto it = ranges->upper_bound(from);
    if (it == ranges->begin() || from + size > (--it)->second.end) continue;
    const Cells& cells = it->second.cells;
    if (cells.stride == 0) return true;
    const std::uint64_t place = (from - it->first) % cells.stride;
    if (place >= cells.offset && place + size <= cells.offset + cells.size) return true;
  }
  return false;
}

bool Territory::touches(std::uint64_t from, std::size_t size) const {
  if (marks_->any(from, size)) return true;
  const std::shared_lock guard(lock_);
  for (const auto* ranges : {&ranges_, &held_}) {
    auto it = ranges->lower_bound(from);
    if (it != ranges->end() && it->first < from + size) return true;
    if (it != ranges->begin() && std::prev(it)->second.end > from) return true;
  }
  return false;
}

}  // namespace skep::memory
