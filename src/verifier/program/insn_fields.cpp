// The shape of a single instruction: an opcode that exists, and zero in every field that it does not use, so that those
// can get a meaning later. Wide loads, which name things, are resolve.cpp's. Tested by
// tests/conformance/.
#include "verifier/program/insn_fields.hpp"

#include "verifier/path/flow.hpp"

namespace skep::verifier {

namespace {

constexpr std::uint8_t by_register = 0x08;

std::bitset<256> opcodes_of(const Rules::Instructions& has) {
  std::bitset<256> known;
  for (const std::uint8_t cls : {insn_class::alu, insn_class::alu64}) {
    for (unsigned op = alu_op::add; op <= alu_op::arsh; op += 0x10) {
      known.set(cls | op);
      if (op != alu_op::neg) known.set(cls | op | by_register);
    }
  }
  known.set(insn_class::alu | alu_op::end);
  known.set(insn_class::alu | alu_op::end | by_register);
  known.set(insn_class::alu64 | alu_op::end, has.sign_extension);
  for (const std::uint8_t cls : {insn_class::jmp, insn_class::jmp32}) {
    for (unsigned op = jmp_op::jeq; op <= jmp_op::jsle; op += 0x10) {
      if (op == jmp_op::call || op == jmp_op::exit) continue;
      known.set(cls | op);
      known.set(cls | op | by_register);
    }
  }
  for (const unsigned op : {jmp_op::ja, jmp_op::call, jmp_op::exit}) known.set(insn_class::jmp | op);
  known.set(insn_class::jmp32 | jmp_op::ja, has.sign_extension);
  known.set(insn_class::jmp | jmp_op::jcond, has.may_goto);
  known.set(insn_class::jmp | jmp_op::ja | by_register, has.indirect_jump);
  for (const std::uint8_t size : {mem_size::w, mem_size::h, mem_size::b, mem_size::dw}) {
    known.set(insn_class::ldx | mem_mode::mem | size);
    known.set(insn_class::st | mem_mode::mem | size);
    known.set(insn_class::stx | mem_mode::mem | size);
    known.set(insn_class::stx | mem_mode::atomic | size);
    if (size != mem_size::dw) {
      known.set(insn_class::ldx | mem_mode::memsx | size, has.sign_extension);
      known.set(insn_class::ld | mem_mode::abs | size);
      known.set(insn_class::ld | mem_mode::ind | size);
    }
  }
  known.set(0x18);
  return known;
}

// A move may widen the low bits of its source, as many as its offset says.
bool may_extend_from(const Insn& insn, bool is64, const Rules::Instructions& has) {
  if (insn.off == 0) return true;
  return has.sign_extension && (insn.off == 8 || insn.off == 16 || (is64 && insn.off == 32));
}

int check_alu_fields(Env& env, const Insn& insn) {
  const bool is64 = insn.insn_class() == insn_class::alu64;
  const Rules::Instructions& has = env.input.rules->instructions;
  switch (insn.op()) {
    case alu_op::neg:
      if (insn.src != 0 || insn.off != 0 || insn.imm != 0) return env.refuse(-EINVAL, "BPF_NEG uses reserved fields");
      return 0;
    case alu_op::end:
      if (insn.src != 0 || insn.off != 0 || (insn.imm != 16 && insn.imm != 32 && insn.imm != 64) ||
          (is64 && insn.from_register())) {
        return env.refuse(-EINVAL, "BPF_END uses reserved fields");
      }
      return 0;
    case alu_op::mov:
      if (!insn.from_register()) {
        if (insn.src != 0 || insn.off != 0) return env.refuse(-EINVAL, "BPF_MOV uses reserved fields");
        return 0;
      }
      if (is64 && insn.off == 1 && has.address_space_cast) {  // between address spaces
        if (insn.imm != 1 && insn.imm != 1 << 16) {
          return env.refuse(-EINVAL, "addr_space_cast insn can only convert between address space 1 and 0");
        }
        return 0;
      }
      if (insn.imm != 0 || !may_extend_from(insn, is64, has)) {
        return env.refuse(-EINVAL, "BPF_MOV uses reserved fields");
      }
      return 0;
    default: {
      const bool divides = insn.op() == alu_op::div || insn.op() == alu_op::mod;
      const bool off_used = insn.off == 1 && divides && has.sign_extension;
      if ((insn.from_register() ? insn.imm != 0 : insn.src != 0) || (insn.off != 0 && !off_used)) {
        return env.refuse(-EINVAL, "BPF_ALU uses reserved fields");
      }
      return 0;
    }
  }
}

int check_jump_fields(Env& env, const Insn& insn) {
  const bool is32 = insn.insn_class() == insn_class::jmp32;
  switch (insn.op()) {
    case jmp_op::call:
      if ((insn.src != call_kind::kfunc && insn.off != 0) || insn.src > call_kind::kfunc || insn.dst != 0) {
        return env.refuse(-EINVAL, "BPF_CALL uses reserved fields");
      }
      return 0;
    case jmp_op::exit:
      if (insn.imm != 0 || insn.src != 0 || insn.dst != 0) {  // the offset may be anything
        return env.refuse(-EINVAL, "BPF_EXIT uses reserved fields");
      }
      return 0;
    case jmp_op::ja:
      if (insn.from_register()) {
        if (insn.src != 0 || insn.imm != 0 || insn.off != 0) {
          return env.refuse(-EINVAL, "BPF_JA|BPF_X uses reserved fields");
        }
        return 0;
      }
      if (insn.src != 0 || insn.dst != 0 || (is32 ? insn.off != 0 : insn.imm != 0)) {
        return env.refuse(-EINVAL, "BPF_JA uses reserved fields");
      }
      return 0;
    case jmp_op::jcond:
      if (insn.src != 0 || insn.dst != 0 || insn.imm != 0) {
        return env.refuse(-EINVAL, "invalid may_goto imm {}", insn.imm);
      }
      return 0;
    default:
      if (insn.from_register() ? insn.imm != 0 : insn.src != 0) {
        return env.refuse(-EINVAL, "BPF_JMP/JMP32 uses reserved fields");
      }
      return 0;
  }
}

}  // namespace

std::bitset<256> known_opcodes(const Rules& rules) {
  return opcodes_of(rules.instructions);
}

int check_insn_fields(Env& env, std::uint32_t at) {
  const Insn& insn = env.insns[at];
  env.insn_idx = at;
  for (const unsigned number : {unsigned{insn.dst}, unsigned{insn.src}})
    if (number >= reg_count) return env.refuse(-EINVAL, "R{} is invalid", number);
  switch (insn.insn_class()) {
    case insn_class::alu:
    case insn_class::alu64:
      return check_alu_fields(env, insn);
    case insn_class::jmp:
    case insn_class::jmp32:
      return check_jump_fields(env, insn);
    case insn_class::ldx:
      if (insn.imm != 0) return env.refuse(-EINVAL, "BPF_LDX uses reserved fields");
      return 0;
    case insn_class::st:
      if (insn.src != 0) return env.refuse(-EINVAL, "BPF_ST uses reserved fields");
      return 0;
    case insn_class::stx:
      // The operation and size of an atomic are looked at where a path reaches it: insn/atomic.cpp.
      if (insn.mode() != mem_mode::atomic && insn.imm != 0) return env.refuse(-EINVAL, "BPF_STX uses reserved fields");
      return 0;
    default:
      if (insn.is_wide_load()) return 0;
      if (insn.dst != 0 || insn.off != 0 || (insn.mode() == mem_mode::abs && insn.src != 0)) {
        return env.refuse(-EINVAL, "BPF_LD_[ABS|IND] uses reserved fields");
      }
      return 0;
  }
}

}  // namespace skep::verifier
