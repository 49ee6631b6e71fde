// The verifier's walk by lines, read off a log.
#include "testbench/walk_profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skep::testbench {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

constexpr const char* log = R"(func#0 @0
func#1 @4
stack use/def subprog#0 prog (d0,cs0):
  0: (b7) r0 = 0
100: (b7) r0 = 0
stack use/def subprog#1 helper (d1,cs1):
0: R1=ctx() R10=fp0
; int a = 1; @ file.c:7
0: (b7) r1 = 1                        ; R1=1
; return helper(a); @ file.c:8
1: (85) call pc+2
caller:
callee:
4: frame1: R1=1 R10=fp0
; return a + 1; @ file.c:3
4: (bf) r0 = r1                       ; frame1: R0=1
5: (07) r0 += 1
6: (95) exit
returning from callee:
to caller at 1:
2: R0=2
; return helper(a); @ file.c:8
2: (15) if r0 == 0x0 goto pc+0
3: (95) exit
from 2 to 3: R0=0
3: safe
from 2 to 3: safe
processed 9 insns (limit 1000000)
)";

TEST(WalkProfile, CountsInstructionsByLine) {
  const auto stacks = fold_walk("prog", log);
  EXPECT_THAT(stacks, UnorderedElementsAre(
                          Pair("prog;prog;file.c:7 int a = 1,", 1U), Pair("prog;prog;file.c:8 return helper(a),", 5U),
                          Pair("prog;prog;file.c:8 return helper(a),;helper;file.c:3 return a + 1,", 3U)));
  EXPECT_EQ(walked(stacks), 9U);
}

TEST(WalkProfile, ALogWithoutLinesHasInstructions) {
  EXPECT_THAT(fold_walk("p", "0: R1=ctx()\n0: (b7) r0 = 0\n1: (95) exit\n"),
              UnorderedElementsAre(Pair("p;p;instruction 0", 1U), Pair("p;p;instruction 1", 1U)));
  EXPECT_TRUE(fold_walk("p", "").empty());
  EXPECT_TRUE(fold_walk("p", "0: (b7) r0 = 0\n").empty()) << "that is no walk";
}

}  // namespace
}  // namespace skep::testbench
