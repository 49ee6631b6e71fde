// What is known of a function before code is made of it.
#include "engine/llvm/body.hpp"

#include <gtest/gtest.h>

#include "support/run.hpp"

namespace skep {
namespace {

using engine::native::Bodies;
using engine::native::find_bodies;
using engine::native::Kind;

Bodies bodies_of(const std::string& text, const std::vector<calls::Helper>& helpers = {}) {
  return find_bodies(*test::make_program(text, helpers), {});
}
const Kind number{Kind::What::number, 0}, pointer{Kind::What::pointer, 0};
Kind stack(std::int64_t offset) {
  return {Kind::What::stack, offset};
}

TEST(Body, KnowsWhereRegistersPointAtTheStartOfBlocks) {
  const auto bodies = bodies_of(
      "r2 = r10; r2 += -16; r3 = r1; r3 += r4; r5 = r2; r5 -= r4; goto next\n"
      "next: r2 -= 8; goto more\n more: r0 = 0; exit");
  const auto& next = bodies.of[0].blocks.at(7);
  EXPECT_EQ(next[1], pointer) << "the context";
  EXPECT_EQ(next[2], stack(-16));
  EXPECT_EQ(next[3], pointer);
  EXPECT_EQ(next[4], number);
  EXPECT_EQ(next[5], pointer) << "somewhere in the stack";
  EXPECT_EQ(bodies.of[0].blocks.at(9)[2], stack(-24));
}

TEST(Body, ForgetsWhatDiffersFromPathToPath) {
  const auto bodies = bodies_of(
      "r2 = r10; r3 = r10; r4 = r10; if r1 == 0 goto other; r2 = r1; r3 = 5; goto join\n"
      "other: r4 = r10\n join: r0 = 0; exit");
  const auto& join = bodies.of[0].blocks.at(8);
  EXPECT_EQ(join[2], pointer);
  EXPECT_EQ(join[3], number);
  EXPECT_EQ(join[4], stack(0));
  const auto loop = bodies_of("r2 = r10\n again: r2 += -8; if r1 != 0 goto again; r0 = 0; exit");
  EXPECT_EQ(loop.of[0].blocks.at(1)[2], pointer) << "another slot each time round";
}

TEST(Body, HasAStackForWhatIsUsedOfIt) {
  EXPECT_EQ(bodies_of("r0 = 0; exit").of[0].stack_bytes, 0u);
  EXPECT_EQ(bodies_of("*(u64 *)(r10 -8) = 1; r0 = 0; exit").of[0].stack_bytes, 512u) << "nobody has looked how deep";
}

TEST(Body, SaysWhichFunctionsLeaveMachineCode) {
  const std::vector<calls::Helper> helpers = {{.id = 1, .name = "some"},
                                              {.id = 2, .name = "jump", .special = calls::Special::tail_call}};
  const auto bodies =
      bodies_of("call f; call h; exit\nf: call g; exit\ng: call 1; exit\nh: call k; exit\nk: r0 = 1; exit", helpers);
  for (const std::size_t i : {0, 1, 2}) EXPECT_FALSE(bodies.of[i].quiet) << i;
  for (const std::size_t i : {3, 4}) EXPECT_TRUE(bodies.of[i].quiet) << i;
  const auto jumping = bodies_of("call f; exit\nf: call 2; r0 = 0; exit", helpers);
  EXPECT_TRUE(jumping.of[0].may_tail_call);
}

TEST(Body, SeesLoopsThatWatchMemory) {
  const auto watches = [](const std::string& text, std::uint32_t from, std::uint32_t to) {
    return engine::native::watches_memory(*test::make_program(text), from, to);
  };
  EXPECT_TRUE(watches("again: r2 = *(u32 *)(r1 +0); if r2 == 0 goto again; r0 = 0; exit", 0, 1));
  EXPECT_TRUE(watches("again: r3 = *(u64 *)(r10 -8); r2 = *(u32 *)(r3 +0); if r2 == 0 goto again; r0 = 0; exit", 0, 2))
      << "the address is in the stack, and does not change there";
  EXPECT_FALSE(watches("again: r2 = *(u8 *)(r1 +0); r1 += 1; if r2 == 0 goto again; r0 = 0; exit", 0, 2));
}

}  // namespace
}  // namespace skep
