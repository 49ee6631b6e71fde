// Branches, loops, and where paths join.
#include <gtest/gtest.h>

#include "support/verify.hpp"

namespace skep::test {
namespace {

constexpr Row rows[] = {
    {"a loop that ends", "r0 = 0; r0 += 1; if r0 < 100 goto -2; r0 = 0; exit"},
    {"a loop that changes nothing", "r0 = 0; goto -1; exit", "unreachable insn 2"},
    {"a loop without an end", R"(
       r0 = 0
     again:
       r1 = *(u32 *)(r10 -4)
       if r0 == 0 goto again
       exit)",
     "", ProgType::socket_filter},
    {"what a branch learnt on one side does not hold on the other", R"(
       r2 = *(u32 *)(r1 +0)
       r0 = 0
       if r2 > 7 goto +1
       r2 = 0
       *(u64 *)(r10 -8) = r0
       r3 = r10
       r3 += r2
       r0 = *(u8 *)(r3 -8)
       exit)",
     "invalid unbounded variable-offset read from stack R3"},
    {"an index that matters keeps paths apart (precision through a copy)", R"(
       r6 = *(u32 *)(r1 +0)
       r7 = 0
       if r6 == 3 goto +1
       r7 = 56
       if r6 == 5 goto +0
       r8 = r7
       r2 = r10
       r2 += -8
       r0 = 0
       *(u64 *)(r10 -8) = r0
       *(u64 *)(r10 -16) = r0
       r2 += r8
       r0 = *(u8 *)(r2 +0)
       exit)",
     "invalid read from stack R2 off=48 size=1"},
};

TEST(Explorer, Rows) {
  for (const Row& row : rows) {
    if (std::string_view(row.about) == "a loop without an end") continue;
    expect(row);
  }
}

TEST(Explorer, EndlessLoopIsFound) {
  const auto output =
      verify_text({"r0 = 0; again: r1 = 1; if r0 == 0 goto again; exit", ProgType::socket_filter, 0, 2});
  EXPECT_EQ(output.error, -EINVAL);
  ASSERT_TRUE(output.refusal);
  EXPECT_TRUE(output.refusal->message.starts_with("infinite loop detected at insn 1\ncur state: "))
      << output.refusal->message;
  EXPECT_NE(output.refusal->message.find("\nold state: "), std::string::npos);
}

TEST(Explorer, AProgramThatIsTooLarge) {
  const auto output = verify_text({"r0 = 0; again: r0 += 1; r0 += 1; if r0 != 0x7ffffffe goto again; exit"});
  EXPECT_EQ(output.error, -E2BIG);
  EXPECT_EQ(output.refusal->message, "BPF program is too large. Processed 1000001 insn");
}

// Each unknown bit doubles the paths; pruning must make that linear.
TEST(Explorer, BranchesThatJoinAreWalkedOnce) {
  std::string text = "r6 = *(u32 *)(r1 +0); r7 = 0\n";
  for (int i = 0; i < 24; ++i)
    text +=
        "r8 = r6; r8 &= " + std::to_string(1 << i) + "; if r8 == 0 goto +1; r7 = 1; r8 = 0; r2 = 0; r3 = 0; r4 = 0\n";
  text += "r0 = 0; exit";
  const auto output = verify_text({text});
  EXPECT_EQ(output.error, 0) << output.refusal->message;
  EXPECT_LT(output.statistics.insns_processed, 2000U);
}

TEST(Explorer, TheSequenceOfJumpsIsLimited) {
  std::string text = "r6 = r1; r0 = *(u32 *)(r1 +0)\n";
  for (int i = 0; i < 8200; ++i) text += "if r0 == " + std::to_string(i) + " goto out\n";
  text += "out: r0 = 0; exit";
  const auto output = verify_text({text});
  EXPECT_EQ(output.error, -E2BIG);
  ASSERT_TRUE(output.refusal);
  EXPECT_EQ(output.refusal->message, "The sequence of 8193 jumps is too complex.");
}

}  // namespace
}  // namespace skep::test
