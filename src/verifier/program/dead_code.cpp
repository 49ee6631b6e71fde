// Instructions that no path reached are taken out: they were never checked, so they must not be run. A branch of which
// only one way was ever taken becomes a jump, or nothing. Distances are worked out anew. Tested by
// tests/verifier/program/dead_code_test.cpp.
#include "verifier/program/dead_code.hpp"

#include "verifier/path/flow.hpp"

namespace skep::verifier {

namespace {

bool taken_one_way(const Env& env, std::uint32_t at) {
  const Insn& insn = env.insns[at];
  return is_conditional(insn) && !is_may_goto(insn);
}

// A conditional jump whose other way is dead.
void harden_branch(const Env& env, std::uint32_t at, Insn& insn, bool& keep) {
  const auto target = static_cast<std::uint32_t>(jump_target(at, insn));
  if (!env.aux[at + 1].flow.seen) {
    insn = Insn{.code = insn_class::jmp | jmp_op::ja, .off = insn.off};
  } else if (!env.aux[target].flow.seen) {
    keep = false;
  }
}

// Jumps over nothing that stays.
void drop_idle_gotos(const std::vector<Insn>& insns, std::vector<bool>& keep) {
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t at = 0; at < insns.size(); ++at) {
      if (!keep[at] || !is_goto(insns[at])) continue;
      const std::int64_t target = jump_target(at, insns[at]);
      std::int64_t next = std::int64_t{at} + 1;
      while (next < target && !keep[static_cast<std::size_t>(next)]) ++next;
      if (next != target) continue;
      keep[at] = false;
      changed = true;
    }
  }
}

}  // namespace

Remaining remove_dead_code(const Env& env) {
  const auto count = static_cast<std::uint32_t>(env.insns.size());
  std::vector<Insn> rewritten = env.insns;
  std::vector<bool> keep(count, false);
  for (std::uint32_t at = 0; at < count; ++at) {
    if (!env.aux[at].flow.seen) continue;
    bool stays = true;
    if (taken_one_way(env, at)) harden_branch(env, at, rewritten[at], stays);
    keep[at] = stays;
    if (rewritten[at].is_wide_load()) keep[at + 1] = true;
  }
  drop_idle_gotos(rewritten, keep);
  Remaining remaining;
  remaining.moved_to.resize(count + 1);
  for (std::uint32_t at = 0; at < count; ++at) {
    remaining.moved_to[at] = static_cast<std::uint32_t>(remaining.insns.size());
    if (!keep[at]) continue;
    remaining.insns.push_back(rewritten[at]);
    remaining.original.push_back(at);
  }
  remaining.moved_to[count] = static_cast<std::uint32_t>(remaining.insns.size());
  for (std::uint32_t now = 0; now < remaining.insns.size(); ++now) {
    Insn& insn = remaining.insns[now];
    const std::uint32_t was = remaining.original[now];
    const auto distance = [&](std::int64_t target) {
      return static_cast<std::int32_t>(remaining.moved_to[static_cast<std::size_t>(target)]) -
             static_cast<std::int32_t>(now) - 1;
    };
    if (is_subprogram_call(insn) || is_function_address(insn)) {
      insn.imm = distance(std::int64_t{was} + insn.imm + 1);
    } else if (is_goto(insn) || is_conditional(insn)) {
      const std::int32_t off = distance(jump_target(was, insn));
      if (insn.code == (insn_class::jmp32 | jmp_op::ja))
        insn.imm = off;
      else
        insn.off = static_cast<std::int16_t>(off);
    }
  }
  return remaining;
}

}  // namespace skep::verifier
