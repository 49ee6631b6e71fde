// Pruning: at certain instructions the state is kept, and a later path that comes there with no more than an earlier
// one allowed ends there. The same comparison, made against states whose own paths are not finished, finds endless
// loops and lets iterators, may_goto and callbacks converge. Tested by tests/verifier/path/explorer_test.cpp.
#include "verifier/path/checkpoint.hpp"

#include <algorithm>
#include <vector>

#include "verifier/path/flow.hpp"
#include "verifier/path/history.hpp"
#include "verifier/path/path.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {

namespace {

using Seen = Explorer::Seen;

bool is_iterator_next(const Env& env) {
  const KfuncCall* call = env.aux[env.insn_idx].names.kfunc;
  return env.insn().code == (insn_class::jmp | jmp_op::call) && env.insn().src == call_kind::kfunc && call != nullptr &&
         call->entry != nullptr && (call->entry->flags & calls::call_flag::iter_next) != 0;
}

// The iterator that a call of next() here is given: still able to produce elements?
bool iterator_active(const State& state) {
  const RegState& pointer = state.reg(1);
  if (!pointer.is(RegType::stack) || pointer.frame >= state.frames.size()) return false;
  const std::int64_t slot = -pointer.fixed_offset() / 8 - 1;
  const auto& stack = state.frames[pointer.frame]->stack;
  if (slot < 0 || static_cast<std::size_t>(slot) >= stack.size()) return false;
  return stack[static_cast<std::size_t>(slot)].spilled.iter == IterState::active;
}

// A quick look before the thorough one.
bool same_registers(const State& old, const State& now) {
  if (old.frames.size() != now.frames.size()) return false;
  for (unsigned i = 0; i < reg_count; ++i) {
    const RegState &a = old.reg(i), &b = now.reg(i);
    if (a.id != b.id || a.ref_id != b.ref_id || !same_description(a, b)) return false;
  }
  return true;
}

int refuse_endless_loop(Env& env, const State& old) {
  log_source_line(env, env.insn_idx);
  env.refuse(-EINVAL, "infinite loop detected at insn {}", env.insn_idx);
  env.note_text(state_line(env, "cur state:", *env.state));
  env.note_text(state_line(env, "old state:", old));
  return -EINVAL;
}

enum class Verdict { miss, hit, hit_in_loop, refused };

// `old` lies on the current path: its own paths are not finished, so "equal" does not mean "safe". It can mean that the
// path went round a loop and came to nothing new.
Verdict compare_unfinished(Env& env, const State& old) {
  const State& now = *env.state;
  if (now.current().kind == FrameKind::async_callback && old.current().kind == FrameKind::async_callback &&
      old.current().async_entries != now.current().async_entries) {
    return Verdict::miss;  // another entry into the callback is not another round of a loop
  }
  if (is_iterator_next(env)) {
    return states_equal(env, old, now, Exactness::range_within) && iterator_active(now) ? Verdict::hit_in_loop
                                                                                        : Verdict::miss;
  }
  if (is_may_goto(env.insn()) && old.may_goto_depth != now.may_goto_depth &&
      states_equal(env, old, now, Exactness::range_within)) {
    return Verdict::hit_in_loop;
  }
  if (env.insn_aux().flow.calls_callback) {
    return states_equal(env, old, now, Exactness::range_within) ? Verdict::hit_in_loop : Verdict::miss;
  }
  if (same_registers(old, now) && states_equal(env, old, now, Exactness::exact) && !iterators_advanced(old, now) &&
      old.may_goto_depth == now.may_goto_depth && old.callback_unroll_depth == now.callback_unroll_depth) {
    refuse_endless_loop(env, old);
    return Verdict::refused;
  }
  return Verdict::miss;
}

// An id that only one scalar carries links nothing, and would keep states from being equal.
void forget_single_ids(Explorer& explorer, State& state) {
  std::vector<RegState*>& linked = explorer.linked;
  linked.clear();
  state.for_each_reg([&](RegState& reg) {
    if (reg.is_scalar() && reg.id != 0) linked.push_back(&reg);
  });
  std::ranges::sort(linked, {}, &RegState::id);
  for (std::size_t i = 0; i < linked.size();) {
    std::size_t next = i + 1;
    while (next < linked.size() && linked[next]->id == linked[i]->id) ++next;
    if (next == i + 1) {
      RegState& reg = *linked[i];
      reg.id = 0;
      reg.add_const = 0;
      reg.linked_add32 = reg.linked_add64 = false;
    }
    i = next;
  }
}

// Objects on the stack stay: they own resources.
bool is_forgettable(const StackSlot& slot) {
  return std::all_of(slot.types.begin(), slot.types.end(), [](SlotType type) {
    return type != SlotType::dynptr && type != SlotType::iter && type != SlotType::irq_flag;
  });
}

void poison(StackSlot& slot, std::size_t begin, std::size_t end) {
  std::fill(slot.types.begin() + static_cast<std::ptrdiff_t>(begin),
            slot.types.begin() + static_cast<std::ptrdiff_t>(end), SlotType::poison);
}

// A dead half of a spilled register leaves a narrower one at its lower address; at its higher address unknown bytes are
// left of a number, and what else was spilled, or is 0, stays whole.
void forget_halves(StackSlot& slot, bool low_live, bool high_live) {
  constexpr std::size_t half = 4, whole = 8;  // types[0..3] are the higher address
  if (!low_live && !high_live) {
    poison(slot, 0, whole);
    slot.spilled.mark_not_init();
  } else if (!high_live) {
    poison(slot, 0, half);
  } else if (!slot.is_spilled() || (slot.spilled.is_scalar() && !slot.spilled.is_null())) {
    poison(slot, half, whole);
    std::replace(slot.types.begin(), slot.types.begin() + half, SlotType::spill, SlotType::misc);
    slot.spilled.mark_not_init();
  }
}

// Most slots are live, or were forgotten before.
bool is_forgotten(const StackSlot& slot) {
  return slot.packed() == StackSlot::packed(SlotType::poison) && slot.spilled.is(RegType::not_init);
}

void forget_dead_slots(Env& env, State& state, std::uint32_t frame) {
  auto& stack = state.frames[frame]->stack;
  if (stack.empty()) return;
  const StackHalves live = env.explorer->stack_liveness.live(state, state.insn, frame);
  for (std::size_t i = 0; i < stack.size() && i < stack_slots; ++i) {
    const bool high = live[2 * i], low = live[2 * i + 1];
    if ((high && low) || is_forgotten(stack[i])) continue;
    if (is_forgettable(stack[i])) forget_halves(stack[i], low, high);
  }
}

// What no path ahead can read need not be compared, printed or kept.
void forget_dead(Env& env, State& state) {
  for (std::uint32_t f = 0; f < state.frames.size(); ++f) {
    Frame& frame = *state.frames[f];
    const std::uint16_t live = env.aux[insn_of_frame(state, state.insn, f)].flow.live_regs_before;
    for (unsigned i = 0; i < frame_pointer; ++i) {
      if ((live >> i & 1) == 0 && !frame.regs[i].is(RegType::not_init)) frame.regs[i].mark_not_init();
    }
    forget_dead_slots(env, state, f);
  }
}

void add_checkpoint(Env& env, Explorer::SeenList& list) {
  Explorer& explorer = *env.explorer;
  State& now = *env.state;
  ++explorer.total_states;
  explorer.count_kept_state();
  explorer.jumps_at_checkpoint = explorer.jumps_processed;
  explorer.insns_at_checkpoint = env.statistics.insns_processed;
  mark_all_imprecise(now);
  forget_single_ids(explorer, now);
  auto seen = std::make_unique<Seen>();
  seen->state = explorer.copy_of(now);
  State& checkpoint = *seen->state;
  checkpoint.insn = env.insn_idx;
  checkpoint.seen = seen.get();
  list.push_back({now.current().call_site, std::move(seen)});
  enter_loop(env, checkpoint);
  now.parent = &checkpoint;
  now.seen = nullptr;
  now.first_insn = env.insn_idx;
  now.dfs_depth = checkpoint.dfs_depth + 1;
  now.history.clear();
}

}  // namespace

