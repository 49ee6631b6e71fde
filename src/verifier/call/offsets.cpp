// Pointers that must be passed as they were received: with no offset, or with a constant one.
//
// Tested by tests/verifier/call/.
#include "verifier/call/internal.hpp"
#include "verifier/report/explain.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {

std::string tnum_text(const Tnum& bits) {
  return fmt::format("({:#x}; {:#x})", bits.value, bits.mask);
}

int check_offset(Env& env, const RegState& reg, unsigned regno, bool fixed_allowed) {
  const std::string type = reg_type_name(reg.type, reg.flags);
  if (!reg.r.is_const())
    return env.refuse(-EACCES, "variable {} access var_off={} disallowed", type, tnum_text(reg.r.var_off()));
  const std::int64_t offset = reg.fixed_offset();
  if (offset < 0) return env.refuse(-EACCES, "negative offset {} ptr R{} off={} disallowed", type, regno, offset);
  if (!fixed_allowed && offset != 0)
    return env.refuse(-EACCES, explain::modified_pointer(reg, regno),
                      "dereference of modified {} ptr R{} off={} disallowed", type, regno, offset);
  return 0;
}

int check_release_offset(Env& env, const RegState& reg, unsigned regno) {
  // A number of any kind is to the kernel an offset; nothing at all is an unknown one.
  const bool offset = reg.is_pointer() ? reg.r.is_const() && reg.fixed_offset() != 0 : !reg.is_null();
  if (offset)
    return env.refuse(-EINVAL, "R{} must have zero offset when passed to release func or trusted arg to kfunc", regno);
  return check_offset(env, reg, regno, false);
}

int check_passed_offset(Env& env, const RegState& reg, unsigned regno, bool as_memory) {
  switch (reg.type) {
    case RegType::stack:
    case RegType::packet:
    case RegType::packet_meta:
    case RegType::map_key:
    case RegType::map_value:
    case RegType::mem:
    case RegType::buf:
    case RegType::scalar:
      return 0;
    case RegType::ctx:
      // The context of these programs is plain memory of their own: its bounds are checked as memory's.
      if (as_memory && env.type().context_is_memory) return 0;
      return check_offset(env, reg, regno, false);
    default:
      return check_offset(env, reg, regno, reg.is(RegType::btf));
  }
}

}  // namespace skep::verifier
