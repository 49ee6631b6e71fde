// How elements of a hash are found: for engines, which look keys up without asking the map. Where the memory is stays
// as long as the map lives. The table itself is in maps/hash_table.hpp. Tested by tests/engine/compiled_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "maps/map.hpp"

namespace skep::maps {

// A key's hash: word after word of eight bytes (the rest padded with zeros) is mixed into what HashPlace::start says;
// the upper half of the result is folded into the lower.
inline constexpr std::uint64_t hash_salt_state = 0x9e3779b97f4a7c15, hash_salt_word = 0xd6e8feb86659fd93;
inline std::uint64_t mix_into_hash(std::uint64_t state, std::uint64_t word) {
  const auto product = static_cast<unsigned __int128>(state ^ hash_salt_state) * (word ^ hash_salt_word);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// A bucket is a word: the first node of a chain, or the end of one. `lock_bit` in it means nothing to readers. A chain
// goes on in each node's `next`; its end is odd, and says from which bucket it is: a reader that comes to another one's
// begins again.
struct HashPlace {
  static constexpr std::uint64_t lock_bit = 2;
  static constexpr std::uint64_t end_of(std::uint64_t bucket) { return bucket << 2 | 1; }

  std::uint64_t buckets = 0;
  std::uint32_t mask = 0;
  std::uint64_t start = 0;
  std::uint32_t key_size = 0;
  bool marks = false;            // an element that was found is marked as used, by a 1 in this byte of its node
  std::uint64_t cpu_stride = 0;  // from one CPU's value to the next one's; 0: there is one for all
  // In a node; its next is its first word, and its key is padded with zeros.
  std::size_t hash_at = 0, mark_at = 0, key_at = 0, value_at = 0;
};
// Of a hash, an LRU or per-CPU hash, or a resizable one; of others nothing.
std::optional<HashPlace> hash_place(const Map& map);

}  // namespace skep::maps
