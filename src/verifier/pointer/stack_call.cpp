// Stack memory that is handed to a call: initialized, or about to be.
//
// Tested by tests/verifier/pointer/stack_test.cpp.
#include <cerrno>

#include "verifier/pointer/pointer.hpp"
#include "verifier/pointer/stack.hpp"

namespace skep::verifier {
namespace {

// One byte that a call may read, or also write.
bool use_byte(Frame& frame, std::int64_t off, bool clobber) {
  const StackByte at = stack_byte(off);
  StackSlot& slot = frame.stack[at.slot];
  SlotType& type = slot.types[at.byte];
  switch (type) {
    case SlotType::misc:
      return true;
    case SlotType::zero:
    case SlotType::invalid:
      if (clobber) type = SlotType::misc;
      return true;
    case SlotType::poison:
      if (clobber) type = SlotType::misc;
      return clobber;
    default:
      break;
  }
  if (!slot.is_spilled() || type != SlotType::spill) return false;
  if (clobber) {
    slot.spilled.mark_unknown();
    for (SlotType& t : slot.types)
      if (t != SlotType::invalid) t = SlotType::misc;
  }
  return true;
}

int refuse_poison(Env& env, const RegState& reg, unsigned regno, std::int64_t least, std::int64_t at,
                  std::uint64_t size) {
  constexpr std::string_view why = "slot poisoned by dead code elimination";
  if (reg.r.is_const())
    return env.refuse(-EACCES, "reading from stack R{} off {}+{} size {}, {}", regno, least, at - least, size, why);
  return env.refuse(-EACCES, "reading from stack R{} var_off {}+{} size {}, {}", regno, tnum_string(reg.r.var_off()),
                    at - least, size, why);
}

}  // namespace

int check_no_poison(Env& env, const RegState& reg, unsigned regno, std::uint64_t size) {
  if (int error = check_stack_bounds(env, reg, regno, 0, size, Access::write, true)) return error;
  const std::int64_t least = reg.r.smin(), end = reg.r.smax() + static_cast<std::int64_t>(size);
  for (std::int64_t at = least; at < end; ++at) {
    if (slot_type(frame_of(env, reg), at) == SlotType::poison) return refuse_poison(env, reg, regno, least, at, size);
  }
  return 0;
}

int check_range_initialized(Env& env, const RegState& reg, unsigned regno, std::int64_t off, std::uint64_t size,
                            Access access, bool by_call, bool uninit) {
  if (int error = check_stack_bounds(env, reg, regno, off, size, access, by_call)) return error;
  Frame& frame = frame_of(env, reg);
  const bool fixed = reg.r.is_const();
  const std::int64_t least = reg.r.smin() + off;
  const std::int64_t end = reg.r.smax() + off + static_cast<std::int64_t>(size);
  // Where exactly the call writes must be known, or not all of it would be initialized afterwards. It is written when
  // all arguments were looked at, of which another may read there: fill_call_memory().
  if (uninit && fixed) return 0;
  for (std::int64_t at = least; at < end; ++at) {
    if (use_byte(frame, at, access == Access::write)) continue;
    if (slot_type(frame, at) == SlotType::poison) return refuse_poison(env, reg, regno, least, at, size);
    if (fixed)
      return env.refuse(-EACCES, "invalid read from stack R{} off {}+{} size {}", regno, least, at - least, size);
    return env.refuse(-EACCES, "invalid read from stack R{} var_off {}+{} size {}", regno, tnum_string(reg.r.var_off()),
                      at - least, size);
  }
  return 0;
}

}  // namespace skep::verifier
