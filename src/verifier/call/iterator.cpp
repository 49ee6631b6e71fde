// Open-coded iterators: an object on the stack that is made, advanced until it gives NULL, and destroyed.
//
// Every call of `next` splits the path: one on which the iterator is drained and NULL comes back, and one on which
// another element does. Imprecise scalars that changed since the last round are forgotten, so that the walk round the
// loop comes to an end. Tested by tests/conformance/.
#include "verifier/call/call.hpp"
#include "verifier/call/internal.hpp"
#include "verifier/path/path.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/report/explain.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {

namespace call_flag = calls::call_flag;

namespace {

struct Place {
  int slot = -1;        // the highest: the object's lowest address
  bool beyond = false;  // below what was ever written
};

Place place_of(Env& env, const RegState& reg, unsigned slots) {
  if (!reg.r.is_const()) {
    env.note("iter has to be at a constant offset");
    return {};
  }
  const std::int64_t offset = reg.fixed_offset();
  const std::int64_t slot = offset < 0 ? (-offset - 1) / 8 : -1;
  if (offset % 8 != 0 || slot + 1 < static_cast<std::int64_t>(slots)) {
    env.note("cannot pass in iter at an offset={}", offset);
    return {};
  }
  if (slot >= static_cast<std::int64_t>(env.state->frames[reg.frame]->stack.size()))
    return {static_cast<int>(slot), true};
  return {static_cast<int>(slot), false};
}

std::string_view short_name(const btf::Btf& btf, btf::TypeId id) {
  std::string_view name = btf.type(id).name;
  if (name.starts_with("bpf_iter_")) name.remove_prefix(9);
  return name;
}

int create(Env& env, const Call& call, unsigned regno, const btf::Btf& btf, btf::TypeId id, unsigned slots) {
  const RegState reg = env.reg(regno);
  const Place place = place_of(env, reg, slots);
  bool free_slots = place.slot >= 0;
  auto& frame = *env.state->frames[reg.frame];
  if (free_slots && !place.beyond) {
    for (unsigned i = 0; i < slots; ++i)
      for (const SlotType t : frame.stack[static_cast<std::size_t>(place.slot) - i].types)
        if (t == SlotType::iter) free_slots = false;
  }
  if (!free_slots)
    return env.refuse(-EINVAL, explain::iterator_initialized(), "expected uninitialized iter_{} as R{}",
                      short_name(btf, id), regno);
  for (unsigned i = 0; i < slots; ++i)
    if (const int err =
            check_mem_access(env, env.insn_idx, regno, static_cast<std::int32_t>(i * 8), 8, Access::write, -1))
      return err;
  std::uint32_t ref = 0;
  if (const int err = acquire_reference(env, static_cast<std::int32_t>(env.insn_idx), ref)) return err;
  for (unsigned i = 0; i < slots; ++i) {
    StackSlot& slot = frame.stack[static_cast<std::size_t>(place.slot) - i];
    slot.types.fill(SlotType::iter);
    slot.spilled = RegState{};
    RegState& it = slot.spilled;
    it.type = RegType::stack;
    if (call.has(call_flag::rcu_protected)) it.flags = in_rcu_section(env) ? reg_flag::rcu : reg_flag::untrusted;
    it.iter = IterState::active;
    it.btf = &btf;
    it.btf_id = id;
    if (i == 0) {
      it.ref_id = it.id = ref;
      it.first_slot = true;
    }
  }
  return 0;
}

enum class Found { yes, no, outside_rcu };

Found find(Env& env, const RegState& reg, const btf::Btf& btf, btf::TypeId id, unsigned slots, Place& place) {
  place = place_of(env, reg, slots);
  if (place.slot < 0 || place.beyond) return Found::no;
  const auto& stack = env.state->frames[reg.frame]->stack;
  for (unsigned i = 0; i < slots; ++i) {
    const StackSlot& slot = stack[static_cast<std::size_t>(place.slot) - i];
    for (const SlotType t : slot.types)
      if (t != SlotType::iter) return Found::no;
    if (slot.spilled.has(reg_flag::untrusted)) return Found::outside_rcu;
    if ((i == 0) != (slot.spilled.ref_id != 0)) return Found::no;
    if (slot.spilled.btf_id != id || (slot.spilled.btf != &btf && slot.spilled.btf->type(id).name != btf.type(id).name))
      return Found::no;
  }
  return Found::yes;
}

}  // namespace

int check_iterator_arg(Env& env, Call& call, unsigned regno, btf::TypeId pointee) {
  const RegState& reg = env.reg(regno);
  if (!reg.is(RegType::stack))
    return env.refuse(-EINVAL, explain::argument_not_iterator(call.name(), regno, reg),
                      "R{} expected pointer to an iterator on stack", regno);
  const btf::Btf& btf = *call.kfunc->btf;
  const btf::TypeId id = btf.skip_modifiers(pointee);
  const auto size = btf.size_of(id);
  if (!size || *size == 0 || *size % 8 != 0) return env.refuse(-EINVAL, "expected valid iter pointer as R{}", regno);
  const unsigned slots = *size / 8;
  if (call.has(call_flag::iter_new)) return create(env, call, regno, btf, id, slots);

  Place place;
  switch (find(env, reg, btf, id, slots, place)) {
    case Found::yes:
      break;
    case Found::no:
      return env.refuse(-EINVAL, explain::iterator_uninitialized(), "expected an initialized iter_{} as R{}",
                        short_name(btf, id), regno);
    case Found::outside_rcu:
      return env.refuse(-EPROTO, explain::needs_rcu(call.name(), true), "expected an RCU CS when using {}",
                        call.name());
  }
  auto& stack = env.state->frames[reg.frame]->stack;
  call.iter_frame = static_cast<int>(reg.frame);
  call.iter_slot = place.slot;
  const std::uint32_t ref = stack[static_cast<std::size_t>(place.slot)].spilled.ref_id;
  call.arg_ref = ref;
  if (!call.has(call_flag::iter_destroy)) return 0;
  for (unsigned i = 0; i < slots; ++i) {
    const std::size_t at = static_cast<std::size_t>(place.slot) - i;
    StackSlot& slot = stack[at];
    env.log->touch_slot(at);
    slot.types.fill(SlotType::invalid);
    slot.spilled = RegState{};
  }
  return release_reference(env, ref);
}

int advance_iterator(Env& env, const Call& call) {
  const auto iterator_of = [&](State& state) -> RegState& {
    return state.frames[static_cast<std::size_t>(call.iter_frame)]
        ->stack[static_cast<std::size_t>(call.iter_slot)]
        .spilled;
  };
  State& state = *env.state;
  if (iterator_of(state).iter == IterState::active) {
    const State* before = state.parent == nullptr ? nullptr : find_previous_visit(env, *state.parent, env.insn_idx);
    State* next = push_branch(env, env.insn_idx + 1, env.insn_idx);
    if (next == nullptr) return env.refusal ? env.refusal->error : -EFAULT;
    ++iterator_of(*next).iter_depth;
    if (before != nullptr) widen_imprecise(*before, *next);
    RegState& element = next->reg(0);
    element.flags &= ~reg_flag::maybe_null;
    if (element.ref_id == 0 && !element.is(RegType::map_value)) element.id = 0;
  }
  // This path: nothing is left.
  iterator_of(state).iter = IterState::drained;
  env.log->touch_slot(static_cast<std::size_t>(call.iter_slot));
  env.reg(0).mark_const(0);
  return 0;
}

}  // namespace skep::verifier
