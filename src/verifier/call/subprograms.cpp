// Calls between a program's functions.
//
// A static function is walked in the place of its call, in a frame of its own. A global function is verified once, by
// its prototype alone (global_args.cpp); a call of it checks the arguments and goes on. Tested by
// tests/verifier/call/calls_test.cpp.
#include <algorithm>

#include "verifier/call/call.hpp"
#include "verifier/call/internal.hpp"
#include "verifier/path/path.hpp"
#include "verifier/report/explain.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {
namespace {

int call_global(Env& env, std::uint32_t index, int args_error) {
  Subprogram& sub = env.subprograms[index];
  if (env.state->active_locks != 0)
    return env.refuse(-EINVAL,
                      explain::inside_region(
                          env, Region::lock, fmt::format("global function {}()", sub.name),
                          "Release the lock before calling the global function, or use a static function instead."),
                      "global function calls are not allowed while holding a lock,\nuse static function instead");
  if (sub.might_sleep) {
    if (const char* where = non_sleepable_context(env))
      return env.refuse(
          -EINVAL,
          explain::may_not_sleep(env, fmt::format("sleepable global function {}()", sub.name), "call", "function"),
          "sleepable global function {}() called in {}", sub.name, where);
  }
  if (args_error != 0) return env.refuse(args_error, "Caller passes invalid args into func#{} ('{}')", index, sub.name);
  if (env.log->steps()) env.log->print("Func#{} ('{}') is global and assumed valid.\n", index, sub.name);
  if (sub.changes_packet) {
    forget_packet(env);
  }
  sub.called = true;
  (in_rcu_section(env) ? sub.called_protected : sub.called_unprotected) = true;
  clear_caller_saved(env, env.frame());
  if (!sub.returns_void) env.reg(0).mark_unknown();
  if (sub.might_throw) {
    // It may unwind every frame: as a throw, here.
    if (const int err = check_resources_released(env, "bpf_throw", true, true)) return err;
  }
  ++env.insn_idx;
  return 0;
}

}  // namespace

// The function is verified alone, as every global one; what it does to its caller's state must be nothing, for the rest
// of the caller is verified with the real call's effects.
int check_stand_in(Env& env, const Call& call) {
  const std::int32_t index = env.insn_aux().names.stand_in;
  if (index < 0) return 0;
  Subprogram& sub = env.subprograms[static_cast<std::size_t>(index)];
  const auto refuse = [&](std::string_view why) {
    return env.refuse(-EINVAL, "{}() cannot stand in for {}: {}", sub.name, call.name(), why);
  };
  if (!sub.is_global) return refuse("it is not a global function");
  if (env.state->active_locks != 0) return refuse("the call is made while a lock is held");
  if (sub.might_sleep) return refuse("it may sleep");
  if (sub.might_throw) return refuse("it may throw");
  if (sub.changes_packet) return refuse("it changes the packet or jumps to another program");
  if (check_global_args(env, static_cast<std::uint32_t>(index)) != 0)
    return refuse("what the call is given does not fit its arguments");
  if (sub.returns_void) return refuse("it returns nothing");
  sub.called = true;
  (in_rcu_section(env) ? sub.called_protected : sub.called_unprotected) = true;
  return 0;
}

int enter_frame(Env& env, State& state, std::uint32_t subprogram, std::int32_t call_site) {
  if (state.frames.size() + 1 > env.input.rules->limits.call_frames)
    return env.refuse(-E2BIG, "the call stack of {} frames is too deep", state.frames.size() + 1);
  auto frame = std::make_unique<Frame>();
  frame->call_site = call_site;
  frame->number = static_cast<std::uint32_t>(state.frames.size());
  frame->subprogram = subprogram;
  frame->async_entries = state.current().async_entries;
  RegState& fp = frame->regs[frame_pointer];
  fp.mark_pointer(RegType::stack);
  fp.frame = frame->number;
  state.frames.push_back(std::move(frame));
  env.log->touch_all();
  return 0;
}

