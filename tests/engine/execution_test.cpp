// What each instruction leaves behind, in either engine; and that a run can be interrupted anywhere in the interpreter.
#include "engine/interpreter/execution.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>

#include "runtime/context.hpp"
#include "support/run.hpp"

namespace skep {
namespace {

using runtime::CallEnv;
using runtime::CallResult;
using runtime::Continuation;

struct Case {
  const char* code;
  std::uint64_t r1, r2;    // before
  std::uint64_t expected;  // r0
};

class Instructions : public testing::TestWithParam<Case> {};

TEST_P(Instructions, LeaveWhatTheStandardSays) {
  const Case& c = GetParam();
  test::FixedServices services;
  std::uint64_t executed = 0;
  for (const std::uint64_t budget : test::ways_to_run({async::unlimited, 1})) {
    const auto program = test::make_program(std::string(c.code) + "\nexit", {}, budget);
    ASSERT_EQ(program->executable()->obstacle(), "") << c.code;
    const auto run = program->executable()->make_run({program->entry(), {c.r1, c.r2}, nullptr, services});
    EXPECT_EQ(test::finish(*run, budget), c.expected) << c.code << " with budget " << budget;
    if (executed == 0) executed = run->instructions();
    EXPECT_EQ(run->instructions(), executed) << c.code << " with budget " << budget;
  }
}

constexpr std::uint64_t ones = ~std::uint64_t{0};
constexpr std::uint64_t least = std::uint64_t{1} << 63;
constexpr std::uint64_t mixed = 0x1122334455667788;

const Case arithmetic[] = {
    {"r0 = r1; r0 += r2", 3, 4, 7},
    {"r0 = r1; r0 += -1", 0, 0, ones},
    {"r0 = r1; w0 += 1", ones, 0, 0},
    {"r0 = r1; w0 += w2", 0xffffffff00000001, 0x500000002, 3},
    {"r0 = r1; r0 -= r2", 3, 4, ones},
    {"r0 = r1; w0 -= 4", 3, 0, 0xffffffff},
    {"r0 = r1; r0 *= r2", 1ULL << 33, 1ULL << 32, 0},
    {"r0 = r1; w0 *= w2", 0x100000003, 0x100000004, 12},
    {"r0 = r1; r0 /= r2", 10, 3, 3},
    {"r0 = r1; r0 /= r2", 10, 0, 0},
    {"r0 = r1; w0 /= w2", 0xf0000000a, 0x100000000, 0},
    {"r0 = r1; r0 %= r2", 10, 3, 1},
    {"r0 = r1; r0 %= r2", mixed, 0, mixed},
    {"r0 = r1; w0 %= w2", mixed, 0, 0x55667788},
    {"r0 = r1; r0 s/= r2", std::uint64_t(-10), 3, std::uint64_t(-3)},
    {"r0 = r1; r0 s/= r2", least, ones, least},
    {"r0 = r1; r0 s/= r2", 5, 0, 0},
    {"r0 = r1; w0 s/= w2", 0x80000000, 0xffffffff, 0x80000000},
    {"r0 = r1; r0 s%= r2", std::uint64_t(-10), 3, std::uint64_t(-1)},
    {"r0 = r1; r0 s%= r2", least, ones, 0},
    {"r0 = r1; w0 s%= w2", std::uint64_t(-10), 0, 0xfffffff6},
    {"r0 = r1; r0 |= r2", 0xf0, 0x0f, 0xff},
    {"r0 = r1; r0 &= -16", 0xff, 0, 0xf0},
    {"r0 = r1; w0 &= -16", ones, 0, 0xfffffff0},
    {"r0 = r1; r0 ^= r2", ones, 1, ones - 1},
    {"r0 = r1; r0 <<= r2", 1, 65, 2},
    {"r0 = r1; w0 <<= w2", 1, 33, 2},
    {"r0 = r1; r0 >>= r2", least, 63, 1},
    {"r0 = r1; w0 >>= 4", mixed, 0, 0x5566778},
    {"r0 = r1; r0 s>>= 63", least, 0, ones},
    {"r0 = r1; w0 s>>= w2", 0x80000000, 63, 0xffffffff},
    {"r0 = r1; r0 = -r0", 5, 0, std::uint64_t(-5)},
    {"r0 = r1; w0 = -w0", 5, 0, 0xfffffffb},
    {"w0 = w1", ones, 0, 0xffffffff},
    {"w0 = -5", 0, 0, 0xfffffffb},
    {"r0 = -5", 0, 0, std::uint64_t(-5)},
    {"r0 = (s8)r1", 0x80, 0, 0xffffffffffffff80},
    {"r0 = (s16)r1", 0x18000, 0, 0xffffffffffff8000},
    {"r0 = (s32)r1", 0x80000000, 0, 0xffffffff80000000},
    {"w0 = (s8)w1", 0x80, 0, 0xffffff80},
    {"w0 = (s16)w1", 0x7fff, 0, 0x7fff},
    {"r0 = r1; r0 = be16 r0", mixed, 0, 0x8877},
    {"r0 = r1; r0 = be32 r0", mixed, 0, 0x88776655},
    {"r0 = r1; r0 = be64 r0", mixed, 0, 0x8877665544332211},
    {"r0 = r1; r0 = le16 r0", mixed, 0, 0x7788},
    {"r0 = r1; r0 = le32 r0", mixed, 0, 0x55667788},
    {"r0 = r1; r0 = bswap16 r0", mixed, 0, 0x8877},
    {"r0 = r1; r0 = bswap64 r0", mixed, 0, 0x8877665544332211},
    {"r0 = 0x1122334455667788 ll", 0, 0, mixed},
    {"r0 = 0xffffffff80000000 ll", 0, 0, 0xffffffff80000000},
};
INSTANTIATE_TEST_SUITE_P(Arithmetic, Instructions, testing::ValuesIn(arithmetic));

#define BRANCH(CONDITION) "r0 = 1; if " CONDITION " goto +1; r0 = 0"
const Case branches[] = {
    {BRANCH("r1 == r2"), 1ULL << 32, 0, 0},
    {BRANCH("w1 == w2"), 1ULL << 32, 0, 1},
    {BRANCH("r1 != -1"), ones, 0, 0},
    {BRANCH("w1 != -1"), 0xffffffff, 0, 0},
    {BRANCH("r1 > r2"), ones, 1, 1},
    {BRANCH("r1 s> r2"), ones, 1, 0},
    {BRANCH("w1 s> -2"), 0xffffffff, 0, 1},
    {BRANCH("r1 >= -1"), ones, 0, 1},
    {BRANCH("r1 s>= 0"), least, 0, 0},
    {BRANCH("r1 < r2"), 1, ones, 1},
    {BRANCH("r1 s< r2"), 1, ones, 0},
    {BRANCH("w1 < 5"), 0x100000004, 0, 1},
    {BRANCH("r1 <= 5"), 5, 0, 1},
    {BRANCH("r1 s<= -1"), 0, 0, 0},
    {BRANCH("r1 & 4"), 3, 0, 0},
    {BRANCH("r1 & r2"), 6, 4, 1},
    {"r0 = 1; goto +1; r0 = 2", 0, 0, 1},
    {"r0 = 1; gotol +1; r0 = 2", 0, 0, 1},
};
INSTANTIATE_TEST_SUITE_P(Branches, Instructions, testing::ValuesIn(branches));

#define STORED "*(u64 *)(r10 -8) = r1; "
const Case memory[] = {
    {STORED "r0 = *(u8 *)(r10 -8)", mixed, 0, 0x88},
    {STORED "r0 = *(u16 *)(r10 -7)", mixed, 0, 0x6677},
    {STORED "r0 = *(u32 *)(r10 -8)", mixed, 0, 0x55667788},
    {STORED "r0 = *(s8 *)(r10 -8)", mixed, 0, 0xffffffffffffff88},
    {STORED "r0 = *(s16 *)(r10 -8)", 0x8000, 0, 0xffffffffffff8000},
    {STORED "r0 = *(s32 *)(r10 -8)", 0x80000000, 0, 0xffffffff80000000},
    {STORED "*(u8 *)(r10 -8) = 1; r0 = *(u64 *)(r10 -8)", mixed, 0, 0x1122334455667701},
    {STORED "*(u32 *)(r10 -4) = r2; r0 = *(u64 *)(r10 -8)", mixed, 0xaabbccdd, 0xaabbccdd55667788},
    {STORED "*(u64 *)(r10 -8) = -1; r0 = *(u64 *)(r10 -8)", mixed, 0, ones},
    {STORED "lock *(u64 *)(r10 -8) += r2; r0 = *(u64 *)(r10 -8)", 5, 6, 11},
    {STORED "lock *(u32 *)(r10 -8) |= r2; r0 = *(u64 *)(r10 -8)", 0x100000001, 0x600000002, 0x100000003},
    {STORED "lock *(u64 *)(r10 -8) &= r2; r0 = *(u64 *)(r10 -8)", 6, 3, 2},
    {STORED "lock *(u64 *)(r10 -8) ^= r2; r0 = *(u64 *)(r10 -8)", 6, 3, 5},
    {STORED "r2 = atomic64_fetch_add((u64 *)(r10 -8), r2); r0 = r2", 5, 6, 5},
    {STORED "r2 = atomic_fetch_add((u32 *)(r10 -8), r2); r0 = r2", mixed, 6, 0x55667788},
    {STORED "r2 = xchg((u32 *)(r10 -8), r2); r0 = r2", mixed, 6, 0x55667788},
    {STORED "r0 = 5; r0 = cmpxchg((u64 *)(r10 -8), r0, r2); r0 = *(u64 *)(r10 -8)", 5, 6, 6},
    {STORED "r0 = 4; r0 = cmpxchg((u64 *)(r10 -8), r0, r2)", 5, 6, 5},
    {STORED "r0 = -1; r0 = cmpxchg((u32 *)(r10 -8), r0, r2)", mixed, 6, 0x55667788},
    {STORED "r0 = load_acquire((u16 *)(r10 -8))", mixed, 0, 0x7788},
    {STORED "store_release((u8 *)(r10 -8), r2); r0 = *(u64 *)(r10 -8)", mixed, 0x1ff, 0x11223344556677ff},
};
INSTANTIATE_TEST_SUITE_P(Memory, Instructions, testing::ValuesIn(memory));

const Case control[] = {
    // A function has its own stack and leaves r6 to r9 as they were.
    {"r6 = 7; *(u64 *)(r10 -8) = 1; call f; r0 += r6; r1 = *(u64 *)(r10 -8); r0 += r1; goto out\n"
     "f: r6 = 100; *(u64 *)(r10 -8) = 50; r0 = *(u64 *)(r10 -8); exit\n out: exit",
     0, 0, 58},
    {"r0 = 0\n again: r0 += 1\n may_goto out\n goto again\n out: exit", 0, 0, 8'388'609},
};
INSTANTIATE_TEST_SUITE_P(Control, Instructions, testing::ValuesIn(control));

// ---- calls ----------------------------------------------------------------------------------------------------------

CallResult add(CallEnv&, std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t d, std::uint64_t e) {
  return CallResult::of(a + b + c + d + e);
}
CallResult again(CallEnv& env, Continuation& self, std::uint64_t result) {
  self.state[1] += result;
  if (--self.state[0] == 0) return CallResult::of(self.state[1]);
  return env.invoke(*reinterpret_cast<const runtime::Subprogram*>(self.state[2]), {self.state[0]}, self);
}
// Sums what the function r2 gives for r1, r1 - 1, … 1.
CallResult sum_over(CallEnv& env, std::uint64_t n, std::uint64_t fn, std::uint64_t, std::uint64_t, std::uint64_t) {
  return env.invoke(*reinterpret_cast<const runtime::Subprogram*>(fn), {n}, Continuation{again, {n, 0, fn}});
}
CallResult doze(CallEnv& env, std::uint64_t value, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t) {
  return env.sleep([](std::array<std::uint64_t, 8>& state) { return state[0] * 2; }, Continuation{nullptr, {value}});
}
CallResult third_time(CallEnv&, std::uint64_t counter, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t) {
  auto& count = *reinterpret_cast<std::uint64_t*>(counter);
  return ++count < 3 ? CallResult{CallResult::Kind::retry, 0} : CallResult::of(count);
}
CallResult raise(CallEnv&, std::uint64_t cookie, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t) {
  return {CallResult::Kind::exception, cookie};
}
CallResult jump(CallEnv& env, std::uint64_t, std::uint64_t target, std::uint64_t, std::uint64_t, std::uint64_t) {
  return env.tail_call(*reinterpret_cast<const runtime::Program*>(target));
}

const std::vector<calls::Helper> test_helpers = {
    {.id = 1, .name = "add", .fn = add},         {.id = 2, .name = "sum_over", .fn = sum_over},
    {.id = 3, .name = "doze", .fn = doze},       {.id = 4, .name = "third_time", .fn = third_time},
    {.id = 5, .name = "raise", .fn = raise},     {.id = 6, .name = "jump", .fn = jump},
    {.id = 7, .name = "nowhere", .fn = nullptr},
};

class Calls : public testing::TestWithParam<std::uint64_t> {
 protected:
  std::uint64_t run(const std::string& text, std::uint64_t r1 = 0, std::uint64_t r2 = 0) {
    program_ = test::make_program(text, test_helpers, GetParam());
    EXPECT_EQ(program_->executable()->obstacle(), "");
    return test::run_of(*program_, {program_->entry(), {r1, r2}, nullptr, services_}, GetParam());
  }
  test::FixedServices services_;
  std::shared_ptr<const runtime::Program> program_;
};
INSTANTIATE_TEST_SUITE_P(Ways, Calls, testing::ValuesIn(test::ways_to_run()));

TEST_P(Calls, GetTheirArguments) {
  EXPECT_EQ(run("r1 = 1; r2 = 2; r3 = 3; r4 = 4; r5 = 5; call 1; exit"), 15u);
}

TEST_P(Calls, RunAFunctionAndComeBackWithItsResults) {
  EXPECT_EQ(run("r6 = 1000; r1 = 4; r2 = func square; call 2; r0 += r6; exit\n"
                "square: r0 = r1; r0 *= r1; r6 = 5; exit"),
            1000u + 16 + 9 + 4 + 1);
}

TEST_P(Calls, NestInCallbacks) {
  EXPECT_EQ(run("r1 = 3; r2 = func outer; call 2; exit\n"
                "outer: r6 = r1; r2 = func inner; call 2; exit\n"
                "inner: r0 = 1; exit"),
            6u);
}

TEST_P(Calls, Sleep) {
  EXPECT_EQ(run("r1 = 21; call 3; r0 += 1; exit"), 43u);
}

TEST_P(Calls, AreMadeAgainWhenContended) {
  std::uint64_t counter = 0;
  EXPECT_EQ(run("call 4; r0 += 10; exit", reinterpret_cast<std::uint64_t>(&counter)), 13u);
}

TEST_P(Calls, ThrowThroughAllFrames) {
  EXPECT_EQ(run("r1 = 2; r2 = func f; call 2; r0 = 1; exit\nf: r1 = 77; call 5; exit"), 77u);
}

TEST_P(Calls, ThrowOutOfFunctions) {
  EXPECT_EQ(run("call f; r0 = 1; exit\nf: call g; r0 = 2; exit\ng: r1 = 78; call 5; exit"), 78u);
  EXPECT_EQ(run("r1 = 2; r2 = func f; call 2; r0 = 1; exit\nf: call g; r0 = 2; exit\ng: r1 = 79; call 5; exit"), 79u);
}

TEST_P(Calls, DoAllOfThatInFunctionsAndCallbacks) {
  EXPECT_EQ(run("r6 = 1; call f; r0 += r6; exit\nf: r6 = 5; r1 = 3; r2 = func g; call 2; r0 += r6; exit\n"
                "g: r7 = r1; call 3; r1 = r7; call h; exit\nh: *(u64 *)(r10 -8) = r1; r0 = *(u64 *)(r10 -8); exit"),
            1u + 5 + 3 + 2 + 1);
}

TEST_P(Calls, LeaveTheStackOfCallersAlone) {
  EXPECT_EQ(run("*(u64 *)(r10 -8) = 5; *(u64 *)(r10 -16) = 6; r1 = r10; r1 += -16; r2 = 1; call f;"
                "r1 = *(u64 *)(r10 -8); r0 = *(u64 *)(r10 -16); r0 *= 100; r0 += r1; exit\n"
                "f: *(u64 *)(r10 -8) = 9; r3 = *(u64 *)(r1 +0); r3 += r2; *(u64 *)(r1 +0) = r3; r0 = 0; exit"),
            705u);
}

TEST_P(Calls, GoOnInAnotherProgramAtMostThirtyThreeTimes) {
  // Each arrival counts in *r1 and jumps to the same program; the 34th jump fails and the program returns the count.
  std::uint64_t count = 0;
  program_ = test::make_program(
      "r6 = r1; r3 = *(u64 *)(r1 +0); r3 += 1; *(u64 *)(r1 +0) = r3; r2 = *(u64 *)(r1 +8); call 6;"
      "r0 = *(u64 *)(r6 +0); exit",
      test_helpers, GetParam());
  std::array<std::uint64_t, 2> memory = {0, reinterpret_cast<std::uint64_t>(program_.get())};
  count = test::run_of(
      *program_, {program_->entry(), {reinterpret_cast<std::uint64_t>(memory.data())}, nullptr, services_}, GetParam());
  EXPECT_EQ(count, 34u);
}

TEST(Execution, BlocksBeforeTheContendedCallAndCountsInstructions) {
  test::FixedServices services;
  std::uint64_t counter = 0;
  const auto program = test::make_program("r6 = 1; call 4; exit", test_helpers);
  engine::Execution run({program->entry(), {reinterpret_cast<std::uint64_t>(&counter)}, nullptr, services});
  EXPECT_EQ(run.advance(0, async::unlimited), async::Progress::blocked);
  EXPECT_EQ(run.pc(), 1u);
  EXPECT_EQ(run.instructions(), 1u);
  EXPECT_EQ(run.advance(0, async::unlimited), async::Progress::blocked);
  EXPECT_EQ(run.advance(0, async::unlimited), async::Progress::finished);
  EXPECT_EQ(run.instructions(), 3u);
}

TEST(Execution, StartsAgain) {
  test::FixedServices services;
  for (const std::uint64_t way : test::ways_to_run()) {
    const auto program = test::make_program("r0 = r1; r0 += 1; exit", {}, way);
    const auto run = program->executable()->make_run({program->entry(), {1}, nullptr, services});
    EXPECT_EQ(test::finish(*run, way), 2u);
    run->restart({5});
    EXPECT_FALSE(run->finished());
    EXPECT_EQ(test::finish(*run, way), 6u);
    EXPECT_EQ(run->instructions(), 3u);
    run->restart({7});
    EXPECT_EQ(test::finish(*run, 1), 8u) << "stepped";
    EXPECT_EQ(run->instructions(), 3u);
    run->restart({9});
    EXPECT_EQ(test::finish(*run, way), 10u);
  }
}

TEST(Execution, ReadsZeroWhereAProtectedLoadFindsNothing) {
  test::FixedServices services;
  runtime::Code code;
  for (const char* load : {"r0 = *(u64 *)(r1 +0)", "r0 = load_acquire((u64 *)(r1 +0))"}) {
    runtime::Code each = code;
    each.insns = test::Assembler::assemble(std::string(load) + "; r0 += 1; exit");
    each.facts.resize(each.insns.size());
    each.facts[0].fault_protected = true;
    for (const std::uint64_t way : test::ways_to_run()) {
      const auto program = test::load(each, way);
      EXPECT_EQ(test::run_of(*program, {program->entry(), {8}, nullptr, services}, way), 1u) << load;
      std::uint64_t there = 41;
      const auto address = reinterpret_cast<std::uint64_t>(&there);
      EXPECT_EQ(test::run_of(*program, {program->entry(), {address}, nullptr, services}, way), 42u) << load;
    }
  }
}

TEST(Execution, LoadsFromThePacketInNetworkOrderAndEndsWithoutOne) {
  test::FixedServices services;
  runtime::Packet packet;
  packet.storage = {1, 2, 3, 4, 5, 6};
  packet.end = 6;
  runtime::Context context(192);
  context.header().packet = &packet;
  const auto c = reinterpret_cast<std::uint64_t>(context.address());
  for (const std::uint64_t way : test::ways_to_run()) {
    const auto result = [&](const char* text) {
      const auto program = test::make_program(text, {}, way);
      return test::run_of(*program, {program->entry(), {c}, context.address(), services}, way);
    };
    EXPECT_EQ(result("r6 = r1; r0 = *(u32 *)skb[1]; exit"), 0x02030405u);
    EXPECT_EQ(result("r6 = r1; r7 = 2; r0 = *(u16 *)skb[r7 + 1]; exit"), 0x0405u);
    EXPECT_EQ(result("r6 = r1; r0 = *(u32 *)skb[3]; r0 = 9; exit"), 0u);
    EXPECT_EQ(result("r6 = r1; r0 = *(u8 *)skb[-1]; r0 = 9; exit"), 0u);
    EXPECT_EQ(result("r6 = r1; r1 = r6; call f; r0 += 7; exit\nf: r6 = r1; r0 = *(u8 *)skb[99]; r0 = 9; exit"), 7u)
        << "the function ends, not the program";
  }
}

// What is defined here and would not be in another language.
TEST(Execution, ReadsZerosFromAStackThatNobodyHasWritten) {
  test::FixedServices services;
  for (const std::uint64_t way : test::ways_to_run()) {
    const auto program = test::make_program("r0 = *(u64 *)(r10 -8); r1 = *(u64 *)(r10 -512); r0 += r1; exit", {}, way);
    EXPECT_EQ(test::run_of(*program, {program->entry(), {}, nullptr, services}, way), 0u);
  }
}

TEST_P(Calls, WithoutBehaviorEndTheRunThatMakesThem) {
  const char* const text =
      "*(u64 *)(r10 -8) = r1; if r2 == 0 goto skip; r1 = func inner; call 2; r3 = 1;"
      "skip: r0 = 7; exit\ninner: call 7; r0 = 1; exit";
  EXPECT_EQ(run(text, 1, 0), 7u) << "one that does not make it";
  const char* const nested =
      "r6 = r1; r1 = 1; r2 = func inner; call 2; *(u64 *)(r6 +0) = 2; r0 = 7; exit\n"
      "inner: r6 = 1; call 7; r0 = 1; exit";
  program_ = test::make_program(nested, test_helpers, GetParam());
  std::uint64_t written = 1;
  const engine::RunPtr made = program_->executable()->make_run(
      {program_->entry(), {reinterpret_cast<std::uint64_t>(&written)}, nullptr, services_});
  bool given_back = false;
  made->holdings.add(
      runtime::Held::lock, 1, [](std::uint64_t, void* with) { *static_cast<bool*>(with) = true; }, &given_back);
  EXPECT_EQ(test::finish(*made, GetParam()), 0u);
  EXPECT_EQ(made->stop_reason(), StopReason::no_behavior);
  EXPECT_TRUE(made->finished());
  EXPECT_EQ(written, 1u) << "nothing behind the call was executed";
  EXPECT_TRUE(given_back);
}

TEST(Program, NamesWhatCannotBeRun) {
  EXPECT_EQ(test::make_program("call 1; call 7; exit", test_helpers)->executable()->obstacle(), "");
  runtime::Code code = test::make_program("r0 = 0; exit")->code();
  code.insns[0].code = 0xff;
  EXPECT_NE(test::load(std::move(code))->executable()->obstacle().find("0xff"), std::string::npos);
}

}  // namespace
}  // namespace skep
