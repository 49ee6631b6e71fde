// What the threads of an executor are told: how many there may be, what they are called, and not to look for work.
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <deque>
#include <string>

#include "async/executor.hpp"
#include "async/fake_job.hpp"

namespace skep::async::test {
namespace {

void start(Executor& executor, Slot& slot, std::shared_ptr<Callback> callback) {
  const rcu::ReadGuard section;
  ASSERT_EQ(slot.work().init(executor, alive, nullptr), 0);
  ASSERT_EQ(slot.work().set_callback(std::move(callback), alive, nullptr), 0);
  ASSERT_EQ(slot.work().start(0), 0);
}

TEST(ThreadOptions, NameTheThreads) {
  const auto executor = make_thread_executor(1, {.name = "of-a-long-name"});
  Slot slot;
  std::string name;
  start(*executor, slot, calling([&] {
    char text[16] = {};
    pthread_getname_np(pthread_self(), text, sizeof text);
    name = text;
  }));
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(name, "of-a-long-n/0");
}

TEST(ThreadOptions, WithoutSpinningWorkRunsAllTheSame) {
  const auto executor = make_thread_executor(2, {.spin_ns = 0});
  Slot slot;
  std::atomic<int> runs{0};
  start(*executor, slot, calling([&] { runs.fetch_add(1); }));
  EXPECT_TRUE(executor->drain(a_minute));
  for (int i = 1; i < 200; ++i) {
    {
      const rcu::ReadGuard section;
      ASSERT_EQ(slot.work().start(static_cast<unsigned>(i % 2)), 0);
    }
    EXPECT_TRUE(executor->drain(a_minute));
  }
  EXPECT_EQ(runs.load(), 200);
}

TEST(ThreadOptions, LimitTheWorkers) {
  const auto executor = make_thread_executor(1, {.more_workers = 1});
  std::deque<Slot> slots(4);
  Gate gate, two;
  std::atomic<int> inside{0}, most{0};
  for (Slot& slot : slots) {
    start(*executor, slot,
          std::make_shared<FakeCallback>(
              [](unsigned n, unsigned) { return n == 0 ? Progress::sleeping : Progress::finished; },
              [&] {
                const int now = inside.fetch_add(1) + 1;
                if (now > most.load()) most = now;
                if (now == 2) two.open();
                gate.wait();
                inside.fetch_sub(1);
              }));
  }
  two.wait();
  EXPECT_FALSE(executor->drain(20'000'000));  // what there is no worker for has had its chance
  gate.open();
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(most.load(), 2);
  EXPECT_EQ(executor->counts().ran, 4U);
}

}  // namespace
}  // namespace skep::async::test