int visit_checkpoint(Env& env) {
  Explorer& explorer = *env.explorer;
  State& now = *env.state;
  auto& list = explorer.explored[env.insn_idx];
  now.insn = env.insn_idx;
  forget_dead(env, now);
  const Rules::Pruning& rules = env.input.rules->pruning;
  const bool forced = env.insn_aux().flow.force_checkpoint;
  const bool force_new = env.test_state_freq || forced || now.history.size() > rules.max_history;
  const std::uint32_t jumps = explorer.jumps_processed - explorer.jumps_at_checkpoint;
  const std::uint32_t insns = env.statistics.insns_processed - explorer.insns_at_checkpoint;
  // A state per jump would cost more than it saves; none at all would leave nothing to compare with.
  bool add_new = force_new || (jumps >= rules.min_jumps && insns >= rules.min_insns);
  std::uint32_t compared = 0;
  const std::int32_t call_site = now.current().call_site;

  for (std::size_t i = list.size(); i-- > 0;) {  // the latest first
    ++compared;
    if (list[i].call_site != call_site) continue;
    Seen& seen = *list[i].seen;
    State& old = *seen.state;
    Verdict verdict;
    bool in_loop = false;
    if (old.branches != 0) {
      verdict = compare_unfinished(env, old);
      if (verdict == Verdict::refused) return -EINVAL;
      // In a loop, states of different rounds differ anyway.
      if (verdict == Verdict::miss && !force_new && jumps < rules.min_jumps_in_loop && insns < rules.min_insns_in_loop)
        add_new = false;
      in_loop = verdict == Verdict::hit_in_loop;
    } else {
      in_loop = marks_incomplete(env, old);
      const bool wholly = in_loop || env.input.observer != nullptr;
      verdict = states_equal(env, old, now, wholly ? Exactness::range_within : Exactness::not_exact) ? Verdict::hit
                                                                                                     : Verdict::miss;
    }
    if (verdict != Verdict::miss) {
      ++seen.hits;
      if (env.insn_aux().flow.jump_point) record_jump(env);
      bool changed = false;
      if (const int error = propagate_precision(env, old, now, changed)) return error;
      if (in_loop) add_backedge(env, old);
      return 1;
    }
    if (add_new) ++seen.misses;
    // A state that missed this much more often than it hit is no longer compared with.
    const std::uint32_t limit = forced && old.branches > 0 ? rules.patience_of_forced : rules.patience;
    if (seen.misses > seen.hits * limit + limit) explorer.retire(env, list, i);
  }
  env.statistics.max_states_per_insn = std::max(env.statistics.max_states_per_insn, compared);
  if (add_new) add_checkpoint(env, list);
  return 0;
}

