// What the executor that the application pumps promises beyond the others: its descriptor, its limits, its thread.
#include <gtest/gtest.h>
#include <poll.h>

#include <cerrno>
#include <latch>
#include <thread>
#include <vector>

#include "async/fake_job.hpp"
#include "async/timer.hpp"

namespace skep::async::test {
namespace {

struct PumpedTest : testing::Test {
  std::unique_ptr<PumpedExecutor> executor = make_pumped_executor(2);
  static bool readable_fd(int descriptor, int wait_ms) {
    pollfd fd{descriptor, POLLIN, 0};
    return poll(&fd, 1, wait_ms) == 1;
  }
  bool readable(int wait_ms = 0) const { return readable_fd(executor->pump_fd(), wait_ms); }
  bool readable_on(unsigned cpu, int wait_ms = 0) const { return readable_fd(executor->pump_fd(cpu), wait_ms); }
  void start(Slot& slot, unsigned cpu, std::shared_ptr<Callback> callback) {
    const rcu::ReadGuard section;
    ASSERT_EQ(slot.work().init(*executor, alive, nullptr), 0);
    ASSERT_EQ(slot.work().set_callback(std::move(callback), alive, nullptr), 0);
    ASSERT_EQ(slot.work().start(cpu), 0);
  }
};

TEST_F(PumpedTest, NothingRunsUntilItIsPumpedAndThenOnThatThread) {
  Slot slot;
  std::thread::id where;
  EXPECT_FALSE(readable());
  start(slot, 1, calling([&] { where = std::this_thread::get_id(); }));
  EXPECT_TRUE(readable());
  EXPECT_EQ(where, std::thread::id{});
  std::thread::id pumper;
  std::thread other([&] {
    pumper = std::this_thread::get_id();
    EXPECT_EQ(executor->pump(a_minute), 1U);
  });
  other.join();
  EXPECT_EQ(where, pumper);
  EXPECT_FALSE(readable());
  EXPECT_EQ(executor->pump(a_minute), 0U);
}

TEST_F(PumpedTest, WithoutTimeItTakesOneStepAndTheDescriptorStaysReadable) {
  Slot slots[3];
  std::vector<int> order;
  for (int i = 0; i < 3; ++i) start(slots[i], 0, calling([&order, i] { order.push_back(i); }));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(readable());
    while (order.size() == static_cast<std::size_t>(i)) executor->pump(0);
  }
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  while (readable()) executor->pump(0);
  EXPECT_EQ(executor->counts().ran, 3U);
}

TEST_F(PumpedTest, WorkThatRestartsItselfDoesNotKeepPump) {
  Slot slot;
  start(slot, 0, calling([&] { static_cast<void>(slot.work().start(0)); }));
  EXPECT_GE(executor->pump(0), 1U);
  while (executor->counts().ran < 3) {
    ASSERT_TRUE(readable());
    executor->pump(0);
  }
  {
    const rcu::ReadGuard section;
    slot.work().cancel();
  }
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_FALSE(readable());
  const WorkCounts counts = executor->counts();
  EXPECT_EQ(counts.started, counts.ran + counts.merged + counts.cancelled);
}

TEST_F(PumpedTest, StartsWhileARunWaitsForItsEndMakeOneMore) {
  Slot slot;
  unsigned ran = 0;
  start(slot, 0, calling([&] { ++ran; }));
  EXPECT_EQ(executor->pump(0), 1U);  // the time is over: the run counts as one that has not ended
  {
    const rcu::ReadGuard section;
    for (int i = 0; i < 3; ++i) ASSERT_EQ(slot.work().start(0), 0);
  }
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(ran, 2U);
}

TEST_F(PumpedTest, PumpInsideARunDoesNothing) {
  Slot outer, inner;
  std::size_t nested = 99;
  bool drained = true;
  start(outer, 0, calling([&] {
          nested = executor->pump(a_minute);
          drained = executor->drain(a_minute);
        }));
  start(inner, 0, calling([] {}));
  EXPECT_EQ(executor->pump(a_minute), 2U);
  EXPECT_EQ(nested, 0U);
  EXPECT_FALSE(drained);
}

TEST_F(PumpedTest, ATimerMakesTheDescriptorReadableWhenItIsDue) {
  alignas(8) unsigned char bytes[16] = {};
  TimerSlot& timer = TimerSlot::at(bytes);
  int fired = 0;
  {
    const rcu::ReadGuard section;
    ASSERT_EQ(timer.init(*executor, 1, alive, nullptr), 0);
    ASSERT_EQ(timer.set_callback(calling([&] { ++fired; }), alive, nullptr), 0);
    ASSERT_EQ(timer.start(0, a_minute, 0), 0);
    EXPECT_FALSE(readable());
    ASSERT_EQ(timer.start(0, 1'000'000, 0), 0);
  }
  EXPECT_TRUE(readable(60'000));
  EXPECT_EQ(executor->pump(0), 1U);
  EXPECT_EQ(fired, 1);
  EXPECT_FALSE(readable());
  const rcu::ReadGuard section;
  timer.release();
}

TEST_F(PumpedTest, OneCpuIsPumpedAndTheOtherIsLeftAlone) {
  Slot slots[2];
  std::vector<unsigned> ran;
  EXPECT_FALSE(readable_on(0));
  for (unsigned cpu : {0U, 1U}) start(slots[cpu], cpu, calling([&ran, cpu] { ran.push_back(cpu); }));
  EXPECT_TRUE(readable_on(0) && readable_on(1) && readable());
  EXPECT_EQ(executor->pump(a_minute, 1), 1U);
  EXPECT_EQ(ran, (std::vector{1U}));
  EXPECT_FALSE(readable_on(1));
  EXPECT_TRUE(readable_on(0) && readable());
  EXPECT_EQ(executor->pump(a_minute, 1), 0U);
  EXPECT_EQ(executor->pump(a_minute), 1U);
  EXPECT_EQ(ran, (std::vector{1U, 0U}));
  EXPECT_FALSE(readable_on(0) || readable());
}

TEST_F(PumpedTest, ACpuThatIsNotThereHasNoDescriptorAndNoWork) {
  EXPECT_EQ(executor->pump_fd(2), -EINVAL);
  EXPECT_EQ(executor->pump(a_minute, 2), 0U);
  EXPECT_EQ(executor->pump_fd(1), executor->pump_fd(1));
}

// Each callback waits for the other one to have begun.
TEST_F(PumpedTest, ThreadsThatPumpDifferentCpusRunSideBySide) {
  Slot slots[2];
  std::latch both(2);
  for (unsigned cpu : {0U, 1U}) start(slots[cpu], cpu, calling([&] { both.arrive_and_wait(); }));
  std::thread other([&] { EXPECT_EQ(executor->pump(a_minute, 1), 1U); });
  EXPECT_EQ(executor->pump(a_minute, 0), 1U);
  other.join();
  EXPECT_EQ(executor->counts().ran, 2U);
}

// While threads pump their CPUs without end, one that wants all of them has its turn.
TEST_F(PumpedTest, WhoPumpsAllIsLetInAmongThoseWhoPumpOne) {
  constexpr unsigned rounds = 200;
  Slot slots[2];
  std::atomic<bool> stop{false};
  for (unsigned cpu : {0U, 1U}) start(slots[cpu], cpu, calling([] {}));
  std::vector<std::thread> threads;
  for (unsigned cpu : {0U, 1U})
    threads.emplace_back([&, cpu] {
      while (!stop) {
        {
          const rcu::ReadGuard section;
          static_cast<void>(slots[cpu].work().start(cpu));
        }
        executor->pump(0, cpu);
      }
    });
  for (unsigned i = 0; i < rounds; ++i) executor->pump(0);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(executor->drain(a_minute));
  const WorkCounts counts = executor->counts();
  EXPECT_EQ(counts.started, counts.ran + counts.merged + counts.cancelled);
  EXPECT_GE(counts.ran, 2U);
}

// A clock that stands: time passes where it is asked for, and nobody sleeps.
struct Armed {
  alignas(8) unsigned char bytes[16] = {};
  TimerSlot& timer() { return TimerSlot::at(bytes); }
  ~Armed() {
    const rcu::ReadGuard section;
    timer().release();
  }
};
struct StandingTest : PumpedTest {
  StandingTest() { executor = make_pumped_executor(2, StandingClock{1'000, 5'000'000}); }
  void start_timer(Armed& slot, std::uint64_t ns, std::function<void()> callback, std::uint64_t flags = 0) {
    const rcu::ReadGuard section;
    ASSERT_EQ(slot.timer().init(*executor, 1, alive, nullptr), 0);
    ASSERT_EQ(slot.timer().set_callback(calling(std::move(callback)), alive, nullptr), 0);
    ASSERT_EQ(slot.timer().start(0, ns, flags), 0);
  }
};

TEST_F(StandingTest, TimersRunAtTheirTimesInTheirOrder) {
  Armed late, soon;
  std::vector<std::uint64_t> times;
  start_timer(late, 3'600'000'000'000, [&] { times.push_back(executor->now_ns()); });
  start_timer(soon, 500, [&] { times.push_back(executor->now_ns()); });
  EXPECT_FALSE(readable());
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_TRUE(times.empty());
  EXPECT_TRUE(executor->advance(499));
  EXPECT_TRUE(times.empty());
  EXPECT_EQ(executor->now_ns(), 1'499U);
  EXPECT_EQ(executor->realtime_ns(), 5'000'499U);
  EXPECT_TRUE(executor->advance(3'600'000'000'000));
  EXPECT_EQ(times, (std::vector<std::uint64_t>{1'500, 3'600'000'001'000}));
  EXPECT_EQ(executor->now_ns(), 3'600'000'001'499U);
}

TEST_F(StandingTest, ATimerMakesTheDescriptorOfItsCpuReadable) {
  Armed slot;
  int fired = 0;
  start_timer(slot, 500, [&] { ++fired; });
  EXPECT_FALSE(readable_on(0) || readable_on(1));
  ASSERT_TRUE(executor->set_clock({1'500, 5'000'000}));
  executor->pump(0, 1);  // looks at the time, and has nothing to do
  EXPECT_EQ(fired, 0);
  EXPECT_TRUE(readable_on(0));
  EXPECT_FALSE(readable_on(1));
  EXPECT_EQ(executor->pump(0, 0), 1U);
  EXPECT_EQ(fired, 1);
  EXPECT_FALSE(readable_on(0) || readable());
}

TEST_F(StandingTest, SettlingGoesAsFarAsTheLastTimer) {
  Armed slot;
  int fired = 0;
  start_timer(slot, 700, [&] { ++fired; });
  EXPECT_TRUE(executor->settle(699));
  EXPECT_EQ(fired, 0);
  EXPECT_TRUE(executor->settle(a_minute));
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(executor->now_ns(), 1'700U);
}

TEST_F(StandingTest, ATimerThatArmsItselfTicks) {
  Armed slot;
  unsigned ticks = 0;
  start_timer(slot, 100, [&] {
    ++ticks;
    static_cast<void>(slot.timer().start(0, 100, 0));
  });
  EXPECT_TRUE(executor->advance(1'000));
  EXPECT_EQ(ticks, 10U);
}

TEST_F(StandingTest, IsSetAnewAndARealClockIsNot) {
  EXPECT_TRUE(executor->set_clock({50, 60}));
  EXPECT_EQ(executor->now_ns(), 50U);
  EXPECT_EQ(executor->realtime_ns(), 60U);
  const auto real = make_pumped_executor(1);
  EXPECT_FALSE(real->set_clock({50, 60}));
  EXPECT_FALSE(real->advance(1));
}

TEST_F(PumpedTest, WhatSleptEndsWhenTheExecutorGoes) {
  Slot slot;
  bool finished = false;
  start(slot, 0, std::make_shared<FakeCallback>([&](unsigned n, unsigned) {
          if (n == 0) return Progress::sleeping;
          finished = true;
          return Progress::finished;
        }));
  executor->pump(0);
  EXPECT_FALSE(finished);
  executor.reset();
  EXPECT_TRUE(finished);
}

}  // namespace
}  // namespace skep::async::test
