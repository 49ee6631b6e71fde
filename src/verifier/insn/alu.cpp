// Arithmetic: on numbers by their domain, on pointers by pointer/arithmetic.cpp; moves and casts.
//
// Tested by tests/verifier/insn/alu_test.cpp.
#include <cerrno>

#include "verifier/insn/insn.hpp"
#include "verifier/insn/internal.hpp"
#include "verifier/path/path.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/program/map_use.hpp"

namespace skep::verifier {
namespace {

constexpr std::int16_t address_space_cast = 1;  // the offset field of such a move
constexpr std::int32_t to_kernel_space = 1;     // from address space 1 to 0

AluOp operation(const Insn& insn) {
  const bool is_signed = insn.off == 1;
  switch (insn.op()) {
    case alu_op::add:
      return AluOp::add;
    case alu_op::sub:
      return AluOp::sub;
    case alu_op::mul:
      return AluOp::mul;
    case alu_op::div:
      return is_signed ? AluOp::sdiv : AluOp::div;
    case alu_op::or_:
      return AluOp::or_;
    case alu_op::and_:
      return AluOp::and_;
    case alu_op::lsh:
      return AluOp::lsh;
    case alu_op::rsh:
      return AluOp::rsh;
    case alu_op::neg:
      return AluOp::neg;
    case alu_op::mod:
      return is_signed ? AluOp::smod : AluOp::mod;
    case alu_op::xor_:
      return AluOp::xor_;
    case alu_op::arsh:
      return AluOp::arsh;
    default:
      return AluOp::mov;
  }
}

bool is64(const Insn& insn) {
  return insn.insn_class() == insn_class::alu64;
}

// ---- moves ----------------------------------------------------------------------------------------------------------

int move_constant(Env& env, const Insn& insn) {
  if (int error = check_reg(env, insn.dst, RegUse::dest)) return error;
  const auto value = static_cast<std::int64_t>(insn.imm);
  env.reg(insn.dst).mark_const(is64(insn) ? static_cast<std::uint64_t>(value)
                                          : std::uint64_t{static_cast<std::uint32_t>(insn.imm)});
  return 0;
}

// r1 = r2, or w1 = w2 of a number: the copy is linked if it is the same value.
void copy_number(Env& env, RegState& dst, RegState& src, bool same_value) {
  if (same_value) link_before_copy(env, src);
  dst = src;
  if (!same_value) unlink_scalar(dst);
}

int move64(Env& env, const Insn& insn, RegState& dst, RegState& src) {
  if (insn.off == 0) {
    if (src.is_scalar())
      copy_number(env, dst, src, true);
    else
      dst = src;
    return 0;
  }
  const unsigned bits = static_cast<unsigned>(insn.off);
  if (!src.is_scalar()) {
    dst.mark_unknown();
    return 0;
  }
  copy_number(env, dst, src, src.r.umax() < std::uint64_t{1} << (bits - 1));
  dst.r.sign_extend_from(bits / 8);
  return 0;
}

int move32(Env& env, const Insn& insn, RegState& dst, RegState& src) {
  if (!src.is_scalar()) {
    dst.mark_unknown();
    dst.r.zero_extend32();
    return 0;
  }
  if (insn.off == 0) {
    copy_number(env, dst, src, src.r.umax() <= 0xffffffff);
    dst.r.zero_extend32();
    return 0;
  }
  const unsigned bits = static_cast<unsigned>(insn.off);
  copy_number(env, dst, src, src.r.umax() < std::uint64_t{1} << (bits - 1));
  dst.r.sign_extend32_from(bits / 8);
  return 0;
}

int cast_address(Env& env, const Insn& insn, RegState& dst) {
  if (!has_arena(env))
    return env.refuse(-EINVAL, "addr_space_cast insn can only be used in a program that has an associated arena");
  dst.mark_unknown();
  if (insn.imm == to_kernel_space) dst.mark_pointer(RegType::arena);
  return 0;
}

int move_register(Env& env, const Insn& insn) {
  if (int error = check_reg(env, insn.src, RegUse::source)) return error;
  if (int error = check_reg(env, insn.dst, RegUse::dest_unmarked)) return error;
  RegState& dst = env.reg(insn.dst);
  RegState& src = env.reg(insn.src);
  if (is64(insn) && insn.off == address_space_cast) return cast_address(env, insn, dst);
  return is64(insn) ? move64(env, insn, dst, src) : move32(env, insn, dst, src);
}

// ---- one operand ----------------------------------------------------------------------------------------------------

int negate_register(Env& env, const Insn& insn) {
  if (int error = check_reg(env, insn.dst, RegUse::source)) return error;
  if (int error = check_reg(env, insn.dst, RegUse::dest_unmarked)) return error;
  RegState& dst = env.reg(insn.dst);
  if (!dst.is_scalar()) {
    dst.mark_unknown();  // also of its upper half, as after all arithmetic on addresses
    return 0;
  }
  alu(AluOp::neg, dst.r, dst.r, is64(insn));
  unlink_scalar(dst);
  return 0;
}

int swap_bytes(Env& env, const Insn& insn) {
  if (int error = check_reg(env, insn.dst, RegUse::source)) return error;
  if (int error = check_reg(env, insn.dst, RegUse::dest_unmarked)) return error;
  RegState& dst = env.reg(insn.dst);
  if (!dst.is_scalar()) {
    dst.mark_unknown();
    return 0;
  }
  const auto bytes = static_cast<unsigned>(insn.imm) / 8;
  if (is64(insn))
    dst.r.byte_swap(bytes);
  else if (insn.from_register())
    dst.r.to_be(bytes);
  else
    dst.r.to_le(bytes);
  unlink_scalar(dst);
  return 0;
}

// ---- two operands ---------------------------------------------------------------------------------------------------

int check_operands(Env& env, const Insn& insn) {
  if (insn.from_register()) {
    if (int error = check_reg(env, insn.src, RegUse::source)) return error;
  }
  if (int error = check_reg(env, insn.dst, RegUse::source)) return error;
  const bool divides = insn.op() == alu_op::div || insn.op() == alu_op::mod;
  if (divides && !insn.from_register() && insn.imm == 0) return env.refuse(-EINVAL, "div by zero");
  const bool shifts = insn.op() == alu_op::lsh || insn.op() == alu_op::rsh || insn.op() == alu_op::arsh;
  if (shifts && !insn.from_register() && (insn.imm < 0 || insn.imm >= (is64(insn) ? 64 : 32)))
    return env.refuse(-EINVAL, "invalid shift {}", insn.imm);
  return check_reg(env, insn.dst, RegUse::dest_unmarked);
}

// All ones or all zeros (a sign that was spread over a word), masked by a constant: two paths know more than one.
int split_sign_mask(Env& env, const Insn& insn, const RegState& source) {
  if ((insn.op() != alu_op::and_ && insn.op() != alu_op::or_) || !source.r.is_const()) return 0;
  RegState& dst = env.reg(insn.dst);
  const bool all64 = dst.r.smin() == -1 && dst.r.smax() == 0;
  const bool all32 = dst.r.smin32() == -1 && dst.r.smax32() == 0;
  if (!all64 && !all32) return 0;
  State* other = push_branch(env, env.insn_idx, env.insn_idx);
  if (other == nullptr) return -E2BIG;
  RegState& here = env.reg(insn.dst);
  const auto set = [all64](RegState& reg, std::uint64_t value) {
    if (all64)
      reg.r = Scalar::constant(value);
    else
      reg.r.intersect_var_off(reg.r.var_off().const_subreg(static_cast<std::uint32_t>(value)));
  };
  set(other->reg(insn.dst), 0);
  set(here, ~std::uint64_t{0});
  return 0;
}

int compute(Env& env, const Insn& insn, const RegState& source, bool self) {
  if (int error = split_sign_mask(env, insn, source)) return error;
  RegState& dst = env.reg(insn.dst);
  const bool wide = is64(insn);
  const bool adds = insn.op() == alu_op::add || insn.op() == alu_op::sub;
  const bool constant = wide ? source.r.is_const() : source.r.is_const32();
  const std::uint64_t value = wide ? source.r.const_value() : source.r.const_value32();
  // Only a value of 32 bits is the same modulo 2^32 and as a whole.
  const bool linkable = adds && constant && !self && (wide || dst.r.umax() <= 0xffffffff);
  const Scalar operand = source.r;
  alu(operation(insn), dst.r, operand, wide);
  if (linkable)
    note_constant_added(dst, value, insn.op() == alu_op::sub, wide);
  else
    unlink_scalar(dst);
  return 0;
}

// Arithmetic with an address in an arena is done on its low half alone, so an instruction is always such or never.
int check_arena_mix(Env& env, const Insn& insn, bool arena) {
  constexpr std::uint32_t with_arena = 1, without_arena = 2;
  if (!is64(insn)) return 0;
  std::uint32_t& seen = env.insn_aux().access.alu_state;
  seen |= arena ? with_arena : without_arena;
  if (seen != (with_arena | without_arena)) return 0;
  return env.refuse(-EINVAL, "same insn cannot be used with and without arena pointer");
}

int combine(Env& env, const Insn& insn) {
  RegState& dst = env.reg(insn.dst);
  const bool src_arena = insn.from_register() && env.reg(insn.src).is(RegType::arena);
  const bool arena = dst.is(RegType::arena) || src_arena;
  if (int error = check_arena_mix(env, insn, arena)) return error;
  if (arena) {
    // Whatever is added to it, the sum is an address that may be tried.
    if (!dst.is(RegType::arena)) dst = env.reg(insn.src);
    return 0;
  }
  RegState constant;
  if (!insn.from_register()) {
    constant.mark_const(static_cast<std::uint64_t>(std::int64_t{insn.imm}));
    return dst.is_scalar() ? compute(env, insn, constant, false) : adjust_pointer(env, insn, insn.dst, dst, constant);
  }
  const RegState& src = env.reg(insn.src);
  if (!src.is_scalar() && !dst.is_scalar()) {
    // The difference of two pointers is a number; nothing else is anything.
    if (insn.op() == alu_op::sub) {
      dst.mark_unknown();
      return 0;
    }
    return env.refuse(-EACCES, "R{} pointer {} pointer prohibited", static_cast<unsigned>(insn.dst),
                      alu_operator(insn));
  }
  if (!src.is_scalar()) {
    if (int error = mark_precise(env, insn.dst)) return error;
    return adjust_pointer(env, insn, insn.dst, src, dst);
  }
  if (!dst.is_scalar()) {
    if (int error = mark_precise(env, insn.src)) return error;
    return adjust_pointer(env, insn, insn.dst, dst, src);
  }
  if (dst.precise) {
    if (int error = mark_precise(env, insn.src)) return error;
  }
  return compute(env, insn, src, insn.src == insn.dst);
}

}  // namespace

std::string_view alu_operator(const Insn& insn) {
  switch (insn.op()) {
    case alu_op::add:
      return "+=";
    case alu_op::sub:
      return "-=";
    case alu_op::mul:
      return "*=";
    case alu_op::div:
      return "/=";
    case alu_op::or_:
      return "|=";
    case alu_op::and_:
      return "&=";
    case alu_op::lsh:
      return "<<=";
    case alu_op::rsh:
      return ">>=";
    case alu_op::neg:
      return "neg";
    case alu_op::mod:
      return "%=";
    case alu_op::xor_:
      return "^=";
    case alu_op::mov:
      return "=";
    case alu_op::arsh:
      return "s>>=";
    default:
      return "endian";
  }
}

int check_alu(Env& env, const Insn& insn) {
  switch (insn.op()) {
    case alu_op::end:
      return swap_bytes(env, insn);
    case alu_op::neg:
      return negate_register(env, insn);
    case alu_op::mov:
      return insn.from_register() ? move_register(env, insn) : move_constant(env, insn);
    default:
      break;
  }
  if (int error = check_operands(env, insn)) return error;
  return combine(env, insn);
}

}  // namespace skep::verifier
