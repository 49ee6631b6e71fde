// A call of a helper: may this program call it here, are its arguments right, what does it leave behind.
//
// Everything special about one helper is in its entry (calls/helpers/*.cpp); what an entry's `Special` means for the
// verifier is in helper_effects.cpp. Tested by tests/verifier/call/.
#include <algorithm>
#include <iterator>

#include "verifier/call/call.hpp"
#include "verifier/call/call_facts.hpp"
#include "verifier/call/internal.hpp"
#include "verifier/path/path.hpp"
#include "verifier/report/explain.hpp"

namespace skep::verifier {

using calls::Special;
namespace call_flag = calls::call_flag;

namespace {

// Whether this program may make the call at all, whatever the arguments.
int check_helper_allowed(Env& env, const calls::Helper& helper) {
  const auto allowed = env.type().helper_allowed;
  if (allowed == nullptr || !allowed(helper.id, env.input.traits))
    return env.refuse(-EINVAL, explain::helper_not_allowed(helper_label(helper)),
                      "program of this type cannot use helper {}", helper_label(helper));
  if (helper.has(call_flag::gpl_only) && !env.input.traits.gpl)
    return env.refuse(-EINVAL, "cannot call GPL-restricted function from non-GPL compatible program");
  if (const auto refused = env.type().helper_refused; refused != nullptr)
    if (const std::string_view why = refused(helper.id, env.input.traits); !why.empty())
      return env.refuse(-EINVAL, explain::helper_rejected(helper_label(helper)), "{}", why);
  return 0;
}

int check_helper_context(Env& env, const calls::Helper& helper) {
  const bool sleeps =
      helper.has(call_flag::sleepable) || (helper.has(call_flag::faults_if_sleepable) && env.input.traits.sleepable);
  if (!sleeps) return 0;
  const char* where = non_sleepable_context(env);
  if (where == nullptr) return 0;
  return env.refuse(-EINVAL,
                    explain::may_not_sleep(env, "sleepable helper " + helper_label(helper), "helper call", "helper"),
                    "sleepable helper {} in {}", helper_label(helper), where);
}

// The one map that this call site means on every path; more than one, and nothing may be inlined.
void note_map(Env& env, const Call& call) {
  InsnAux& aux = env.insn_aux();
  if (call.map == nullptr) return;
  if (aux.call.map == nullptr && !aux.call.map_poisoned) {
    aux.call.map = call.map;
  } else if (aux.call.map != call.map) {
    aux.call.map = nullptr;
    aux.call.map_poisoned = true;
  }
}

bool writes_map(Special special) {
  return special == Special::map_update || special == Special::map_delete || special == Special::map_push ||
         special == Special::map_pop;
}
bool reads_map(Special special) {
  return special == Special::map_lookup || special == Special::map_peek || special == Special::map_lookup_percpu ||
         special == Special::for_each_map_elem;
}

// A map that is read-only (or write-only) to programs.
int check_map_access(Env& env, const Call& call) {
  if (call.map == nullptr) {
    if (reads_map(call.special) || writes_map(call.special))
      return env.refuse(-EINVAL, "kernel subsystem misconfigured verifier");
    return 0;
  }
  if (writes_map(call.special) && !call.map->writable_by_program())
    return env.refuse(-EACCES, "write into map forbidden");
  return 0;
}

// A constant index of a tail call is one of the facts for the engines: which program it names is then known.
int check_tail_call_index(Env& env, const Call& call) {
  if (call.special != Special::tail_call) return 0;
  if (call.map == nullptr || !maps::map_type(call.map->type).offers(call.helper->map_use))
    return env.refuse(-EINVAL, "expected prog array map for tail call");
  const RegState& index = env.reg(3);
  const bool names_one = index.is_const() && index.r.umax() < call.map->max_entries;
  return names_one ? mark_precise(env, 3) : 0;
}

int release_argument(Env& env, Call& call) {
  if (call.release_reg < 0) return 0;
  const calls::Helper& helper = *call.helper;
  const auto regno = static_cast<unsigned>(call.release_reg);
  if (helper.args[regno - 1].kind == calls::ArgKind::dynptr) return release_dynptr(env, call);
  if (env.reg(regno).is_null()) return 0;  // giving up nothing
  const std::uint32_t ref = env.reg(regno).ref_id;
  int err = -EINVAL;
  if (ref != 0) {
    if (call.special == Special::kptr_xchg && in_rcu_section(env) && env.reg(regno).has(reg_flag::alloc)) {
      // What went into the map stays readable until the end of the RCU section.
      if (drop_reference(*env.state, ref)) {
        err = 0;
        env.state->for_each_reg([&](RegState& r) {
          if (r.ref_id != ref || !r.is_pointer()) return;
          if (r.has(reg_flag::alloc) && !r.has(reg_flag::percpu)) {
            invalidate_reg(env, r);
          } else if (r.has(reg_flag::alloc)) {
            r.ref_id = 0;
            r.id = 0;
            r.flags &= ~reg_flag::alloc;
            r.flags |= reg_flag::rcu;
          } else {
            invalidate_reg(env, r);
          }
        });
      }
    } else {
      err = release_reference(env, ref);
    }
  }
  if (err != 0 && !env.refusal)
    return env.refuse(err, "func {} reference has not been acquired before", helper_label(helper));
  return err;
}

// A program called from a subprogram returns, in the end, to that one's caller, with any result; the packet may be
// another by then. That is walked first, and later what stands behind a call that is not taken.
int leave_by_tail_call(Env& env) {
  if (push_branch(env, env.insn_idx + 1, env.insn_idx) == nullptr) return env.refusal ? env.refusal->error : -EFAULT;
  forget_packet(env);
  env.reg(0).mark_unknown();
  if (const int err = return_to_caller(env)) return err;
  --env.insn_idx;  // our caller steps on
  return 0;
}

}  // namespace

int check_helper_call(Env& env, const Insn& insn) {
  const calls::Helper* helper = env.insn_aux().names.helper;
  if (insn.imm == 0) return env.refuse(-EINVAL, "program of this type cannot use helper bpf_unspec#0");
  if (helper == nullptr) return env.refuse(-EINVAL, "invalid func unknown#{}", insn.imm);
  Call call;
  call.helper = helper;
  call.special = helper->special;

  if (const int err = check_helper_allowed(env, *helper)) return err;
  if (env.state->active_locks != 0 && !allowed_under_lock(call))
    return env.refuse(
        -EINVAL,
        explain::inside_region(
            env, Region::lock, "function call",
            "Release the BPF spin lock before making this call, or move the call outside the locked region."),
        "function calls are not allowed while holding a lock");
  if (const int err = check_helper_context(env, *helper)) return err;
  if (const int err = check_stand_in(env, call)) return err;
  begin_call_facts(env);
  if (const int err = check_helper_args(env, call)) return err;
  note_map(env, call);
  if (const int err = check_map_access(env, call)) return err;
  if (const int err = check_tail_call_index(env, call)) return err;
  note_call_arguments(env, static_cast<unsigned>(std::ranges::count_if(helper->args, [](const calls::ArgSpec& arg) {
                        return arg.kind != calls::ArgKind::none;
                      })));
  if (const int err = release_argument(env, call)) return err;
  if (const int err = apply_helper_effects(env, call)) return err;

  clear_caller_saved(env, env.frame());
  int err = 0;
  set_helper_result(env, call, err);
  if (err != 0) return err;
  note_call_result(env);
  if (const int bad = check_map_for_helper(env, call)) return bad;
  if (call.has(call_flag::changes_packet)) forget_packet(env);
  if (call.special == Special::tail_call && env.state->frames.size() > 1) return leave_by_tail_call(env);
  return 0;
}

}  // namespace skep::verifier
