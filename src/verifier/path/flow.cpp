// See flow.hpp.
#include "verifier/path/flow.hpp"

#include <algorithm>

#include "verifier/path/explorer.hpp"

namespace skep::verifier {

Successors::Successors(const Env& env, std::uint32_t at) {
  const Insn& insn = env.insns[at];
  if (is_exit(insn)) return;
  if (is_goto_register(insn)) {
    const auto table = env.explorer->jump_tables.find(at);
    if (table != env.explorer->jump_tables.end()) from_table_ = table->second;
    return;
  }
  if (!is_goto(insn)) own_[count_++] = at + (insn.is_wide_load() ? 2 : 1);
  if (is_goto(insn) || is_conditional(insn)) {
    const auto target = static_cast<std::uint32_t>(jump_target(at, insn));
    if (count_ == 0 || own_[0] != target) own_[count_++] = target;
  }
}

bool goes_back(const Env& env) {
  const auto count = static_cast<std::uint32_t>(env.insns.size());
  for (std::uint32_t at = 0; at < count; ++at) {
    const Insn& insn = env.insns[at];
    if (!is_jump_class(insn) || is_call(insn) || is_exit(insn)) continue;
    const Successors successors(env, at);
    if (std::any_of(successors.begin(), successors.end(), [at](std::uint32_t next) { return next <= at; })) return true;
  }
  return false;
}

std::uint32_t subprogram_at(const Env& env, std::uint32_t insn) {
  const auto after = std::upper_bound(env.subprograms.begin(), env.subprograms.end(), insn,
                                      [](std::uint32_t at, const Subprogram& s) { return at < s.start; });
  return static_cast<std::uint32_t>(after - env.subprograms.begin()) - 1;
}

int subprogram_starting_at(const Env& env, std::int64_t insn) {
  const auto at = std::lower_bound(env.subprograms.begin(), env.subprograms.end(), insn,
                                   [](const Subprogram& s, std::int64_t wanted) { return s.start < wanted; });
  return at != env.subprograms.end() && at->start == insn ? static_cast<int>(at - env.subprograms.begin()) : -1;
}

}  // namespace skep::verifier
