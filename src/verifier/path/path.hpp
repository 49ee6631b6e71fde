// Which path is walked next, and where paths join: what path/ does for the other rooms.
#pragma once

#include <array>
#include <cstdint>

#include "verifier/env.hpp"
#include "verifier/state/equality.hpp"

namespace skep::verifier {

// Walks every path from `subprogram`'s first instruction, the current state being its entry state.
int explore(Env& env, std::uint32_t subprogram);
// Keeps a copy of the current state to be explored later from `insn`; null after a refusal (too many branches).
State* push_branch(Env& env, std::uint32_t insn, std::uint32_t prev_insn);
// The same for an asynchronous callback: a fresh state with one frame for `subprogram`.
State* push_async(Env& env, std::uint32_t insn, std::uint32_t prev_insn, std::uint32_t subprogram, bool sleepable);
// The value of this scalar register (or spilled slot) was decisive: pruning must compare it, here and back along the
// path.
int mark_precise(Env& env, unsigned reg);
int mark_precise_slot(Env& env, std::uint32_t frame, std::uint32_t slot);
// The same for a register of state.frames[frame] (an outer frame's, as callbacks need it).
int mark_precise_in(Env& env, std::uint32_t frame, unsigned reg);
// What mark_precise cannot see in the instruction itself; call while checking it (history.cpp).
// This load or store reached slot `slot` of state.frames[frame] (through whatever register).
void record_stack_access(Env& env, std::uint32_t frame, std::uint32_t slot);
// These operands of a conditional jump are pointers to the stack (so there is no scalar in them to follow).
void record_stack_operands(Env& env, bool dst, bool src);
// Up to five registers or spilled slots that hold copies of one scalar: a branch on one of them narrows all.
struct LinkedRegs {
  struct Item {
    std::uint8_t frame = 0;
    bool is_reg = true;       // else a stack slot
    std::uint8_t number = 0;  // of the register or slot
  };
  std::array<Item, 5> items{};
  std::uint32_t count = 0;
  bool overflow = false;  // there were more; those must lose their id (collect does that)
};
// Finds those of `id` (live ones; base id, additions ignored) and adds them to `found`; the ids of those beyond five
// are cleared.
void collect_linked_regs(Env& env, State& state, std::uint32_t id, LinkedRegs& found);
// Conditional jumps: remembers them for backtracking. Only of use when there is more than one.
void record_linked_regs(Env& env, const LinkedRegs& linked);
// Loops converge by forgetting what varies: the latest unfinished checkpoint at `insn` that this path came through with
// the same chain of calls (null: none), and the forgetting in `now` of imprecise scalars that differ from it.
const State* find_previous_visit(const Env& env, const State& path, std::uint32_t insn);
void widen_imprecise(const State& previous, State& now);
bool states_equal(Env& env, const State& old, const State& now, Exactness exactness);
int check_cfg(Env& env);         // unreachable code, jumps out of range, loops found; prune points marked
int compute_liveness(Env& env);  // live_regs_before, stack liveness
int compute_scc(Env& env);

}  // namespace skep::verifier
