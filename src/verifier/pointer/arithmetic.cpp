// Pointer arithmetic: which kinds of pointers a number may be added to or subtracted from, and how far they may go.
//
// Tested by tests/verifier/pointer/arithmetic_test.cpp.
#include <cerrno>
#include <limits>

#include "verifier/insn/internal.hpp"
#include "verifier/pointer/internal.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/report/explain.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {
namespace {

enum class Movable { yes, by_constant, by_zero, no };

Movable movable(RegType type) {
  switch (type) {
    case RegType::ctx:
    case RegType::map_value:
    case RegType::map_key:
    case RegType::stack:
    case RegType::packet:
    case RegType::packet_meta:
    case RegType::tp_buffer:
    case RegType::btf:
    case RegType::mem:
    case RegType::buf:
    case RegType::func:
    case RegType::dynptr:
      return Movable::yes;
    case RegType::flow_keys:
      return Movable::by_constant;
    case RegType::map_ptr:
      return Movable::by_zero;
    default:
      return Movable::no;
  }
}

bool may_move(const RegState& pointer, const RegState& number, std::uint8_t op) {
  const bool adds_zero = number.is_null() && op == alu_op::add;
  switch (movable(pointer.type)) {
    case Movable::yes:
      return true;
    case Movable::by_constant:
      return number.r.is_const();
    case Movable::by_zero:
    case Movable::no:
      return adds_zero;
  }
  return false;
}

bool too_far(std::int64_t offset) {
  return offset >= max_var_off || offset <= -max_var_off;
}

int check_number(Env& env, unsigned regno, std::string_view kind, const Scalar& number) {
  const auto why = [regno] { return explain::unsafe_scalar_offset(regno); };
  const std::int64_t least = number.smin();
  if (number.is_const()) {
    const auto value = static_cast<std::int64_t>(number.const_value());
    if (too_far(value)) return env.refuse(-EINVAL, why(), "math between {} pointer and {} is not allowed", kind, value);
    return 0;
  }
  if (least == std::numeric_limits<std::int64_t>::min())
    return env.refuse(-EINVAL, why(), "math between {} pointer and register with unbounded min value is not allowed",
                      kind);
  if (too_far(least)) return env.refuse(-EINVAL, why(), "value {} makes {} pointer be out of bounds", least, kind);
  return 0;
}

int check_offset_sane(Env& env, const RegState& pointer, unsigned regno, std::string_view kind) {
  const Scalar& offset = pointer.r;
  const std::int64_t least = offset.is_const() ? static_cast<std::int64_t>(offset.const_value()) : offset.smin();
  if (too_far(least))
    return env.refuse(-EINVAL, explain::unsafe_pointer_offset(pointer, regno), "{} pointer offset {} is not allowed",
                      kind, least);
  return 0;
}

// What is proved of a packet pointer no longer holds when something unknown was added to it.
void forget_packet_range(Env& env, RegState& pointer, const Scalar& number, std::uint8_t op) {
  if (!pointer.is_packet()) return;
  pointer.at_pkt_end = 0;
  if (number.is_const()) return;
  pointer.id = env.new_id();
  if (op == alu_op::add || number.smin() < 0) pointer.range = 0;
}

}  // namespace

int adjust_pointer(Env& env, const Insn& insn, unsigned dst, const RegState& pointer, const RegState& scalar) {
  // Copies: the destination is one of them.
  const RegState base = pointer;
  const RegState number = scalar;
  const std::uint8_t op = insn.op();
  const std::string kind = reg_type_name(base.type, base.flags);
  if (number.r.is_empty()) {
    env.reg(dst).mark_unknown();
    return 0;
  }
  if (insn.insn_class() != insn_class::alu64) {
    // Half a pointer is a number, and to the kernel any number: it does not note that the upper half is zero.
    if (op == alu_op::sub) {
      env.reg(dst).mark_unknown();
      return 0;
    }
    return env.refuse(-EACCES, explain::arithmetic_32bit(base, dst), "R{} 32-bit pointer arithmetic prohibited", dst);
  }
  if (base.maybe_null())
    return env.refuse(-EACCES, explain::arithmetic_before_null_check(base, dst),
                      "R{} pointer arithmetic on {} prohibited, null-check it first", dst, kind);
  // Bytes of which nothing is known but that they may be read: where they are does not matter.
  if (base.is(RegType::mem) && base.has(reg_flag::untrusted)) {
    env.reg(dst) = base;
    return 0;
  }
  if (!may_move(base, number, op))
    return env.refuse(-EACCES, explain::arithmetic_forbidden(base, dst), "R{} pointer arithmetic on {} prohibited", dst,
                      kind);
  if (int error = check_number(env, env.reg(dst).is_scalar() ? insn.src : dst, kind, number.r)) return error;
  if (int error = check_offset_sane(env, base, dst, kind)) return error;

  const bool dst_is_number = env.reg(dst).is_scalar();
  RegState result = base;
  // Packet pointers of one id stay comparable: their offsets differ by constants, to the last bit.
  const bool shifts = base.is_packet() && number.r.is_const();
  switch (op) {
    case alu_op::add:
      if (shifts)
        result.r.shift_by(number.r.const_value());
      else
        alu(AluOp::add, result.r, number.r, true);
      break;
    case alu_op::sub:
      if (dst_is_number)
        return env.refuse(-EACCES, explain::subtracted_from_scalar(insn.src, dst),
                          "R{} tried to subtract pointer from scalar", dst);
      if (base.is(RegType::stack))
        return env.refuse(-EACCES, explain::subtraction_from_stack(dst),
                          "R{} subtraction from stack pointer prohibited", dst);
      if (shifts)
        result.r.shift_by(0 - number.r.const_value());
      else
        alu(AluOp::sub, result.r, number.r, true);
      break;
    case alu_op::and_:
    case alu_op::or_:
    case alu_op::xor_:
      return env.refuse(-EACCES, explain::bitwise_on_pointer(base, dst, alu_operator(insn)),
                        "R{} bitwise operator {} on pointer prohibited", dst, alu_operator(insn));
    default:
      return env.refuse(-EACCES, explain::operator_on_pointer(base, dst, alu_operator(insn)),
                        "R{} pointer arithmetic with {} operator prohibited", dst, alu_operator(insn));
  }
  forget_packet_range(env, result, number.r, op);
  if (int error = check_offset_sane(env, result, dst, kind)) return error;
  env.reg(dst) = result;
  return 0;
}

}  // namespace skep::verifier
