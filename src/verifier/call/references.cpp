// Objects that a program owns until it gives them up: sockets, ring buffer records, kernel objects, allocations.
//
// Each is a Resource with the instruction that took it, and pointers to it carry its id (RegState::ref_id). Giving one
// up turns every copy of the pointer, and everything that was taken from the object, into an unknown scalar. Tested by
// tests/verifier/call/references_test.cpp.
#include <algorithm>

#include "verifier/call/call.hpp"
#include "verifier/call/internal.hpp"

namespace skep::verifier {

const Resource* find_resource(const State& state, ResourceKind kind, std::uint32_t id) {
  for (const Resource& r : state.resources)
    if (r.kind == kind && r.id == id) return &r;
  return nullptr;
}

bool has_reference(const State& state, std::uint32_t id) {
  return find_resource(state, ResourceKind::reference, id) != nullptr;
}

int acquire_reference(Env& env, std::int32_t insn, std::uint32_t& id) {
  id = env.new_id();
  Resource resource;
  resource.kind = ResourceKind::reference;
  resource.id = id;
  resource.insn = insn;
  env.state->resources.push_back(resource);
  return 0;
}

bool drop_reference(State& state, std::uint32_t id) {
  auto& all = state.resources;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].kind != ResourceKind::reference || all[i].id != id) continue;
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));  // the order of what remains shows in the log
    return true;
  }
  return false;
}

void invalidate_reg(Env& env, RegState& reg) {
  (void)env;
  reg.mark_unknown();
}

namespace {

// Dynptrs on the stack that belong to `ref` or look into its object, and slices of them.
void invalidate_dynptrs_of(Env& env, std::uint32_t ref) {
  std::vector<std::uint32_t> ids;
  for (auto& frame : env.state->frames) {
    for (auto& slot : frame->stack) {
      if (slot.types[0] != SlotType::dynptr) continue;
      if (slot.spilled.ref_id != ref && slot.spilled.parent_id != ref) continue;
      if (slot.spilled.id != 0) ids.push_back(slot.spilled.id);
      slot.types.fill(SlotType::invalid);
      slot.spilled.mark_not_init();
    }
  }
  if (ids.empty()) return;
  env.state->for_each_reg([&](RegState& reg) {
    if (reg.is_pointer() && reg.dynptr_id != 0 && std::find(ids.begin(), ids.end(), reg.dynptr_id) != ids.end())
      invalidate_reg(env, reg);
  });
}

}  // namespace

int release_reference(Env& env, std::uint32_t id) {
  // What was taken from this object and is itself owned must be given up first.
  for (const Resource& r : env.state->resources)
    if (r.kind == ResourceKind::reference && r.parent_id == id && r.id != id)
      return env.refuse(-EINVAL, "Leaking reference id={} alloc_insn={}. Release it first.", r.id, r.insn);
  if (!drop_reference(*env.state, id)) return -EINVAL;
  for (auto& frame : env.state->frames) {
    for (auto& reg : frame->regs)
      if (reg.ref_id == id || (reg.is_pointer() && reg.parent_id == id)) invalidate_reg(env, reg);
    for (auto& slot : frame->stack) {
      if (!slot.is_spilled()) continue;
      if (slot.spilled.ref_id == id || (slot.spilled.is_pointer() && slot.spilled.parent_id == id))
        invalidate_reg(env, slot.spilled);
    }
  }
  invalidate_dynptrs_of(env, id);
  return 0;
}

void leave_rcu(Env& env) {
  const State& state = *env.state;
  if (!state.in_sleepable) return;  // all of the program is one
  if (state.rcu_locks != 0 || state.preempt_locks != 0 || state.active_irq_id != 0 || state.active_locks != 0) return;
  env.state->for_each_reg([](RegState& reg) {
    if (!reg.is_pointer() || !reg.has(reg_flag::rcu)) return;
    reg.flags &= ~(reg_flag::rcu | reg_flag::maybe_null | reg_flag::non_owning | reg_flag::alloc);
    reg.flags |= reg_flag::untrusted;
  });
}

void invalidate_non_owning(Env& env) {
  env.state->for_each_reg([&](RegState& reg) {
    if (reg.is_pointer() && reg.has(reg_flag::non_owning)) invalidate_reg(env, reg);
  });
}

}  // namespace skep::verifier
