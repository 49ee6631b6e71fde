// Timers beyond what a program can see: the heap's order, its cost, and changes that interrupt each other.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <random>
#include <thread>
#include <vector>

#include "async/executor.hpp"
#include "async/fake_job.hpp"

namespace skep::async::test {
namespace {

struct TimerBytes {
  alignas(8) unsigned char bytes[16] = {};
  TimerSlot& timer() { return TimerSlot::at(bytes); }
};

// `count` timers on an executor, each with a callback that says which it was.
class Timers {
 public:
  Timers(Executor& executor, std::size_t count) : slots_(count) {
    const rcu::ReadGuard section;
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(slots_[i].timer().init(executor, 1, alive, nullptr), 0);
      EXPECT_EQ(slots_[i].timer().set_callback(calling([this, i] { fired.push_back(i); }), alive, nullptr), 0);
    }
  }
  ~Timers() {
    const rcu::ReadGuard section;
    for (auto& slot : slots_) slot.timer().release();
  }
  TimerSlot& operator[](std::size_t i) { return slots_[i].timer(); }

  std::vector<std::size_t> fired;

 private:
  std::deque<TimerBytes> slots_;
};

TEST(Timers, FireInTheOrderOfTheirTimesWhateverWasMovedAndCancelled) {
  constexpr std::size_t count = 2000;
  const auto executor = make_stepping_executor(1, 1);
  Timers timers(*executor, count);
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> at(count, 0);
  const std::uint64_t base = executor->now_ns() + 1'000'000'000;
  {
    const rcu::ReadGuard section;
    for (std::size_t change = 0; change < 5 * count; ++change) {
      const std::size_t i = random() % count;
      if (random() % 4 == 0) {
        EXPECT_EQ(timers[i].cancel_async(), at[i] != 0 ? 1 : 0);
        at[i] = 0;
      } else {
        // Far enough apart that each has run before the next is due.
        at[i] = base + (random() % 1'000'000) * 1000;
        EXPECT_EQ(timers[i].start(0, at[i], timer_flag::absolute), 0);
      }
    }
  }
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < count; ++i)
    if (at[i] != 0) wanted.push_back(i);
  {
    const rcu::ReadGuard section;
    const std::vector<ArmedShot> armed = executor->armed();
    EXPECT_EQ(armed.size(), wanted.size());
    EXPECT_TRUE(std::is_sorted(armed.begin(), armed.end(), [](auto& a, auto& b) { return a.at_ns < b.at_ns; }));
  }
  EXPECT_TRUE(executor->drain(a_minute));
  ASSERT_EQ(timers.fired.size(), wanted.size());
  for (std::size_t i = 1; i < timers.fired.size(); ++i) EXPECT_LE(at[timers.fired[i - 1]], at[timers.fired[i]]);
  std::sort(timers.fired.begin(), timers.fired.end());
  EXPECT_EQ(timers.fired, wanted);
}

TEST(Timers, OfTheSameTimeFireInTheOrderInWhichTheyWereArmed) {
  const auto executor = make_stepping_executor(1, 1);
  Timers timers(*executor, 50);
  const std::uint64_t at = executor->now_ns() + 1000;
  std::vector<std::size_t> wanted;
  {
    const rcu::ReadGuard section;
    for (std::size_t i = 0; i < 50; ++i) {
      const std::size_t which = i * 7 % 50;
      EXPECT_EQ(timers[which].start(0, at, timer_flag::absolute), 0);
      wanted.push_back(which);
    }
  }
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(timers.fired, wanted);
}

TEST(Timers, RunOnTheCpuThatTheyWereStartedOnLast) {
  const auto executor = make_stepping_executor(2, 1);
  TimerBytes slot;
  std::vector<unsigned> cpus;
  const rcu::ReadGuard section;
  ASSERT_EQ(slot.timer().init(*executor, 1, alive, nullptr), 0);
  ASSERT_EQ(slot.timer().set_callback(calling([&](unsigned cpu) { cpus.push_back(cpu); }), alive, nullptr), 0);
  // Due at once, so that it stands in a queue already when it is started on the other CPU.
  ASSERT_EQ(slot.timer().start(0, 0, 0), 0);
  ASSERT_EQ(slot.timer().start(1, 0, 0), 0);
  EXPECT_TRUE(executor->drain(a_minute));
  EXPECT_EQ(cpus, std::vector<unsigned>{1});
  slot.timer().release();
}

