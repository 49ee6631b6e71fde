// Stores to the stack: registers are spilled whole or in part, everything else leaves bytes.
//
// Tested by tests/verifier/pointer/stack_test.cpp.
#include <cerrno>

#include "verifier/call/call.hpp"
#include "verifier/path/path.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/pointer/stack.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {
namespace {

// What a store puts on the stack: a register's value, or a constant (BPF_ST); a call's bytes are unknown.
struct Stored {
  RegState* reg = nullptr;
  std::optional<RegState> constant;
  int regno = -1;
  bool is_zero() const { return reg != nullptr ? reg->is_null() : constant && constant->is_null(); }
};

Stored stored_value(Env& env, const MemAccess& access) {
  Stored stored;
  if (access.value_reg >= 0) {
    stored.regno = access.value_reg;
    stored.reg = &env.reg(static_cast<unsigned>(access.value_reg));
  } else if (const Insn& insn = env.insns[access.insn];
             insn.insn_class() == insn_class::st && insn.mode() == mem_mode::mem && !access.options.is_atomic) {
    stored.constant.emplace();
    stored.constant->mark_const(static_cast<std::uint64_t>(std::int64_t{insn.imm}));
  }
  return stored;
}

bool is_spillable(const RegState& reg) {
  return reg.is_pointer();
}

// The bytes of the slot that the spilled register does not cover keep being zeros, unwritten or forgotten as dead.
void spill(StackSlot& slot, const RegState& reg, unsigned size) {
  slot.spilled = reg;
  for (unsigned i = 8; i-- > 0;) {
    SlotType& type = slot.types[i];
    if (i >= 8 - size)
      type = SlotType::spill;
    else if (type != SlotType::zero && type != SlotType::invalid && type != SlotType::poison)
      type = SlotType::misc;
  }
}

int precise_if_zero(Env& env, const Stored& stored) {
  return stored.regno >= 0 ? mark_precise(env, static_cast<unsigned>(stored.regno)) : 0;
}

int write_bytes(Env& env, Frame& frame, std::int64_t off, unsigned size, const Stored& stored) {
  const StackByte at = stack_byte(off);
  StackSlot& slot = frame.stack[at.slot];
  forget_slot(slot);
  SlotType type = SlotType::misc;
  if (stored.is_zero()) {
    // The register's history ends here, so that it must be zero is kept at once.
    if (int error = precise_if_zero(env, stored)) return error;
    type = SlotType::zero;
  }
  for (unsigned i = 0; i < size; ++i) slot_type(frame, off + i) = type;
  return 0;
}

int write_fixed(Env& env, const MemAccess& access, Frame& frame, std::int64_t off) {
  const StackByte at = stack_byte(off);
  if (int error = check_stack_object_overwrite(env, frame, static_cast<int>(at.slot))) return error;
  Stored stored = stored_value(env, access);
  const bool at_slot = off % 8 == 0;
  env.log->touch_slot(at.slot);
  StackSlot& slot = frame.stack[at.slot];
  if (stored.reg != nullptr && at_slot && stored.reg->is_scalar()) {
    const bool fits = scalar_width(*stored.reg) <= 8 * access.size;
    if (fits) link_before_copy(env, *stored.reg);
    spill(slot, *stored.reg, access.size);
    if (!fits) unlink(slot.spilled);
  } else if (stored.constant && at_slot) {
    spill(slot, *stored.constant, access.size);
  } else if (stored.reg != nullptr && is_spillable(*stored.reg)) {
    if (access.size != 8) return env.refuse(-EACCES, "invalid size of register spill");
    if (&frame != &env.frame() && stored.reg->is(RegType::stack))
      return env.refuse(-EINVAL, "cannot spill pointers to stack into stack frame of the caller");
    spill(slot, *stored.reg, access.size);
  } else {
    return write_bytes(env, frame, off, access.size, stored);
  }
  record_stack_access(env, frame.number, at.slot);
  return 0;
}

int write_variable(Env& env, const MemAccess& access, Frame& frame) {
  const std::int64_t least = access.reg.r.smin() + access.off;
  const std::int64_t end = access.reg.r.smax() + access.off + access.size;
  const Stored stored = stored_value(env, access);
  const bool zero = stored.is_zero();
  bool zero_kept = false;
  for (std::int64_t off = least; off < end; ++off) {
    if (int error = check_stack_object_overwrite(env, frame, static_cast<int>(stack_byte(off).slot))) return error;
  }
  for (std::int64_t off = least; off < end; ++off) {
    const StackByte at = stack_byte(off);
    env.log->touch_slot(at.slot);
    StackSlot& slot = frame.stack[at.slot];
    SlotType& type = slot.types[at.byte];
    // A zero over a zero changes nothing.
    if (zero && type == SlotType::spill && slot.spilled.is_null()) {
      zero_kept = true;
      continue;
    }
    forget_slot(slot);
    if (zero && type == SlotType::zero)
      zero_kept = true;
    else
      type = SlotType::misc;
  }
  return zero_kept ? precise_if_zero(env, stored) : 0;
}

}  // namespace

int write_stack(Env& env, const MemAccess& access) {
  Frame& frame = frame_of(env, access.reg);
  if (!access.reg.r.is_const()) return write_variable(env, access, frame);
  return write_fixed(env, access, frame, access.reg.fixed_offset() + access.off);
}

int clobber_stack(Env& env, const RegState& pointer, std::int64_t off, std::uint64_t size) {
  Frame& frame = frame_of(env, pointer);
  for (std::uint64_t i = 0; i < size; ++i) {
    const StackByte at = stack_byte(off + static_cast<std::int64_t>(i));
    if (int error = check_stack_object_overwrite(env, frame, static_cast<int>(at.slot))) return error;
    env.log->touch_slot(at.slot);
    forget_slot(frame.stack[at.slot]);
    frame.stack[at.slot].types[at.byte] = SlotType::misc;
  }
  return 0;
}

int save_reg_to_stack(Env& env, Frame& frame, int slot, const RegState& reg, unsigned size) {
  const auto index = static_cast<std::size_t>(slot);
  if (frame.stack.size() <= index) frame.stack.resize(index + 1);
  spill(frame.stack[index], reg, size);
  env.log->touch_slot(index);
  return 0;
}

}  // namespace skep::verifier
