// Where paths join. See checkpoint.cpp (pruning), loop_visits.cpp (loops) and precision.cpp.
#pragma once

#include <cstdint>

#include "verifier/env.hpp"
#include "verifier/path/explorer.hpp"

namespace skep::verifier {

// The current path stands at the prune point env.insn_idx. 1: what lies ahead was found safe before; 0: go on (perhaps
// a checkpoint was made); negative: refused.
int visit_checkpoint(Env& env);
// One path that came through `state` is finished: so may be the checkpoints that it came through.
int finish_branch(Env& env, State* state);

// loop_visits.cpp
// Whether `state` (a checkpoint) is in a loop round which a path was pruned before its marks were complete.
bool marks_incomplete(const Env& env, const State& state);
void enter_loop(Env& env, State& checkpoint);
// `left`: the checkpoint was the first in its loop, and all that was found out in the loop has been carried along.
int leave_loop(Env& env, State& checkpoint, bool& left);
void add_backedge(Env& env, State& equal_to);

// precision.cpp
// What is precise in `old` must be so in `now` and along the path to it. `changed`: set when a mark was new.
int propagate_precision(Env& env, const State& old, State& now, bool& changed);
void mark_all_precise(Env& env, State& state);
void mark_all_imprecise(State& state);

}  // namespace skep::verifier
