// Maps by element, typed and not, and ring buffers.
#include <poll.h>

#include <map>

#include "api/support.hpp"

namespace skep::test {
namespace {

using testing::HasSubstr;

TEST(Map, ElementsByType) {
  const Loaded loaded;
  const Map counts = loaded.map("counts");
  EXPECT_EQ(counts.key_size(), 4U);
  EXPECT_EQ(counts.value_size(), 8U);
  EXPECT_EQ(counts.max_entries(), 8U);
  EXPECT_EQ(counts.type(), MapType::hash);
  const std::uint32_t key = 5;
  EXPECT_EQ(*counts.lookup<std::uint64_t>(key), std::nullopt);
  EXPECT_EQ(counts.update(key, std::uint64_t{7}, Update::exist).error(), ENOENT);
  EXPECT_TRUE(counts.update(key, std::uint64_t{7}, Update::no_exist));
  EXPECT_EQ(counts.update(key, std::uint64_t{8}, Update::no_exist).error(), EEXIST);
  EXPECT_EQ(*counts.lookup<std::uint64_t>(key), 7U);
  EXPECT_TRUE(*counts.erase(key));
  EXPECT_FALSE(*counts.erase(key));
}

TEST(Map, SizesAreChecked) {
  const Loaded loaded;
  const Map counts = loaded.map("counts");
  EXPECT_EQ(counts.lookup<std::uint32_t>(std::uint32_t{1}).error(), EINVAL);
  EXPECT_THAT(counts.lookup<std::uint32_t>(std::uint32_t{1}).message(),
              HasSubstr("map 'counts': its value has 8 bytes, not 4"));
  EXPECT_THAT(counts.update(std::uint64_t{1}, std::uint64_t{1}).message(), HasSubstr("its key has 4 bytes, not 8"));
  EXPECT_EQ(counts.erase(std::uint8_t{1}).error(), EINVAL);
  EXPECT_EQ((counts.typed<std::uint32_t, std::uint16_t>().error()), EINVAL);
  EXPECT_EQ((loaded.map("each_cpu").typed<std::uint32_t, std::uint32_t>().error()), EINVAL);
}

TEST(Map, TypedMapsAreRanges) {
  const Loaded loaded;
  const auto counts = loaded.map("counts").typed<std::uint32_t, std::uint64_t>();
  ASSERT_TRUE(counts) << counts.message();
  EXPECT_EQ(counts->begin(), counts->end());
  const std::map<std::uint32_t, std::uint64_t> wanted = {{1, 10}, {2, 20}, {3, 30}};
  for (const auto& [key, value] : wanted) EXPECT_TRUE(counts->update(key, value));
  std::map<std::uint32_t, std::uint64_t> seen;
  for (const auto& [key, value] : *counts) seen[key] = value;
  EXPECT_EQ(seen, wanted);
  EXPECT_EQ(counts->lookup(2), 20U);
  EXPECT_TRUE(counts->erase(2));
  EXPECT_EQ(counts->lookup(2), std::nullopt);
  for (std::uint32_t key = 0; key < 8; ++key) static_cast<void>(counts->update(key, 1));
  EXPECT_EQ(counts->update(99, 1).error(), E2BIG);
}

TEST(Map, PerCpuMapsHaveAValueACpu) {
  const Loaded loaded;
  const std::vector<std::uint8_t> packet(60, 0);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(loaded.program("count").run({.packet = packet}));
  const auto values = loaded.map("each_cpu").lookup_each_cpu<std::uint32_t>(std::uint32_t{0});
  ASSERT_TRUE(values) << values.message();
  ASSERT_TRUE(*values);
  ASSERT_EQ((*values)->size(), 2U);
  EXPECT_EQ((**values)[0] + (**values)[1], 3U);
}

TEST(RingBuffer, IsConsumedAndPolled) {
  const Loaded loaded;
  const auto ring = RingBuffer::open(loaded.map("records"));
  ASSERT_TRUE(ring) << ring.message();
  std::vector<std::uint32_t> records;
  const auto take = [&](std::span<const std::uint8_t> record) {
    std::uint32_t length = 0;
    EXPECT_EQ(record.size(), sizeof length);
    std::memcpy(&length, record.data(), sizeof length);
    records.push_back(length);
    return length != 62;  // stops there
  };
  pollfd fd{ring->fd(), POLLIN, 0};
  EXPECT_EQ(poll(&fd, 1, 0), 0);
  EXPECT_EQ(*ring->consume(take), 0U);
  for (std::size_t size = 60; size < 65; ++size) {
    const std::vector<std::uint8_t> packet(size, 0);
    ASSERT_TRUE(loaded.program("count").run({.packet = packet}));
  }
  EXPECT_EQ(poll(&fd, 1, 0), 1);
  EXPECT_EQ(*ring->consume(take), 3U);
  EXPECT_EQ(poll(&fd, 1, 0), 1);
  EXPECT_EQ(*ring->consume(take), 2U);
  EXPECT_EQ(poll(&fd, 1, 0), 0);
  EXPECT_THAT(records, testing::ElementsAre(60, 61, 62, 63, 64));
  EXPECT_EQ(RingBuffer::open(loaded.map("counts")).error(), EINVAL);
}

}  // namespace
}  // namespace skep::test
