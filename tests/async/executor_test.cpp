// What all kinds of executor promise, and what only one does.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "async/fake_job.hpp"
#include "async/timer.hpp"

namespace skep::async::test {
namespace {

struct Kind {
  const char* name;
  std::unique_ptr<Executor> (*make)(unsigned cpus);
};
constexpr Kind kinds[] = {
    {"threads", [](unsigned cpus) { return make_thread_executor(cpus); }},
    {"stepping", [](unsigned cpus) { return make_stepping_executor(cpus, 7); }},
    {"pumped", [](unsigned cpus) -> std::unique_ptr<Executor> { return make_pumped_executor(cpus); }},
};

class AnyExecutor : public testing::TestWithParam<Kind> {
 protected:
  void start(Slot& slot, unsigned cpu, std::shared_ptr<Callback> callback) {
    const rcu::ReadGuard section;
    ASSERT_EQ(slot.work().init(*executor, alive, nullptr), 0);
    ASSERT_EQ(slot.work().set_callback(std::move(callback), alive, nullptr), 0);
    ASSERT_EQ(slot.work().start(cpu), 0);
  }
  std::unique_ptr<Executor> executor = GetParam().make(2);
};
INSTANTIATE_TEST_SUITE_P(, AnyExecutor, testing::ValuesIn(kinds),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(AnyExecutor, RunsAJobToItsEndOnTheCpuThatWasAskedFor) {
  unsigned slices = 0, slept = 0;
  FakeJob job(
      [&](unsigned n, unsigned cpu) {
        EXPECT_EQ(cpu, 1U);
        ++slices;
        return n == 0   ? Progress::out_of_budget
               : n == 1 ? Progress::blocked
               : n == 2 ? Progress::sleeping
                        : Progress::finished;
      },
      [&] { ++slept; });
  executor->run_on(1, job);
  EXPECT_EQ(slices, 4U);
  EXPECT_EQ(slept, 1U);
}

TEST_P(AnyExecutor, AJobMayRunAnother) {
  bool ran = false;
  FakeJob inner([&](unsigned, unsigned) {
    ran = true;
    return Progress::finished;
  });
  FakeJob outer([&](unsigned, unsigned) {
    executor->run(inner);
    return Progress::finished;
  });
  for (unsigned cpu : {0U, 1U}) executor->run_on(cpu, outer);
  EXPECT_TRUE(ran);
}

TEST_P(AnyExecutor, ASleeperLetsOthersProceed) {
  Slot sleeper, other;
  std::atomic<bool> other_ran{false};
  bool saw = false;
  Gate gate;
  const bool threads = std::string(GetParam().name) == "threads";
  start(sleeper, 0,
        std::make_shared<FakeCallback>(
            [&](unsigned n, unsigned cpu) {
              EXPECT_EQ(cpu, 0U);
              if (n == 0) return Progress::sleeping;
              // With threads the sleep itself waits for the other item; stepping may pick the sleeper first any number
              // of times.
              if (!other_ran && !threads) return Progress::sleeping;
              saw = other_ran;
              return Progress::finished;
            },
            [&] {
              if (threads) gate.wait();
            }));
  start(other, 0, calling([&] {
          other_ran = true;
          gate.open();
        }));
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_TRUE(saw);
}

TEST_P(AnyExecutor, SelfRestartingWorkIsNotDrainedAndStopsWhenCancelled) {
  Slot slot;
  start(slot, 0, calling([&] { static_cast<void>(slot.work().start(0)); }));
  for (std::uint64_t before = 0; before < 10; before = executor->counts().ran) EXPECT_FALSE(executor->drain(2'000'000));
  {
    const rcu::ReadGuard section;
    slot.work().cancel();
  }
  EXPECT_TRUE(executor->drain(a_minute));
  const WorkCounts counts = executor->counts();
  EXPECT_GE(counts.ran, 10U);
  EXPECT_EQ(counts.started, counts.ran + counts.merged + counts.cancelled);
}

TEST_P(AnyExecutor, TellsOfEachRun) {
  std::mutex mutex;
  std::vector<RunRecord> records;
  executor->run_listener.set([&](const RunRecord& record) {
    std::lock_guard lock(mutex);
    records.push_back(record);
  });
  Slot slot;
  auto callback = calling([] {});
  start(slot, 1, callback);
  EXPECT_TRUE(executor->drain(a_minute));
  std::lock_guard lock(mutex);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].callback, callback.get());
  EXPECT_EQ(records[0].cpu, 1U);
  EXPECT_LE(records[0].started_ns, records[0].began_ns);
  EXPECT_LE(records[0].began_ns, records[0].ended_ns);
}

TEST_P(AnyExecutor, DestructionWaitsForWhatRuns) {
  Slot slot;
  std::atomic<bool> finished{false};
  Gate began;
  start(slot, 0, std::make_shared<FakeCallback>([&](unsigned n, unsigned) {
          began.open();
          if (n < 100) return Progress::out_of_budget;
          finished = true;
          return Progress::finished;
        }));
  if (std::string(GetParam().name) == "stepping") {
    FakeJob nothing([](unsigned n, unsigned) { return n < 4 ? Progress::out_of_budget : Progress::finished; });
    executor->run_on(1, nothing);
  }
  if (std::string(GetParam().name) == "threads") began.wait();
  executor.reset();
  EXPECT_TRUE(finished || std::string(GetParam().name) != "threads");
}

TEST(ThreadExecutor, ItemsBehindAHogRunOnAnotherCpu) {
  auto executor = make_thread_executor(2);
  Slot hog, next;
  Gate gate;
  std::atomic<unsigned> cpu{99};
  const rcu::ReadGuard section;
  const auto start = [&](Slot& slot, std::shared_ptr<Callback> callback) {
    ASSERT_EQ(slot.work().init(*executor, alive, nullptr), 0);
    ASSERT_EQ(slot.work().set_callback(std::move(callback), alive, nullptr), 0);
    ASSERT_EQ(slot.work().start(0), 0);
  };
  start(hog, calling([&] { gate.wait(); }));  // as long as the other has not run
  start(next, calling([&](unsigned its) {
          cpu = its;
          gate.open();
        }));
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(cpu, 1U);
  // Afterwards the queue is served on its own CPU again.
  ASSERT_EQ(next.work().start(0), 0);
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(cpu, 0U);
}

TEST(ThreadExecutor, ProgramsInALoopDoNotKeepWorkFromTheCpu) {
  auto executor = make_thread_executor(1);
  std::atomic<bool> ran{false};
  Slot slot;
  const rcu::ReadGuard section;
  ASSERT_EQ(slot.work().init(*executor, alive, nullptr), 0);
  ASSERT_EQ(slot.work().set_callback(calling([&] { ran = true; }), alive, nullptr), 0);
  ASSERT_EQ(slot.work().start(0), 0);
  FakeJob job([](unsigned, unsigned) { return Progress::finished; });
  while (!ran) executor->run(job);  // would not end
  EXPECT_TRUE(executor->drain(a_minute));
}

TEST(SteppingExecutor, TheSameSeedGivesTheSameScheduleAndSeedsDiffer) {
  const auto schedule = [](std::uint64_t seed) {
    auto executor = make_stepping_executor(2, seed);
    std::string order;
    Slot slots[3];
    for (int i = 0; i < 3; ++i) {
      const rcu::ReadGuard section;
      EXPECT_EQ(slots[i].work().init(*executor, alive, nullptr), 0);
      const Step step = [&order, i](unsigned n, unsigned) {
        order += static_cast<char>('a' + i);
        return n < 4 ? Progress::out_of_budget : Progress::finished;
      };
      EXPECT_EQ(slots[i].work().set_callback(std::make_shared<FakeCallback>(step), alive, nullptr), 0);
      EXPECT_EQ(slots[i].work().start(i % 2U), 0);
    }
    EXPECT_TRUE(executor->drain(a_minute));
    return order;
  };
  std::set<std::string> schedules;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(schedule(seed), schedule(seed));
    schedules.insert(schedule(seed));
  }
  EXPECT_GT(schedules.size(), 5U);
}

