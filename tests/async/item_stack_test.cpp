// A stack that is taken whole: everything once, each thread's items in their order, whoever sweeps meanwhile.
#include "async/item_stack.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <thread>
#include <vector>

namespace skep::async {
namespace {

class Number final : public Runnable {
 public:
  Number(unsigned of, unsigned n, bool out) : thread(of), number(n), is_withdrawn(out) {}
  Begin begin(unsigned) override { return Begin::dropped; }
  Callback* callback() override { return nullptr; }
  bool finish(bool) override { return false; }
  bool withdrawn() const override { return is_withdrawn; }
  void drop() override {}
  const unsigned thread, number;
  const bool is_withdrawn;
};

std::vector<unsigned> numbers(Runnable* first) {
  std::vector<unsigned> all;
  for (; first != nullptr; first = first->next_in_queue) all.push_back(static_cast<Number*>(first)->number);
  return all;
}

struct Swept {
  std::uint64_t left;
  bool found;
  std::vector<unsigned> dropped;
};
Swept sweep(ItemStack& stack) {
  Swept swept{};
  swept.left =
      stack.sweep([&](Runnable& item) { swept.dropped.push_back(static_cast<Number&>(item).number); }, swept.found);
  return swept;
}

TEST(ItemStack, IsTakenInTheOrderOfItsItems) {
  ItemStack stack;
  Number one(0, 1, false), two(0, 2, false);
  EXPECT_TRUE(stack.empty());
  EXPECT_EQ(stack.take(), nullptr);
  EXPECT_TRUE(stack.push(one));
  EXPECT_FALSE(stack.push(two));
  EXPECT_EQ(numbers(stack.take()), (std::vector<unsigned>{1, 2}));
  EXPECT_TRUE(stack.empty());
}

TEST(ItemStack, IsSweptOfWhatWillNotRun) {
  ItemStack stack;
  std::deque<Number> items;
  for (unsigned n = 0; n < 6; ++n) stack.push(items.emplace_back(0, n, n % 2 == 0));
  Swept swept = sweep(stack);
  EXPECT_EQ(swept.left, 3U);
  EXPECT_TRUE(swept.found);
  EXPECT_EQ(swept.dropped, (std::vector<unsigned>{4, 2, 0}));
  EXPECT_FALSE(stack.empty());
  // What comes afterwards is newer, also than what two sweeps have left.
  stack.push(items.emplace_back(0, 6, false));
  swept = sweep(stack);
  EXPECT_EQ(swept.left, 4U);
  stack.push(items.emplace_back(0, 7, false));
  EXPECT_EQ(numbers(stack.take()), (std::vector<unsigned>{1, 3, 5, 6, 7}));
  EXPECT_TRUE(stack.empty());
}

TEST(ItemStack, OfWhichNothingIsLeftIsEmpty) {
  ItemStack stack;
  Number one(0, 1, true), two(0, 2, false);
  stack.push(one);
  const Swept swept = sweep(stack);
  EXPECT_EQ(swept.left, 0U);
  EXPECT_FALSE(swept.found);
  EXPECT_TRUE(stack.empty());
  EXPECT_TRUE(stack.push(two));
  EXPECT_EQ(numbers(stack.take()), (std::vector<unsigned>{2}));
}

TEST(ItemStack, LosesNothingBetweenThreads) {
  constexpr unsigned pushers = 2, each = 20'000;
  ItemStack stack;
  std::vector<std::deque<Number>> items(pushers);
  for (unsigned t = 0; t < pushers; ++t)
    for (unsigned n = 0; n < each; ++n) items[t].emplace_back(t, n, n % 3 == 0);
  std::atomic<unsigned> dropped{0}, taken{0}, wrong{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < pushers; ++t) {
    threads.emplace_back([&, t] {
      for (Number& item : items[t]) {
        stack.push(item);
        bool found = false;
        if (item.number % 64 == 0) stack.sweep([&](Runnable&) { ++dropped; }, found);
      }
    });
  }
  threads.emplace_back([&] {
    std::vector<unsigned> next(pushers, 0);
    while (taken + dropped < pushers * each) {
      for (Runnable* item = stack.take(); item != nullptr;) {
        const auto& number = static_cast<Number&>(*item);
        item = item->next_in_queue;
        if (number.number < next[number.thread]) ++wrong;
        next[number.thread] = number.number + 1;
        ++taken;
      }
      std::this_thread::yield();
    }
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(taken + dropped, pushers * each);
  EXPECT_TRUE(stack.empty());
}

}  // namespace
}  // namespace skep::async
