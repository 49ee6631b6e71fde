// Whoever starts the first work: Skep's threads have the main thread's CPUs and the normal policy.
#include "rcu/own_thread.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <thread>

#include "async/executor.hpp"
#include "async/fake_job.hpp"

namespace skep::async {
namespace {

struct Scheduling {
  int policy = 0;
  int nice = 0;
  cpu_set_t cpus{};
};
Scheduling of_this_thread() {
  Scheduling now;
  now.policy = sched_getscheduler(0);
  now.nice = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
  sched_getaffinity(0, sizeof now.cpus, &now.cpus);
  return now;
}

// A thread as a careful application has it: on one CPU, and in another class.
void change_this_thread() {
  cpu_set_t all, one;
  sched_getaffinity(0, sizeof all, &all);
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
  sched_setaffinity(0, sizeof one, &one);
  const sched_param none{};
  sched_setscheduler(0, SCHED_BATCH, &none);
}

TEST(OwnThread, TakesNothingFromWhoeverStartsIt) {
  const Scheduling main = of_this_thread();
  Scheduling inherited, own;
  std::thread([&] {
    change_this_thread();
    std::thread([&] {
      inherited = of_this_thread();
      rcu::schedule_as_main_thread();
      own = of_this_thread();
    }).join();
  }).join();
  EXPECT_EQ(inherited.policy, SCHED_BATCH);
  EXPECT_EQ(CPU_COUNT(&inherited.cpus), 1);
  EXPECT_EQ(own.policy, SCHED_OTHER);
  EXPECT_EQ(own.nice, main.nice);
  EXPECT_TRUE(CPU_EQUAL(&own.cpus, &main.cpus));
}

class Look final : public Callback {
 public:
  explicit Look(std::promise<Scheduling>& seen) : seen_(seen) {}
  JobPtr make_job(unsigned) override {
    seen_.set_value(of_this_thread());
    return nullptr;
  }

 private:
  std::promise<Scheduling>& seen_;
};

TEST(OwnThread, IsWhatRunsWork) {
  const Scheduling main = of_this_thread();
  std::promise<Scheduling> promise;
  const auto executor = make_thread_executor(1);
  alignas(8) unsigned char bytes[16] = {};
  TimerSlot& timer = TimerSlot::at(bytes);
  std::thread([&] {
    change_this_thread();
    const rcu::ReadGuard section;
    ASSERT_EQ(timer.init(*executor, 1, test::alive, nullptr), 0);
    ASSERT_EQ(timer.set_callback(std::make_shared<Look>(promise), test::alive, nullptr), 0);
    ASSERT_EQ(timer.start(0, 1000, 0), 0);
  }).join();
  const Scheduling seen = promise.get_future().get();
  EXPECT_EQ(seen.policy, SCHED_OTHER);
  EXPECT_TRUE(CPU_EQUAL(&seen.cpus, &main.cpus));
  const rcu::ReadGuard section;
  timer.release();
}

}  // namespace
}  // namespace skep::async
