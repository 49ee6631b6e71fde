// Maps of where packets go: what may be written, and what is there afterwards.
#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

#include "maps/map.hpp"

namespace skep::maps {
namespace {

struct Entry {
  std::uint32_t number = 0;
  std::int32_t program = 0;
};

class Destinations : public testing::Test {
 protected:
  std::shared_ptr<Map> make(MapType type, std::uint32_t value_size = 8) {
    MapAttributes attributes;
    attributes.info.type = type;
    attributes.info.key_size = 4;
    attributes.info.value_size = value_size;
    attributes.info.max_entries = 4;
    attributes.cpu_count = 2;
    auto made = create(attributes);
    EXPECT_EQ(made.error, 0) << made.message;
    return made.map;
  }
  static int put(Map& map, std::uint32_t key, Entry entry, std::uint64_t flags = 0) {
    return map.user_update(&key, &entry, flags);
  }
  static int get(Map& map, std::uint32_t key) {
    Entry entry;
    const int error = map.user_lookup(&key, &entry, 0);
    EXPECT_EQ(map.lookup(&key, 0) != nullptr, error == 0) << "programs see the same";
    return error != 0 ? error : static_cast<int>(entry.number);
  }
  static std::vector<std::uint32_t> keys(Map& map) {
    std::vector<std::uint32_t> all;
    std::uint32_t key = 0;
    for (int error = map.user_next_key(nullptr, &key); error == 0; error = map.user_next_key(&key, &key))
      all.push_back(key);
    return all;
  }
};

TEST_F(Destinations, AreDevicesByIndex) {
  const auto map = make(MapType::devmap);
  EXPECT_EQ(get(*map, 0), -ENOENT);
  EXPECT_EQ(put(*map, 0, {1}), 0);
  EXPECT_EQ(get(*map, 0), 1);
  EXPECT_EQ(put(*map, 1, {77}), -EINVAL) << "there is only loopback";
  EXPECT_EQ(put(*map, 4, {1}), -E2BIG);
  EXPECT_EQ(put(*map, 1, {1}, 1), -EEXIST);
  EXPECT_EQ(put(*map, 1, {1}, 4), -EINVAL);
  EXPECT_EQ(put(*map, 1, {0, 5}), -EINVAL);
  EXPECT_EQ(keys(*map), (std::vector<std::uint32_t>{0, 1, 2, 3})) << "whether there is something or not";
  EXPECT_EQ(put(*map, 0, {0}), 0);
  EXPECT_EQ(get(*map, 0), -ENOENT);
  std::uint32_t key = 4;
  EXPECT_EQ(map->user_delete(&key), -EINVAL);
  key = 2;
  EXPECT_EQ(map->user_delete(&key), 0);
  EXPECT_EQ(get(*map, 9), -ENOENT);
}

TEST_F(Destinations, AreDevicesByKey) {
  const auto map = make(MapType::devmap_hash, 4);
  EXPECT_EQ(put(*map, 1000, {1}), 0);
  EXPECT_EQ(put(*map, 1000, {1}, 1), -EEXIST);
  EXPECT_EQ(put(*map, 1001, {0}), -EINVAL);
  EXPECT_EQ(get(*map, 1000), 1);
  EXPECT_EQ(keys(*map), std::vector<std::uint32_t>{1000});
  std::uint32_t key = 5;
  EXPECT_EQ(map->user_delete(&key), -ENOENT);
  key = 1000;
  EXPECT_EQ(map->user_delete(&key), 0);
  EXPECT_EQ(get(*map, 1000), -ENOENT);
}

TEST_F(Destinations, AreCpusThatThereAre) {
  const auto map = make(MapType::cpumap);
  EXPECT_EQ(put(*map, 1, {16384}), 0);
  EXPECT_EQ(get(*map, 1), 16384);
  EXPECT_EQ(put(*map, 0, {16385}), -EOVERFLOW);
  EXPECT_EQ(put(*map, 2, {5}), -ENODEV);
  EXPECT_EQ(put(*map, 1, {0}), 0);
  EXPECT_EQ(get(*map, 1), -ENOENT);
}

}  // namespace
}  // namespace skep::maps
