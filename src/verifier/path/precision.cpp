// Which scalars' values mattered. A check that succeeded because of a scalar's value asks that it be marked precise:
// then pruning compares it. The mark belongs at every checkpoint that the path came through, on whatever register or
// stack slot held the value there, so the path is walked backwards: from the instruction at hand, through the history
// of each stretch between two checkpoints, turning the set of registers and slots that matter after an instruction into
// the set before it.
//
// Where the way back is lost (a pointer used as a number, say), every scalar on the path is marked: always sound, only
// slower. The line of the log for each step is the kernel's. Tested by tests/verifier/path/explorer_test.cpp.
#include <array>
#include <bit>

#include "verifier/path/backtrack.hpp"
#include "verifier/path/checkpoint.hpp"
#include "verifier/path/path.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {

namespace {

template <typename Visit>
void for_each_bit(std::uint64_t mask, Visit&& visit) {
  for (; mask != 0; mask &= mask - 1) visit(static_cast<unsigned>(std::countr_zero(mask)));
}

const Jump* entry_at(const State& state, std::size_t history, std::uint32_t insn) {
  if (history == 0 || state.history[history - 1].insn != insn) return nullptr;
  return &state.history[history - 1];
}

// The instruction that was walked before `insn`, which `entry` is of; false at the beginning of the stretch.
bool step_back(const State& state, const Jump* entry, std::uint32_t& insn, std::size_t& history) {
  if (insn == state.first_insn) {
    if (history == 0) return false;
    if (history == 1 && state.history[0].insn == insn) return false;
  }
  if (entry != nullptr) {
    insn = entry->previous;
    --history;
  } else {
    --insn;
  }
  return true;
}

// Marks what is wanted in checkpoint `state`; what needs no further search (marked before, or no scalar) is dropped.
// False: a slot is wanted that was not there yet.
bool mark_wanted(Env& env, State& state, Backtrack& wanted, bool& changed) {
  for (std::uint32_t f = wanted.frame + 1; f-- > 0;) {
    Frame& frame = *state.frames[f];
    for_each_bit(wanted.regs[f], [&](unsigned i) {
      RegState& reg = frame.regs[i];
      if (!reg.is_scalar() || reg.precise) {
        wanted.regs[f] &= ~(1U << i);
        return;
      }
      reg.precise = changed = true;
    });
    bool found = true;
    for_each_bit(wanted.slots[f], [&](unsigned i) {
      if (i >= frame.stack.size()) {
        found = false;
        return;
      }
      StackSlot& slot = frame.stack[i];
      if (!slot.is_spilled_scalar() || slot.spilled.precise) {
        wanted.slots[f] &= ~(std::uint64_t{1} << i);
        return;
      }
      slot.spilled.precise = changed = true;
    });
    if (!found) return false;
    if (env.log->everything()) {
      env.log->line(state_line(env,
                               fmt::format("mark_precise: frame{}: parent state regs={} stack={}: ", f,
                                           regs_text(wanted.regs[f]), slots_text(wanted.slots[f])),
                               state, f));
    }
  }
  return true;
}

// The stretch begins with a global subprogram (verified on its own): its arguments may be wanted, nothing else.
bool mark_arguments(State& state, Backtrack& wanted, bool& changed) {
  const Frame& first = *state.frames[0];
  constexpr std::uint32_t arguments = 0x3e;
  if (state.frames.size() != 1 || first.subprogram == 0 || first.call_site != -1) return false;
  if (wanted.slots[0] != 0 || (wanted.regs[0] & ~arguments) != 0) return false;
  for_each_bit(wanted.regs[0], [&](unsigned i) {
    RegState& reg = state.frames[0]->regs[i];
    if (reg.is_scalar()) reg.precise = changed = true;
  });
  wanted.regs[0] = 0;
  return true;
}

int follow_back(Env& env, State& start, Backtrack& wanted, bool& changed) {
  if (wanted.empty()) return 0;
  State* state = &start;
  std::uint32_t last = start.insn, first = start.first_insn;
  std::int64_t next = -1;  // the instruction walked after the one looked at
  bool skip = true;        // the first has not been executed yet
  const bool say = env.log->everything();
  for (;;) {
    if (say) {
      env.log->print("mark_precise: frame{}: last_idx {} first_idx {} subseq_idx {} \n", wanted.frame,
                     static_cast<std::int32_t>(last), first, next);
    }
    if (last == ~0U) {
      if (mark_arguments(*state, wanted, changed)) return 0;
      mark_all_precise(env, start);
      return 0;
    }
    std::size_t history = state->history.size();
    for (std::uint32_t insn = last;;) {
      const Jump* entry = entry_at(*state, history, insn);
      if (skip) {
        skip = false;
      } else if (say || !passes_by(env.insns[insn], entry, wanted)) {
        if (!backtrack_insn(env, insn, next, entry, wanted)) {
          mark_all_precise(env, start);
          return 0;
        }
        if (wanted.empty()) return 0;
      }
      next = insn;
      if (!step_back(*state, entry, insn, history)) break;
      if (insn >= env.insns.size()) {
        mark_all_precise(env, start);
        return 0;
      }
    }
    state = state->parent;
    if (state == nullptr) break;
    if (wanted.frame + 1 != state->frames.size() || !mark_wanted(env, *state, wanted, changed)) {
      mark_all_precise(env, start);
      return 0;
    }
    if (wanted.empty()) return 0;
    next = first;
    last = state->last_insn;
    first = state->first_insn;
  }
  mark_all_precise(env, start);
  return 0;
}

int mark(Env& env, std::uint32_t frame, std::uint32_t regs, std::uint64_t slots) {
  State& state = *env.state;
  state.insn = env.insn_idx;
  Backtrack wanted;
  wanted.frame = static_cast<std::uint32_t>(state.frames.size() - 1);
  wanted.regs[frame] = regs;
  wanted.slots[frame] = slots;
  bool changed = false;
  return follow_back(env, state, wanted, changed);
}

}  // namespace

