// The reserve for signal handlers: whole blocks, all of them once, and back again; elsewhere the process's memory.
#include "memory/in_signal.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <thread>
#include <vector>

namespace skep::memory {
namespace {

TEST(InSignal, TheReserveGivesEachBlockOnce) {
  ASSERT_EQ(reserve_taken(), 0U);
  EXPECT_EQ(take_from_reserve(reserve_block + 1), nullptr);
  std::set<void*> blocks;
  for (std::size_t n = 0; n < reserve_blocks; ++n) blocks.insert(take_from_reserve(reserve_block));
  EXPECT_EQ(blocks.size(), reserve_blocks);
  EXPECT_FALSE(blocks.contains(nullptr));
  EXPECT_EQ(reserve_taken(), reserve_blocks);
  EXPECT_EQ(take_from_reserve(1), nullptr);
  for (void* block : blocks) free_small(block);
  EXPECT_EQ(reserve_taken(), 0U);
}

TEST(InSignal, ObjectsComeFromItInHandlersOnly) {
  struct Object : Small {
    int number = 7;
  };
  {
    const auto outside = std::make_unique<Object>();
    const auto shared_outside = make_small_shared<int>(5);
    EXPECT_EQ(reserve_taken(), 0U);
    const SignalScope in_handler;
    const auto inside = std::make_unique<Object>();
    EXPECT_EQ(inside->number, 7);
    const auto shared = make_small_shared<int>(6);
    EXPECT_EQ(*shared, 6);
    EXPECT_EQ(reserve_taken(), 2U);
    std::array<void*, reserve_blocks> all = {};
    for (void*& block : all) block = take_from_reserve(1);
    EXPECT_EQ(std::make_unique<Object>(), nullptr);
    EXPECT_EQ(make_small_shared<int>(1), nullptr);
    for (void* block : all) free_small(block);
  }
  EXPECT_FALSE(in_signal_handler);
  EXPECT_EQ(reserve_taken(), 0U);
}

TEST(InSignal, ThreadsTakeDifferentBlocks) {
  const std::size_t taken = reserve_taken();
  std::vector<std::thread> threads;
  for (int n = 0; n < 3; ++n)
    threads.emplace_back([] {
      for (int round = 0; round < 20'000; ++round) {
        auto* const block = static_cast<int*>(take_from_reserve(sizeof(int)));
        if (block == nullptr) continue;
        *block = round;
        EXPECT_EQ(*block, round);
        free_small(block);
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(reserve_taken(), taken);
}

}  // namespace
}  // namespace skep::memory
