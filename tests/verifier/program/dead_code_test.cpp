// What is left of an accepted program.
#include <gtest/gtest.h>

#include "support/verify.hpp"

namespace skep::test {
namespace {

struct DeadRow {
  const char* about;
  const char* text;
  const char* left;
};

TEST(DeadCode, IsTakenOut) {
  const DeadRow rows[] = {
      {"nothing is dead", "r0 = 1; exit", "r0 = 1; exit"},
      {"a branch that is never taken", "r1 = 1; if r1 == 2 goto +1; goto +1; r1 = 3; r0 = 1; exit",
       "r1 = 1; r0 = 1; exit"},
      {"a branch that is always taken", "r1 = 1; if r1 == 1 goto +1; r1 = 3; r0 = 1; exit", "r1 = 1; r0 = 1; exit"},
      {"a jump over dead code becomes shorter", R"(
         r0 = *(u32 *)(r1 +0)
         r2 = 5
         if r0 > 7 goto out
         if r2 == 5 goto +1
         r0 = 9
         r0 = 2
       out:
         r0 = 1
         exit)",
       "r0 = *(u32 *)(r1 +0); r2 = 5; if r0 > 7 goto +1; r0 = 2; r0 = 1; exit"},
      {"a function that is never called", R"(
         r1 = 1
         if r1 == 1 goto +1
         call f
         call g
         exit
       f:
         r0 = 1
         exit
       g:
         r0 = 2
         exit)",
       "r1 = 1; call pc+1; exit; r0 = 2; exit"},
  };
  for (const DeadRow& row : rows) {
    SCOPED_TRACE(row.about);
    const auto output = verify_text({row.text});
    ASSERT_EQ(output.error, 0) << output.refusal->message;
    EXPECT_EQ(output.program->insns, assemble(row.left));
    EXPECT_EQ(output.program->facts.size(), output.program->insns.size());
    EXPECT_EQ(output.program->original.size(), output.program->insns.size());
    for (const auto& function : output.program->subprograms) EXPECT_LT(function.start, function.end);
  }
}

TEST(DeadCode, CalleesAreNumberedAnew) {
  const auto output =
      verify_text({"r1 = 1; if r1 == 1 goto +1; call f; call g; exit; f: r0 = 1; exit; g: r0 = 2; exit"});
  ASSERT_EQ(output.error, 0);
  const auto& program = *output.program;
  ASSERT_EQ(program.subprograms.size(), 2U);
  EXPECT_EQ(program.facts[1].callee, 1);
  EXPECT_EQ(program.subprograms[1].start, 3U);
  EXPECT_EQ(program.original, (std::vector<std::uint32_t>{0, 3, 4, 7, 8}));
}

}  // namespace
}  // namespace skep::test
