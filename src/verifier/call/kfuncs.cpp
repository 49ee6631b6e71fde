// A call of a kernel function: may this program call it here, are its arguments right, what does it leave behind.
//
// Types come from BTF, rules from the entry's flags and its `Special` (calls/kfuncs/*.cpp). Tested by
// tests/verifier/call/.
#include "verifier/call/call.hpp"
#include "verifier/call/call_facts.hpp"
#include "verifier/call/internal.hpp"
#include "verifier/path/path.hpp"
#include "verifier/report/explain.hpp"

namespace skep::verifier {

using calls::Special;
namespace call_flag = calls::call_flag;

namespace {

int check_kfunc_allowed(Env& env, const KfuncCall& kfunc) {
  const auto& traits = env.input.traits;
  const calls::Kfunc* entry = kfunc.entry;
  bool allowed = entry != nullptr && calls::may_call(*env.input.rules, *entry, env.type().type, traits.attach_type,
                                                     traits.struct_ops_type, traits.struct_ops_member);
  allowed = allowed && (entry->not_at.empty() || entry->not_at != traits.attach_function);
  if (!allowed)
    return env.refuse(-EACCES, explain::kfunc_not_allowed(kfunc.name), "calling kernel function {} is not allowed",
                      kfunc.name);
  if (!traits.gpl) return env.refuse(-EINVAL, "cannot call kernel function from non-GPL compatible program");
  return 0;
}

// A program that may never sleep is told so before anything is said of the arguments; a section that it is in,
// afterwards.
int check_may_ever_sleep(Env& env, const Call& call) {
  if (!call.has(call_flag::sleepable) || env.state->in_sleepable) return 0;
  return env.refuse(-EACCES,
                    explain::may_not_sleep(env, fmt::format("sleepable kfunc {}", call.name()), "kfunc call", "kfunc"),
                    "program must be sleepable to call sleepable kfunc {}", call.name());
}

int check_kfunc_context(Env& env, const Call& call) {
  if (call.has(call_flag::sleepable)) {
    if (const char* where = non_sleepable_context(env))
      return env.refuse(
          -EACCES, explain::may_not_sleep(env, fmt::format("sleepable kfunc {}", call.name()), "kfunc call", "kfunc"),
          "kernel func {} is sleepable within {}", call.name(), where);
  }
  if (call.has(call_flag::rcu_protected) && !in_rcu_section(env))
    return env.refuse(-EACCES, explain::needs_rcu(call.name(), false),
                      "kernel func {} requires RCU critical section protection", call.name());
  return 0;
}

// Walking a cgroup's tasks waits for a lock.
bool may_walk_css_tasks(const Env& env) {
  const auto& type = env.type();
  if (type.may_walk_cgroup_tasks != nullptr && type.may_walk_cgroup_tasks(env.input.traits)) return true;
  return env.state->in_sleepable;
}

// A lock that may not be had: the call comes back with an error, nothing taken.
int push_lock_failure(Env& env) {
  State* failed = push_branch(env, env.insn_idx + 1, env.insn_idx);
  if (failed == nullptr) return env.refusal ? env.refusal->error : -EFAULT;
  for (unsigned i = 0; i <= 5; ++i) failed->reg(i).mark_not_init();
  failed->reg(0).mark_unknown();
  failed->reg(0).r = Scalar::from_range_s64(-4095, -1);
  return 0;
}

}  // namespace

int check_kfunc_call(Env& env, const Insn& insn) {
  const KfuncCall* kfunc = env.insn_aux().names.kfunc;
  if (kfunc == nullptr) return env.refuse(-EINVAL, "kernel btf_id {} is not a function", insn.imm);
  if (const int err = check_kfunc_allowed(env, *kfunc)) return err;
  // Compilers put it where control cannot come in a program whose behavior is defined.
  if (kfunc->entry->special == Special::trap)
    return env.refuse(-EFAULT, "unexpected __bpf_trap() due to uninitialized variable?");
  Call call;
  call.kfunc = kfunc;
  call.special = kfunc->entry->special;

  if (env.state->active_locks != 0 && !allowed_under_lock(call))
    return env.refuse(
        -EINVAL,
        explain::inside_region(
            env, Region::lock, "function call",
            "Release the BPF spin lock before making this call, or move the call outside the locked region."),
        "function calls are not allowed while holding a lock");
  if (call.special == Special::res_spin_lock || call.special == Special::res_spin_lock_irqsave) {
    if (const int err = push_lock_failure(env)) return err;
  }
  if (call.special == Special::iter_css_task_new && !may_walk_css_tasks(env))
    return env.refuse(-EINVAL, "css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs");
  if (const int err = check_may_ever_sleep(env, call)) return err;
  // Sections begin and end before the rest is looked at; what sleeps is refused in them.
  if (const int err = check_stand_in(env, call)) return err;
  begin_call_facts(env);
  if (const int err = check_kfunc_args(env, call)) return err;
  note_call_arguments(env, static_cast<unsigned>(kfunc->btf->params(kfunc->btf->type(kfunc->proto)).size()));
  if (const int err = check_kfunc_context(env, call)) return err;
  return apply_kfunc_effects(env, call);
}

}  // namespace skep::verifier
