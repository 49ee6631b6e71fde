// Functions that calls run: bpf_loop and bpf_for_each_map_elem.
#include "support/verify.hpp"

namespace skep::test {
namespace {

TEST(Callbacks, LoopsRunThem) {
  const Row rows[] = {
      {"a loop that does nothing", "r1 = 8; r2 = func f; r3 = 0; r4 = 0; call 181; r0 = 0; exit; f: r0 = 0; exit"},
      {"a number for a function", "r1 = 8; r2 = 5; r3 = 0; r4 = 0; call 181; r0 = 0; exit",
       "R2 type=scalar expected=func"},
      {"a result of two", "r1 = 8; r2 = func f; r3 = 0; r4 = 0; call 181; r0 = 0; exit; f: r0 = 2; exit",
       "At callback return the register R0 has smin=2 smax=2 should have been in [0, 1]"},
      {"no result", "r1 = 8; r2 = func f; r3 = 0; r4 = 0; call 181; r0 = 0; exit; f: exit", "R0 not a scalar value"},
      {"the index is a number, and not bounded",
       "r1 = 8; r2 = func f; r3 = 0; r4 = 0; call 181; r0 = 0; exit;"
       "f: r2 = map_value 4; r2 += r1; r0 = *(u8 *)(r2 +0); r0 = 0; exit",
       "math between map_value pointer and register with unbounded min value is not allowed"},
      {"callbacks call callbacks",
       "r1 = 8; r2 = func f; r3 = 0; r4 = 0; call 181; r0 = 0; exit;"
       "f: r1 = 2; r2 = func g; r3 = 0; r4 = 0; call 181; r0 = 0; exit; g: r0 = 0; exit"},
  };
  for (const Row& row : rows) expect(row);
}

TEST(Callbacks, WhatOneRoundWritesTheNextReads) {
  const Row rows[] = {
      {"the caller's stack through the context",
       "*(u64 *)(r10 -8) = 0; r1 = 8; r2 = func f; r3 = r10; r3 += -8; r4 = 0; call 181; r0 = 0; exit;"
       "f: r3 = *(u64 *)(r2 +0); r3 += 1; *(u64 *)(r2 +0) = r3; r0 = 0; exit"},
      {"eight rounds are walked one by one",
       "*(u64 *)(r10 -8) = 0; r1 = 8; r2 = func f; r3 = r10; r3 += -8; r4 = 0; call 181;"
       "r1 = *(u64 *)(r10 -8); r2 = map_value 4; r2 += r1; r0 = *(u8 *)(r2 +39); exit;"
       "f: r3 = *(u64 *)(r2 +0); r3 += 1; *(u64 *)(r2 +0) = r3; r0 = 0; exit"},
      {"and the last of them counts",
       "*(u64 *)(r10 -8) = 0; r1 = 8; r2 = func f; r3 = r10; r3 += -8; r4 = 0; call 181;"
       "r1 = *(u64 *)(r10 -8); r2 = map_value 4; r2 += r1; r0 = *(u8 *)(r2 +40); exit;"
       "f: r3 = *(u64 *)(r2 +0); r3 += 1; *(u64 *)(r2 +0) = r3; r0 = 0; exit",
       "R2 min value is outside of the allowed memory range"},
  };
  for (const Row& row : rows) expect(row);
}

// How often the function runs is of consequence after each round too: two rounds are not one that was seen before.
TEST(Callbacks, MoreRoundsThanOnAnEarlierPath) {
  expect({"once, or twice",
          "call 7; *(u64 *)(r10 -56) = 7; r8 = 34; if w0 == 1 goto run; r8 = 33;"
          "run: r1 = r8; r1 &= 7; r2 = func f; r3 = r10; r3 += -56; r4 = 0; call 181; r0 = 0; exit;"
          "f: r7 = r1; r8 = *(u64 *)(r2 +0); r3 = r7; r3 += r8; *(u64 *)(r2 +0) = r3;"
          "if r8 s> 0 goto fine; r1 = 0; r0 = *(u64 *)(r1 +0); fine: r0 = 0; exit",
          "R1 invalid mem access 'scalar'"});
}

TEST(Callbacks, VisitElements) {
  const Row rows[] = {
      {"keys and values",
       "r1 = map 3; r2 = func f; r3 = 0; r4 = 0; call 164; r0 = 0; exit;"
       "f: r0 = *(u64 *)(r2 +0); r0 = *(u64 *)(r3 +40); r0 = 0; exit"},
      {"behind the key",
       "r1 = map 3; r2 = func f; r3 = 0; r4 = 0; call 164; r0 = 0; exit; f: r0 = *(u64 *)(r2 +8); r0 = 0; exit",
       "R2 min value is outside of the allowed memory range"},
      {"keys are not written",
       "r1 = map 3; r2 = func f; r3 = 0; r4 = 0; call 164; r0 = 0; exit; f: *(u64 *)(r2 +0) = 0; r0 = 0; exit",
       "write to change key R2 not allowed"},
      {"values are",
       "r1 = map 3; r2 = func f; r3 = 0; r4 = 0; call 164; r0 = 0; exit; f: *(u64 *)(r3 +0) = 0; r0 = 0; exit"},
      {"a map without elements", "r1 = map 7; r2 = func f; r3 = 0; r4 = 0; call 164; r0 = 0; exit; f: r0 = 0; exit",
       "callback_fn() not allowed for this map type"},
  };
  for (const Row& row : rows) expect(row);
}

}  // namespace
}  // namespace skep::test