TEST(SteppingExecutor, AJobFromOutsideFallsBetweenTheInstructionsOfACallback) {
  bool inside = false;
  for (std::uint64_t seed = 0; seed < 50 && !inside; ++seed) {
    auto executor = make_stepping_executor(2, seed);
    Slot slot;
    unsigned at = 0;
    {
      const rcu::ReadGuard section;
      ASSERT_EQ(slot.work().init(*executor, alive, nullptr), 0);
      const Step step = [&](unsigned n, unsigned) {
        at = n;
        return n < 10 ? Progress::out_of_budget : Progress::finished;
      };
      ASSERT_EQ(slot.work().set_callback(std::make_shared<FakeCallback>(step), alive, nullptr), 0);
      ASSERT_EQ(slot.work().start(0), 0);
    }
    FakeJob job([&](unsigned n, unsigned) {
      inside = inside || (at > 0 && at < 10);
      return n < 3 ? Progress::out_of_budget : Progress::finished;
    });
    executor->run_on(1, job);
  }
  EXPECT_TRUE(inside);
}

// ---- timers, in virtual time ----------------------------------------------------------------------------------------

struct TimerTest : testing::Test {
  alignas(8) unsigned char bytes[16] = {};
  TimerSlot& timer = TimerSlot::at(bytes);
  std::unique_ptr<Executor> executor = make_stepping_executor(2, 3);
  rcu::ReadGuard section;
  int fired = 0;
  std::shared_ptr<Callback> counting = calling([this] { ++fired; });
  ~TimerTest() override { timer.release(); }
  void init() {
    ASSERT_EQ(timer.init(*executor, 1, alive, nullptr), 0);
    ASSERT_EQ(timer.set_callback(counting, alive, nullptr), 0);
  }
};

