// A run is bounded: by limits, by request, by the end of its Kernel; and it gives back what it held.
#include <cerrno>
#include <thread>

#include "bounds/support.hpp"

namespace skep::test {
namespace {

using testing::HasSubstr;

TEST(RunLimits, StopATestRunAndSayWhere) {
  const Bounded b;
  const auto run = b.run("endless");
  EXPECT_EQ(run.error(), ETIME);
  EXPECT_THAT(run.message(), HasSubstr("program 'endless' was not run to its end"));
  EXPECT_THAT(run.message(), HasSubstr("it reached its limit of 1000000 instructions"));
  EXPECT_THAT(run.message(), HasSubstr("in turn() at endless.h:"));
  ASSERT_EQ(b.stopped.size(), 1U);
  const StoppedRun& stop = b.stopped.front();
  EXPECT_EQ(stop.reason, StopReason::instructions);
  EXPECT_EQ(stop.program, "endless");
  EXPECT_EQ(stop.entry, "endless");
  EXPECT_EQ(stop.function, "turn");
  EXPECT_FALSE(stop.callback);
  EXPECT_EQ(stop.file, "endless.h");
  EXPECT_THAT(stop.text, testing::AnyOf(HasSubstr("turns++"), HasSubstr("return 0"), HasSubstr("int turn")));
  EXPECT_GT(stop.line, 0U);
  EXPECT_EQ(stop.instructions, enough);
  EXPECT_EQ(b.kernel->work().stopped, 1U);
}

TEST(Runs, EndAtACallWithoutBehaviorAndSayWhich) {
  const Bounded b;
  EXPECT_EQ(b.run("may_come_there")->verdict, 3U);
  RunInput input;
  input.described = R"({"mark": 1})";
  const auto run = b.object.program("may_come_there")->run(input);
  EXPECT_EQ(run.error(), EOPNOTSUPP);
  EXPECT_THAT(run.message(), HasSubstr("program 'may_come_there' was not run to its end"));
  EXPECT_THAT(run.message(), HasSubstr("it called app_nowhere, which has no behavior here"));
  ASSERT_EQ(b.stopped.size(), 1U);
  EXPECT_EQ(b.stopped.front().reason, StopReason::no_behavior);
  EXPECT_EQ(b.stopped.front().function, "may_come_there");
}

TEST(Runs, GoOnWhereACallWithoutBehaviorCanSayThatItIsNotSupported) {
  const Bounded b;
  std::vector<std::string> told;
  b.kernel->on_log([&told](std::string_view line) { told.emplace_back(line); });
  for (int i = 0; i < 2; ++i) {
    const auto run = b.run("goes_on");
    ASSERT_TRUE(run) << run.message();
    EXPECT_EQ(run->verdict, static_cast<std::uint32_t>(EOPNOTSUPP));
  }
  EXPECT_THAT(b.stopped, testing::IsEmpty());
  EXPECT_THAT(told, testing::ElementsAre(HasSubstr("called app_unsupported, which has no behavior here")));
  b.kernel->on_log({});
}

TEST(RunLimits, OfOneRunGoBeforeTheKernels) {
  const Bounded b;
  EXPECT_EQ(b.run("endless", RunLimits{.instructions = 5000}).error(), ETIME);
  EXPECT_EQ(b.stopped.back().instructions, 5000U);
  {
    const RunLimitsScope scope({.instructions = 6000});
    EXPECT_EQ(b.run("endless").error(), ETIME);
    EXPECT_EQ(b.stopped.back().instructions, 6000U);
  }
  EXPECT_EQ(b.run("endless").error(), ETIME);
  EXPECT_EQ(b.stopped.back().instructions, enough);
  EXPECT_EQ(b.run("endless", RunLimits{.time_ns = 1}).error(), ETIME);
  EXPECT_EQ(b.stopped.back().reason, StopReason::time);
}

TEST(RunLimits, HoldForEveryWayInWhichProgramsRun) {
  const Bounded b;
  EXPECT_EQ(b.run("endless_syscall").error(), ETIME);
  auto hooked = b.object.program("endless_hook")->attach();
  ASSERT_TRUE(hooked) << hooked.message();
  // What an fmod_ret program was to guard does not happen.
  bool happened = false;
  const std::uint64_t arguments[] = {1, 2};
  EXPECT_EQ(static_cast<std::int32_t>(
                b.kernel->call_hook("app_hook", arguments, [&] { return happened = true, std::uint64_t{0}; })),
            -ETIME);
  EXPECT_FALSE(happened);
  auto table = b.object.map("table")->attach();
  ASSERT_TRUE(table) << table.message();
  int error = 0;
  EXPECT_EQ(b.kernel->call_struct_ops("table", "choose", arguments, error), 0U);
  EXPECT_EQ(error, -ETIME);
  auto link = b.object.program("endless_link")->attach({.target_fd = 1});
  ASSERT_TRUE(link) << link.message();
  std::vector<std::uint8_t> packet(64, 1);
  EXPECT_EQ(link->fire(packet.data(), packet.size()).error(), ETIME);
  EXPECT_EQ(b.stopped.size(), 4U);
}

TEST(RunLimits, HoldForCallbacksOfWorkItemsAndTimers) {
  Bounded b({.host_btf = false, .stepping_seed = 1, .run_limits = {.instructions = enough}});
  std::vector<WorkRun> runs;
  b.kernel->on_work_run([&](const WorkRun& run) { runs.push_back(run); });
  ASSERT_TRUE(b.run("start_hog"));
  EXPECT_TRUE(b.kernel->drain(a_minute));
  ASSERT_EQ(b.stopped.size(), 1U);
  EXPECT_TRUE(b.stopped[0].callback);
  EXPECT_EQ(b.stopped[0].entry, "hog");
  EXPECT_THAT(b.stopped[0].message, HasSubstr("callback 'hog' of program 'start_hog' was stopped"));
  ASSERT_TRUE(b.run("start_timer_hog"));
  EXPECT_TRUE(b.kernel->drain(a_minute));
  ASSERT_EQ(b.stopped.size(), 2U);
  EXPECT_EQ(b.stopped[1].entry, "timer_hog");
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_TRUE(runs[0].stopped && !runs[0].timer);
  EXPECT_TRUE(runs[1].stopped && runs[1].timer);
  EXPECT_EQ(runs[1].map, "timers");
  EXPECT_EQ(runs[1].callback, "timer_hog");
  EXPECT_EQ(b.kernel->work().timers, 1U);
}

// Each run of work that restarts for ever is short: no limit stops it, and the wait for it ends by its own limit.
TEST(RunLimits, TellWorkThatRestartsFromWorkThatNeverEnds) {
  for (const char* program : {"start_again", "start_timer_again"}) {
    Bounded b({.host_btf = false, .stepping_seed = 1, .run_limits = {.instructions = enough}});
    ASSERT_TRUE(b.run(program));
    EXPECT_EQ(b.kernel->settle(1'000'000), std::string_view(program) == "start_timer_again") << program;
    EXPECT_TRUE(b.stopped.empty());
    EXPECT_TRUE(b.kernel->long_runs().empty());
    EXPECT_GT(b.kernel->work().ran + b.kernel->work().timers, 1U);
  }
}

TEST(StoppedRun, GivesItsLockBack) {
  const Bounded b;
  EXPECT_EQ(b.run("endless_with_lock").error(), ETIME);
  EXPECT_EQ(b.stopped.back().function, "endless_with_lock");
  const auto next = b.run("take_lock");
  ASSERT_TRUE(next) << next.message();
  EXPECT_EQ(next->verdict, 1U);  // and what it did under the lock stays
}

TEST(StoppedRun, DiscardsItsRecord) {
  const Bounded b;
  EXPECT_EQ(b.run("endless_with_record").error(), ETIME);
  const auto next = b.run("take_record");
  ASSERT_TRUE(next) << next.message();
  EXPECT_EQ(next->verdict, 1U);
  auto ring = RingBuffer::open(*b.object.map("records"));
  ASSERT_TRUE(ring) << ring.message();
  std::vector<std::size_t> sizes;
  const auto consume = [&](std::span<const std::uint8_t> record) { return sizes.push_back(record.size()), true; };
  ASSERT_TRUE(ring->consume(consume));  // which would wait before a record that is not given back
  EXPECT_THAT(sizes, testing::ElementsAre(8));
}

TEST(StoppedRun, LetsGoOfTheHostsObjects) {
  const Bounded b;
  EXPECT_EQ(b.run("endless_with_host_object").error(), ETIME);
  EXPECT_EQ(b.objects.taken, 1U);
  EXPECT_EQ(b.objects.given, 1U);
}

// What is not given back here is a leak, which the address sanitizer reports; and a node that was left in the midst of
// being added would be found by the tree's end.
TEST(StoppedRun, LetsGoOfWhatItAllocated) {
  const Bounded b({.run_limits = {.instructions = enough}}, "objects");
  if (!b.object.program("endless_order")) GTEST_SKIP() << "this machine's kernel has no types to load it with";
  EXPECT_EQ(b.run("endless_with_objects").error(), ETIME);
  EXPECT_EQ(b.run("endless_order").error(), ETIME);
  EXPECT_EQ(b.run("endless_order").error(), ETIME);  // the lock is free, and the tree has the first node
}

TEST(StopRuns, StopsWhatRunsNow) {
  Bounded b({.host_btf = false});
  std::atomic<int> error{0};
  std::thread runner([&] { error = b.run("endless").error(); });
  // A run that has just begun is not meant by a request from before: ask until one reaches it.
  while (error == 0) {
    b.kernel->stop_runs();
    std::this_thread::yield();
  }
  runner.join();
  EXPECT_EQ(error, EINTR);
  EXPECT_EQ(b.stopped.back().reason, StopReason::asked);
  EXPECT_THAT(b.stopped.back().message, HasSubstr("it was asked to stop"));
}

TEST(LongRuns, AreKnownUntilTheyEnd) {
  Bounded b({.host_btf = false});
  std::atomic<int> error{0};
  std::thread runner([&] { error = b.run("endless").error(); });
  while (b.kernel->long_runs().empty()) std::this_thread::yield();
  const auto runs = b.kernel->long_runs();
  EXPECT_EQ(runs.at(0).program, "endless");
  EXPECT_FALSE(runs.at(0).callback);
  EXPECT_GT(runs.at(0).running_ns, 0U);
  b.kernel->stop_runs();
  runner.join();
  EXPECT_TRUE(b.kernel->long_runs().empty());
}

// Whatever programs do, and whoever runs their work.
TEST(DestroyedKernel, StopsCallbacksThatNeverEnd) {
  for (const char* program : {"start_hog", "start_again", "start_timer_hog", "start_timer_again"}) {
    for (const bool steps : {false, true}) {
      SCOPED_TRACE(program);
      KernelOptions options;
      options.host_btf = false;
      options.close_limit_ns = 0;
      if (steps) options.stepping_seed = 1;
      auto b = std::make_unique<Bounded>(options);
      ASSERT_TRUE(b->run(program));
      b->kernel->settle(3'000'000);
      std::vector<StoppedRun> stopped;
      b->kernel->on_run_stopped([&](const StoppedRun& run) { stopped.push_back(run); });
      b.reset();  // ends
      for (const StoppedRun& run : stopped) EXPECT_EQ(run.reason, StopReason::closing);
    }
  }
}

TEST(ArmedTimers, AreListedUntilTheyRun) {
  Bounded b({.host_btf = false, .stepping_seed = 1});
  ASSERT_TRUE(b.run("start_timer_late"));
  EXPECT_TRUE(b.kernel->settle(1'000'000'000));
  const auto armed = b.kernel->armed_timers();
  ASSERT_EQ(armed.size(), 1U);
  EXPECT_EQ(armed[0].program, "start_timer_lat");  // as the kernel keeps names
  EXPECT_EQ(armed[0].callback, "timer_once");
  EXPECT_EQ(armed[0].map, "timers");
  EXPECT_EQ(armed[0].key, (std::vector<std::uint8_t>{0, 0, 0, 0}));
  EXPECT_GT(armed[0].due_in_ns, a_minute);
  EXPECT_TRUE(b.kernel->settle(100 * a_minute));
  EXPECT_TRUE(b.kernel->armed_timers().empty());
  EXPECT_EQ(b.kernel->work().timers, 1U);
}

// In real time too, with threads and with the application's own loop.
TEST(ArmedTimers, AreWaitedForBySettle) {
  for (const bool pumped : {false, true}) {
    Bounded b({.host_btf = false, .pumped = pumped});
    ASSERT_TRUE(b.run("start_timer_soon"));
    EXPECT_EQ(b.kernel->armed_timers().size(), 1U);
    EXPECT_TRUE(b.kernel->settle(a_minute));
    EXPECT_TRUE(b.kernel->armed_timers().empty());
    EXPECT_EQ(b.kernel->work().timers, 1U) << pumped;
  }
}

}  // namespace
}  // namespace skep::test
