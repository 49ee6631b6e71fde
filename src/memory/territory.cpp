// See memory/territory.hpp.
#include "memory/territory.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <mutex>
#include <new>

namespace skep::memory {
namespace {

constexpr std::uint64_t word_bits = 64;
constexpr unsigned address_bits = 47;  // of a process

// The first that another thread or this one has made; null: no memory.
template <typename Table>
Table* existing_or_made(std::atomic<Table*>& place, bool make) {
  Table* there = place.load(std::memory_order_acquire);
  if (there != nullptr || !make) return there;
  std::unique_ptr<Table> made(new (std::nothrow) Table());
  if (made == nullptr || !place.compare_exchange_strong(there, made.get(), std::memory_order_acq_rel)) return there;
  return made.release();
}

}  // namespace

// The marks of 8 MiB.
struct Territory::Leaf {
  std::array<std::atomic<std::uint64_t>, (1U << (leaf_bits + page_bits - unit_bits)) / word_bits> words = {};
};
struct Territory::Middle {
  std::array<std::atomic<Leaf*>, 1U << middle_bits> leaves = {};
  ~Middle() {
    for (auto& leaf : leaves) delete_leaf(leaf.load(std::memory_order_relaxed));
  }
  static void delete_leaf(Leaf* leaf) { const std::unique_ptr<Leaf> owned(leaf); }
};

Territory::Territory() : top_{} {}
Territory::~Territory() {
  for (auto& middle : top_) const std::unique_ptr<Middle> owned(middle.load(std::memory_order_relaxed));
}

// Of the 64 units that `unit` is one of.
std::atomic<std::uint64_t>* Territory::word(std::uint64_t unit, bool make) const {
  const std::uint64_t page = unit >> (page_bits - unit_bits);
  if (page >> (leaf_bits + middle_bits + top_bits) != 0) return nullptr;
  Middle* const middle = existing_or_made(top_[page >> (leaf_bits + middle_bits)], make);
  if (middle == nullptr) return nullptr;
  Leaf* const leaf = existing_or_made(middle->leaves[(page >> leaf_bits) & ((1U << middle_bits) - 1)], make);
  if (leaf == nullptr) return nullptr;
  return &leaf->words[(unit / word_bits) % leaf->words.size()];
}

// False: `what` was, for one of them.
template <typename Do>
bool Territory::for_words(std::uint64_t from, std::size_t size, bool make, Do&& what) const {
  static_assert(page_bits + leaf_bits + middle_bits + top_bits == address_bits);
  std::uint64_t unit = from >> unit_bits;
  const std::uint64_t end = (from + size + (1U << unit_bits) - 1) >> unit_bits;
  while (unit < end) {
    const std::uint64_t count = std::min(end - unit, word_bits - unit % word_bits);
    const std::uint64_t bits = (count == word_bits ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1)
                               << (unit % word_bits);
    if (!what(word(unit, make), bits)) return false;
    unit += count;
  }
  return true;
}

void Territory::add(const void* at, std::size_t size, const Cells& cells) {
  const auto begin = reinterpret_cast<std::uint64_t>(at);
  if (size <= small && cells.stride != 0) {
    for (std::size_t cell = cells.offset; cell + cells.size <= size; cell += cells.stride)
      add(static_cast<const char*>(at) + cell, cells.size);
    return;
  }
  if (size <= small) {
    for_words(begin, size, true, [](std::atomic<std::uint64_t>* word, std::uint64_t bits) {
      if (word != nullptr) word->fetch_or(bits, std::memory_order_relaxed);
      return true;
    });
    return;
  }
  const std::lock_guard guard(lock_);
  ranges_.insert_or_assign(begin, Range{.end = begin + size, .cells = cells});
}
void Territory::remove(const void* at, std::size_t size) {
  const auto begin = reinterpret_cast<std::uint64_t>(at);
  if (size <= small) {
    for_words(begin, size, false, [](std::atomic<std::uint64_t>* word, std::uint64_t bits) {
      if (word != nullptr) word->fetch_and(~bits, std::memory_order_relaxed);
      return true;
    });
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

bool Territory::marked(std::uint64_t from, std::size_t size) const {
  return for_words(from, size, false, [](const std::atomic<std::uint64_t>* word, std::uint64_t bits) {
    return word != nullptr && (word->load(std::memory_order_relaxed) & bits) == bits;
  });
}

bool Territory::contains(std::uint64_t from, std::size_t size) const {
  if (size == 0) return true;
  if (from + size < from) return false;
  if (size <= small && marked(from, size)) return true;
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
  if (!for_words(from, size, false, [](const std::atomic<std::uint64_t>* word, std::uint64_t bits) {
        return word == nullptr || (word->load(std::memory_order_relaxed) & bits) == 0;
      }))
    return true;
  const std::shared_lock guard(lock_);
  for (const auto* ranges : {&ranges_, &held_}) {
    auto it = ranges->lower_bound(from);
    if (it != ranges->end() && it->first < from + size) return true;
    if (it != ranges->begin() && std::prev(it)->second.end > from) return true;
  }
  return false;
}

}  // namespace skep::memory
