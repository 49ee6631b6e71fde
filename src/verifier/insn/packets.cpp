// Comparisons of packet pointers with the end of the packet (or of metadata with its beginning): what either branch
// proves.
//
// All eight forms come to one: "pointer OP limit" with the pointer on the left. Tested by
// tests/verifier/pointer/packet_test.cpp.
#include "verifier/insn/internal.hpp"
#include "verifier/pointer/pointer.hpp"

namespace skep::verifier {
namespace {

bool is_packet_begin(const RegState& reg) {
  return reg.is(RegType::packet) && reg.id == 0 && reg.r.is_const() && reg.fixed_offset() == 0;
}

bool bounds(const RegState& pointer, const RegState& limit) {
  return (pointer.is(RegType::packet) && limit.is(RegType::packet_end)) ||
         (pointer.is(RegType::packet_meta) && is_packet_begin(limit));
}

void mark_end(State& state, unsigned regno, bool beyond) {
  RegState& reg = state.reg(regno);
  if (reg.is(RegType::packet)) reg.at_pkt_end = beyond ? -1 : 1;
}

}  // namespace

bool learn_packet_range(const Comparison& comparison, State& here, State& there) {
  if (comparison.src < 0 || !comparison.is64) return false;
  const auto src = static_cast<unsigned>(comparison.src);
  CmpOp op = comparison.op;
  unsigned regno = comparison.dst;
  if (!bounds(here.reg(comparison.dst), here.reg(src))) {
    if (!bounds(here.reg(src), here.reg(comparison.dst))) return false;
    op = mirror(op);
    regno = src;
  }
  const RegState pointer = here.reg(regno);
  State* inside = nullptr;  // where the pointer is not beyond its limit
  bool strictly_inside = false;
  switch (op) {
    case CmpOp::gt:
      inside = &here;
      break;
    case CmpOp::le:
      inside = &there;
      break;
    case CmpOp::lt:
      inside = &there, strictly_inside = true;
      break;
    case CmpOp::ge:
      inside = &here, strictly_inside = true;
      break;
    default:
      return false;
  }
  State& outside = inside == &here ? there : here;
  find_good_packet_pointers(*inside, pointer, strictly_inside);
  mark_end(outside, regno, !strictly_inside);
  return true;
}

}  // namespace skep::verifier
