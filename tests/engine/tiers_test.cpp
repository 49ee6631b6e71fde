// Light code first, better code once it is hot: what takes the place of what, and that both give the same results. What
// instructions do in light code is tested where all others are, by execution_test.cpp ("unoptimized").
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>

#include "engine/llvm/compiled.hpp"
#include "maps/map.hpp"
#include "support/run.hpp"

namespace skep {
namespace {

using engine::native::Code;
using engine::native::Compiled;

class Tiers : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::has_compiler()) GTEST_SKIP() << "built without LLVM";
  }
  // `light_from`: programs with so many instructions are compiled lightly first.
  static std::unique_ptr<engine::Engine> make_engine(std::size_t light_from, bool eager = true) {
    std::string why;
    return engine::make_compiler(2, {.eager = eager, .light_from = light_from}, why);
  }
  static std::shared_ptr<const runtime::Program> load(engine::Engine& engine, const std::string& text,
                                                      const std::vector<calls::Helper>& helpers = {}) {
    return engine::load(engine, test::make_program(text, helpers)->code());
  }
  // Runs it until there is other code, which the compiler's thread makes meanwhile.
  static ::testing::AssertionResult becomes_better(const runtime::Program& program, const std::function<void()>& run) {
    const Code* const before = Compiled::of(program).code();
    for (unsigned i = 0; i < 10'000'000; ++i) {
      run();
      if (Compiled::of(program).code() != before) return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure() << "there is no other code";
  }
  engine::RunPtr run_of(const runtime::Program& program, std::uint64_t r1 = 0) {
    return program.executable()->make_run({program.entry(), {r1}, nullptr, services_});
  }
  test::FixedServices services_;
};

constexpr const char* loop = "r0 = 0; r2 = 1000\n again: r0 += 3; r2 += -1; if r2 != 0 goto again; r0 += r1; exit";

TEST_F(Tiers, AreOneForSmallPrograms) {
  const auto engine = make_engine(100);
  EXPECT_TRUE(Compiled::of(*load(*engine, loop)).code()->is_final);
  std::string text = "r0 = r1; ";
  for (int i = 0; i < 98; ++i) text += "r0 += 1; ";
  const auto larger = load(*engine, text + "exit");
  EXPECT_FALSE(Compiled::of(*larger).code()->is_final);
  EXPECT_EQ(test::finish(*run_of(*larger, 5), test::native), 103U);
}

TEST_F(Tiers, BetterCodeTakesOverAtTheNextEntry) {
  const auto engine = make_engine(1);
  const auto program = load(*engine, loop);
  const Code* const light = Compiled::of(*program).code();
  ASSERT_NE(light, nullptr);
  EXPECT_FALSE(light->is_final);
  const auto run = run_of(*program, 7);
  test::OneSeat seat;
  EXPECT_EQ(test::finish(*run, test::native), 3007U);
  EXPECT_TRUE(becomes_better(*program, [&] { ASSERT_EQ(run->repeat(seat, 9), 3009U); }));
  EXPECT_TRUE(Compiled::of(*program).code()->is_final);
  EXPECT_EQ(run->repeat(seat, 11), 3011U);
  EXPECT_EQ(run->repeat(seat, 12), 3012U);
  // Whoever is still in the light code, or comes back to it, is right there.
  engine::native::CompiledRun& inside = static_cast<engine::native::CompiledRun&>(*run);
  EXPECT_EQ(light->functions[0](&inside, 13, 0, 0, 0, 0).value, 3013U);
}

TEST_F(Tiers, InterpretedThenLightThenBetter) {
  const auto engine = make_engine(1, false);
  const auto program = load(*engine, loop);
  EXPECT_EQ(Compiled::of(*program).code(), nullptr);
  const auto run = run_of(*program);
  const auto again = [&] {
    run->restart({1});
    ASSERT_EQ(test::finish(*run, test::native), 3001U);
  };
  ASSERT_TRUE(becomes_better(*program, again));
  EXPECT_FALSE(Compiled::of(*program).code()->is_final);
  ASSERT_TRUE(becomes_better(*program, again));
  EXPECT_TRUE(Compiled::of(*program).code()->is_final);
  again();
}

// A program that is only jumped to counts for itself, and one that jumps away counts too.
TEST_F(Tiers, CountInProgramsThatAreJumpedTo) {
  maps::MapAttributes attributes;
  attributes.info.type = MapType::prog_array;
  attributes.info.key_size = attributes.info.value_size = 4;
  attributes.info.max_entries = 1;
  const auto map = maps::create(attributes).map;
  ASSERT_NE(map, nullptr);
  const std::vector<calls::Helper> helpers = {*calls::find_helper("bpf_tail_call")};
  const auto engine = make_engine(1);
  const auto made = [&](const std::string& text) {
    runtime::Code code = test::make_program(text, helpers)->code();
    for (auto& facts : code.facts)
      if (facts.helper != nullptr) facts.helper = &helpers[0], facts.map = map.get();
    code.maps = {map};
    return engine::load(*engine, std::move(code));
  };
  const auto from = made("r2 = *(u64 *)(r1 +0); r3 = 0; call 12; r0 = 1; exit");
  const auto to = made("r0 = 2; r2 = 1000\n again: r0 += 3; r2 += -1; if r2 != 0 goto again; exit");
  const std::uint32_t first = 0;
  ASSERT_EQ(map->update_object(&first, std::const_pointer_cast<runtime::Program>(to), 0), 0);
  std::array<std::uint64_t, 1> memory = {reinterpret_cast<std::uint64_t>(map.get())};
  const auto run = run_of(*from, reinterpret_cast<std::uint64_t>(memory.data()));
  const auto again = [&] {
    run->restart({reinterpret_cast<std::uint64_t>(memory.data())});
    ASSERT_EQ(test::finish(*run, test::native), 3002U);
  };
  EXPECT_TRUE(becomes_better(*to, again));
  EXPECT_TRUE(becomes_better(*from, again));
  again();
  ASSERT_EQ(map->erase(&first), 0);
}

// So often that it is hot: a run executes some 3,000 instructions.
constexpr int often = 1000;

TEST_F(Tiers, OfAProgramThatGoesAreNotMade) {
  auto engine = make_engine(1);
  for (int i = 0; i < 20; ++i) {
    if (i == 15) engine = make_engine(1);  // and of an engine
    const auto program = load(*engine, "r1 += " + std::to_string(i) + "; " + loop);
    const auto run = run_of(*program);
    for (int n = 0; n < often; ++n) {
      run->restart({1});
      ASSERT_EQ(test::finish(*run, test::native), 3001U + static_cast<unsigned>(i));
    }
  }
}

#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
// The compiler's thread is not in the child: nothing is waited for there, and programs go on as they are.
TEST_F(Tiers, StayAsTheyAreInTheChildOfAFork) {
  auto engine = make_engine(1);
  auto program = load(*engine, loop);
  const auto run = run_of(*program);
  // So that there is such a thread.
  ASSERT_TRUE(becomes_better(*program, [&] {
    run->restart({});
    static_cast<void>(test::finish(*run, test::native));
  }));
  auto second = load(*engine, std::string("r1 += 8; ") + loop);
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    bool same = true;
    for (int n = 0; n < often; ++n) same &= test::finish(*run_of(*second), test::native) == 3008;
    same &= !Compiled::of(*second).code()->is_final;
    second.reset();
    program.reset();
    engine.reset();
    _exit(same ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}
#endif

}  // namespace
}  // namespace skep
