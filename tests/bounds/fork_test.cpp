// Processes that fork while a Kernel lives: the child can make Kernels of its own, whatever the parent's threads were
// in the middle of, and a parent's Kernel can end in it.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "bounds/support.hpp"

namespace skep::test {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
// A thread that reclaims or begins may hold a lock of AddressSanitizer's allocator, and nobody gives it back in the
// child. ThreadSanitizer follows no threads in children.
constexpr bool forks = false;
#else
constexpr bool forks = true;
#endif

// The status of a child that does this; a child that hangs ends by SIGALRM.
template <typename Do>
int in_child(Do&& what) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(what());
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

constexpr int told_why = 77;

// Work, elements that wait for a grace period, and the end of the Kernel, which waits for all of that.
int use_own_kernel() {
  if (const auto made = make_kernel({.host_btf = false}); !made)
    return made.message().find("was forked while a program was running") != std::string::npos ? told_why : 4;
  const Bounded own({.host_btf = false});
  const RunLimits some{.instructions = 300'000};
  (void)own.run("recreate_many", some);
  (void)own.run("start_many", some);
  if (own.kernel->work().stopped != 2) return 1;
  if (!own.kernel->drain(a_minute)) return 2;
  const WorkStatistics work = own.kernel->work();
  return work.started == work.ran + work.merged + work.cancelled ? 0 : 3;
}

TEST(Fork, AChildMakesAKernelOfItsOwn) {
  if (!forks) GTEST_SKIP();
  const Bounded parents({.host_btf = false});
  EXPECT_TRUE(parents.run("recreate_many"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(in_child(use_own_kernel), 0);
  EXPECT_TRUE(parents.run("recreate_many"));
}

TEST(Fork, AlsoWhenOtherThreadsRunPrograms) {
  if (!forks) GTEST_SKIP();
  const Bounded parents({.host_btf = false});
  std::atomic<bool> end{false};
  std::vector<std::thread> threads;
  for (const char* program : {"start_many", "recreate_many"})
    threads.emplace_back([&parents, &end, program] {
      while (!end) (void)parents.run(program, RunLimits{.instructions = 10'000});
    });
  constexpr int children = 10;
  int without = 0;  // on a busy machine a short run takes long
  for (int i = 0; i < children; ++i) {
    const int status = in_child(use_own_kernel);
    if (WIFEXITED(status) && WEXITSTATUS(status) == told_why)
      ++without;
    else
      EXPECT_EQ(status, 0);
  }
  EXPECT_LT(without, children);
  end = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(parents.kernel->drain(a_minute));
}

// A fork does not wait for a run that does not end. What somebody else waits for then, its child cannot have; nobody
// may have begun to.
TEST(Fork, AmongEndlessRunsTheChildIsToldWhy) {
  if (!forks) GTEST_SKIP();
  const Bounded parents({.host_btf = false});
  std::thread endless([&] { (void)parents.run("endless_syscall", RunLimits{}); });
  while (parents.kernel->long_runs().empty()) std::this_thread::yield();
  // So that somebody waits for the endless one's grace period.
  const auto elements = parents.object.map("elements");
  const std::vector<std::uint8_t> value(elements->value_size());
  const std::uint32_t key = 1;
  EXPECT_TRUE(elements->write(&key, sizeof key, value.data(), value.size(), Update::any));
  EXPECT_TRUE(elements->remove(&key, sizeof key));
  const int status = in_child(use_own_kernel);
  EXPECT_TRUE(WIFEXITED(status) && (WEXITSTATUS(status) == told_why || WEXITSTATUS(status) == 0)) << status;
  parents.kernel->stop_runs();
  endless.join();
}

TEST(Fork, AParentsKernelEndsInTheChild) {
  if (!forks) GTEST_SKIP();
  Bounded parents({.host_btf = false});
  EXPECT_EQ(parents.run("start_timer_late")->verdict, 0U);
  EXPECT_EQ(in_child([&] {
              parents.object = {};
              parents.kernel.reset();
              return use_own_kernel();
            }),
            0);
}

}  // namespace
}  // namespace skep::test