int finish_branch(Env& env, State* state) {
  while (state != nullptr) {
    if (--state->branches != 0) return 0;
    State* parent = state->parent;
    if (SeenState* seen = state->seen; seen != nullptr) {
      bool left = false;
      if (const int error = leave_loop(env, *state, left)) return error;
      // Either may free `state`.
      if (left)
        env.explorer->sweep_retired(env);
      else
        env.explorer->free_if_useless(env, *seen);
    }
    state = parent;
  }
  return 0;
}

const State* find_previous_visit(const Env& env, const State& path, std::uint32_t insn) {
  const auto& list = env.explorer->explored[insn];
  for (std::size_t i = list.size(); i-- > 0;) {
    const State& old = *list[i].seen->state;
    if (old.branches != 0 && same_call_chain(old, path) && old.dfs_depth < path.dfs_depth) return &old;
  }
  return nullptr;
}

namespace {
void widen(const RegState& previous, RegState& now) {
  if (!previous.is_scalar() || !now.is_scalar() || previous.precise || now.precise || previous.r == now.r) return;
  now.mark_unknown();
}
}  // namespace

void widen_imprecise(const State& previous, State& now) {
  for (std::size_t f = 0; f < now.frames.size() && f < previous.frames.size(); ++f) {
    const Frame& was = *previous.frames[f];
    Frame& is = *now.frames[f];
    for (unsigned i = 0; i < frame_pointer; ++i) widen(was.regs[i], is.regs[i]);
    for (std::size_t i = 0; i < was.stack.size() && i < is.stack.size(); ++i) {
      if (was.stack[i].is_spilled() && is.stack[i].is_spilled()) widen(was.stack[i].spilled, is.stack[i].spilled);
    }
  }
}

}  // namespace skep::verifier
