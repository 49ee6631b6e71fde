// What must not be held when a program ends, calls another one, or throws.
//
// Tested by tests/verifier/call/references_test.cpp.
#include "verifier/call/call.hpp"
#include "verifier/call/internal.hpp"
#include "verifier/report/explain.hpp"

namespace skep::verifier {

int check_resources_released(Env& env, std::string_view where, bool exception_exit, bool check_locks,
                             std::uint32_t given_back) {
  State& state = *env.state;
  if (check_locks && state.active_locks != 0)
    return env.refuse(-EINVAL, explain::inside_region(env, Region::lock, where),
                      "{} cannot be used inside bpf_spin_lock-ed region", where);

  // An inner frame hands what it holds to its caller; an exception leaves all frames at once.
  if (exception_exit || state.frames.size() == 1) {
    const Resource* leaked = nullptr;
    for (const Resource& r : state.resources) {
      if (r.kind != ResourceKind::reference || (given_back != 0 && r.id == given_back)) continue;
      env.note("Unreleased reference id={} alloc_insn={}", r.id, r.insn);
      if (leaked == nullptr) leaked = &r;
    }
    if (leaked != nullptr)
      return env.refuse(-EINVAL, explain::unreleased(*leaked), "{} would lead to reference leak", where);
  }
  if (check_locks && state.active_irq_id != 0)
    return env.refuse(-EINVAL, explain::inside_region(env, Region::irq, where),
                      "{} cannot be used inside bpf_local_irq_save-ed region", where);
  if (check_locks && state.rcu_locks != 0)
    return env.refuse(-EINVAL, explain::inside_region(env, Region::rcu, where),
                      "{} cannot be used inside bpf_rcu_read_lock-ed region", where);
  if (check_locks && state.preempt_locks != 0)
    return env.refuse(-EINVAL, explain::inside_region(env, Region::preempt, where),
                      "{} cannot be used inside bpf_preempt_disable-ed region", where);
  return 0;
}

}  // namespace skep::verifier
