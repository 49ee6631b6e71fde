// The stack: bounds, and what loads, stores and calls share.
//
// Reads are in stack_read.cpp, writes in stack_write.cpp, memory for calls in stack_call.cpp. Tested by
// tests/verifier/pointer/stack_test.cpp.
#include "verifier/pointer/stack.hpp"

#include <bit>
#include <cerrno>

#include "verifier/pointer/pointer.hpp"

namespace skep::verifier {

void forget_slot(StackSlot& slot) {
  if (is_special(slot)) {
    for (SlotType& type : slot.types)
      if (type != SlotType::invalid && type != SlotType::poison) type = SlotType::misc;
  }
  slot.spilled.mark_not_init();
}

unsigned scalar_width(const RegState& reg) {
  return static_cast<unsigned>(std::bit_width(reg.r.umax()));
}

void link_before_copy(Env& env, RegState& source) {
  if (!source.is_scalar()) return;
  // A value that already differs from its kin by a constant cannot take a second one: it begins a family of its own.
  if (source.linked_add32 || source.linked_add64) unlink(source);
  if (source.id == 0 && !source.r.is_const()) source.id = env.new_id();
}

int check_stack_bounds(Env& env, const RegState& reg, unsigned regno, std::int64_t off, std::uint64_t size,
                       Access access, bool by_call) {
  static_cast<void>(by_call);
  const std::string_view direction = access == Access::read ? "read from" : "write to";
  const bool fixed = reg.r.is_const();
  std::int64_t least = 0, end = 0;
  if (fixed) {
    least = reg.fixed_offset() + off;
    end = least + static_cast<std::int64_t>(size);
  } else {
    if (reg.r.smax() >= max_var_off || reg.r.smin() <= -max_var_off)
      return env.refuse(-EACCES, "invalid unbounded variable-offset {} stack R{}", direction, regno);
    least = reg.r.smin() + off;
    end = reg.r.smax() + off + static_cast<std::int64_t>(size);
  }
  int error = 0;
  if (least < -static_cast<std::int64_t>(max_stack) || least > -1)
    error = -EACCES;
  else if (end > 0)
    error = -EINVAL;
  if (error != 0) {
    if (fixed) return env.refuse(error, "invalid {} stack R{} off={} size={}", direction, regno, least, size);
    return env.refuse(error, "invalid variable-offset {} stack R{} var_off={} off={} size={}", direction, regno,
                      tnum_string(reg.r.var_off()), off, size);
  }
  Frame& frame = frame_of(env, reg);
  const std::size_t slots = static_cast<std::size_t>(-least + 7) / 8;
  if (frame.stack.size() < slots) frame.stack.resize(slots);
  Subprogram& subprogram = env.subprograms[frame.subprogram];
  if (subprogram.stack_depth < static_cast<std::uint32_t>(-least))
    subprogram.stack_depth = static_cast<std::uint32_t>(-least);
  return 0;
}

int access_stack(Env& env, const MemAccess& access) {
  if (int error = check_stack_bounds(env, access.reg, access.regno, access.off, access.size, access.access, false))
    return error;
  return access.is_read() ? read_stack(env, access) : write_stack(env, access);
}

}  // namespace skep::verifier
