// Loads from the stack: a spilled register comes back, in whole or in part; other bytes are zeros or unknown.
//
// Bytes that were never written may be read (programs verified here are privileged). Tested by
// tests/verifier/pointer/stack_test.cpp.
#include <cerrno>

#include "verifier/path/path.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/pointer/stack.hpp"
#include "verifier/report/explain.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {
namespace {

// Bytes that are zeros, or parts of spilled numbers that are zero: the result is 0, and that those numbers are 0 has to
// stay so.
int read_mixed(Env& env, Frame& frame, std::int64_t off, std::int64_t end, int value_reg) {
  if (value_reg < 0) return 0;
  std::uint64_t spilled_slots = 0;  // one bit a slot: a stack has at most 64
  bool zeros = true;
  for (std::int64_t at = off; at < end && zeros; ++at) {
    const std::uint32_t slot = stack_byte(at).slot;
    const SlotType type = slot_type(frame, at);
    const bool spilled_zero = type == SlotType::spill && frame.stack[slot].spilled.is_null();
    if (spilled_zero) spilled_slots |= std::uint64_t{1} << slot;
    zeros = type == SlotType::zero || spilled_zero;
  }
  RegState& result = env.reg(static_cast<unsigned>(value_reg));
  if (!zeros) {
    result.mark_unknown();
    return 0;
  }
  for (std::uint32_t slot = 0; spilled_slots != 0; ++slot, spilled_slots >>= 1) {
    if ((spilled_slots & 1) == 0) continue;
    if (int error = mark_precise_slot(env, frame.number, slot)) return error;
  }
  result.mark_const(0);
  return 0;
}

int refuse_bytes(Env& env, SlotType type, std::int64_t off, unsigned i, unsigned size) {
  if (type == SlotType::poison)
    return env.refuse(-EFAULT, "reading from stack off {}+{} size {}, slot poisoned by dead code elimination", off, i,
                      size);
  return env.refuse(-EACCES, explain::uninitialized_stack(off, i, size), "invalid read from stack off {}+{} size {}",
                    off, i, size);
}

// Part of a spilled scalar, or all of one that is narrower than its slot.
int read_part(Env& env, const MemAccess& access, Frame& frame, std::int64_t off, unsigned spill_size) {
  const StackByte at = stack_byte(off);
  StackSlot& slot = frame.stack[at.slot];
  RegState& spilled = slot.spilled;
  if (!spilled.is_scalar()) return env.refuse(-EACCES, "invalid size of register fill");
  if (access.value_reg < 0) return 0;
  RegState& result = env.reg(static_cast<unsigned>(access.value_reg));
  if (access.size <= spill_size && off % 8 == 0) {
    if (access.size == 4 && spill_size == 4 && scalar_width(spilled) <= 32) link_before_copy(env, spilled);
    result = spilled;
    if (scalar_width(spilled) > 8 * access.size) unlink(result);
    record_stack_access(env, frame.number, at.slot);
    return 0;
  }
  unsigned spilled_bytes = 0, zeros = 0;
  for (unsigned i = 0; i < access.size; ++i) {
    const SlotType type = slot_type(frame, off + i);
    switch (type) {
      case SlotType::spill:
        ++spilled_bytes;
        break;
      case SlotType::zero:
        ++zeros;
        break;
      case SlotType::misc:
      case SlotType::invalid:
        break;
      default:
        return refuse_bytes(env, type, off, i, access.size);
    }
  }
  if (spilled_bytes == access.size && spilled.is_null()) {
    result.mark_const(0);
    record_stack_access(env, frame.number, at.slot);
  } else if (zeros + spilled_bytes == access.size && (spilled_bytes == 0 || spilled.is_null())) {
    return read_mixed(env, frame, off, off + access.size, access.value_reg);
  } else {
    result.mark_unknown();
  }
  return 0;
}

int read_fixed(Env& env, const MemAccess& access, Frame& frame, std::int64_t off) {
  const StackByte at = stack_byte(off);
  env.log->touch_slot(at.slot);
  StackSlot& slot = frame.stack[at.slot];
  if (slot.is_spilled()) {
    unsigned spill_size = 1;
    for (unsigned i = 7; i > 0 && slot.types[i - 1] == SlotType::spill; --i) ++spill_size;
    if (access.size != 8 || spill_size != 8) return read_part(env, access, frame, off, spill_size);
    if (access.value_reg >= 0) {
      link_before_copy(env, slot.spilled);
      env.reg(static_cast<unsigned>(access.value_reg)) = slot.spilled;
    }
    record_stack_access(env, frame.number, at.slot);
    return 0;
  }
  for (unsigned i = 0; i < access.size; ++i) {
    const SlotType type = slot.types[(at.byte + 8 - i) % 8];
    if (type != SlotType::misc && type != SlotType::zero && type != SlotType::invalid)
      return refuse_bytes(env, type, off, i, access.size);
  }
  return read_mixed(env, frame, off, off + access.size, access.value_reg);
}

}  // namespace

int read_stack(Env& env, const MemAccess& access) {
  Frame& frame = frame_of(env, access.reg);
  if (access.reg.r.is_const()) return read_fixed(env, access, frame, access.reg.fixed_offset() + access.off);
  if (access.value_reg < 0)
    return env.refuse(-EACCES,
                      "variable offset stack pointer cannot be passed into helper function; var_off={} off={} size={}",
                      tnum_string(access.reg.r.var_off()), access.off, access.size);
  if (int error =
          check_range_initialized(env, access.reg, access.regno, access.off, access.size, Access::read, false, false))
    return error;
  return read_mixed(env, frame, access.reg.r.smin() + access.off, access.reg.r.smax() + access.off + access.size,
                    access.value_reg);
}

}  // namespace skep::verifier
