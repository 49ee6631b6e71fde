// The control-flow graph: every instruction must be reachable, and the points are marked at which the walk looks back.
//
//   - prune point: where paths may join (jump targets, where functions begin, after calls) or part; the state is
//   compared there;
//   - jump point: where the path may not have come straight on, so that its history needs an entry;
//   - forced checkpoint: where a loop that the walk itself makes (iterator, may_goto, callback) comes round.
// Loops are allowed. Effects of calls that a whole function has (it may sleep, it changes packet data) are carried from
// callees to callers here. Tested by tests/verifier/program/shape_test.cpp.
#include <algorithm>

#include "verifier/path/explorer.hpp"
#include "verifier/path/flow.hpp"
#include "verifier/path/path.hpp"
#include "verifier/report/explain.hpp"

namespace skep::verifier {

namespace {

using calls::Special;

bool runs_callback_now(const Env& env, std::uint32_t at) {
  const InsnAux& aux = env.aux[at];
  if (aux.names.helper != nullptr) {
    switch (aux.names.helper->special) {
      case Special::for_each_map_elem:
      case Special::find_vma:
      case Special::loop:
      case Special::user_ringbuf_drain:
        return true;
      default:
        return false;
    }
  }
  return aux.names.kfunc != nullptr && aux.names.kfunc->entry != nullptr &&
         aux.names.kfunc->entry->special == Special::rbtree_add;
}

bool runs_callback_later(const Env& env, std::uint32_t at) {
  const InsnAux& aux = env.aux[at];
  if (aux.names.helper != nullptr) return aux.names.helper->special == Special::timer_set_callback;
  if (aux.names.kfunc == nullptr || aux.names.kfunc->entry == nullptr) return false;
  const Special special = aux.names.kfunc->entry->special;
  return special == Special::wq_set_callback || special == Special::task_work_schedule;
}

// The jump tables that a goto by register in this function can mean: those whose first element is inside it.
int find_jump_table(Env& env, std::uint32_t at) {
  const Subprogram& subprogram = env.subprograms[subprogram_at(env, at)];
  std::vector<std::uint32_t> targets;
  for (const maps::MapInfo* map : env.used_maps) {
    if (maps::map_type(map->type).holds != maps::Holds::instructions || map->insn_targets.empty()) continue;
    const std::uint32_t first = map->insn_targets.front();
    if (first < subprogram.start || first >= subprogram.end) continue;
    targets.insert(targets.end(), map->insn_targets.begin(), map->insn_targets.end());
  }
  if (targets.empty()) {
    return env.refuse(-EINVAL, explain::missing_jump_table(at, subprogram.start),
                      "no jump tables found for subprog starting at {}", subprogram.start);
  }
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  for (const std::uint32_t target : targets) {
    if (target < subprogram.start || target >= subprogram.end) {
      return env.refuse(-EINVAL, explain::jump_table_out_of_range(at, subprogram.start, subprogram.end),
                        "jump table for insn {} points outside of the subprog [{},{}]", at, subprogram.start,
                        subprogram.end);
    }
  }
  env.explorer->jump_tables.emplace(at, std::move(targets));
  return 0;
}

void mark_call(Env& env, std::uint32_t at) {
  InsnAux& aux = env.aux[at];
  if (runs_callback_later(env, at)) aux.flow.prune_point = true;
  if (runs_callback_now(env, at))
    aux.flow.calls_callback = aux.flow.force_checkpoint = aux.flow.prune_point = aux.flow.jump_point = true;
  Subprogram& subprogram = env.subprograms[subprogram_at(env, at)];
  if (aux.names.helper != nullptr) {
    subprogram.might_sleep |= aux.names.helper->has(calls::call_flag::sleepable);
    subprogram.changes_packet |=
        aux.names.helper->has(calls::call_flag::changes_packet) || aux.names.helper->special == Special::tail_call;
  }
  if (aux.names.kfunc != nullptr && aux.names.kfunc->entry != nullptr) {
    const std::uint32_t flags = aux.names.kfunc->entry->flags;
    if ((flags & calls::call_flag::iter_next) != 0) aux.flow.prune_point = aux.flow.force_checkpoint = true;
    subprogram.might_sleep |= (flags & calls::call_flag::sleepable) != 0;
    subprogram.might_throw |= aux.names.kfunc->entry->special == Special::throw_;
    subprogram.changes_packet |= (flags & calls::call_flag::changes_packet) != 0;
  }
  if (is_subprogram_call(env.insns[at])) aux.flow.prune_point = true;
  if (at + 1 < env.insns.size()) env.aux[at + 1].flow.prune_point = env.aux[at + 1].flow.jump_point = true;
}

void mark_target(Env& env, std::int64_t target) {
  auto& aux = env.aux[static_cast<std::size_t>(target)];
  aux.flow.prune_point = aux.flow.jump_point = true;
}

int mark_insn(Env& env, std::uint32_t at) {
  const Insn& insn = env.insns[at];
  if (is_call(insn)) {
    mark_call(env, at);
  } else if (is_function_address(insn)) {
    env.aux[at].flow.prune_point = true;
    if (at + 2 < env.insns.size()) env.aux[at + 2].flow.prune_point = env.aux[at + 2].flow.jump_point = true;
  } else if (is_goto_register(insn)) {
    env.aux[at].flow.prune_point = true;
    if (const int error = find_jump_table(env, at)) return error;
    for (const std::uint32_t target : Successors(env, at)) mark_target(env, target);
  } else if (is_goto(insn)) {
    mark_target(env, jump_target(at, insn));
  } else if (is_conditional(insn)) {
    env.aux[at].flow.prune_point = true;
    if (is_may_goto(insn)) env.aux[at].flow.force_checkpoint = true;
    mark_target(env, jump_target(at, insn));
  }
  return 0;
}

class Reachability {
 public:
  explicit Reachability(Env& env) : env_(env), reached_(env.insns.size(), false) {}