int mark_precise_in(Env& env, std::uint32_t frame, unsigned reg) {
  if (!env.state->frames[frame]->regs[reg].is_scalar()) {
    return env.refuse(-EFAULT, "skep: R{} is to be marked precise and is no scalar", reg);
  }
  return mark(env, frame, 1U << reg, 0);
}

int mark_precise(Env& env, unsigned reg) {
  env.relied_on |= 1U << reg;
  return mark_precise_in(env, static_cast<std::uint32_t>(env.state->frames.size() - 1), reg);
}

int mark_precise_slot(Env& env, std::uint32_t frame, std::uint32_t slot) {
  return mark(env, frame, 0, std::uint64_t{1} << slot);
}

void mark_all_precise(Env& env, State& start) {
  const bool say = env.log->everything();
  if (say) {
    env.log->print("mark_precise: frame{}: falling back to forcing all scalars precise\n", start.frames.size() - 1);
  }
  for (State* state = start.parent; state != nullptr; state = state->parent) {
    for (std::uint32_t f = 0; f < state->frames.size(); ++f) {
      Frame& frame = *state->frames[f];
      for (unsigned i = 0; i < frame_pointer; ++i) {
        RegState& reg = frame.regs[i];
        if (!reg.is_scalar() || reg.precise) continue;
        reg.precise = true;
        if (say) env.log->print("force_precise: frame{}: forcing r{} to be precise\n", f, i);
      }
      for (std::size_t i = 0; i < frame.stack.size(); ++i) {
        StackSlot& slot = frame.stack[i];
        if (!slot.is_spilled_scalar() || slot.spilled.precise) continue;
        slot.spilled.precise = true;
        if (say)
          env.log->print("force_precise: frame{}: forcing fp{} to be precise\n", f, -8 * (static_cast<int>(i) + 1));
      }
    }
  }
}

void mark_all_imprecise(State& state) {
  for (auto& frame : state.frames) {
    for (auto& reg : frame->regs) {
      if (reg.is_scalar()) reg.precise = false;
    }
    for (auto& slot : frame->stack) {
      if (slot.is_spilled_scalar()) slot.spilled.precise = false;
    }
  }
}

int propagate_precision(Env& env, const State& old, State& now, bool& changed) {
  Backtrack wanted;
  wanted.frame = static_cast<std::uint32_t>(now.frames.size() - 1);
  for (std::uint32_t f = static_cast<std::uint32_t>(old.frames.size()); f-- > 0;) {
    const Frame& frame = *old.frames[f];
    for (unsigned i = 0; i < frame_pointer; ++i) {
      const RegState& reg = frame.regs[i];
      if (reg.is_scalar() && reg.precise) wanted.regs[f] |= 1U << i;
    }
    for (std::size_t i = 0; i < frame.stack.size(); ++i) {
      const StackSlot& slot = frame.stack[i];
      // What the slot holds now may be no register at all (unknown bytes): there is nothing to follow then.
      if (slot.is_spilled_scalar() && slot.spilled.precise) wanted.slots[f] |= std::uint64_t{1} << i;
    }
    if (env.log->everything() && (wanted.regs[f] | wanted.slots[f]) != 0) {
      std::string list;
      for_each_bit(wanted.regs[f], [&](unsigned i) { list += fmt::format("{}r{}", list.empty() ? "" : ",", i); });
      for_each_bit(wanted.slots[f], [&](unsigned i) {
        list += fmt::format("{}fp{}", list.empty() ? "" : ",", -8 * (static_cast<int>(i) + 1));
      });
      env.log->print("frame {}: propagating {}\n", f, list);
    }
  }
  return follow_back(env, now, wanted, changed);
}

}  // namespace skep::verifier
