// Run states that wait: taken and given back, by one CPU and by others.
#include "engine/run_pool.hpp"

#include <gtest/gtest.h>

#include "engine/engine.hpp"
#include "support/run.hpp"

namespace skep::engine {
namespace {

struct State {
  explicit State(int& alive) : alive_(alive) { ++alive_; }
  ~State() { --alive_; }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

 private:
  int& alive_;
};

TEST(RunPool, GivesBackWhatItWasGivenAndFreesWhatFindsNoPlace) {
  int alive = 0;
  {
    RunPool<State> pool(1);
    EXPECT_EQ(pool.take(0), nullptr);
    auto state = std::make_unique<State>(alive);
    State* const same = state.get();
    pool.give(0, std::move(state));
    EXPECT_EQ(pool.take(7).get(), same) << "a CPU that there is not: any place will do";
    EXPECT_EQ(alive, 0);
    for (std::size_t i = 0; i < 2 * RunPool<State>::places_per_cpu; ++i) pool.give(0, std::make_unique<State>(alive));
    EXPECT_EQ(alive, static_cast<int>(RunPool<State>::places_per_cpu));
  }
  EXPECT_EQ(alive, 0);
}

TEST(RunPool, TakesWhatAnotherCpuGave) {
  int alive = 0;
  RunPool<State> pool(4);
  pool.give(3, std::make_unique<State>(alive));
  EXPECT_NE(pool.take(0), nullptr);
}

TEST(Interpreter, UsesTheSameStateForTheNextRunAndForgetsTheLast) {
  test::FixedServices services;
  const auto program = test::make_program("r0 = *(u64 *)(r10 - 8); *(u64 *)(r10 - 8) = r1; exit");
  const engine::Run* first = nullptr;
  for (const std::uint64_t argument : {5U, 6U}) {
    const RunPtr run = program->executable()->make_run({program->entry(), {argument}, nullptr, services});
    if (first == nullptr) first = run.get();
    EXPECT_EQ(run.get(), first);
    EXPECT_EQ(run->advance(0, async::unlimited), async::Progress::finished);
    EXPECT_EQ(run->result(), 0U) << "the stack of the run before is not seen";
  }
}

TEST(Interpreter, RunsOutliveTheEngineThatCompiledThem) {
  test::FixedServices services;
  auto engine = make_interpreter(1);
  runtime::Code code;
  code.insns = test::Assembler::assemble("r0 = 4; exit");
  auto program = load(*engine, std::move(code));
  engine.reset();
  RunPtr run = program->executable()->make_run({program->entry(), {}, nullptr, services});
  program.reset();
  EXPECT_EQ(run->advance(0, async::unlimited), async::Progress::finished);
  EXPECT_EQ(run->result(), 4U);
}

}  // namespace
}  // namespace skep::engine
