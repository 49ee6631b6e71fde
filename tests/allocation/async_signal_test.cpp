// Calls on work items and timers in signal handlers that interrupt other such calls of the same thread, thousands of
// times at whatever place: nobody waits for ever, nothing is allocated in a handler, every start is accounted for, and
// the reserve gets back what was taken of it.
//
// The interrupted threads make the same calls on the same slots, and whatever else takes locks: they end elements,
// close and reopen the map, pump, drain and look at what is armed. On real threads and in an event loop.
#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

#include "allocation/operators.hpp"
#include "async/executor.hpp"
#include "async/threads.hpp"
#include "memory/in_signal.hpp"
#include "rcu/brief.hpp"
#include "rcu/own_thread.hpp"
#include "rcu/rcu.hpp"

namespace {
std::atomic<std::uint64_t> allocated_in_handlers{0};
}

bool allocation_succeeds() {
  if (skep::memory::in_signal_handler) allocated_in_handlers.fetch_add(1, std::memory_order_relaxed);
  return true;
}

namespace skep::async::test {
namespace {

// Of this program's handler, which finds nothing else.
struct Interrupted {
  Executor* executor = nullptr;
  Job* job = nullptr;
};
thread_local Interrupted interrupted;
std::atomic<std::uint64_t> handled{0}, refused{0};

void handler(int) {
  const int before = errno;
  if (interrupted.executor != nullptr) {
    if (interrupted.executor->run_in_signal_handler(*interrupted.job))
      handled.fetch_add(1, std::memory_order_relaxed);
    else
      refused.fetch_add(1, std::memory_order_relaxed);
  }
  errno = before;
}

std::atomic<bool> map_open{true};
bool is_open(const void*) {
  return map_open.load(std::memory_order_seq_cst);
}

// A callback that counts its runs; may be made in a signal handler.
class Counting final : public Callback {
 public:
  explicit Counting(std::atomic<std::uint64_t>& runs) : runs_(runs) {}
  JobPtr make_job(unsigned) override { return JobPtr(std::make_unique<Run>(runs_).release()); }

 private:
  class Run final : public Job {
   public:
    explicit Run(std::atomic<std::uint64_t>& runs) : runs_(runs) {}
    Progress advance(unsigned, std::uint64_t) override {
      runs_.fetch_add(1, std::memory_order_relaxed);
      return Progress::finished;
    }
    void sleep_off_cpu() override {}

   private:
    std::atomic<std::uint64_t>& runs_;
  };
  std::atomic<std::uint64_t>& runs_;
};

constexpr std::size_t slots = 6;
struct Field {
  alignas(8) unsigned char bytes[16] = {};
};

struct World {
  Executor& executor;
  std::array<Field, slots> work, timers;
  std::atomic<std::uint64_t> started{0}, ran{0}, timers_started{0}, timers_ran{0}, wrong{0};

  void expect(int result, std::initializer_list<int> known) {
    for (const int one : known)
      if (result == one) return;
    wrong.fetch_add(1, std::memory_order_relaxed);
  }
  // One call; what a handler may make.
  void call(std::uint32_t dice) {
    WorkSlot& item = WorkSlot::at(work[dice / 16 % slots].bytes);
    TimerSlot& timer = TimerSlot::at(timers[dice / 16 % slots].bytes);
    switch (dice % 16) {
      case 0:
      case 1:
        return expect(item.init(executor, is_open, this), {0, -EBUSY, -EPERM, -ENOMEM});
      case 2:
      case 3:
        if (auto callback = memory::make_small_shared<Counting>(ran))
          expect(item.set_callback(std::move(callback), is_open, this), {0, -EINVAL, -EPERM, -ENOMEM});
        return;
      case 4:
      case 5:
      case 6:
      case 7: {
        const int result = item.start(current_run().cpu);
        expect(result, {0, -EINVAL});
        if (result == 0) started.fetch_add(1, std::memory_order_relaxed);
        return;
      }
      case 8:
      case 9:
        return expect(timer.init(executor, 1, is_open, this), {0, -EBUSY, -EPERM, -ENOMEM});
      case 10:
        if (auto callback = memory::make_small_shared<Counting>(timers_ran))
          expect(timer.set_callback(std::move(callback), is_open, this), {0, -EINVAL, -EPERM, -ENOMEM});
        return;
      case 11:
      case 12: {
        const int result = timer.start(current_run().cpu, dice / 4096 % 4 * 5000, 0);
        expect(result, {0, -EINVAL});
        if (result == 0) timers_started.fetch_add(1, std::memory_order_relaxed);
        return;
      }
      case 13:
        // -EAGAIN: the callback runs; an engine would call again. -EDEADLK: it is the callback that was interrupted.
        if (memory::in_signal_handler) return expect(timer.cancel(), {0, 1, -EINVAL, -EOPNOTSUPP, -EDEADLK});
        return expect(timer.cancel(), {0, 1, -EINVAL, -EAGAIN});
      default:
        return expect(timer.cancel_async(), {0, 1, -EINVAL, -1});
    }
  }
  // One run that starts everything, when nobody interferes.
  void start_all() {
    for (std::size_t n = 0; n < slots; ++n) {
      WorkSlot& item = WorkSlot::at(work[n].bytes);
      expect(item.init(executor, is_open, this), {0, -EBUSY});
      expect(item.set_callback(memory::make_small_shared<Counting>(ran), is_open, this), {0});
      expect(item.start(current_run().cpu), {0});
      TimerSlot& timer = TimerSlot::at(timers[n].bytes);
      expect(timer.init(executor, 1, is_open, this), {0, -EBUSY});
      expect(timer.set_callback(memory::make_small_shared<Counting>(timers_ran), is_open, this), {0});
      expect(timer.start(current_run().cpu, 0, 0), {0});
    }
    started += slots;
    timers_started += slots;
  }
  void end_one(std::uint32_t dice) {
    const rcu::ReadGuard section;
    if (dice % 2 == 0)
      WorkSlot::at(work[dice / 2 % slots].bytes).cancel();
    else
      TimerSlot::at(timers[dice / 2 % slots].bytes).release();
  }
};

// Some calls, one after the other: a run of a program. Allocates nothing, so a handler may have one.
class Calls final : public Job {
 public:
  Calls(World& world, std::uint32_t seed, unsigned calls) : world_(world), dice_(seed * 2 + 1), calls_(calls) {}
  Progress advance(unsigned, std::uint64_t) override {
    for (unsigned n = 0; n < calls_; ++n) world_.call((dice_ = dice_ * 1664525 + 1013904223) >> 8);
    return Progress::finished;
  }
  void sleep_off_cpu() override {}

