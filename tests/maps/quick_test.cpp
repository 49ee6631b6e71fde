// What engines call of a map without asking it: each case is put to two maps of a kind, to one as programs' calls reach
// it and to the other quickly, and both must answer and hold the same.
#include "maps/quick.hpp"

#include "support.hpp"

namespace skep::maps {
namespace {

using test::made;
using test::Num;
using test::Wanted;

TEST(QuickCalls, DoWhatTheMapDoes) {
  const Wanted kinds[] = {
      {.type = MapType::array, .max_entries = 5},
      {.type = MapType::array, .value_size = 20, .max_entries = 5},
      {.type = MapType::percpu_array, .max_entries = 5},
      {.type = MapType::hash, .max_entries = 5},
      {.type = MapType::hash, .key_size = 8, .value_size = 3, .max_entries = 5},
      {.type = MapType::hash, .key_size = 7, .max_entries = 5, .flags = map_flag::no_prealloc},
      {.type = MapType::percpu_hash, .max_entries = 5},
      {.type = MapType::lru_hash, .max_entries = 5},
  };
  for (const Wanted& kind : kinds) {
    const auto asked = made(kind), quick = made(kind);
    const QuickUpdate update = quick_update(*quick);
    ASSERT_NE(update, nullptr);
    const QuickErase erase = quick_erase(*quick);
    const bool is_array = kind.type == MapType::array || kind.type == MapType::percpu_array;
    ASSERT_EQ(erase == nullptr, is_array);
    const std::array<std::uint64_t, 4> values = {0x0102030405060708, 2, 3, 4};
    const auto both_update = [&](std::uint64_t key, std::size_t value, std::uint64_t flags) {
      const int answer = asked->update(Num(key), &values[value], flags, 1);
      EXPECT_EQ(update(*quick, Num(key), &values[value], flags, 1), answer) << key << " with " << flags;
    };
    const auto both_hold = [&](std::uint64_t key) {
      const auto* one = static_cast<const std::uint8_t*>(asked->lookup(Num(key), 1));
      const auto* other = static_cast<const std::uint8_t*>(quick->lookup(Num(key), 1));
      ASSERT_EQ(one == nullptr, other == nullptr) << key;
      if (one != nullptr) {
        EXPECT_EQ(std::memcmp(one, other, kind.value_size), 0) << key;
      }
    };
    for (std::uint64_t flags = 0; flags < 6; ++flags) {
      for (std::uint64_t key = 0; key < 7; ++key) both_update(key, (key + flags) % 3 / 2, flags);
    }
    for (std::uint64_t key = 0; key < 7; ++key) both_hold(key);
    for (std::uint64_t key = 2; key < 9 && erase != nullptr; ++key) {
      EXPECT_EQ(erase(*quick, Num(key)), asked->erase(Num(key))) << key;
    }
    for (std::uint64_t key = 0; key < 7; ++key) both_hold(key);
  }
}

TEST(QuickCalls, AreForPlainValuesInArraysAndHashes) {
  for (const MapType type : {MapType::array, MapType::hash})
    EXPECT_EQ(quick_update(*made({.type = type, .value_size = 24, .field = test::wq_type})), nullptr)
        << "its values hold more than bytes";
  EXPECT_EQ(quick_update(*made({.type = MapType::queue, .key_size = 0})), nullptr);
  EXPECT_EQ(quick_erase(*made({.type = MapType::queue, .key_size = 0})), nullptr);
}

// An element that is replaced is found all the while, wherever it stands in its chain; and others are left alone.
TEST(QuickCalls, ReplaceElementsAnywhereInAChain) {
  constexpr std::uint32_t elements = 512;  // buckets_for 512: some chains have three and more
  const auto map = made({.type = MapType::hash, .max_entries = elements});
  std::vector<std::uint64_t> expected(elements);
  for (std::uint64_t round = 0; round < 4; ++round) {
    for (std::uint64_t key = 0; key < elements; ++key) {
      expected[key] = key * 10 + round;
      ASSERT_EQ(test::put(*map, key * 7919, expected[key]), 0);
      if (key % 5 == round) {
        ASSERT_EQ(map->erase(Num(key * 7919)), 0);
        ASSERT_EQ(map->erase(Num(key * 7919)), -ENOENT);
        ASSERT_EQ(test::put(*map, key * 7919, expected[key]), 0);
      }
    }
    for (std::uint64_t key = 0; key < elements; ++key) ASSERT_EQ(test::get(*map, key * 7919), expected[key]) << key;
    EXPECT_EQ(test::keys(*map).size(), elements);
    EXPECT_EQ(test::put(*map, 1, 1), -E2BIG);
    std::uint64_t cursor = 0, visited = 0, sum = 0;
    for (Element element; map->next_element(cursor, element); ++visited) sum += test::number(element.value);
    EXPECT_EQ(visited, elements);
    EXPECT_EQ(sum, elements * (elements - 1) / 2 * 10 + elements * round);
  }
}

}  // namespace
}  // namespace skep::maps
