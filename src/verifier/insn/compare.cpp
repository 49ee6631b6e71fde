// Comparisons: what is known of their outcome before the branch.
//
// Tested by tests/verifier/insn/branch_test.cpp.
#include "verifier/insn/internal.hpp"
#include "verifier/pointer/internal.hpp"

namespace skep::verifier {
namespace {

bool is_any_packet(const RegState& reg) {
  return reg.is_packet() || reg.is(RegType::packet_end);
}

// Kinds of which a pointer, once checked, is never NULL.
bool never_null(const RegState& reg) {
  if (reg.maybe_null()) return false;
  switch (reg.type) {
    case RegType::socket:
    case RegType::tcp_sock:
    case RegType::sock_common:
    case RegType::map_value:
    case RegType::map_key:
    case RegType::map_ptr:
      return true;
    case RegType::btf:
      return is_trusted(reg);
    case RegType::mem:
      return !reg.has(reg_flag::untrusted);
    default:
      return false;
  }
}

// A packet pointer of which an earlier comparison told that it is at the end, or beyond.
int evaluate_packet(const RegState& packet, CmpOp op) {
  const bool beyond = packet.at_pkt_end < 0;
  switch (op) {
    case CmpOp::le:
    case CmpOp::gt:
      return beyond ? op == CmpOp::gt : -1;
    case CmpOp::lt:
    case CmpOp::ge:
      return packet.at_pkt_end != 0 ? op == CmpOp::ge : -1;
    default:
      return -1;
  }
}

int evaluate_packets(const RegState& left, const RegState& right, CmpOp op) {
  if (right.is(RegType::packet_end)) return evaluate_packet(left, op);
  if (left.is(RegType::packet_end)) return evaluate_packet(right, mirror(op));
  return -1;
}

int evaluate_same(const RegState& reg, CmpOp op, bool is64) {
  switch (op) {
    case CmpOp::eq:
    case CmpOp::ge:
    case CmpOp::le:
    case CmpOp::sge:
    case CmpOp::sle:
      return 1;
    case CmpOp::ne:
    case CmpOp::gt:
    case CmpOp::lt:
    case CmpOp::sgt:
    case CmpOp::slt:
      return 0;
    case CmpOp::set: {
      if (is64 && reg.r.is_const()) return reg.r.const_value() != 0 ? 1 : 0;
      if (!is64 && reg.r.is_const32()) return reg.r.const_value32() != 0 ? 1 : 0;
      const std::int64_t least = is64 ? reg.r.smin() : reg.r.smin32();
      const std::int64_t greatest = is64 ? reg.r.smax() : reg.r.smax32();
      return least <= 0 && greatest >= 0 ? -1 : 1;
    }
    default:
      return -1;
  }
}

// Neither operand's knowledge decides, but one of the outcomes may contradict it.
int evaluate_by_contradiction(const Scalar& left, const Scalar& right, CmpOp op, bool is64) {
  Scalar a = left, b = right;
  refine(negate(op), a, b, is64);
  if (a.is_empty() || b.is_empty()) return 1;
  a = left;
  b = right;
  refine(op, a, b, is64);
  return a.is_empty() || b.is_empty() ? 0 : -1;
}

}  // namespace

Comparison comparison_of(const Insn& insn) {
  Comparison c;
  switch (insn.op()) {
    case jmp_op::jeq:
      c.op = CmpOp::eq;
      break;
    case jmp_op::jgt:
      c.op = CmpOp::gt;
      break;
    case jmp_op::jge:
      c.op = CmpOp::ge;
      break;
    case jmp_op::jset:
      c.op = CmpOp::set;
      break;
    case jmp_op::jne:
      c.op = CmpOp::ne;
      break;
    case jmp_op::jsgt:
      c.op = CmpOp::sgt;
      break;
    case jmp_op::jsge:
      c.op = CmpOp::sge;
      break;
    case jmp_op::jlt:
      c.op = CmpOp::lt;
      break;
    case jmp_op::jle:
      c.op = CmpOp::le;
      break;
    case jmp_op::jslt:
      c.op = CmpOp::slt;
      break;
    default:
      c.op = CmpOp::sle;
      break;
  }
  c.is64 = insn.insn_class() == insn_class::jmp;
  c.dst = insn.dst;
  if (insn.from_register())
    c.src = insn.src;
  else
    c.constant.mark_const(static_cast<std::uint64_t>(std::int64_t{insn.imm}));
  return c;
}

int evaluate(const RegState& left, const RegState& right, const Comparison& comparison) {
  const CmpOp op = comparison.op;
  if (is_any_packet(left) && is_any_packet(right)) return comparison.is64 ? evaluate_packets(left, right, op) : -1;
  if (left.is_pointer() || right.is_pointer()) {
    const RegState& pointer = left.is_pointer() ? left : right;
    const RegState& other = left.is_pointer() ? right : left;
    if (!comparison.is64 || !other.is_null() || !never_null(pointer)) return -1;
    return op == CmpOp::eq ? 0 : op == CmpOp::ne ? 1 : -1;
  }
  if (&left == &right) return evaluate_same(left, op, comparison.is64);
  const int known = branch_taken(op, left.r, right.r, comparison.is64);
  return known >= 0 ? known : evaluate_by_contradiction(left.r, right.r, op, comparison.is64);
}

}  // namespace skep::verifier