// A timer that is due and stands in a queue is taken back by a later time, and by cancelling.
TEST(Timers, ThatAreDueAreMovedAndCancelled) {
  const auto executor = make_stepping_executor(1, 1);
  Timers timers(*executor, 2);
  {
    const rcu::ReadGuard section;
    for (std::size_t i = 0; i < 2; ++i) ASSERT_EQ(timers[i].start(0, 0, 0), 0);
    EXPECT_EQ(timers[0].start(0, 1'000'000'000, 0), 0);
    EXPECT_EQ(timers[1].cancel(), 1);
  }
  EXPECT_TRUE(executor->drain(1'000'000));
  EXPECT_TRUE(timers.fired.empty());
  EXPECT_TRUE(executor->drain(2'000'000'000));
  EXPECT_EQ(timers.fired, std::vector<std::size_t>{0});
}

TEST(Timers, ThatWereReleasedLeaveNothingBehind) {
  const auto executor = make_stepping_executor(1, 1);
  TimerBytes slot;
  for (int round = 0; round < 1000; ++round) {
    const rcu::ReadGuard section;
    ASSERT_EQ(slot.timer().init(*executor, 1, alive, nullptr), 0);
    ASSERT_EQ(slot.timer().set_callback(calling([] {}), alive, nullptr), 0);
    ASSERT_EQ(slot.timer().start(0, 3'600'000'000'000, 0), 0);
    slot.timer().release();
    EXPECT_TRUE(executor->armed().empty());
  }
}

TEST(Timers, OutliveTheirExecutor) {
  TimerBytes slot;
  {
    const auto executor = make_thread_executor(1);
    const rcu::ReadGuard section;
    ASSERT_EQ(slot.timer().init(*executor, 1, alive, nullptr), 0);
    ASSERT_EQ(slot.timer().set_callback(calling([] {}), alive, nullptr), 0);
    ASSERT_EQ(slot.timer().start(0, 3'600'000'000'000, 0), 0);
  }
  const rcu::ReadGuard section;
  slot.timer().release();
}

// A signal handler that changes timers of the same heap at whatever point the thread is in a change of its own.
TimerSlot* interrupting = nullptr;
std::atomic<int> interruptions{0};

TEST(Timers, MayBeChangedByASignalHandler) {
  const auto executor = make_stepping_executor(1, 1);
  Timers timers(*executor, 64);
  const rcu::ReadGuard section;
  interrupting = &timers[63];
  interruptions = 0;
  struct sigaction action{}, before{};
  action.sa_handler = [](int) {
    const int saved = errno;
    interrupting->start(0, 3'600'000'000'000 + static_cast<std::uint64_t>(interruptions.load()), 0);
    if (interruptions.fetch_add(1) % 3 == 0) interrupting->cancel_async();
    errno = saved;
  };
  sigaction(SIGALRM, &action, &before);
  const itimerval often{{0, 50}, {0, 50}};
  setitimer(ITIMER_REAL, &often, nullptr);
  std::mt19937_64 random(2);
  while (interruptions.load() < 300) {
    TimerSlot& timer = timers[random() % 63];
    if (random() % 3 == 0)
      timer.cancel_async();
    else
      ASSERT_EQ(timer.start(0, 3'600'000'000'000 + random() % 1000, 0), 0);
  }
  const itimerval never{};
  setitimer(ITIMER_REAL, &never, nullptr);
  sigaction(SIGALRM, &before, nullptr);
  std::size_t armed = 0;
  for (std::size_t i = 0; i < 64; ++i) armed += timers[i].cancel_async() == 1 ? 1U : 0U;
  EXPECT_GT(armed, 0U);
  EXPECT_TRUE(executor->armed().empty());
}

// Threads that arm, move, cancel and let go while the executor fires: each timer fires at most once an arming, and
// what is armed at the end does.
TEST(Timers, ChangedByManyThreadsAtOnce) {
  constexpr int threads = 4;
  const auto executor = make_thread_executor(2);
  std::array<TimerBytes, 8> slots;
  std::atomic<std::uint64_t> runs{0}, starts{0};
  std::vector<std::thread> all;
  for (int thread = 0; thread < threads; ++thread) {
    all.emplace_back([&, thread] {
      std::mt19937_64 random(static_cast<std::uint64_t>(thread));
      for (int step = 0; step < 5000; ++step) {
        const std::size_t which = random() % slots.size();
        TimerSlot& timer = slots[which].timer();
        const rcu::ReadGuard section;
        switch (random() % 8) {
          case 0:
            timer.release();
            break;
          case 1:
            timer.cancel_async();
            break;
          case 2:
          case 3:
            timer.init(*executor, 1, alive, nullptr);
            timer.set_callback(calling([&] { runs.fetch_add(1); }), alive, nullptr);
            break;
          default:
            if (timer.start(static_cast<unsigned>(random() % 2), random() % 3 * 20'000, 0) == 0) starts.fetch_add(1);
        }
      }
    });
  }
  for (auto& thread : all) thread.join();
  EXPECT_TRUE(executor->settle(a_minute));
  EXPECT_LE(runs.load(), starts.load());
  EXPECT_EQ(executor->counts().timers, runs.load());
  const std::uint64_t before = runs.load();
  std::uint64_t last = 0;
  for (auto& slot : slots) {
    const rcu::ReadGuard section;
    slot.timer().init(*executor, 1, alive, nullptr);
    slot.timer().set_callback(calling([&] { runs.fetch_add(1); }), alive, nullptr);
    last += slot.timer().start(0, 1000, 0) == 0 ? 1U : 0U;
  }
  EXPECT_TRUE(executor->settle(a_minute));
  EXPECT_EQ(runs.load() - before, last);
  const rcu::ReadGuard section;
  for (auto& slot : slots) slot.timer().release();
}

}  // namespace
}  // namespace skep::async::test
