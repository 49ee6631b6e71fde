// A leash: what it grants, when it looks at the clock, and what a run that it stops gives back.
#include "runtime/leash.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "support/run.hpp"

namespace skep {
namespace {

using runtime::Held;
using runtime::Leash;
using runtime::StopSignal;

TEST(LeashOfARun, StandsWhereCompiledCodeExpectsIt) {
  const auto program = test::make_program("r0 = 0; exit");
  test::FixedServices services;
  engine::Execution run({program->entry(), {}, nullptr, services});
  auto* env = static_cast<runtime::CallEnv*>(&run);
  EXPECT_EQ(reinterpret_cast<char*>(&env->leash.fuel), reinterpret_cast<char*>(env) + runtime::leash_fuel_offset);
}

TEST(LeashOfARun, CountsInstructionsExactly) {
  const auto program = test::make_program("f: r0 += 1; if r0 < 1000000 goto f; exit");
  for (const std::uint64_t limit : {std::uint64_t{1}, std::uint64_t{77}, Leash::slice, 3 * Leash::slice + 5}) {
    for (const std::uint64_t budget : {async::unlimited, std::uint64_t{1}, std::uint64_t{1000}}) {
      test::FixedServices services;
      services.run_limits.instructions = limit;
      engine::Execution run({program->entry(), {}, nullptr, services});
      EXPECT_EQ(test::finish(run, budget), 0U);
      EXPECT_EQ(run.stop_reason(), StopReason::instructions);
      EXPECT_EQ(run.instructions(), limit);
    }
  }
}

TEST(LeashOfARun, LetsGoWhatEndsInTime) {
  const auto program = test::make_program("r0 = 5; exit");
  test::FixedServices services;
  services.run_limits.instructions = 2;
  engine::Execution run({program->entry(), {}, nullptr, services});
  EXPECT_EQ(test::finish(run), 5U);
  EXPECT_FALSE(run.stopped());
  run.restart({});
  EXPECT_EQ(test::finish(run), 5U);
}

TEST(LeashOfARun, IsAskedFromOutside) {
  const auto program = test::make_program("f: r0 += 1; goto f");
  test::FixedServices services;
  engine::Execution run({program->entry(), {}, nullptr, services});
  EXPECT_EQ(run.advance(0, 10), async::Progress::out_of_budget);
  services.stop_signal.stop_running();
  EXPECT_EQ(run.advance(0, 10), async::Progress::finished);
  EXPECT_EQ(run.stop_reason(), StopReason::asked);
  EXPECT_EQ(run.instructions(), 10U);
  run.restart({});  // what begins afterwards was not meant
  EXPECT_EQ(run.advance(0, 10), async::Progress::out_of_budget);
  services.stop_signal.close_after(0);
  EXPECT_EQ(run.advance(0, 10), async::Progress::finished);
  EXPECT_EQ(run.stop_reason(), StopReason::closing);
}

// Short runs never read the clock: they have ended before the second look.
TEST(LeashOfARun, ReadsTheClockFromTheSecondLookOn) {
  StopSignal signal;
  Leash leash;
  leash.begin({.time_ns = 100}, signal);
  int reads = 0;
  std::uint64_t now = 1'000;
  const auto clock = [&] { return ++reads, now; };
  EXPECT_EQ(leash.grant(0, clock), Leash::slice);
  EXPECT_EQ(reads, 0);
  EXPECT_EQ(leash.grant(Leash::slice, clock), Leash::slice);
  now += 99;
  EXPECT_EQ(leash.grant(2 * Leash::slice, clock), Leash::slice);
  now += 1;
  EXPECT_EQ(leash.grant(3 * Leash::slice, clock), 0U);
  EXPECT_EQ(leash.reason(), StopReason::time);
  EXPECT_EQ(reads, 3);
}

TEST(LeashOfARun, GivesFuelToCompiledCode) {
  StopSignal signal;
  Leash leash;
  leash.begin({.instructions = Leash::slice + 10}, signal);
  const auto clock = [] { return std::uint64_t{1}; };
  ASSERT_TRUE(leash.renew(clock));
  EXPECT_EQ(leash.fuel, static_cast<std::int64_t>(Leash::slice));
  leash.fuel -= static_cast<std::int64_t>(Leash::slice) + 4;  // it looks at the end of a block only
  ASSERT_TRUE(leash.renew(clock));
  EXPECT_EQ(leash.fuel, 6);
  leash.fuel -= 6;
  EXPECT_FALSE(leash.renew(clock));
  EXPECT_EQ(leash.reason(), StopReason::instructions);
}

TEST(HoldingsOfARun, GoBackNewestFirst) {
  const auto program = test::make_program("f: r0 += 1; goto f");
  test::FixedServices services;
  services.run_limits.instructions = 4;
  std::vector<std::uint64_t> back;
  engine::Execution run({program->entry(), {}, nullptr, services});
  const auto note = [](std::uint64_t what, void* to) { static_cast<std::vector<std::uint64_t>*>(to)->push_back(what); };
  for (const std::uint64_t what : {1, 2, 3}) run.holdings.add(Held::reference, what, note, &back);
  run.holdings.add(Held::lock, 2, note, &back);
  EXPECT_TRUE(run.holdings.remove(Held::reference, 2));
  EXPECT_FALSE(run.holdings.remove(Held::reference, 2));
  test::finish(run);
  EXPECT_EQ(back, (std::vector<std::uint64_t>{2, 3, 1}));
}

}  // namespace
}  // namespace skep
