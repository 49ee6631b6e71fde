// The engine that makes machine code: when there is code, and what happens where there is none. What instructions and
// calls do in it is in execution_test.cpp and arena_access_test.cpp, which run in both engines.
#include "engine/llvm/compiled.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "support/run.hpp"

namespace skep {
namespace {

using engine::native::Compiled;
using runtime::CallEnv;
using runtime::CallResult;

class Compiling : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::has_compiler()) GTEST_SKIP() << "built without LLVM";
  }
  static std::unique_ptr<engine::Engine> lazy_engine() {
    std::string why;
    return engine::make_compiler(2, {.eager = false}, why);
  }
  test::FixedServices services_;
};

TEST(CompilerOf, ThisBuildIsThereOrSaysWhyNot) {
  std::string why;
  const auto engine = engine::make_compiler(1, {}, why);
  EXPECT_EQ(engine == nullptr, !why.empty()) << why;
}

TEST_F(Compiling, IsDoneAtLoadIfItIsWanted) {
  const auto program = test::make_program("r0 = 5; exit", {}, test::native);
  EXPECT_NE(Compiled::of(*program).code(), nullptr);
  const auto run = program->executable()->make_run({program->entry(), {}, nullptr, services_});
  EXPECT_EQ(run->advance(0, async::unlimited), async::Progress::finished) << "in one go, if it does not sleep";
  EXPECT_EQ(run->result(), 5u);
}

TEST_F(Compiling, FollowsWhenAProgramHasBecomeHot) {
  const auto engine = lazy_engine();
  const auto program = engine::load(
      *engine, test::make_program("r0 = 0; r2 = 5000\n again: r0 += 3; r2 += -1; if r2 != 0 goto again; exit")->code());
  EXPECT_EQ(Compiled::of(*program).code(), nullptr);
  const auto run = program->executable()->make_run({program->entry(), {}, nullptr, services_});
  for (unsigned i = 0; i < 1'000'000 && Compiled::of(*program).code() == nullptr; ++i) {
    ASSERT_EQ(test::finish(*run, test::native), 15'000u);
    run->restart({});
  }
  EXPECT_NE(Compiled::of(*program).code(), nullptr);
  EXPECT_EQ(test::finish(*run, test::native), 15'000u);
}

TEST_F(Compiling, MayGoOnWhileTheEngineEnds) {
  for (int i = 0; i < 3; ++i) {
    auto engine = lazy_engine();
    const auto program = engine::load(*engine, test::make_program("r0 = 7; exit")->code());
    Compiled::of(*program).interpreted(~std::uint64_t{0} / 2);
    if (i == 1) engine.reset();
    EXPECT_EQ(test::run_of(*program, {program->entry(), {}, nullptr, services_}, test::native), 7u);
  }
}

CallResult jump(CallEnv& env, std::uint64_t, std::uint64_t target, std::uint64_t, std::uint64_t, std::uint64_t) {
  return env.tail_call(*reinterpret_cast<const runtime::Program*>(target));
}

// From a program with code into one that has none yet.
TEST_F(Compiling, IsDoneWhereCodeJumpsTo) {
  const auto engine = lazy_engine();
  const std::vector<calls::Helper> helpers = {
      {.id = 1, .name = "jump", .special = calls::Special::tail_call, .fn = jump}};
  const auto from = engine::load(
      *engine,
      test::make_program("r6 = 3; call f; r0 += r6; exit\nf: r2 = *(u64 *)(r1 +0); call 1; r0 = 1; exit", helpers)
          ->code());
  const auto to = engine::load(*engine, test::make_program("r0 = *(u64 *)(r1 +8); exit")->code());
  std::array<std::uint64_t, 2> memory = {reinterpret_cast<std::uint64_t>(to.get()), 40};
  ASSERT_NE(Compiled::of(*from).need_code(), nullptr);
  EXPECT_EQ(Compiled::of(*to).code(), nullptr);
  const engine::RunRequest request{from->entry(), {reinterpret_cast<std::uint64_t>(memory.data())}, nullptr, services_};
  EXPECT_EQ(test::run_of(*from, request, test::native), 43u);
  EXPECT_EQ(test::run_of(*from, request, 1), 43u) << "stepped";
  EXPECT_NE(Compiled::of(*to).code(), nullptr);
}

// What could go on for ever looks at the leash: loops that the program may leave, callbacks, and calls that have to be
// made again.
test::FixedServices* asked;
CallResult ask(CallEnv&, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t) {
  asked->stop_signal.stop_running();
  return CallResult::of(0);
}
CallResult next_of_many(CallEnv& env, runtime::Continuation& self, std::uint64_t) {
  return env.invoke(*reinterpret_cast<const runtime::Subprogram*>(self.state[0]), {}, self);
}
CallResult many(CallEnv& env, std::uint64_t fn, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t) {
  return env.invoke(*reinterpret_cast<const runtime::Subprogram*>(fn), {}, {next_of_many, {fn}});
}
CallResult never(CallEnv&, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t) {
  return {CallResult::Kind::retry, 0};
}

TEST_F(Compiling, KeepsRunsOnTheirLeash) {
  asked = &services_;
  const std::vector<calls::Helper> helpers = {{.id = 1, .name = "ask", .fn = ask},
                                              {.id = 2, .name = "many", .fn = many},
                                              {.id = 3, .name = "never", .fn = never}};
  std::vector<std::uint64_t> back;
  const auto note = [](std::uint64_t what, void* to) { static_cast<std::vector<std::uint64_t>*>(to)->push_back(what); };
  for (const char* text : {"call 1; call f; exit\nf: r0 = 0\n again: r0 += 1; may_goto out; goto again\n out: exit",
                           "call 1; r1 = func f; call 2; exit\nf: r0 = 0; exit", "call 1; call 3; exit"}) {
    const auto program = test::make_program(text, helpers, test::native);
    const auto run = program->executable()->make_run({program->entry(), {}, nullptr, services_});
    run->holdings.add(runtime::Held::reference, 5, note, &back);
    EXPECT_EQ(test::finish(*run, test::native), 0u) << text;
    EXPECT_TRUE(run->finished());
    EXPECT_EQ(run->stop_reason(), StopReason::asked) << text;
    EXPECT_EQ(back.size(), 1u);
    back.clear();
  }
  // A limit on instructions is kept exactly, by the interpreter.
  services_.run_limits.instructions = 77;
  const auto program = test::make_program("f: r0 += 1; if r0 < 1000000 goto f; exit", {}, test::native);
  const auto run = program->executable()->make_run({program->entry(), {}, nullptr, services_});
  EXPECT_EQ(test::finish(*run, test::native), 0u);
  EXPECT_EQ(run->stop_reason(), StopReason::instructions);
  EXPECT_EQ(run->instructions(), 77u);
}

TEST_F(Compiling, GoesWithTheProgram) {
  std::string why;
  auto engine = engine::make_compiler(1, {}, why);
  auto first = engine::load(*engine, test::make_program("r0 = 1; exit")->code());
  const auto second = engine::load(*engine, test::make_program("r0 = 2; exit")->code());
  first.reset();
  engine.reset();
  EXPECT_EQ(test::run_of(*second, {second->entry(), {}, nullptr, services_}, test::native), 2u);
}

}  // namespace
}  // namespace skep
