// What is wrong with a program before any of its instructions is walked.
#include <gtest/gtest.h>

#include "support/verify.hpp"

namespace skep::test {
namespace {

constexpr Row rows[] = {
    {"the least program", "r0 = 0; exit"},
    {"control runs out at the end", "r0 = 0", "last insn is not an exit or jmp"},
    {"a jump past the end", "goto +1; exit", "jump out of range from insn 0 to 2"},
    {"a jump before the beginning", "goto -2; exit", "jump out of range from insn 0 to -1"},
    {"an instruction that nothing leads to", "exit; exit", "unreachable insn 1"},
    {"a jump over an instruction", "r0 = 0; goto +1; r0 = 1; exit", "unreachable insn 2"},
    {"a jump between the halves of a wide load", "if r1 == 0 goto +1; r0 = 1 ll; exit",
     "jump into the middle of ldimm64 insn 1"},
    {"a function's end is not another's beginning", R"(
       r0 = 0
       call f
       exit
     f:
       r0 = 1
       call g
     g:
       r0 = 2
       exit)",
     "last insn is not an exit or jmp"},
    {"a jump into another function", R"(
       call f
       exit
     f:
       r0 = 1
       if r0 == 2 goto -3
       exit)",
     "jump out of range from insn 3 to 1"},
    {"a call to outside", "call pc+7; exit", "call to invalid destination"},
    {"a map that is none", "r1 = map 77; r0 = 0; exit", "fd 77 is not pointing to valid bpf_map"},
    {"the address of a value of a hash map", "r1 = map_value 3 + 0; r0 = 0; exit",
     "no direct value access support for this map type"},
    {"an address past the value", "r1 = map_value 4 + 48; r0 = 0; exit",
     "invalid access to map value pointer, value_size=48 off=48"},
    {"the address of the value's last byte", "r1 = map_value 4 + 47; r0 = 0; exit"},
    {"a tail call in a function without types", "call f; exit; f: r2 = map 4; r3 = 0; call 12; r0 = 0; exit",
     "tail_call is not allowed in subprogs without BTF"},
    {"a classic packet load in a function without types", "call f; exit; f: r6 = r1; r0 = *(u32 *)skb[0]; exit",
     "LD_ABS is not allowed in subprogs without BTF"},
    {"a syscall program must be sleepable", "r0 = 0; exit", "Syscall programs can only be sleepable",
     ProgType::syscall},
};

TEST(ProgramShape, Rows) {
  for (const Row& row : rows) expect(row);
}

struct RawRow {
  const char* about;
  std::vector<Insn> insns;
  const char* message;
};

TEST(ProgramShape, TheOffsetOfAnExitIsNotLookedAt) {
  const std::vector<Insn> insns = {{.code = 0xb7}, {.code = 0x95, .off = 44}};
  FakeResolver resolver;
  verifier::Input input;
  input.type = progtypes::find(ProgType::socket_filter);
  input.insns = insns;
  input.resolver = &resolver;
  EXPECT_EQ(verifier::verify(input).error, 0);
}

TEST(ProgramShape, FieldsThatMeanNothingAreZero) {
  const Insn ret{.code = 0xb7}, exit{.code = 0x95};
  const RawRow raw_rows[] = {
      {"an opcode that does not exist", {ret, {.code = 0xff}, exit}, "unknown opcode ff"},
      {"zero is none", {ret, {.code = 0x00}, exit}, "unknown opcode 00"},
      {"addition with an offset", {ret, {.code = 0x0f, .off = 1}, exit}, "BPF_ALU uses reserved fields"},
      {"addition of a constant with a register", {ret, {.code = 0x07, .src = 1}, exit}, "BPF_ALU uses reserved fields"},
      {"division with an unknown offset",
       {ret, {.code = 0x37, .off = 2, .imm = 1}, exit},
       "BPF_ALU uses reserved fields"},
      {"a move with a strange width", {ret, {.code = 0xbf, .off = 7}, exit}, "BPF_MOV uses reserved fields"},
      {"negation with an immediate", {ret, {.code = 0x87, .imm = 1}, exit}, "BPF_NEG uses reserved fields"},
      {"a byte swap of 8 bits", {ret, {.code = 0xd4, .imm = 8}, exit}, "BPF_END uses reserved fields"},
      {"exit with an immediate", {ret, {.code = 0x95, .imm = 1}}, "BPF_EXIT uses reserved fields"},
      {"a goto with a register", {ret, {.code = 0x05, .src = 1}, exit}, "BPF_JA uses reserved fields"},
      {"a jump with both", {ret, {.code = 0x1d, .imm = 1}, exit}, "BPF_JMP/JMP32 uses reserved fields"},
      {"a helper call with an offset",
       {ret, {.code = 0x85, .off = 1, .imm = 7}, exit},
       "BPF_CALL uses reserved fields"},
      {"a call of an unknown kind", {ret, {.code = 0x85, .src = 3}, exit}, "BPF_CALL uses reserved fields"},
      {"a load with an immediate", {ret, {.code = 0x79, .imm = 1}, exit}, "BPF_LDX uses reserved fields"},
      {"a store of a constant with a register", {ret, {.code = 0x7a, .src = 1}, exit}, "BPF_ST uses reserved fields"},
      {"an atomic that does not exist",
       {ret, {.code = 0xdb, .imm = 0x33}, exit},
       "BPF_ATOMIC uses invalid atomic opcode 33"},
      {"an atomic of one byte", {ret, {.code = 0xd3, .imm = 0}, exit}, "invalid atomic operand size"},
      {"half a wide load", {ret, {.code = 0x18}, exit}, "invalid bpf_ld_imm64 insn"},
      {"a wide load with an offset", {ret, {.code = 0x18, .off = 1}, {}, exit}, "BPF_LD_IMM64 uses reserved fields"},
      {"a wide load of an unknown kind", {ret, {.code = 0x18, .src = 9}, {}, exit}, "unrecognized bpf_ld_imm64 insn"},
  };
  for (const RawRow& row : raw_rows) {
    SCOPED_TRACE(row.about);
    FakeResolver resolver;
    verifier::Input input;
    input.type = progtypes::find(ProgType::socket_filter);
    input.insns = row.insns;
    input.resolver = &resolver;
    const auto output = verifier::verify(input);
    EXPECT_EQ(output.error, -EINVAL);
    ASSERT_TRUE(output.refusal);
    EXPECT_EQ(output.refusal->message, row.message);
  }
}

}  // namespace
}  // namespace skep::test
