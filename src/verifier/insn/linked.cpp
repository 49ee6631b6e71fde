// Linked scalars: copies of one value, or values that differ from it by a constant. What a branch learns of one is
// known of all.
//
// Tested by tests/verifier/insn/branch_test.cpp.
#include <limits>

#include "verifier/insn/internal.hpp"
#include "verifier/path/path.hpp"

namespace skep::verifier {
namespace {

RegState* linked_reg(State& state, const LinkedRegs::Item& item) {
  Frame& frame = *state.frames[item.frame];
  if (item.is_reg) return &frame.regs[item.number];
  return item.number < frame.stack.size() ? &frame.stack[item.number].spilled : nullptr;
}

}  // namespace

void unlink_scalar(RegState& reg) {
  reg.id = 0;
  reg.add_const = 0;
  reg.linked_add32 = reg.linked_add64 = false;
}

void note_constant_added(RegState& reg, std::uint64_t constant, bool is_sub, bool is64) {
  if (reg.id == 0) return unlink_scalar(reg);
  const auto value = is64 ? static_cast<std::int64_t>(constant)
                          : std::int64_t{static_cast<std::int32_t>(static_cast<std::uint32_t>(constant))};
  const std::int64_t delta = is_sub ? -value : value;
  const bool fits =
      delta >= std::numeric_limits<std::int32_t>::min() && delta <= std::numeric_limits<std::int32_t>::max();
  // One constant is remembered, not a sum of them.
  if (reg.linked_add32 || reg.linked_add64 || !fits) return unlink_scalar(reg);
  reg.add_const = static_cast<std::int32_t>(delta);
  (is64 ? reg.linked_add64 : reg.linked_add32) = true;
}

void sync_linked_regs(State& state, const RegState& known_reg, const LinkedRegs& linked) {
  const RegState known = known_reg;
  for (std::uint32_t i = 0; i < linked.count; ++i) {
    RegState* reg = linked_reg(state, linked.items[i]);
    if (reg == nullptr || reg == &known_reg || !reg->is_scalar() || reg->id != known.id) continue;
    // A difference modulo 2^32 says nothing of one modulo 2^64.
    if ((reg->linked_add32 && known.linked_add64) || (reg->linked_add64 && known.linked_add32)) continue;
    if (reg->add_const == known.add_const) {
      *reg = known;
      continue;
    }
    const RegState before = *reg;
    *reg = known;
    reg->add_const = before.add_const;
    reg->linked_add32 = before.linked_add32;
    reg->linked_add64 = before.linked_add64;
    const std::int64_t delta = std::int64_t{before.add_const} - known.add_const;
    alu(AluOp::add, reg->r, Scalar::constant(static_cast<std::uint64_t>(delta)), true);
    if (before.linked_add32 || known.linked_add32) reg->r.zero_extend32();
  }
}

}  // namespace skep::verifier
