// Where calls may be made: sections in which a program may not sleep, and what a call leaves of the registers.
//
// A program sleeps only if it (or the callback that runs) was declared sleepable, and not between rcu_read_lock and
// unlock, with preemption or interrupts off, or holding a lock. Tested by tests/conformance/.
#include "verifier/call/call.hpp"
#include "verifier/call/internal.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {

const char* non_sleepable_context(const Env& env) {
  const State& state = *env.state;
  if (state.rcu_locks != 0) return "rcu_read_lock region";
  if (state.preempt_locks != 0) return "non-preemptible region";
  if (state.active_irq_id != 0) return "IRQ-disabled region";
  if (state.active_locks != 0) return "lock region";
  if (!state.in_sleepable) return "non-sleepable prog";
  return nullptr;
}

bool in_sleepable_context(const Env& env) {
  return non_sleepable_context(env) == nullptr;
}

bool in_rcu_section(const Env& env) {
  const State& state = *env.state;
  return state.rcu_locks != 0 || state.active_locks != 0 || state.preempt_locks != 0 || state.active_irq_id != 0 ||
         !state.in_sleepable;
}

void clear_caller_saved(Env& env, Frame& frame) {
  for (unsigned i = 0; i <= 5; ++i) {
    frame.regs[i].mark_not_init();
    env.log->touch_reg(i);
  }
}

}  // namespace skep::verifier