  int run() {
    if (const int error = push(0, 0)) return error;
    if (env_.exception_callback > 0) {
      push(0, env_.subprograms[static_cast<std::size_t>(env_.exception_callback)].start);
    }
    while (!waiting_.empty()) {
      const std::uint32_t at = waiting_.back();
      waiting_.pop_back();
      if (const int error = visit(at)) return error;
    }
    for (std::uint32_t i = 0; i < reached_.size(); ++i) {
      env_.insn_idx = i;
      if (!reached_[i]) return env_.refuse(-EINVAL, explain::unreachable(i), "unreachable insn {}", i);
      if (!env_.insns[i].is_wide_load()) continue;
      if (reached_[i + 1]) return env_.refuse(-EINVAL, "jump into the middle of ldimm64 insn {}", i);
      ++i;
    }
    return 0;
  }

 private:
  int push(std::uint32_t from, std::int64_t to) {
    if (to < 0 || static_cast<std::size_t>(to) >= reached_.size()) {
      env_.insn_idx = from;
      return env_.refuse(-EINVAL, "jump out of range from insn {} to {}", from, to);
    }
    if (!reached_[static_cast<std::size_t>(to)]) {
      reached_[static_cast<std::size_t>(to)] = true;
      waiting_.push_back(static_cast<std::uint32_t>(to));
    }
    return 0;
  }

  int visit(std::uint32_t at) {
    const Insn& insn = env_.insns[at];
    env_.insn_idx = at;
    if (const int error = mark_insn(env_, at)) return error;
    for (const std::uint32_t next : Successors(env_, at)) {
      if (const int error = push(at, next)) return error;
    }
    if (const std::int32_t stand_in = env_.aux[at].names.stand_in; stand_in >= 0) {
      const std::uint32_t start = env_.subprograms[static_cast<std::size_t>(stand_in)].start;
      if (const int error = push(at, start)) return error;
      mark_target(env_, start);
    }
    if (!is_subprogram_call(insn) && !is_function_address(insn)) return 0;
    const std::int64_t callee = std::int64_t{at} + insn.imm + 1;
    if (const int error = push(at, callee)) return error;
    mark_target(env_, callee);
    return 0;
  }

  Env& env_;
  std::vector<bool> reached_;
  std::vector<std::uint32_t> waiting_;
};

// What a callee may do, its caller may.
void carry_effects_to_callers(Env& env) {
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t at = 0; at < env.insns.size(); ++at) {
      const Insn& insn = env.insns[at];
      if (!is_subprogram_call(insn) && !is_function_address(insn)) continue;
      const int callee = subprogram_starting_at(env, std::int64_t{at} + insn.imm + 1);
      if (callee < 0) continue;
      const Subprogram& from = env.subprograms[static_cast<std::size_t>(callee)];
      Subprogram& to = env.subprograms[subprogram_at(env, at)];
      for (bool Subprogram::* effect :
           {&Subprogram::might_sleep, &Subprogram::changes_packet, &Subprogram::might_throw}) {
        if (!(from.*effect) || to.*effect) continue;
        to.*effect = true;
        changed = true;
      }
    }
  }
}

}  // namespace

int check_cfg(Env& env) {
  if (const int error = Reachability(env).run()) return error;
  carry_effects_to_callers(env);
  env.insn_idx = 0;
  return 0;
}

}  // namespace skep::verifier
