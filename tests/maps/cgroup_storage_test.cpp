// Cgroup storage: one value, or one a CPU, that programs find by no key.
#include "maps/cgroup_storage.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace skep::maps {
namespace {

MapAttributes attributes(MapType type) {
  MapAttributes wanted;
  wanted.info.type = type;
  wanted.info.key_size = 16;
  wanted.info.value_size = 12;
  wanted.cpu_count = 2;
  return wanted;
}

TEST(CgroupStorage, IsTheSameOnAllCpus) {
  CgroupStorage storage(attributes(MapType::cgroup_storage));
  auto* const value = static_cast<std::uint32_t*>(storage.lookup(nullptr, 0));
  EXPECT_EQ(storage.lookup(nullptr, 1), value);
  value[2] = 7;
  storage.clear();
  EXPECT_EQ(value[2], 0U);
}

TEST(CgroupStorage, HasAValueForEachCpu) {
  CgroupStorage storage(attributes(MapType::percpu_cgroup_storage));
  auto* const first = static_cast<char*>(storage.lookup(nullptr, 0));
  EXPECT_EQ(storage.lookup(nullptr, 1), first + 16);
}

TEST(CgroupStorage, IsNothingToUserSpaceWithoutAnAttachment) {
  CgroupStorage storage(attributes(MapType::cgroup_storage));
  char key[16] = {}, value[12] = {};
  EXPECT_EQ(storage.user_lookup(key, value, 0), -ENOENT);
  EXPECT_EQ(storage.user_update(key, value, 0), -ENOENT);
  EXPECT_EQ(storage.user_next_key(nullptr, key), -ENOENT);
}

}  // namespace
}  // namespace skep::maps
