// What the files about the stack share.
#pragma once

#include "verifier/pointer/internal.hpp"
#include "verifier/pointer/pointer.hpp"

namespace skep::verifier {

// A byte of the stack, by its offset from the frame pointer (negative): the slot and the place in it.
struct StackByte {
  std::uint32_t slot, byte;
};
inline StackByte stack_byte(std::int64_t off) {
  const auto at = static_cast<std::uint64_t>(-off - 1);
  return {static_cast<std::uint32_t>(at / 8), static_cast<std::uint32_t>(at % 8)};
}
inline SlotType& slot_type(Frame& frame, std::int64_t off) {
  const StackByte at = stack_byte(off);
  return frame.stack[at.slot].types[at.byte];
}
inline Frame& frame_of(Env& env, const RegState& pointer) {
  return *env.state->frames[pointer.frame];
}

// Is it a spilled register, dynptr, iterator or irq flag?
inline bool is_special(const StackSlot& slot) {
  const SlotType t = slot.types[7];
  return t == SlotType::spill || t == SlotType::dynptr || t == SlotType::iter || t == SlotType::irq_flag;
}
// What was a register or an object becomes bytes of which nothing is known.
void forget_slot(StackSlot& slot);
// How many bits of a scalar may be set.
unsigned scalar_width(const RegState& reg);
// Gives the scalar an id, so that its copies can be found.
void link_before_copy(Env& env, RegState& source);
inline void unlink(RegState& reg) {
  reg.id = 0;
  reg.add_const = 0;
  reg.linked_add32 = reg.linked_add64 = false;
}

int write_stack(Env& env, const MemAccess& access);
int read_stack(Env& env, const MemAccess& access);
// A call writes `size` bytes at `off`.
int clobber_stack(Env& env, const RegState& pointer, std::int64_t off, std::uint64_t size);
int check_range_initialized(Env& env, const RegState& reg, unsigned regno, std::int64_t off, std::uint64_t size,
                            Access access, bool by_call, bool uninit);

}  // namespace skep::verifier
