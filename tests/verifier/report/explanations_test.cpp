// Why programs are refused: whole explanations, and the words of each kind. They are Linux 7.3's; its answers for
// programs with source lines are in tests/conformance/explanations-7.3.txt.
#include <gtest/gtest.h>

#include "support/verify.hpp"

namespace skep::test {
namespace {

std::string log_of(std::string_view text, ProgType type = ProgType::xdp) {
  return verify_text({text, type, 0, 1}).log;
}

TEST(Explanation, ReasonPlacePathAndSuggestion) {
  constexpr std::string_view text = R"(
      r2 = *(u32 *)(r1 +4)
      r1 = *(u32 *)(r1 +0)
      r3 = r1
      r3 += 14
      if r3 > r2 goto +1
      r0 = *(u8 *)(r1 +20)
      r0 = 1
      exit)";
  constexpr std::string_view wanted = R"(invalid access to packet, off=20 size=1, R1(id=0,off=20,r=14)
R1 min value is outside of the allowed memory range

Verification failed: Memory Safety: Access outside bounds

Reason:
  The verifier cannot prove offset + access_size <= object_size. Here, the minimal bound for a
  memory access is 20 and is outside of the object of size 14. R1 is pkt; offset is constant 20;
  access_size is 1; object_size is 14.

At:
  insn 5
       | ^-- error: access may be outside object bounds
  Instruction context:
      3 | (07) r3 += 14
      4 | (2d) if r3 > r2 goto pc+1
  >>> 5 | (71) r0 = *(u8 *)(r1 +20)
      6 | (b7) r0 = 1
      7 | (95) exit

Causal path:
  insn 1
       | ^-- update: R1 changed from context pointer at offset 0 to pkt at offset 0
  Instruction context:
      0 | (61) r2 = *(u32 *)(r1 +4)
  >>> 1 | (61) r1 = *(u32 *)(r1 +0)
      2 | (bf) r3 = r1
      3 | (07) r3 += 14

  insn 4
       | ^-- branch: took the false branch of this conditional, goto not followed
  Instruction context:
      2 | (bf) r3 = r1
      3 | (07) r3 += 14
  >>> 4 | (2d) if r3 > r2 goto pc+1
      5 | (71) r0 = *(u8 *)(r1 +20)
      6 | (b7) r0 = 1

Suggestion:
  Add or adjust a bounds check that proves offset + access_size stays within the object.

processed )";
  const std::string log = log_of(text);
  EXPECT_NE(log.find(wanted), std::string::npos) << log;
}

TEST(Explanation, NothingLedToARegisterWithoutAValue) {
  const std::string log = log_of("r0 = r3; exit");
  EXPECT_NE(log.find("\nCausal path:\n  no retained diagnostic events on this path\n\nSuggestion:\n"
                     "  Initialize R3 on every path before this instruction.\n\nprocessed "),
            std::string::npos)
      << log;
}

TEST(Explanation, StructureHasNoCausalPath) {
  const std::string log = log_of("r0 = 0; goto -2; exit");
  EXPECT_TRUE(
      log.starts_with("unreachable insn 2\n\n"
                      "Verification failed: Program Structure: Unreachable instruction\n"))
      << log;
  EXPECT_EQ(log.find("Causal path"), std::string::npos);
}

struct WordsRow {
  const char* text;
  const char* category;
  const char* title;
  const char* reason;
};

constexpr WordsRow rows[] = {
    {"r0 = r3; exit", "Register Type Safety", "Unreadable register",
     "R3 has never been initialized on this path, so the verifier cannot use it as an input."},
    {"r2 = 5; r0 = *(u8 *)(r2 +0); exit", "Register Type Safety", "Invalid dereference",
     "R2 is an integer scalar here, not a pointer to memory."},
    {"r2 = r10; r2 -= 8; r0 = 0; exit", "Register Type Safety", "Subtraction from stack pointer",
     "R2 is a stack pointer. The verifier does not allow BPF_SUB to move stack pointers."},
    {"r2 = 5; r2 -= r1; r0 = 0; exit", "Register Type Safety", "Pointer subtracted from scalar",
     "This operation subtracts pointer register R1 from scalar register R2. The verifier only tracks "
     "pointer-minus-scalar arithmetic for allowed pointer types."},
    {"r2 = r10; w2 += 8; r0 = 0; exit", "Register Type Safety", "32-bit pointer arithmetic",
     "R2 holds a stack pointer. 32-bit ALU operations on pointers discard pointer tracking, so the verifier cannot "
     "keep the result as a safe pointer."},
    {"r2 = *(u32 *)(r1 +4); r2 += 8; r0 = 0; exit", "Register Type Safety", "Pointer arithmetic is not allowed",
     "R2 holds pkt_end. This pointer kind does not allow offset arithmetic."},
    {"r0 = 0; goto -2; exit", "Program Structure", "Unreachable instruction",
     "Instruction 2 is not reachable from the program entry point."},
    {"r0 = 0; goto +5; exit", "Program Structure", "Jump out of range",
     "Instruction 1 jumps to instruction 7, but subprogram 0 only contains instructions 0 through 2. A branch target "
     "must stay inside the same subprogram."},
    {"r0 = 0", "Program Structure", "Subprogram can fall through",
     "Subprogram 0 reaches its last instruction 0 without an exit or jump, so control could continue into the next "
     "subprogram."},
};

TEST(Explanation, Words) {
  for (const WordsRow& row : rows) {
    SCOPED_TRACE(row.text);
    const auto output = verify_text({row.text, ProgType::xdp});
    ASSERT_TRUE(output.refusal);
    EXPECT_EQ(output.refusal->category, row.category) << output.refusal->message;
    EXPECT_EQ(output.refusal->title, row.title);
    EXPECT_EQ(output.refusal->reason, row.reason);
    EXPECT_FALSE(output.refusal->suggestion.empty());
  }
}

}  // namespace
}  // namespace skep::test
