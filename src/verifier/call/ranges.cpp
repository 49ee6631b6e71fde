// Scalars that must lie in a range: what callbacks and exceptions give back.
#include "verifier/call/internal.hpp"

namespace skep::verifier {

int check_scalar_range(Env& env, const RegState& reg, unsigned regno, std::int64_t min, std::int64_t max,
                       std::string_view where) {
  // What is returned is an int: the low half decides.
  if (reg.r.smin32() >= min && reg.r.smax32() <= max) return 0;
  std::string known;
  if (reg.r.smin() > INT64_MIN) known += fmt::format(" smin={}", reg.r.smin());
  if (reg.r.smax() < INT64_MAX) known += fmt::format(" smax={}", reg.r.smax());
  if (known.empty()) known = " unknown scalar value";
  return env.refuse(-EINVAL, "{} the register R{} has{} should have been in [{}, {}]", where, regno, known, min, max);
}

}  // namespace skep::verifier
