// The life of a work item: results of the calls, and what runs. The stepping executor stands still until it is drained.
#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

#include "async/fake_job.hpp"

namespace skep::async::test {
namespace {

class WorkItemTest : public testing::Test {
 protected:
  void init_and_set(Slot& slot, std::shared_ptr<Callback> callback) {
    ASSERT_EQ(slot.work().init(*executor, alive, nullptr), 0);
    ASSERT_EQ(slot.work().set_callback(std::move(callback), alive, nullptr), 0);
  }
  void expect_counts(std::uint64_t started, std::uint64_t merged, std::uint64_t ran, std::uint64_t cancelled) {
    const WorkCounts counts = executor->counts();
    EXPECT_EQ(counts.started, started);
    EXPECT_EQ(counts.merged, merged);
    EXPECT_EQ(counts.ran, ran);
    EXPECT_EQ(counts.cancelled, cancelled);
  }
  std::unique_ptr<Executor> executor = make_stepping_executor(2, 1);
  rcu::ReadGuard section;
  int runs = 0;
  std::shared_ptr<Callback> counting = calling([this] { ++runs; });
};

TEST_F(WorkItemTest, ResultsOfTheCalls) {
  Slot slot;
  EXPECT_EQ(slot.work().start(0), -EINVAL);
  EXPECT_EQ(slot.work().set_callback(counting, alive, nullptr), -EINVAL);
  EXPECT_EQ(slot.work().init(*executor, dead, nullptr), -EPERM);
  EXPECT_FALSE(slot.work().initialized());
  EXPECT_EQ(slot.work().init(*executor, alive, nullptr), 0);
  EXPECT_EQ(slot.work().init(*executor, alive, nullptr), -EBUSY);
  EXPECT_EQ(slot.work().start(0), -EINVAL);  // no callback yet
  EXPECT_EQ(slot.work().set_callback(counting, dead, nullptr), -EPERM);
  EXPECT_EQ(slot.work().set_callback(counting, alive, nullptr), 0);
  EXPECT_EQ(slot.work().set_callback(counting, alive, nullptr), 0);
  EXPECT_EQ(slot.work().start(0), 0);
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(runs, 1);
  slot.work().cancel();
  EXPECT_EQ(slot.work().start(0), -EINVAL);
  EXPECT_EQ(slot.work().set_callback(counting, alive, nullptr), -EINVAL);
  EXPECT_EQ(slot.work().init(*executor, alive, nullptr), 0);
}

TEST_F(WorkItemTest, AMapThatLosesItsLastReferenceDuringInitHasNoItem) {
  Slot slot;
  static int asked = 0;
  asked = 0;
  EXPECT_EQ(slot.work().init(*executor, [](const void*) { return asked++ == 0; }, nullptr), -EPERM);
  EXPECT_EQ(asked, 2);
  EXPECT_FALSE(slot.work().initialized());
}

TEST_F(WorkItemTest, StartsWhilePendingAreOneRun) {
  Slot slot;
  init_and_set(slot, counting);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(slot.work().start(0), 0);
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(runs, 1);
  expect_counts(5, 4, 1, 0);
  EXPECT_EQ(slot.work().start(0), 0);
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(runs, 2);
}

TEST_F(WorkItemTest, StartsWhileRunningAreOneMoreRun) {
  Slot slot;
  int running = 0, most = 0;
  init_and_set(slot, std::make_shared<FakeCallback>([&](unsigned n, unsigned) {
                 if (n == 0) {
                   most = std::max(most, ++running);
                   if (runs++ == 0) {
                     for (int i = 0; i < 3; ++i) EXPECT_EQ(slot.work().start(1), 0);
                     EXPECT_EQ(slot.work().init(*executor, alive, nullptr), -EBUSY);
                   }
                   return Progress::out_of_budget;
                 }
                 --running;
                 return Progress::finished;
               }));
  EXPECT_EQ(slot.work().start(0), 0);
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(most, 1);
  expect_counts(4, 2, 2, 0);
}

TEST_F(WorkItemTest, AnItemThatSleepsIsNotRunTwiceAtOnce) {
  Slot slot;
  int running = 0, most = 0;
  init_and_set(slot, std::make_shared<FakeCallback>([&](unsigned n, unsigned cpu) {
                 EXPECT_EQ(cpu, 1U);
                 if (n == 0) {
                   most = std::max(most, ++running);
                   if (runs++ == 0) {
                     EXPECT_EQ(slot.work().start(0), 0);  // goes to CPU 1, where it runs
                   }
                   return Progress::sleeping;
                 }
                 if (n < 50) return Progress::out_of_budget;
                 --running;
                 return Progress::finished;
               }));
  EXPECT_EQ(slot.work().start(1), 0);
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(most, 1);
  expect_counts(2, 0, 2, 0);
}

TEST_F(WorkItemTest, WhatIsCancelledWhilePendingDoesNotRun) {
  Slot slot;
  init_and_set(slot, counting);
  EXPECT_EQ(slot.work().start(0), 0);
  EXPECT_EQ(slot.work().start(0), 0);
  slot.work().cancel();
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(runs, 0);
  expect_counts(2, 1, 0, 1);
}

TEST_F(WorkItemTest, CancelledAndStartedAnewIsOneRunOfTheNewItem) {
  Slot slot;
  init_and_set(slot, counting);
  EXPECT_EQ(slot.work().start(0), 0);
  slot.work().cancel();
  init_and_set(slot, calling([this] { runs += 100; }));
  EXPECT_EQ(slot.work().start(0), 0);
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(runs, 100);
  expect_counts(2, 0, 1, 1);
}

TEST_F(WorkItemTest, CancelledWhileRunningFinishesAndCannotRestart) {
  Slot slot;
  init_and_set(slot, calling([&] {
                 ++runs;
                 EXPECT_EQ(slot.work().start(0), 0);  // pending again
                 slot.work().cancel();
                 EXPECT_EQ(slot.work().start(0), -EINVAL);
               }));
  EXPECT_EQ(slot.work().start(0), 0);
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(runs, 1);
  expect_counts(2, 0, 1, 1);
}

TEST_F(WorkItemTest, ANewItemMayRunWhileTheOldOneStillDoes) {
  Slot slot;
  int running = 0, most = 0;
  const Step step = [&](unsigned n, unsigned cpu) {
    if (n == 0) {
      most = std::max(most, ++running);
      if (runs++ == 0) {
        slot.work().cancel();
        EXPECT_EQ(slot.work().init(*executor, alive, nullptr), 0);
        EXPECT_EQ(slot.work().set_callback(std::make_shared<FakeCallback>([&](unsigned, unsigned) {
                                             most = std::max(most, running + 1);
                                             ++runs;
                                             return Progress::finished;
                                           }),
                                           alive, nullptr),
                  0);
        EXPECT_EQ(slot.work().start(1 - cpu), 0);
      }
    }
    if (runs < 2) return Progress::out_of_budget;
    --running;
    return Progress::finished;
  };
  init_and_set(slot, std::make_shared<FakeCallback>(step));
  EXPECT_EQ(slot.work().start(0), 0);
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(most, 2);
}

TEST_F(WorkItemTest, ACallbackSetInTheCallbackRunsNext) {
  Slot slot;
  std::vector<int> order;
  init_and_set(slot, calling([&] {
                 order.push_back(1);
                 EXPECT_EQ(slot.work().set_callback(calling([&] { order.push_back(2); }), alive, nullptr), 0);
                 EXPECT_EQ(slot.work().start(0), 0);
               }));
  EXPECT_EQ(slot.work().start(0), 0);
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST_F(WorkItemTest, ItemsOfACpuBeginInTheOrderOfTheirFirstStart) {
  Slot slots[8];
  std::vector<int> order;
  for (int i : {4, 5, 6, 7})
    init_and_set(slots[i], calling([&order, i](unsigned cpu) {
                   EXPECT_EQ(cpu, 1U);
                   order.push_back(i);
                 }));
  for (int i : {5, 7, 4, 6, 5}) EXPECT_EQ(slots[i].work().start(1), 0);
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(order, (std::vector{5, 7, 4, 6}));
}

TEST_F(WorkItemTest, TheItemKeepsItsCallbackUntilItIsCancelled) {
  Slot slot;
  auto callback = calling([] {});
  std::weak_ptr<Callback> watched = callback;
  init_and_set(slot, std::move(callback));
  section.leave();
  rcu::barrier();
  EXPECT_FALSE(watched.expired());
  section.enter();
  slot.work().cancel();
  section.leave();
  rcu::barrier();
  EXPECT_TRUE(watched.expired());
  section.enter();
}

TEST_F(WorkItemTest, DestroyingTheExecutorCancelsWhatIsPending) {
  Slot slot;
  init_and_set(slot, counting);
  EXPECT_EQ(slot.work().start(0), 0);
  executor.reset();
  EXPECT_EQ(runs, 0);
}

}  // namespace
}  // namespace skep::async::test