 private:
  World& world_;
  std::uint32_t dice_;
  const unsigned calls_;
};

class StartAll final : public Job {
 public:
  explicit StartAll(World& world) : world_(world) {}
  Progress advance(unsigned, std::uint64_t) override {
    world_.start_all();
    return Progress::finished;
  }
  void sleep_off_cpu() override {}

 private:
  World& world_;
};

double seconds() {
  const char* text = std::getenv("SKEP_STRESS_SECONDS");
  return text != nullptr ? std::strtod(text, nullptr) : 1.0;
}

// `beside(dice)`: what the interrupted threads do besides, of the executor's own.
template <typename Beside>
void interrupt_all(Executor& executor, Beside beside) {
  constexpr unsigned threads = 2;
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ASSERT_EQ(sigaction(SIGUSR1, &action, nullptr), 0);
  handled = refused = allocated_in_handlers = 0;
  map_open = true;
  ASSERT_EQ(rcu::start_reclaimer(), 0);
  ASSERT_EQ(executor.prepare_for_signals(), 0);
  World world{executor, {}, {}};
  std::atomic<unsigned> ready{0};
  std::atomic<bool> over{false};
  std::array<std::thread, threads> all;
  for (unsigned n = 0; n < threads; ++n) {
    all[n] = std::thread([&, n] {
      Calls calls(world, n, 20), in_handler(world, n + 100, 5);
      interrupted = {&executor, &in_handler};
      ++ready;
      std::mt19937 random(n);
      while (!over) {
        executor.run(calls);
        const auto dice = static_cast<std::uint32_t>(random());
        if (dice % 4 == 0) world.end_one(dice / 4);
        if (dice % 256 == 1) map_open = !map_open;
        if (dice % 64 == 2) static_cast<void>(executor.armed());
        beside(dice / 64);
      }
      interrupted = {};
    });
  }
  while (ready != threads) std::this_thread::yield();
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds());
  while (std::chrono::steady_clock::now() < end || handled < 300) {
    for (std::thread& thread : all) pthread_kill(thread.native_handle(), SIGUSR1);
    std::this_thread::yield();
  }
  over = true;
  for (std::thread& thread : all) thread.join();
  map_open = true;
  // On a busy machine the interrupted threads may have cancelled every single timer before its callback had a CPU.
  StartAll start_all(world);
  executor.run(start_all);
  while (world.ran == 0 || world.timers_ran == 0) ASSERT_TRUE(executor.settle(60'000'000'000));
  EXPECT_TRUE(executor.settle(60'000'000'000));
  {
    const rcu::ReadGuard section;
    for (Field& field : world.work) WorkSlot::at(field.bytes).cancel();
    for (Field& field : world.timers) TimerSlot::at(field.bytes).release();
  }
  EXPECT_TRUE(executor.drain(60'000'000'000));
  const WorkCounts counts = executor.counts();
  EXPECT_EQ(counts.started, world.started);
  EXPECT_EQ(counts.started, counts.merged + counts.ran + counts.cancelled);
  EXPECT_EQ(counts.ran, world.ran);
  EXPECT_EQ(counts.timers, world.timers_ran);
  EXPECT_EQ(world.timers_started, counts.timers + counts.timers_merged + counts.timers_cancelled);
  EXPECT_GT(counts.ran, 0U);
  EXPECT_GT(counts.timers, 0U);
  EXPECT_EQ(world.wrong, 0U);
  EXPECT_EQ(allocated_in_handlers, 0U);
  rcu::barrier();
  EXPECT_EQ(memory::reserve_taken(), 0U);
  testing::Test::RecordProperty("handled", std::to_string(handled));
  testing::Test::RecordProperty("refused", std::to_string(refused));
  testing::Test::RecordProperty("started", std::to_string(counts.started));
  testing::Test::RecordProperty("timers_started", std::to_string(world.timers_started));
  testing::Test::RecordProperty("timers", std::to_string(counts.timers));
  signal(SIGUSR1, SIG_IGN);
}

TEST(InSignalHandlers, CallsAreMadeOnThreads) {
  const auto executor = make_thread_executor(2);
  interrupt_all(*executor, [&](std::uint32_t dice) {
    if (dice % 16 == 0) executor->drain(100'000);
  });
}

TEST(InSignalHandlers, CallsAreMadeOnOneCpu) {
  const auto executor = make_thread_executor(1);
  interrupt_all(*executor, [](std::uint32_t) {});
}

TEST(InSignalHandlers, CallsAreMadeInAnEventLoop) {
  const auto executor = make_pumped_executor(2);
  ASSERT_NE(executor, nullptr);
  interrupt_all(*executor, [&](std::uint32_t dice) {
    if (dice % 4 == 0) executor->pump(50'000);
    if (dice % 4 == 1) executor->pump(50'000, dice % 2);
  });
}

// The descriptor of an event loop tells of what a handler has queued.
TEST(InSignalHandlers, MakeTheDescriptorReadable) {
  const auto executor = make_pumped_executor(1);
  ASSERT_NE(executor, nullptr);
  ASSERT_EQ(executor->prepare_for_signals(), 0);
  const auto readable = [&](int fd) {
    pollfd one{fd, POLLIN, 0};
    return poll(&one, 1, 0) == 1;
  };
  const int of_cpu = executor->pump_fd(0);
  ASSERT_GE(of_cpu, 0);
  map_open = true;
  std::atomic<std::uint64_t> ran{0};
  Field field;
  {
    const rcu::ReadGuard section;
    const rcu::BriefSection known;
    ASSERT_EQ(WorkSlot::at(field.bytes).init(*executor, is_open, nullptr), 0);
    ASSERT_EQ(WorkSlot::at(field.bytes).set_callback(std::make_shared<Counting>(ran), is_open, nullptr), 0);
  }
  class Start final : public Job {
   public:
    explicit Start(Field& field) : field_(field) {}
    Progress advance(unsigned cpu, std::uint64_t) override {
      EXPECT_EQ(WorkSlot::at(field_.bytes).start(cpu), 0);
      return Progress::finished;
    }
    void sleep_off_cpu() override {}

   private:
    Field& field_;
  } start(field);
  for (std::uint64_t round = 1; round <= 3; ++round) {
    EXPECT_FALSE(readable(executor->pump_fd()));
    EXPECT_FALSE(readable(of_cpu));
    ASSERT_TRUE(executor->run_in_signal_handler(start));
    EXPECT_TRUE(readable(executor->pump_fd()));
    EXPECT_TRUE(readable(of_cpu));
    EXPECT_EQ(executor->pump(1'000'000'000), 1U);
    EXPECT_EQ(ran, round);
  }
  const rcu::ReadGuard section;
  WorkSlot::at(field.bytes).cancel();
}

// An executor that steps is not made for it, and a thread that was never in a call of ours is refused.
TEST(InSignalHandlers, OthersAreRefused) {
  EXPECT_EQ(make_stepping_executor(1, 1)->prepare_for_signals(), -EOPNOTSUPP);
  const auto executor = make_thread_executor(1);
  ASSERT_EQ(executor->prepare_for_signals(), 0);
  class Nothing final : public Job {
   public:
    Progress advance(unsigned, std::uint64_t) override { return Progress::finished; }
    void sleep_off_cpu() override {}
  } nothing;
  std::thread([&] {
    EXPECT_FALSE(executor->run_in_signal_handler(nothing));
    {
      const rcu::BriefSection section;
    }
    EXPECT_TRUE(executor->run_in_signal_handler(nothing));
    // Another thread has the CPU.
    const CpuSet::Lease lease = executor->cpus().enter();
    std::thread([&] {
      const rcu::BriefSection section;
      EXPECT_FALSE(executor->run_in_signal_handler(nothing));
    }).join();
    EXPECT_FALSE(executor->run_in_signal_handler(nothing));
  }).join();
}

}  // namespace
}  // namespace skep::async::test
