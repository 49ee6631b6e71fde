// Pages of arenas: who gets which, what may be accessed, and what user space shares. The order in which pages are given
// and what is refused was asked of Linux 7.3.
#include "maps/arena.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>

#include "maps/free_ranges.hpp"

namespace skep::maps {
namespace {

constexpr std::uint64_t start = 0x100'ffff'0000;  // sixteen pages below a 4 GiB boundary
constexpr std::uint64_t page = Arena::page_size;

MapAttributes attributes(std::uint32_t pages, std::uint64_t at = start, std::uint32_t flags = map_flag::mmapable) {
  MapAttributes wanted;
  wanted.info.type = MapType::arena;
  wanted.info.max_entries = pages;
  wanted.info.flags = flags;
  wanted.info.extra = at;
  return wanted;
}

class Pages16 : public testing::Test {
 protected:
  // The number of the page at an address in the arena; -1: none.
  static int number(std::uint64_t address) { return address == 0 ? -1 : static_cast<int>((address - start) / page); }
  void* at(std::uint64_t address, unsigned size = 1) { return arena.access(static_cast<std::uint32_t>(address), size); }
  Arena arena{attributes(16)};
};

TEST_F(Pages16, AreGivenFromTheSmallestGapThatIsLargeEnough) {
  EXPECT_EQ(arena.allocate(0, 10), start);
  arena.release(start + 1 * page, 3);
  arena.release(start + 5 * page, 1);
  EXPECT_EQ(number(arena.allocate(0, 1)), 5);
}

TEST_F(Pages16, AreGivenFromTheFirstOfEqualGaps) {
  arena.allocate(0, 12);
  arena.release(start + 8 * page, 2);
  arena.release(start + 2 * page, 2);
  EXPECT_EQ(number(arena.allocate(0, 1)), 2);
  EXPECT_EQ(number(arena.allocate(0, 1)), 3);
  EXPECT_EQ(number(arena.allocate(0, 2)), 8);
}

TEST_F(Pages16, AreRefused) {
  EXPECT_EQ(arena.allocate(0, 0), 0U) << "none";
  EXPECT_EQ(arena.allocate(0, 17), 0U) << "more than there are";
  EXPECT_EQ(arena.allocate(start + 3 * page + 5, 1), 0U) << "inside a page";
  EXPECT_EQ(arena.allocate(start + 14 * page, 3), 0U) << "beyond the end";
  EXPECT_EQ(arena.allocate(start - page, 1), 0U) << "before the beginning";
  EXPECT_EQ(number(arena.allocate(start + 2 * page, 1)), 2);
  EXPECT_EQ(arena.allocate(start + page, 3), 0U) << "one of them is taken";
  EXPECT_EQ(number(arena.allocate(static_cast<std::uint32_t>(start + page), 1)), 1) << "the lower half is enough";
}

TEST_F(Pages16, AreTakenBackAsFarAsTheyAreThere) {
  const auto all = [&] { return arena.allocate(0, 16); };
  ASSERT_NE(all(), 0U);
  arena.release(start, 0);
  arena.release(0, 1);
  arena.release(start - page, 1);
  EXPECT_EQ(arena.allocate(0, 1), 0U) << "nothing was given back";
  arena.release(start + 2 * page + 7, 1);
  EXPECT_EQ(number(arena.allocate(0, 1)), 2) << "any address in the page will do";
  arena.release(start + 13 * page, 100);
  EXPECT_EQ(number(arena.allocate(0, 3)), 13);
  arena.release(start + 4 * page, 1);
  arena.release(start + 4 * page, 2);
  EXPECT_EQ(number(arena.allocate(0, 2)), 4) << "giving back twice changes nothing";
}

TEST_F(Pages16, AreReserved) {
  EXPECT_EQ(arena.reserve(start, 0), 0);
  EXPECT_EQ(arena.reserve(start + 7, 1), 0);
  EXPECT_EQ(arena.reserve(start, 1), -EBUSY);
  EXPECT_EQ(arena.reserve(start, 17), -EINVAL);
  EXPECT_EQ(arena.reserve(0, 3), -EINVAL);
  EXPECT_EQ(arena.allocate(start, 1), 0U);
  EXPECT_EQ(at(start), nullptr) << "nobody has it";
  arena.release(start, 1);
  EXPECT_EQ(number(arena.allocate(0, 1)), 0);
  EXPECT_EQ(arena.reserve(start, 1), -EBUSY);
}

TEST_F(Pages16, AreAccessedWithinTheirBounds) {
  ASSERT_EQ(arena.allocate(start + page, 1), start + page);
  const std::int64_t low = static_cast<std::uint32_t>(start);
  EXPECT_NE(arena.access(low + 4096, 8), nullptr);
  EXPECT_NE(arena.access(low + 8184, 8), nullptr);
  EXPECT_EQ(arena.access(low + 8185, 8), nullptr) << "into a page that is not there";
  EXPECT_EQ(arena.access(low + 4095, 2), nullptr) << "from a page that is not there";
  EXPECT_EQ(arena.access(low - 1, 1), nullptr);
  EXPECT_EQ(arena.access(-1, 1), nullptr);
  EXPECT_EQ(arena.access(-32768, 8), nullptr);
  EXPECT_EQ(arena.access(std::int64_t{1} << 32, 1), nullptr);
  EXPECT_EQ(arena.access((std::int64_t{1} << 32) + 32767, 8), nullptr);
  arena.allocate(start + 15 * page, 1);
  EXPECT_NE(arena.access((std::int64_t{1} << 32) - 8, 8), nullptr);
  EXPECT_EQ(arena.access((std::int64_t{1} << 32) - 4, 8), nullptr) << "beyond the end";
}

TEST_F(Pages16, AreZeroWhenTheyAreGivenAgain) {
  ASSERT_EQ(arena.allocate(0, 1), start);
  *static_cast<char*>(at(start)) = 5;
  arena.release(start, 1);
  EXPECT_EQ(at(start), nullptr);
  ASSERT_EQ(arena.allocate(0, 1), start);
  EXPECT_EQ(*static_cast<char*>(at(start)), 0);
}

TEST_F(Pages16, AreSharedWithUserSpace) {
  int fd = -1;
  std::uint64_t offset = 1;
  ASSERT_EQ(arena.mmap_source(0, 16 * page, PROT_READ | PROT_WRITE, fd, offset), 0);
  void* const mapped = mmap(nullptr, 16 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, static_cast<off_t>(offset));
  ASSERT_NE(mapped, MAP_FAILED);
  auto* const user = static_cast<char*>(mapped);
  user[3 * page] = 7;  // by which user space has the page
  ASSERT_NE(at(start + 3 * page), nullptr);
  EXPECT_EQ(*static_cast<char*>(at(start + 3 * page)), 7);
  EXPECT_EQ(at(start + 2 * page), nullptr);
  user[5 * page] = 9;
  EXPECT_EQ(arena.allocate(start + 5 * page, 1), 0U);
  EXPECT_EQ(arena.reserve(start + 5 * page, 1), -EBUSY);
  user[0] = 1;
  EXPECT_EQ(number(arena.allocate(0, 2)), 1) << "around what user space has";
  EXPECT_EQ(number(arena.allocate(0, 11)), -1);
  *static_cast<char*>(at(start + page)) = 42;
  EXPECT_EQ(user[page], 42);
  munmap(mapped, 16 * page);
}

TEST_F(Pages16, HaveAddressesOfUserSpace) {
  EXPECT_EQ(arena.to_user(start + 5), start + 5);
  EXPECT_EQ(arena.to_user(static_cast<std::uint32_t>(start + 5)), start + 5);
  EXPECT_EQ(arena.to_user(0xbadc0ffe00000000), 0U);
  Arena plain{attributes(16, start, map_flag::mmapable | map_flag::no_user_conv)};
  EXPECT_EQ(plain.to_user(start + 5), static_cast<std::uint32_t>(start + 5));
}

TEST_F(Pages16, CanBeUsedByHostsWhateverTheAddress) {
  ASSERT_EQ(arena.allocate(0, 1), start);
  auto* const there = reinterpret_cast<std::uint64_t*>(arena.to_host(start + 8));
  *there = 11;
  EXPECT_EQ(*static_cast<std::uint64_t*>(at(start + 8, 8)), 11U);
  EXPECT_EQ(arena.to_host(start + page), arena.to_host(start) + page);
  for (const std::uint64_t address :
       {std::uint64_t{0}, start + page, std::uint64_t{0xffffffff}, std::uint64_t{12345}}) {
    *reinterpret_cast<volatile char*>(arena.to_host(address)) = 1;
    arena.forget_host_access(address);
  }
  EXPECT_EQ(at(start + page), nullptr) << "the page is still nobody's";
}

TEST(Arena, LearnsItsAddressFromTheFirstMapping) {
  Arena arena{attributes(2, 0)};
  arena.mapped_at(0x7000'0000'1000);
  arena.mapped_at(0x7100'0000'0000);
  EXPECT_EQ(arena.info().user_vm_start, 0x7000'0000'1000U);
  EXPECT_EQ(arena.info().value_address, 0x7000'0000'1000U) << "of its global data";
  EXPECT_EQ(arena.allocate(0, 1), 0x7000'0000'1000U);
}

TEST(FreeRanges, AreOneWhereTheyTouch) {
  FreeRanges free(10);
  free.take(2, 3);
  free.take(7, 1);
  EXPECT_EQ(free.find(3), std::nullopt);
  EXPECT_EQ(free.find(2), 0U);
  free.give(3, 1);
  EXPECT_TRUE(free.contains(3, 1));
  EXPECT_FALSE(free.contains(2, 2));
  free.give(0, 10);
  EXPECT_EQ(free.find(10), 0U);
}

}  // namespace
}  // namespace skep::maps
