// The order of the checks. It is the kernel's, so that of several faults the same one is reported. See verifier.hpp.
#include "verifier/verifier.hpp"

#include <cerrno>
#include <chrono>

#include "verifier/call/call.hpp"
#include "verifier/env.hpp"
#include "verifier/path/explorer.hpp"
#include "verifier/path/known_values.hpp"
#include "verifier/path/path.hpp"
#include "verifier/program/program.hpp"
#include "verifier/report/log.hpp"
#include "verifier/report/print_explanation.hpp"

namespace skep::verifier {

namespace {

int check_program(Env& env) {
  constexpr int (*phases[])(Env&) = {
      find_subprograms,  // functions,
      resolve_kfuncs,    // calls,
      check_subprogram_bounds,
      check_btf_info,
      resolve_pseudo_loads,  // maps and variables that are named
      check_cfg,             // everything is reachable
      check_recursion,
      check_attach,  // where it is to be attached
      decide_branches,
      compute_scc,
      compute_liveness,
  };
  for (const auto phase : phases) {
    const int error = phase(env);
    if (error == 0) continue;
    const bool of_whole = phase == check_attach || phase == check_btf_info;
    if (of_whole && env.refusal) env.refusal->insn = -1;
    return error;
  }
  return 0;
}

int walk_program(Env& env) {
  if (const int error = prepare_entry_state(env, 0)) return error;
  if (const int error = explore(env, 0)) return error;
  return check_global_subprograms(env);
}

// What the kernel's rewriting of an accepted program takes of a function's stack: the counter of may_goto, and the
// registers that a loop which replaces bpf_loop() needs.
std::uint32_t rewriting_stack(const Env& env, const Subprogram& subprogram) {
  constexpr std::uint32_t loop_registers = 24;
  std::uint32_t of_counter = 0, of_loop = 0;
  for (std::uint32_t at = subprogram.start; at < subprogram.end; ++at) {
    if (!env.aux[at].flow.seen) continue;
    if (env.insns[at].code == (insn_class::jmp | jmp_op::jcond)) of_counter = env.input.rules->may_goto_stack;
    if (env.aux[at].call.loop_inlinable) of_loop = loop_registers;
  }
  return of_counter + of_loop;
}

void log_statistics(Env& env, const Statistics& statistics, bool accepted) {
  if (env.log->statistics()) {
    constexpr std::uint32_t slot_bytes = 8;
    env.log->print("verification time {} usec\nstack depth max {}\n", statistics.usec, statistics.max_stack_depth);
    for (std::size_t i = 0; i < env.subprograms.size(); ++i) {
      const Subprogram& sub = env.subprograms[i];
      if (accepted && sub.insns_walked_within == 0) continue;  // dead code is removed
      const std::uint32_t depth = sub.stack_depth + (accepted ? rewriting_stack(env, sub) : 0);
      const std::string_view kind = i == 0 ? "main" : sub.is_global ? "global" : "static";
      env.log->print("subprog {} ({}) {} insns_self {} insns_total {} stack {}\n", i,
                     i == 0 && sub.name.empty() ? env.input.name : sub.name, kind, sub.insns_walked,
                     sub.insns_walked_within, (depth + slot_bytes - 1) / slot_bytes * slot_bytes);
    }
  }
  env.log->print("processed {} insns (limit {}) max_states_per_insn {} total_states {} peak_states {} mark_read 0\n",
                 statistics.insns_processed, env.input.rules->limits.insns_walked, statistics.max_states_per_insn,
                 statistics.total_states, statistics.peak_states);
}

Output walk_and_judge(const Input& input, bool record) {
  const auto begin = std::chrono::steady_clock::now();
  Env env(input);
  if (record) env.log->recorder().turn_on();
  Output output;
  output.error = check_program(env);
  if (output.error == 0) output.error = walk_program(env);
  if (output.error == 0) output.error = check_max_stack_depth(env);
  if (output.error == 0) output.program = finish(env);
  if (output.error == 0 && !output.program) output.error = env.refusal->error;
  const auto elapsed = std::chrono::steady_clock::now() - begin;
  output.statistics = env.statistics;
  output.statistics.usec =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count());
  log_statistics(env, output.statistics, output.error == 0);
  if (output.error != 0) {
    if (!env.refusal) env.refuse(output.error, "skep: refused without a reason");
    note_place(env, *env.refusal);
    output.refusal = std::move(env.refusal);
    output.refusal->error = output.error;
  }
  output.log = env.log->take();
  return output;
}

// Explanations tell what happened on the way to the refusal; those of a walk that did not end tell nothing of it.
bool wants_events(const Input& input, const Output& output) {
  const bool ended = output.error != -E2BIG && output.error != -EAGAIN && output.error != -ETIME;
  return input.log_level != 0 && output.error != 0 && ended && output.statistics.insns_processed != 0 &&
         input.observer == nullptr;
}

}  // namespace

Output verify(const Input& input) {
  Output output = walk_and_judge(input, false);
  if (!wants_events(input, output)) return output;
  Output explained = walk_and_judge(input, true);
  if (explained.error != output.error) return output;  // there was no memory for the events
  explained.statistics.usec = output.statistics.usec;
  return explained;
}

}  // namespace skep::verifier
