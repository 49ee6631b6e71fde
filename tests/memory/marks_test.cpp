// Marks: what is set and cleared, over the borders of tables, and that tables come and go while nobody misses a mark.
#include "memory/marks.hpp"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

namespace skep::memory {
namespace {

constexpr std::uint64_t base = 0x7f12'3440'0000;
constexpr std::uint64_t table = 256 * 1024;  // bytes that one table is about

TEST(Marks, AreKnownOverTheBordersOfTables) {
  for (const std::uint64_t border : {base + table, base + 32 * table, std::uint64_t{0x7f80'0000'0000}}) {
    const auto marks = std::make_shared<Marks>();
    EXPECT_FALSE(marks->any(border - 64, 128));
    marks->set(border - 16, 48);
    EXPECT_TRUE(marks->all(border - 16, 48));
    EXPECT_FALSE(marks->all(border - 24, 56));
    EXPECT_FALSE(marks->all(border - 16, 49));
    EXPECT_TRUE(marks->any(border - 64, 49));
    EXPECT_FALSE(marks->any(border - 64, 48));
    marks->clear(border, 8);
    EXPECT_FALSE(marks->all(border - 16, 48));
    EXPECT_TRUE(marks->all(border - 16, 16));
    EXPECT_TRUE(marks->all(border + 8, 24));
    EXPECT_EQ(marks->tables(), 2U);
  }
}

TEST(Marks, OfAddressesThatNoProcessHasAreNeverSet) {
  const auto marks = std::make_shared<Marks>();
  marks->set(0xffff'8000'0000'0000, 8);
  EXPECT_FALSE(marks->any(0xffff'8000'0000'0000, 8));
  EXPECT_EQ(marks->tables(), 0U);
}

TEST(Marks, GiveBackTablesThatAreEmptyAndKeepTheOthers) {
  const auto marks = std::make_shared<Marks>();
  constexpr std::uint64_t count = 1000;
  for (std::uint64_t n = 0; n < count; ++n) marks->set(base + n * table + n % 4096 * 8, 64);
  EXPECT_EQ(marks->tables(), count);
  // Nothing is empty, whatever little is left.
  marks->left(0);
  rcu::barrier();
  EXPECT_EQ(marks->tables(), count);
  for (std::uint64_t n = 0; n < count; ++n) EXPECT_TRUE(marks->all(base + n * table + n % 4096 * 8, 64)) << n;
  for (std::uint64_t n = 0; n < count; ++n)
    if (n % 100 != 7) marks->clear(base + n * table + n % 4096 * 8, 64);
  // More are made: it is worth looking again.
  for (std::uint64_t n = 0; n < count / 2; ++n) {
    marks->set(base + (count + n) * table, 8);
    marks->clear(base + (count + n) * table, 8);
  }
  marks->left(1);
  rcu::barrier();
  EXPECT_EQ(marks->tables(), count / 100);
  for (std::uint64_t n = 7; n < count; n += 100) EXPECT_TRUE(marks->all(base + n * table + n % 4096 * 8, 64)) << n;
  EXPECT_FALSE(marks->any(base + 8 * table, table));
}

TEST(Marks, AreLookedAtAgainWhenHalfOfTheMemoryIsGone) {
  const auto marks = std::make_shared<Marks>();
  for (std::uint64_t n = 0; n < 100; ++n) marks->set(base + n * table, 8);
  marks->left(1000);
  rcu::barrier();
  for (std::uint64_t n = 0; n < 100; ++n) marks->clear(base + n * table, 8);
  marks->left(600);
  rcu::barrier();
  EXPECT_EQ(marks->tables(), 100U);
  marks->left(400);
  rcu::barrier();
  EXPECT_EQ(marks->tables(), 0U);
}

// What a thread has set it finds, and what it has cleared it does not, while the tables are looked through all the
// time.
TEST(Marks, AreNeverMissedWhileTablesComeAndGo) {
  const auto marks = std::make_shared<Marks>();
  constexpr unsigned threads = 3, rounds = 20000;
  std::atomic<unsigned> wrong{0}, running{threads};
  std::vector<std::thread> all;
  for (unsigned own = 0; own < threads; ++own)
    all.emplace_back([&, own] {
      std::mt19937 random(own);
      for (unsigned n = 0; n < rounds; ++n) {
        // Many tables, and the same ones as the other threads'.
        const std::uint64_t at = base + random() % 64 * table + own * 8192;
        marks->set(at, 32);
        if (!marks->all(at, 32)) ++wrong;
        if (n % 8 == 0) std::this_thread::yield();
        if (!marks->all(at, 32)) ++wrong;
        marks->clear(at, 32);
        if (marks->any(at, 32)) ++wrong;
      }
      --running;
    });
  std::uint64_t most = 0;
  while (running != 0) {
    marks->left(0);
    most = std::max<std::uint64_t>(most, marks->tables());
    std::this_thread::yield();
  }
  for (std::thread& thread : all) thread.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_LE(most, 128U);  // with those that wait for their grace period
  rcu::barrier();
  for (std::uint64_t n = 0; n < 64; ++n) EXPECT_FALSE(marks->any(base + n * table, table));
}

}  // namespace
}  // namespace skep::memory
