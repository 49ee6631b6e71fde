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
  if (reg.r.is_const() && reg.fixed_offset() != 0)
    return env.refuse(-EINVAL, "R{} must have zero offset when passed to release func or trusted arg to kfunc", regno);
  return check_offset(env, reg, regno, false);
}

}  // namespace skep::verifier
