// Work that waits for a thread: who runs it, when, and what becomes of it when nobody does.
#include "async/task_work.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <vector>

#include "async/executor.hpp"
#include "async/fake_job.hpp"

namespace skep::async::test {
namespace {

struct TaskBytes {
  alignas(8) unsigned char bytes[8] = {};
  TaskSlot& task() { return TaskSlot::at(bytes); }
  ~TaskBytes() {
    const rcu::ReadGuard section;
    task().cancel();
  }
};

struct TaskWork : testing::Test {
  std::unique_ptr<Executor> executor = make_thread_executor(2);
  std::vector<int> ran;
  std::vector<int> threads;
  int schedule(TaskBytes& slot, int thread, int number) {
    const rcu::ReadGuard section;
    return slot.task().schedule(*executor, thread, calling([this, number] {
      ran.push_back(number);
      threads.push_back(gettid());
    }),
                                alive, nullptr);
  }
  std::size_t run_due() { return executor->task_threads.run_due(*executor); }
};

TEST_F(TaskWork, RunsInItsThreadAndInOrder) {
  TaskBytes slots[3];
  for (int i = 0; i < 3; ++i) EXPECT_EQ(schedule(slots[i], gettid(), i), 0);
  EXPECT_TRUE(ran.empty());
  EXPECT_EQ(run_due(), 3U);
  EXPECT_EQ(ran, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(threads, std::vector<int>(3, gettid()));
  EXPECT_EQ(run_due(), 0U);
}

TEST_F(TaskWork, IsLeftToItsThread) {
  TaskBytes mine, other;
  int id = 0;
  std::thread thread([&] {
    id = gettid();
    EXPECT_EQ(schedule(other, id, 1), 0);
    EXPECT_EQ(schedule(mine, getpid(), 2), 0);
    EXPECT_EQ(run_due(), 1U);
  });
  thread.join();
  EXPECT_EQ(ran, std::vector<int>{1});
  EXPECT_EQ(threads, std::vector<int>{id});
  EXPECT_EQ(run_due(), 1U);
  EXPECT_EQ(ran, (std::vector<int>{1, 2}));
}

TEST_F(TaskWork, IsScheduledOnceAtATime) {
  TaskBytes slot;
  EXPECT_EQ(schedule(slot, gettid(), 1), 0);
  EXPECT_EQ(schedule(slot, gettid(), 2), -EBUSY);
  EXPECT_TRUE(slot.task().busy());
  EXPECT_EQ(run_due(), 1U);
  EXPECT_FALSE(slot.task().busy());
  EXPECT_EQ(schedule(slot, gettid(), 3), 0);
  EXPECT_EQ(run_due(), 1U);
  EXPECT_EQ(ran, (std::vector<int>{1, 3}));
}

TEST_F(TaskWork, ThatIsCancelledDoesNotRun) {
  TaskBytes slot;
  EXPECT_EQ(schedule(slot, gettid(), 1), 0);
  {
    const rcu::ReadGuard section;
    slot.task().cancel();
    EXPECT_EQ(slot.task().schedule(*executor, gettid(), calling([] {}), dead, nullptr), -EPERM);
  }
  EXPECT_EQ(schedule(slot, gettid(), 2), 0);
  EXPECT_EQ(run_due(), 1U);
  EXPECT_EQ(ran, std::vector<int>{2});
}

// The callback may schedule its own element only when it is over, and run nothing from inside.
TEST_F(TaskWork, IsBusyWhileItRuns) {
  TaskBytes slot;
  int again = 0;
  std::size_t inside = 99;
  {
    const rcu::ReadGuard section;
    EXPECT_EQ(slot.task().schedule(*executor, gettid(), calling([&] {
      again = slot.task().schedule(*executor, gettid(), calling([] {}), alive, nullptr);
      inside = run_due();
    }),
                                   alive, nullptr),
              0);
  }
  EXPECT_EQ(run_due(), 1U);
  EXPECT_EQ(again, -EBUSY);
  EXPECT_EQ(inside, 0U);
}

// Whoever is told of runs is told of these too, and they are counted.
TEST_F(TaskWork, IsToldOfAndCounted) {
  std::vector<RunRecord> told;
  executor->run_listener.set([&](const RunRecord& record) { told.push_back(record); });
  TaskBytes slots[2];
  EXPECT_EQ(schedule(slots[0], gettid(), 1), 0);
  EXPECT_EQ(schedule(slots[1], gettid(), 2), 0);
  {
    const rcu::ReadGuard section;
    slots[1].task().cancel();
  }
  EXPECT_EQ(run_due(), 1U);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].kind, Runnable::Kind::task);
  EXPECT_LT(told[0].cpu, 2U);
  EXPECT_GT(told[0].started_ns, 0U);
  EXPECT_GE(told[0].began_ns, told[0].started_ns);
  EXPECT_GE(told[0].ended_ns, told[0].began_ns);
  EXPECT_FALSE(told[0].stopped);
  const WorkCounts counts = executor->counts();
  EXPECT_EQ(counts.task_works, 1U);
  EXPECT_EQ(counts.task_works_cancelled, 1U);
  EXPECT_EQ(counts.started, 0U);
}

TEST_F(TaskWork, ThatNobodyRanEndsWithTheExecutor) {
  TaskBytes slot;
  EXPECT_EQ(schedule(slot, -1, 1), 0);
  executor.reset();
  EXPECT_TRUE(ran.empty());
}

}  // namespace
}  // namespace skep::async::test
