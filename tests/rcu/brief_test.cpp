// What is known by brief sections alone waits for those, and not for a run around it.
#include "rcu/brief.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include "rcu/rcu.hpp"

namespace skep::rcu {
namespace {

std::atomic<int> gone{0};

struct Counted {
  ~Counted() { gone.fetch_add(1); }
};

void wait_until_gone(int count) {
  while (gone.load() < count) std::this_thread::yield();
}

class Brief : public testing::Test {
 protected:
  void SetUp() override {
    if (!brief_sections_count()) GTEST_SKIP() << "membarrier(2) is not to be had";
    barrier();
    gone = 0;
  }
};

TEST_F(Brief, WhatIsRetiredDoesNotWaitForTheReadSectionAroundIt) {
  const ReadGuard run;
  const Hold hold;
  for (int i = 0; i < 100; ++i) {
    const BriefSection section;
    retire_brief(std::make_unique<Counted>().release());
  }
  wait_until_gone(100);
}

TEST_F(Brief, SectionsOfOtherThreadsAreWaitedFor) {
  std::atomic<int> step{0};
  std::thread other([&] {
    const BriefSection outer;
    {
      const BriefSection inner;
    }
    step = 1;
    while (step != 2) std::this_thread::yield();
    EXPECT_EQ(gone, 0);
  });
  while (step != 1) std::this_thread::yield();
  retire_brief(std::make_unique<Counted>().release());
  std::atomic<bool> waited{false};
  std::thread waiter([&] {
    wait_for_brief_sections();
    waited = true;
  });
  // A thread that is new meanwhile is not in the way, and not held up for long.
  EXPECT_FALSE(waited);
  EXPECT_EQ(gone, 0);
  step = 2;
  other.join();
  waiter.join();
  wait_until_gone(1);
}

TEST_F(Brief, ThreadsComeAndGo) {
  for (int round = 0; round < 50; ++round) {
    std::thread one([] { const BriefSection section; });
    std::thread two([] {
      const BriefSection section;
      retire_brief(std::make_unique<Counted>().release());
    });
    one.join();
    two.join();
  }
  barrier();
  EXPECT_EQ(gone, 50);
}

TEST_F(Brief, BarrierWaitsForBothKindsWhicheverDefersTheOther) {
  struct Both {
    ~Both() { retire(std::make_unique<Counted>()); }
  };
  struct Other {
    ~Other() { retire_brief(std::make_unique<Both>().release()); }
  };
  retire(std::make_unique<Other>());
  barrier();
  EXPECT_EQ(gone, 1);
}

// Readers follow a pointer that is exchanged all the time; what it led to is overwritten before it is freed.
TEST_F(Brief, ReadersNeverSeeWhatIsReclaimed) {
  struct Number {
    std::atomic<std::uint64_t> is{1};
    ~Number() { is = 0; }
  };
  std::atomic<Number*> shared{std::make_unique<Number>().release()};
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> wrong{0};
  const auto read = [&] {
    while (!over) {
      const BriefSection section;
      if (shared.load(std::memory_order_acquire)->is != 1) ++wrong;
    }
  };
  std::thread reader(read), another(read);
  {
    const ReadGuard run;
    for (int i = 0; i < 50'000; ++i) {
      retire_brief(shared.exchange(std::make_unique<Number>().release(), std::memory_order_acq_rel));
      after_retiring_brief();
    }
  }
  over = true;
  reader.join();
  another.join();
  EXPECT_EQ(wrong, 0U);
  retire_brief(shared.load());
}

#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
// Of the sections that other threads were in, the child knows none.
TEST_F(Brief, AChildDoesNotWaitForItsParentsThreads) {
  std::atomic<int> step{0};
  std::thread other([&] {
    const BriefSection section;
    step = 1;
    while (step != 2) std::this_thread::yield();
  });
  while (step != 1) std::this_thread::yield();
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    gone = 0;
    retire_brief(std::make_unique<Counted>().release());
    barrier();
    _exit(gone == 1 ? 0 : 1);
  }
  step = 2;
  other.join();
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}
#endif

}  // namespace
}  // namespace skep::rcu
