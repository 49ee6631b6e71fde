// Which pages of an arena nobody has: ranges, found by where they begin and by how long they are.
//
// The smallest range that is large enough is taken, the first of several, so that gaps are filled before new ground is
// broken; that is the kernel's order, and programs see it. Tested by tests/maps/arena_test.cpp.
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace skep::maps {

class FreeRanges {
 public:
  explicit FreeRanges(std::uint32_t pages) { insert(0, pages); }

  // Where `count` pages in a row are free; they stay so.
  std::optional<std::uint32_t> find(std::uint32_t count) const {
    const auto found = by_length_.lower_bound({count, 0});
    return found == by_length_.end() ? std::nullopt : std::optional(found->second);
  }
  bool contains(std::uint32_t first, std::uint32_t count) const {
    auto range = by_start_.upper_bound(first);
    if (range == by_start_.begin()) return false;
    --range;
    return std::uint64_t{first} + count <= std::uint64_t{range->first} + range->second;
  }
  // All that is free of these pages no longer is.
  void take(std::uint32_t first, std::uint32_t count) {
    const std::uint32_t end = first + count;
    auto range = by_start_.upper_bound(first);
    if (range != by_start_.begin()) --range;
    while (range != by_start_.end() && range->first < end) {
      const auto [start, length] = *range;
      ++range;
      if (start + length <= first) continue;
      erase(start, length);
      if (start < first) insert(start, first - start);
      if (start + length > end) insert(end, start + length - end);
    }
  }
  // All of these pages are free from now on.
  void give(std::uint32_t first, std::uint32_t count) {
    if (count == 0) return;
    take(first, count);
    std::uint32_t start = first, length = count;
    auto after = by_start_.lower_bound(first);
    if (after != by_start_.begin()) {
      const auto before = *std::prev(after);
      if (before.first + before.second == first) {
        erase(before.first, before.second);
        start = before.first;
        length += before.second;
      }
    }
    after = by_start_.find(first + count);
    if (after != by_start_.end()) {
      const auto next = *after;
      erase(next.first, next.second);
      length += next.second;
    }
    insert(start, length);
  }

 private:
  void insert(std::uint32_t start, std::uint32_t length) {
    by_start_.emplace(start, length);
    by_length_.emplace(length, start);
  }
  void erase(std::uint32_t start, std::uint32_t length) {
    by_start_.erase(start);
    by_length_.erase({length, start});
  }

  std::map<std::uint32_t, std::uint32_t> by_start_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> by_length_;
};

}  // namespace skep::maps
