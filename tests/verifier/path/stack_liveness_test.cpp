// What instructions read and overwrite of the stack, and where paths join for it: as Linux 7.3 answered, in its log at
// level 2 and in the instructions that it processed.
#include <gtest/gtest.h>

#include "support/verify.hpp"
#include "verifier/path/stack_effects.hpp"
#include "verifier/path/stack_values.hpp"

namespace skep::test {
namespace {

using verifier::StackHalves;
using verifier::StackValue;

TEST(StackHalves, Bytes) {
  const auto text = [](const StackHalves& halves) { return verifier::halves_text(1, halves); };
  EXPECT_EQ(text(verifier::touched_halves(-8, 8)), " fp1-8");
  EXPECT_EQ(text(verifier::touched_halves(-5, 2)), " fp1-8");
  EXPECT_EQ(text(verifier::touched_halves(-17, 1)), " fp1-20h");
  EXPECT_EQ(text(verifier::touched_halves(-16, 32)), " fp1-8 fp1-16") << "nothing lies beyond the frame";
  EXPECT_EQ(text(verifier::touched_halves(-520, 16)), " fp1-512");
  EXPECT_EQ(text(verifier::touched_halves(8, 8)), "");
  EXPECT_EQ(text(verifier::covered_halves(-24, 24)), " fp1-8..-24");
  EXPECT_EQ(text(verifier::covered_halves(-20, 8)), " fp1-16h fp1-20h");
  EXPECT_EQ(text(verifier::covered_halves(-13, 8)), " fp1-12h");
  EXPECT_EQ(text(verifier::covered_halves(-6, 2)), "");
}

TEST(StackValue, WhereTwoMeet) {
  const StackValue at8 = StackValue::place(0, -8), at16 = StackValue::place(0, -16);
  StackValue either = join(at8, at16);
  EXPECT_EQ(either.count, 2);
  EXPECT_EQ(either.offsets[0], -16);
  EXPECT_EQ(join(either, at8), either);
  EXPECT_EQ(join(at8, StackValue{}), join(at8, StackValue::place(0, 0))) << "of a number 7.3 makes the frame pointer";
  for (const std::int16_t offset : {-24, -32}) either.add_place(offset);
  EXPECT_TRUE(either.is(StackValue::Kind::place));
  EXPECT_EQ(join(either, StackValue::place(0, -40)), StackValue::in_frame(0)) << "five places are too many";
  EXPECT_EQ(join(at8, StackValue::place(1, -8)).reach(), 3);
}

struct Effect {
  const char* about;
  const char* text;
  const char* line;  // somewhere in the log
};

#define ZEROS "r1 = 0; *(u64 *)(r10 -8) = r1; *(u64 *)(r10 -16) = r1; *(u64 *)(r10 -24) = r1; "
#define SCALAR "call 7; "

constexpr Effect effects[] = {
    {"a store over half a slot", ZEROS "*(u32 *)(r10 -8) = r1; r0 = 0; exit", "= r1        ; def: fp0-8h\n"},
    {"bytes define nothing", ZEROS "*(u8 *)(r10 -8) = r1; r0 = *(u8 *)(r10 -8); exit",
     "4: (73) *(u8 *)(r10 -8) = r1\n"},
    {"an atomic operation reads", ZEROS "lock *(u64 *)(r10 -8) += r1; r0 = 0; exit", "; use: fp0-8\n"},
    {"one of two slots",
     ZEROS SCALAR "r8 = r10; r8 += -8; if r0 == 0 goto +1; r8 += -8; r2 = *(u64 *)(r8 +0); r0 = 0; exit",
     "; use: fp0-8 fp0-16\n"},
    {"a spilled pointer that is loaded again",
     ZEROS "r2 = r10; r2 += -16; *(u64 *)(r10 -24) = r2; r3 = *(u64 *)(r10 -24); r0 = *(u64 *)(r3 +0); exit",
     "r0 = *(u64 *)(r3 +0)         ; use: fp0-16\n"},
    {"an unknown offset", ZEROS SCALAR "r0 &= 8; r1 = r10; r1 += -16; r1 += r0; r0 = *(u8 *)(r1 +0); exit",
     "; use: fp0-8..-512\n"},
    {"a helper's buffer", "r1 = r10; r1 += -64; r2 = 16; call 16; r0 = 0; exit", "; def: fp0-56 fp0-64\n"},
    {"its size by another register", "r6 = 4; r6 += 4; r2 = r6; r1 = r10; r1 += -64; call 16; r0 = 0; exit",
     "; def: fp0-64\n"},
    {"a key of the map's size", ZEROS "r1 = map 3; r2 = r10; r2 += -8; call 1; r0 = 0; exit", "; use: fp0-8\n"},
    {"what a function reads through its argument",
     ZEROS "r1 = r10; r1 += -16; call f; r0 = 0; exit; f: r0 = *(u64 *)(r1 +0); exit",
     "call pc+2                    ; use: fp0-16\n"},
};

TEST(StackLiveness, Effects) {
  for (const Effect& row : effects) {
    SCOPED_TRACE(row.about);
    const auto output = verify_text({row.text, ProgType::raw_tracepoint, 0, 2});
    const std::string before_walk = output.log.substr(0, output.log.find("Live regs"));
    EXPECT_NE(before_walk.find(row.line), std::string::npos) << before_walk;
  }
}

// Each has a join at which 7.3 prunes, and instructions behind it that would count again.
#define NOPS "r5 = 1; r5 = 2; r5 = 3; r5 = 4; r5 = 5; r5 = 6; r5 = 7; r5 = 8; r5 = 9; r5 = 10; "
#define PROBE "r1 = r10; r1 += -8; r2 = 8; r3 = 0; call 113; "
struct Walk {
  const char* about;
  const char* text;
  std::uint32_t processed;
};
constexpr Walk walks[] = {
    {"a number was spilled, now there are unknown bytes",
     NOPS SCALAR "r6 = r0; r7 = r0; r1 = 0; *(u64 *)(r10 -8) = r1; if r6 == 0 goto one; goto two; one: " PROBE
                 "two: r6 = 0; " NOPS "r0 = *(u64 *)(r10 -8); r0 = 0; exit",
     37},
    {"the same with half a slot",
     NOPS SCALAR
     "r6 = r0; r1 = 0; *(u64 *)(r10 -8) = r1; *(u32 *)(r10 -8) = r6; if r6 == 0 goto one; goto two; one: " PROBE
     "two: r6 = 0; " NOPS "r0 = *(u32 *)(r10 -8); r0 = 0; exit",
     37},
    {"a helper is about to fill it",
     NOPS SCALAR "r6 = r0; r1 = 0; *(u64 *)(r10 -8) = r1; if r6 == 0 goto one; goto two; one: *(u64 *)(r10 -8) = r10; "
                 "two: r6 = 0; r1 = 0; " NOPS PROBE "r0 = *(u64 *)(r10 -8); r0 = 0; exit",
     38},
    {"two halves define a slot",
     NOPS SCALAR "r6 = r0; r1 = 0; *(u64 *)(r10 -8) = r1; if r6 == 0 goto one; goto two; one: *(u64 *)(r10 -8) = r10; "
                 "two: r6 = 0; r1 = 0; " NOPS
                 "r1 = 1; *(u32 *)(r10 -8) = r1; *(u32 *)(r10 -4) = r1; r0 = *(u64 *)(r10 -8); r0 = 0; exit",
     36},
    {"only the other half is read",
     NOPS SCALAR "r6 = r0; r1 = 0; *(u64 *)(r10 -8) = r1; if r6 == 0 goto one; goto two; one: r1 = 7; "
                 "*(u32 *)(r10 -4) = r1; r1 = 0; two: r6 = 0; r1 = 0; " NOPS "r0 = *(u32 *)(r10 -8); r0 = 0; exit",
     35},
    {"zero bytes do not cover unknown ones",
     NOPS SCALAR
     "r6 = r0; r1 = 0; *(u64 *)(r10 -8) = r1; *(u8 *)(r10 -8) = r6; if r6 == 0 goto one; goto two; one: " PROBE
     "two: r6 = 0; " NOPS "r0 = *(u32 *)(r10 -8); r0 = 0; exit",
     50},
};

TEST(StackLiveness, PathsJoin) {
  for (const Walk& row : walks) {
    SCOPED_TRACE(row.about);
    const auto output = verify_text({row.text, ProgType::raw_tracepoint});
    EXPECT_EQ(output.error, 0) << output.log;
    EXPECT_EQ(output.statistics.insns_processed, row.processed);
  }
}

TEST(StackLiveness, WhatIsDeadIsShownAndCannotBeHandedOn) {
  const auto output =
      verify_text({NOPS SCALAR "r1 = 0; *(u64 *)(r10 -8) = r1; if r0 == 0 goto +1; r0 = 0; r0 = *(u32 *)(r10 -8); exit",
                   ProgType::raw_tracepoint, 0, 2});
  EXPECT_NE(output.log.find("fp-8=pppp0"), std::string::npos) << output.log;
  // Also where nothing was ever written.
  const auto loop =
      verify_text({"r1 = 0; *(u32 *)(r10 -4) = r1; r0 = 0; again: r1 = *(u32 *)(r10 -4); if r0 == 0 goto again; exit",
                   ProgType::raw_tracepoint, 0, 2});
  EXPECT_NE(loop.log.find("fp-8=0000pppp"), std::string::npos) << loop.log;
}

}  // namespace
}  // namespace skep::test