int check_subprogram_call(Env& env) {
  const std::uint32_t index = env.insn_aux().names.callee;
  const int args_error = check_global_args(env, index);
  if (env.subprograms[index].is_global) return call_global(env, index, args_error);

  if (const int err = enter_frame(env, *env.state, index, static_cast<std::int32_t>(env.insn_idx))) return err;
  Frame& callee = env.frame();
  Frame& caller = *env.state->frames[env.state->frames.size() - 2];
  for (unsigned i = 1; i <= 5; ++i) callee.regs[i] = caller.regs[i];
  clear_caller_saved(env, caller);
  env.subprograms[index].called = true;
  env.insn_idx = env.subprograms[index].start;
  if (env.log->steps()) {
    env.log->print("caller:\n");
    env.log->line(state_line(env, "", *env.state, caller.number));
    env.log->print("callee:\n");
    env.log->line(state_line(env, "", *env.state, callee.number));
  }
  return 0;
}

int return_to_caller(Env& env) {
  State& state = *env.state;
  Frame& callee = state.current();
  const RegState& r0 = callee.regs[0];
  if (r0.is(RegType::stack)) return env.refuse(-EINVAL, "cannot return stack pointer to the caller");
  Frame& caller = *state.frames[state.frames.size() - 2];
  const bool callback = callee.kind == FrameKind::callback;
  if (callback) {
    if (!r0.is_scalar()) return env.refuse(-EACCES, "R0 not a scalar value");
    if (const int err = mark_precise(env, 0)) return err;
    if (callee.return_range) {
      const Range32 range = *callee.return_range;
      if (r0.r.smin() < range.min || r0.r.smax() > range.max) {
        std::string known;
        if (r0.r.smin() > INT64_MIN) known += fmt::format(" smin={}", r0.r.smin());
        if (r0.r.smax() < INT64_MAX) known += fmt::format(" smax={}", r0.r.smax());
        if (known.empty()) known = " unknown scalar value";
        return env.refuse(-EINVAL, "At callback return the register R0 has{} should have been in [{}, {}]", known,
                          range.min, range.max);
      }
    }
  } else {
    caller.regs[0] = r0;
  }
  // A callback goes back to the call itself, which runs it again or goes on.
  const auto call_site = static_cast<std::uint32_t>(callee.call_site);
  env.insn_idx = callback ? call_site : call_site + 1;
  if (env.log->steps()) {
    env.log->print("returning from callee:\n");
    env.log->line(state_line(env, "", state, callee.number));
    env.log->print("to caller at {}:\n", env.insn_idx);
    env.log->line(state_line(env, "", state, caller.number));
    env.log->want_whole_state();
  }
  state.frames.pop_back();
  if (callback) {
    if (const State* before = find_previous_visit(env, state, env.insn_idx)) widen_imprecise(*before, state);
  }
  return 0;
}

namespace {

// Walks a global function on its own, in a context that may sleep or not.
int check_alone(Env& env, std::uint32_t index, bool sleepable) {
  if (const int err = prepare_entry_state(env, index)) return err;
  env.state->in_sleepable = sleepable;
  if (const int err = explore(env, index)) return err;
  if (env.log->steps())
    env.log->print("Func#{} ('{}') is safe for any args that match its prototype\n", index,
                   env.subprograms[index].name);
  return 0;
}

}  // namespace

int check_global_subprograms(Env& env) {
  // Walking one may find calls of others.
  std::vector<bool> protected_done(env.subprograms.size()), unprotected_done(env.subprograms.size());
  for (bool more = true; more;) {
    more = false;
    for (std::uint32_t i = 1; i < env.subprograms.size(); ++i) {
      const Subprogram& sub = env.subprograms[i];
      if (!sub.is_global) continue;
      const bool by_program = sub.is_exception_callback;
      const bool sleepable = env.input.traits.sleepable;
      if ((sub.called_protected || (by_program && !sleepable)) && !protected_done[i]) {
        if (const int err = check_alone(env, i, false)) return err;
        protected_done[i] = more = true;
      }
      if ((sub.called_unprotected || (by_program && sleepable)) && !unprotected_done[i]) {
        if (const int err = check_alone(env, i, true)) return err;
        unprotected_done[i] = more = true;
      }
    }
  }
  return 0;
}

}  // namespace skep::verifier
