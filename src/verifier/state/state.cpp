// Copying a state whole. The copy keeps what the target had allocated: states are copied at every branch, and a frame
// is several kilobytes. See state.hpp.
#include "verifier/state/state.hpp"

namespace skep::verifier {

State& State::operator=(const State& other) {
  if (this == &other) return *this;
  frames.resize(other.frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (frames[i])
      *frames[i] = *other.frames[i];
    else
      frames[i] = std::make_unique<Frame>(*other.frames[i]);
  }
  resources = other.resources;
  active_locks = other.active_locks;
  active_lock_id = other.active_lock_id;
  active_lock_object = other.active_lock_object;
  active_irq_id = other.active_irq_id;
  rcu_locks = other.rcu_locks;
  preempt_locks = other.preempt_locks;
  in_sleepable = other.in_sleepable;
  used_as_loop_entry = other.used_as_loop_entry;
  first_insn = other.first_insn;
  last_insn = other.last_insn;
  insn = other.insn;
  branches = other.branches;
  parent = other.parent;
  seen = other.seen;
  dfs_depth = other.dfs_depth;
  callback_unroll_depth = other.callback_unroll_depth;
  may_goto_depth = other.may_goto_depth;
  history = other.history;
  events = other.events;
  return *this;
}

}  // namespace skep::verifier
