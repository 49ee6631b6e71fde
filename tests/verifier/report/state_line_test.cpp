// What the log shows of registers and stack slots behind an instruction. The lines are Linux 7.3's.
#include <gtest/gtest.h>

#include "support/verify.hpp"

namespace skep::test {
namespace {

struct StateRow {
  const char* text;  // the program: it ends with "r0 = 0; exit" of its own
  const char* line;  // this line is in its log at level 2
};

constexpr StateRow rows[] = {
    {"r0 = 0; exit", "0: R1=ctx() R10=fp0\n"},
    {"r0 = 0; exit", "\n0: (b7) r0 = 0                        ; R0=0\n"},
    {"r6 = r1; r0 = 0; exit", "0: (bf) r6 = r1                       ; R1=ctx() R6=ctx()\n"},
    {"r2 = r10; r2 += -4; r0 = 0; exit", "1: (07) r2 += -4                      ; R2=fp-4\n"},
    {"*(u16 *)(r10 -20) = 0; r0 = 0; exit", "*(u16 *)(r10 -20) = 0         ; R10=fp0 fp-24=??00????\n"},
    {"r2 = 0; *(u32 *)(r10 -8) = r2; r0 = 0; exit", "= r2         ; R2=0 R10=fp0 fp-8=????0\n"},
    {"*(u64 *)(r10 -8) = r1; r0 = 0; exit", "; R1=ctx() R10=fp0 fp-8=ctx()\n"},
    {"r2 = *(u32 *)(r1 +0); r0 = 0; exit",
     "; R1=ctx() R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))\n"},
    {"r2 = *(u32 *)(r1 +0); r2 &= 1; r0 = 0; exit",
     "; R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=1,var_off=(0x0; 0x1))\n"},
    {"r2 = *(u32 *)(r1 +0); r0 = 0; if r2 < 64 goto +1; r2 = 64; exit",
     "; R2=scalar(smin=umin=umin32=64,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))\n"},
    {"r2 = 70000; r0 = 0; exit", "; R2=0x11170\n"},
    {"r2 = -3; r0 = 0; exit", "; R2=-3\n"},
    // In hexadecimal the bounds of 32 bits have 32 bits, and then are other numbers than those of 64.
    {"r0 = *(u32 *)(r1 +0); if w0 s>= -2147483520 goto +1; r0 = 0; exit", "smin32=0x80000080"},
    {"r0 = *(u32 *)(r1 +0); if w0 s>= -9 goto +1; r0 = 0; exit", "smin32=-9"},
    // What a branch whose outcome is known touched is said where the branch is.
    {"call 7; r0 &= 3; if r0 < 4 goto +1; r0 = 6; r0 = 0; exit", "\n2: R0=scalar("},
    // A copy that its sign does not change is still a copy.
    {"call 7; r0 &= 127; *(u64 *)(r10 -8) = r0; r2 = *(s8 *)(r10 -8); r0 = 0; exit", "; R2=scalar(id="},
    {"call 7; r0 &= 255; *(u64 *)(r10 -8) = r0; r2 = *(s8 *)(r10 -8); r0 = 0; exit", "; R2=scalar(smin="},
    // One half of a slot is dead.
    {"call 7; r6 = r0; call 5; *(u64 *)(r10 -8) = r0; if r6 > 3 goto +1; r2 = *(u32 *)(r10 -4); r0 = 0; exit",
     "fp-8=mmmmpppp"},
    {"call 7; *(u64 *)(r10 -8) = 0; if r0 > 3 goto +1; r2 = *(u32 *)(r10 -4); r0 = 0; exit", "R10=fp0 fp-8=0\n"},
    {"*(u64 *)(r10 -8) = r1; call 7; *(u8 *)(r10 -1) = r0; r2 = 0; *(u32 *)(r10 -8) = r2; if r0 > 3 goto +1; "
     "r2 = *(u32 *)(r10 -4); r0 = 0; exit",
     "fp-8=mmmm0\n"},
    // What was dead stays so when the other half is written.
    {"call 7; *(u64 *)(r10 -8) = r0; if r0 > 3 goto +2; *(u32 *)(r10 -8) = r0; r2 = *(u32 *)(r10 -8); r0 = 0; exit",
     "fp-8=ppppscalar("},
};

TEST(StateLine, Rows) {
  for (const StateRow& row : rows) {
    SCOPED_TRACE(row.text);
    const auto output = verify_text({row.text, ProgType::socket_filter, 0, 2});
    EXPECT_EQ(output.error, 0);
    EXPECT_NE(output.log.find(row.line), std::string::npos) << output.log;
  }
}

TEST(Log, LevelOneKeepsOnlyThePathThatWasRefused) {
  constexpr std::string_view text = R"(
      r2 = *(u32 *)(r1 +0)
      r0 = 0
      if r2 == 7 goto +1
      exit
      r0 = r3
      exit)";
  const auto output = verify_text({text, ProgType::socket_filter, 0, 1});
  EXPECT_TRUE(output.log.starts_with("0: R1=ctx() R10=fp0\n")) << output.log;
  EXPECT_EQ(output.log.find("3: (95) exit"), std::string::npos) << output.log;
  EXPECT_NE(output.log.find("goto pc+1 4: "), std::string::npos) << output.log;
  EXPECT_NE(output.log.find("\n4: (bf) r0 = r3\nR3 !read_ok\n"), std::string::npos) << output.log;
}

TEST(Log, AcceptedProgramsLeaveOnlyStatisticsAtLevelOne) {
  const auto output = verify_text({"r0 = 0; exit", ProgType::socket_filter, 0, 1});
  EXPECT_TRUE(output.log.starts_with("processed 2 insns (limit 1000000)")) << output.log;
}

TEST(Log, LevelTwoTellsOfFunctionsAndLiveRegisters) {
  const auto output = verify_text({"w0 = 0; exit", ProgType::socket_filter, 0, 2});
  EXPECT_TRUE(output.log.starts_with("func#0 @0\ntopo_order[0] = ")) << output.log;
  const auto has = [&](std::string_view text) { return output.log.find(text) != std::string::npos; };
  // The whole of r0 is returned, so the upper half that w0 leaves out matters.
  EXPECT_TRUE(has("      0: .......... (b4) w0 = 0                            ; zext\n")) << output.log;
  EXPECT_TRUE(has("      1: 0......... (95) exit\n")) << output.log;
}

TEST(Log, LevelFourHasTheMessageAndStatisticsAlone) {
  const auto refused = verify_text({"r0 = r3; exit", ProgType::socket_filter, 0, 4});
  EXPECT_TRUE(refused.log.starts_with("R3 !read_ok\nverification time ")) << refused.log;
  EXPECT_NE(refused.log.find("\nstack depth max 0\nsubprog 0 ("), std::string::npos) << refused.log;
  const auto accepted = verify_text({"*(u32 *)(r10 -4) = 0; r0 = 0; exit", ProgType::socket_filter, 0, 4});
  EXPECT_NE(accepted.log.find("\nstack depth max 16\nsubprog 0 ("), std::string::npos) << accepted.log;
  EXPECT_NE(accepted.log.find(" insns_self 3 insns_total 3 stack 8\n"), std::string::npos) << accepted.log;
}

}  // namespace
}  // namespace skep::test
