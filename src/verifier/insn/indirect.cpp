// gotox: a jump through a table of addresses (a map of type insn_array).
//
// Every target that the address may be is walked. Tested by tests/conformance/.
#include <algorithm>
#include <cerrno>
#include <vector>

#include "verifier/insn/insn.hpp"
#include "verifier/insn/internal.hpp"
#include "verifier/path/path.hpp"
#include "verifier/pointer/internal.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {

int check_gotox(Env& env, const Insn& insn) {
  if (int error = check_reg(env, insn.dst, RegUse::source)) return error;
  const RegState reg = env.reg(insn.dst);
  const unsigned regno = insn.dst;
  if (!reg.is(RegType::insn))
    return env.refuse(-EINVAL, "R{} has type {}, expected PTR_TO_INSN", regno, reg_type_name(reg.type, reg.flags));
  const maps::MapInfo& map = *reg.map;
  const std::uint64_t first = reg.r.umin() / 8, last = reg.r.umax() / 8;
  if (last >= map.insn_targets.size())
    return env.refuse(-EINVAL, "R{} doesn't point to any offset in map id={}", regno, map.id);
  std::vector<std::uint32_t> targets(map.insn_targets.begin() + static_cast<std::ptrdiff_t>(first),
                                     map.insn_targets.begin() + static_cast<std::ptrdiff_t>(last) + 1);
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  for (std::uint32_t target : targets) {
    if (target >= env.insns.size())
      return env.refuse(-EINVAL, "R{} doesn't point to any offset in map id={}", regno, map.id);
  }
  for (std::size_t i = 0; i + 1 < targets.size(); ++i)
    if (push_branch(env, targets[i], env.insn_idx) == nullptr) return -E2BIG;
  env.insn_idx = targets.back();
  return 0;
}

}  // namespace skep::verifier
