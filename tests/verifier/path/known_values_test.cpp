// Which branches are decided before the walk, and which not though they could be: as Linux 7.3 answered. Its log at
// level 2 shows a decided branch as a plain goto where it lists what is read of the stack.
#include <gtest/gtest.h>

#include "support/verify.hpp"

namespace skep::test {
namespace {

struct Branch {
  const char* about;
  const char* text;  // r1 or w1 and the branch
  const char* line;  // the branch as it is listed
};

constexpr Branch branches[] = {
    {"a number", "r1 = 5; if r1 == 5 goto +1; r0 = 7; exit", "1: (05) goto pc+1"},
    {"in half a register", "w1 = 5; if r1 == 5 goto +1; r0 = 7; exit", "1: (05) goto pc+1"},
    {"a wide load", "r1 = 5 ll; if r1 == 5 goto +1; r0 = 7; exit", "2: (05) goto pc+1"},
    {"32 bits", "r1 = 0xfffffff0 ll; if r1 == 5 goto +1; r0 = 7; exit", "2: (05) goto pc+0"},
    {"more than 32 bits", "r1 = 0x100000005 ll; if r1 == 5 goto +1; r0 = 7; exit", "2: (15) if r1 == 0x5 goto pc+1"},
    {"a negative number", "r1 = -5; if r1 != 6 goto +1; r0 = 7; exit", "1: (55) if r1 != 0x6 goto pc+1"},
    {"one of 32 bits", "w1 = -5; if w1 s< 0 goto +1; r0 = 7; exit", "1: (05) goto pc+1"},
    {"an addition", "r1 = 3; r1 += 2; if r1 == 5 goto +1; r0 = 7; exit", "2: (05) goto pc+1"},
    {"that wraps", "w1 = -1; w1 += 6; if r1 == 5 goto +1; r0 = 7; exit", "2: (05) goto pc+1"},
    {"of a register", "r1 = 3; r2 = 2; r1 += r2; if r1 == 5 goto +1; r0 = 7; exit", "3: (15) if r1 == 0x5 goto pc+1"},
    {"a subtraction", "r1 = 7; r1 -= 2; if r1 == 5 goto +1; r0 = 7; exit", "2: (05) goto pc+1"},
    {"a conjunction", "r1 = 7; r2 = 5; r1 &= r2; if r1 == 5 goto +1; r0 = 7; exit", "3: (05) goto pc+1"},
    {"with nothing", "r1 = *(u32 *)(r1 +0); r1 &= 0; if r1 == 5 goto +1; r0 = 7; exit", "2: (05) goto pc+0"},
    {"a disjunction", "r1 = 4; r1 |= 1; if r1 == 5 goto +1; r0 = 7; exit", "2: (15) if r1 == 0x5 goto pc+1"},
    {"a product", "r1 = 5; r1 *= 1; if r1 == 5 goto +1; r0 = 7; exit", "2: (15) if r1 == 0x5 goto pc+1"},
    {"a shift", "r1 = 10; r1 >>= 1; if r1 == 5 goto +1; r0 = 7; exit", "2: (15) if r1 == 0x5 goto pc+1"},
    {"a copy", "r2 = 5; r1 = r2; if r1 == 5 goto +1; r0 = 7; exit", "2: (05) goto pc+1"},
    {"a spill", "r1 = 5; *(u64 *)(r10 -8) = r1; r1 = *(u64 *)(r10 -8); if r1 == 5 goto +1; r0 = 7; exit",
     "3: (15) if r1 == 0x5 goto pc+1"},
    {"over a call", "r6 = 5; call 7; if r6 == 5 goto +1; r0 = 7; exit", "2: (05) goto pc+1"},
    {"the same from both ways",
     "r2 = *(u32 *)(r1 +0); r1 = 5; if r2 == 3 goto +1; r1 = 5; if r1 == 5 goto +1; r0 = 7; exit", "4: (05) goto pc+1"},
    {"not the same", "r2 = *(u32 *)(r1 +0); r1 = 5; if r2 == 3 goto +1; r1 = 6; if r1 == 5 goto +1; r0 = 7; exit",
     "4: (15) if r1 == 0x5 goto pc+1"},
    {"a way that is never taken counts", "r1 = 5; if r1 == 5 goto +1; r1 = 6; if r1 == 5 goto +1; r0 = 7; exit",
     "3: (15) if r1 == 0x5 goto pc+1"},
    {"two registers", "r1 = 5; r2 = 5; if r1 > r2 goto +1; r0 = 7; exit", "2: (05) goto pc+0"},
    {"bits", "r1 = 5; if r1 & 4 goto +1; r0 = 7; exit", "1: (05) goto pc+1"},
    {"a pointer", "r1 = r10; if r1 == 0 goto +1; r0 = 7; exit", "1: (15) if r1 == 0x0 goto pc+1"},
};

TEST(KnownValues, DecideBranchesAsLinuxDoes) {
  for (const Branch& branch : branches) {
    const auto output = verify_text({branch.text, ProgType::raw_tracepoint, 0, 2});
    const std::string listed = output.log.substr(0, output.log.find("Live regs"));
    EXPECT_NE(listed.find(branch.line), std::string::npos) << branch.about << "\n" << listed;
  }
}

}  // namespace
}  // namespace skep::test