TEST_F(TimerTest, ResultsOfTheCalls) {
  EXPECT_EQ(timer.start(0, 0, 0), -EINVAL);
  EXPECT_EQ(timer.cancel(), -EINVAL);
  EXPECT_EQ(timer.set_callback(counting, alive, nullptr), -EINVAL);
  EXPECT_EQ(timer.init(*executor, 2, alive, nullptr), -EINVAL);
  EXPECT_EQ(timer.init(*executor, 1, dead, nullptr), -EPERM);
  EXPECT_EQ(timer.init(*executor, 7, alive, nullptr), 0);
  EXPECT_EQ(timer.init(*executor, 7, alive, nullptr), -EBUSY);
  EXPECT_EQ(timer.start(0, 0, 0), -EINVAL);
  EXPECT_EQ(timer.set_callback(counting, dead, nullptr), -EPERM);
  EXPECT_EQ(timer.set_callback(counting, alive, nullptr), 0);
  EXPECT_EQ(timer.start(0, 0, 4), -EINVAL);
  EXPECT_EQ(timer.start(0, 0, 0), 0);
  EXPECT_EQ(timer.cancel(), 1);
  EXPECT_EQ(timer.cancel(), 0);
  EXPECT_EQ(timer.start(0, 0, 0), -EINVAL);  // cancelling forgets the callback
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(fired, 0);
}

TEST_F(TimerTest, FiresOnceItsTimeHasComeAndRestartsMoveIt) {
  init();
  ASSERT_EQ(timer.start(0, 5'000'000, 0), 0);
  ASSERT_EQ(timer.start(0, 1'000'000'000, 0), 0);
  EXPECT_TRUE(executor->drain(100'000'000));
  EXPECT_EQ(fired, 0);
  EXPECT_TRUE(executor->drain(1'100'000'000));
  EXPECT_EQ(fired, 1);
  ASSERT_EQ(timer.start(0, executor->now_ns() + 10, timer_flag::absolute), 0);
  EXPECT_TRUE(executor->drain(1'000'000));
  EXPECT_EQ(fired, 2);
}

TEST_F(TimerTest, CancelFromItsOwnCallbackIsADeadlock) {
  init();
  int result = 0;
  ASSERT_EQ(timer.set_callback(calling([&] { result = timer.cancel(); }), alive, nullptr), 0);
  ASSERT_EQ(timer.start(0, 0, 0), 0);
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(result, -EDEADLK);
}

TEST_F(TimerTest, CancelOfARunningOneIsToBeTriedAgain) {
  init();
  bool running = false;
  ASSERT_EQ(timer.set_callback(std::make_shared<FakeCallback>([&](unsigned n, unsigned) {
                                 running = n < 20;
                                 return running ? Progress::out_of_budget : Progress::finished;
                               }),
                               alive, nullptr),
            0);
  ASSERT_EQ(timer.start(0, 0, 0), 0);
  FakeJob until_it_runs([&](unsigned, unsigned) { return running ? Progress::finished : Progress::out_of_budget; });
  executor->run_on(1, until_it_runs);
  EXPECT_EQ(timer.cancel(), -EAGAIN);
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(timer.cancel(), 0);
}

TEST_F(TimerTest, ReleaseDisarmsAndFreesTheSlot) {
  init();
  ASSERT_EQ(timer.start(0, 10, 0), 0);
  timer.release();
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(fired, 0);
  EXPECT_EQ(timer.init(*executor, 1, alive, nullptr), 0);
}

TEST(ThreadTimer, FiresInRealTime) {
  auto executor = make_thread_executor(2);
  alignas(8) unsigned char bytes[16] = {};
  TimerSlot& timer = TimerSlot::at(bytes);
  Gate gate;
  const rcu::ReadGuard section;
  ASSERT_EQ(timer.init(*executor, 1, alive, nullptr), 0);
  ASSERT_EQ(timer.set_callback(calling([&] { gate.open(); }), alive, nullptr), 0);
  ASSERT_EQ(timer.start(0, 1'000'000, 0), 0);
  gate.wait();
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(executor->counts().ran, 0U);  // timers are no work items
  timer.release();
}

// ---- virtual CPUs ---------------------------------------------------------------------------------------------------

TEST(CpuSet, OneHolderAtATime) {
  CpuSet set(2);
  auto first = set.enter();
  auto second = set.enter();
  EXPECT_NE(first.cpu(), second.cpu());
  EXPECT_FALSE(set.try_enter(first.cpu()).held());
  const unsigned cpu = first.cpu();
  first.release();
  EXPECT_FALSE(first.held());
  EXPECT_TRUE(set.try_enter(cpu).held());
}

TEST(CpuSet, ManyThreadsExcludeEachOther) {
  CpuSet set(2);
  int plain[2] = {};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5000; ++i) {
        auto lease = t % 2 == 0 ? set.enter() : set.enter(t / 2);
        ++plain[lease.cpu()];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(plain[0] + plain[1], 20000);
}

}  // namespace
}  // namespace skep::async::test
