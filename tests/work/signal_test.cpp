// Programs in signal handlers: a Runner that is made for it runs whatever the thread was interrupted in, a program's
// run and a command of the same Kernel included, and programs that could wait there are refused by name.
#include <pthread.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "memory/in_signal.hpp"
#include "rcu/rcu.hpp"
#include "skep/limits.hpp"
#include "skep/runner.hpp"
#include "work/machine.hpp"

namespace skep::test {
namespace {

thread_local Runner* runner_of_handler = nullptr;
std::atomic<std::uint64_t> handled{0}, refused{0}, failed{0};

void handler(int) {
  if (runner_of_handler == nullptr) return;
  std::uint32_t result = 0;
  const int error = runner_of_handler->run_in_signal_handler(&result);
  ++(error == 0 && result == 7 ? handled : error == -EBUSY ? refused : failed);
}

struct Loaded {
  explicit Loaded(const KernelOptions& options) {
    std::string error;
    kernel = Kernel::make(options, error);
    EXPECT_NE(kernel, nullptr) << error;
    const KernelBinding binding(*kernel);
    object = load_object(*kernel, std::string(WORK_OBJECTS) + "/signal.bpf.o");
  }
  int fd(const char* program) const { return bpf_program__fd(bpf_object__find_program_by_name(object.get(), program)); }
  std::uint64_t value(const char* name) const { return *variable<std::uint64_t>(object.get(), name); }
  Result<Runner> runner(const char* program) const {
    static constexpr std::array<std::uint8_t, 64> packet = {};
    return Runner::make(*kernel, fd(program), {.packet = packet, .in_signal_handlers = true});
  }
  std::unique_ptr<Kernel> kernel;
  ObjectPtr object;
};

KernelOptions options_of(bool pumped) {
  KernelOptions options;
  options.cpus = 2;
  options.host_btf = false;
  options.pumped = pumped;
  options.engine = engine_under_test();
  return options;
}

class ProgramsInSignalHandlers : public testing::TestWithParam<bool> {};

TEST_P(ProgramsInSignalHandlers, InterruptProgramsAndCommands) {
  const char* text = std::getenv("SKEP_STRESS_SECONDS");
  const std::chrono::duration<double> time(text != nullptr ? std::strtod(text, nullptr) : 0.5);
  Loaded loaded(options_of(GetParam()));
  ASSERT_NE(loaded.object, nullptr);
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ASSERT_EQ(sigaction(SIGUSR1, &action, nullptr), 0);
  handled = refused = failed = 0;
  std::atomic<unsigned> ready{0};
  std::atomic<bool> over{false};
  std::array<std::thread, 2> threads;
  for (std::thread& thread : threads) {
    thread = std::thread([&] {
      const KernelBinding binding(*loaded.kernel);
      auto runner = loaded.runner("in_handler");
      ASSERT_TRUE(runner) << runner.message();
      EXPECT_EQ(test_run(loaded.fd("in_thread"), true), 0);
      runner_of_handler = &*runner;
      ++ready;
      const int map = bpf_object__find_map_fd_by_name(loaded.object.get(), "hash_no_prealloc");
      for (std::uint32_t n = 0; !over; ++n) {
        EXPECT_EQ(test_run(loaded.fd("in_thread"), true), 0);
        const std::uint32_t key = n % 8;
        const std::array<std::uint64_t, 5> value = {};
        bpf_map_update_elem(map, &key, value.data(), 0);
        if (n % 4 == 0) bpf_map_delete_elem(map, &key);
        if (GetParam() && n % 8 == 0) loaded.kernel->pump(20'000);
      }
      runner_of_handler = nullptr;
    });
  }
  while (ready != threads.size()) std::this_thread::yield();
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end || handled < 200) {
    for (std::thread& thread : threads) pthread_kill(thread.native_handle(), SIGUSR1);
    std::this_thread::yield();
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
  signal(SIGUSR1, SIG_IGN);
  // On a busy machine the interrupted threads may have cancelled all that they started before its callback had a CPU.
  do {
    const KernelBinding binding(*loaded.kernel);
    EXPECT_EQ(test_run(loaded.fd("in_thread"), true), 0);
    ASSERT_TRUE(loaded.kernel->settle(no_limit / 2));
  } while (loaded.kernel->work().ran == 0 || loaded.kernel->work().timers == 0);
  const WorkStatistics work = loaded.kernel->work();
  EXPECT_EQ(failed, 0U);
  EXPECT_EQ(loaded.value("handled"), handled);
  EXPECT_EQ(loaded.value("wrong"), 0U);
  EXPECT_EQ(loaded.value("started"), work.started);
  EXPECT_EQ(loaded.value("ran"), work.ran);
  EXPECT_EQ(work.started, work.merged + work.ran + work.cancelled);
  EXPECT_EQ(loaded.value("timers_ran"), work.timers);
  EXPECT_EQ(loaded.value("timers_started"), work.timers + work.timers_merged + work.timers_cancelled);
  EXPECT_GT(work.ran, 0U);
  EXPECT_GT(work.timers, 0U);
  loaded.object.reset();
  EXPECT_TRUE(loaded.kernel->drain(no_limit));
  rcu::barrier();
  EXPECT_EQ(memory::reserve_taken(), 0U);
  RecordProperty("handled", std::to_string(handled));
}
INSTANTIATE_TEST_SUITE_P(Kernels, ProgramsInSignalHandlers, testing::Bool());

TEST(RunnersForSignalHandlers, AreRefusedForWhatCouldWait) {
  const Loaded loaded(options_of(false));
  ASSERT_NE(loaded.object, nullptr);
  const auto runner = loaded.runner("in_thread");
  ASSERT_FALSE(runner);
  EXPECT_EQ(runner.error(), EOPNOTSUPP);
  EXPECT_THAT(runner.message(), testing::HasSubstr("program 'in_thread' cannot run in signal handlers: it calls "
                                                   "bpf_map_delete_elem, which may wait, lock or allocate"));
  KernelOptions stepping = options_of(false);
  stepping.stepping_seed = 1;
  const Loaded other(stepping);
  const auto none = other.runner("in_handler");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(), EOPNOTSUPP);
  EXPECT_THAT(none.message(), testing::HasSubstr("a Kernel that steps"));
}

TEST(RunnersForSignalHandlers, AreForNothingElse) {
  const Loaded loaded(options_of(false));
  ASSERT_NE(loaded.object, nullptr);
  auto runner = loaded.runner("in_handler");
  ASSERT_TRUE(runner) << runner.message();
  EXPECT_EQ(runner->run(), 0U);
  EXPECT_EQ(loaded.value("handled"), 0U);
  std::uint32_t result = 0;
  EXPECT_EQ(runner->run_in_signal_handler(&result), 0);
  EXPECT_EQ(result, 7U);
  EXPECT_EQ(loaded.value("handled"), 1U);
  static constexpr std::array<std::uint8_t, 64> packet = {};
  auto usual = Runner::make(*loaded.kernel, loaded.fd("in_handler"), {.packet = packet});
  ASSERT_TRUE(usual);
  EXPECT_EQ(usual->run_in_signal_handler(), -EINVAL);
}

// One that its limit stops says so, and tells no listener, which could be in the middle of being told.
TEST(RunnersForSignalHandlers, AreHeldToLimits) {
  const Loaded loaded(options_of(false));
  ASSERT_NE(loaded.object, nullptr);
  const RunLimitsScope limits({.instructions = 5});
  auto runner = loaded.runner("in_handler");
  ASSERT_TRUE(runner) << runner.message();
  int told = 0;
  loaded.kernel->on_run_stopped([&](const StoppedRun&) { ++told; });
  EXPECT_EQ(runner->run_in_signal_handler(), -ETIME);
  EXPECT_EQ(runner->error(), -ETIME);
  EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace skep::test
