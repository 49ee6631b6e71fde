// Interrupt flags saved on the stack: restored once, by the same family of calls, newest first.
//
// Tested by tests/conformance/.
#include <algorithm>

#include "verifier/call/internal.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/report/explain.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {

using calls::Special;

namespace {

constexpr std::uint8_t native_kind = 1, lock_kind = 2;

std::string_view kind_name(std::uint8_t kind) {
  return kind == lock_kind ? "lock" : "native";
}

// The slot behind a stack pointer; -1 after a note; -2: below what was ever written.
int flag_slot(Env& env, const RegState& reg) {
  if (!reg.r.is_const()) {
    env.note("irq_flag has to be at a constant offset");
    return -1;
  }
  const std::int64_t offset = reg.fixed_offset();
  if (offset % 8 != 0 || offset >= 0) {
    env.note("cannot pass in irq_flag at an offset={}", offset);
    return -1;
  }
  const int slot = static_cast<int>((-offset - 1) / 8);
  return slot < static_cast<int>(env.state->frames[reg.frame]->stack.size()) ? slot : -2;
}

int save(Env& env, unsigned regno, std::uint8_t kind) {
  const RegState reg = env.reg(regno);
  const int before = flag_slot(env, reg);
  bool free_slot = before != -1;
  if (before >= 0) {
    const StackSlot& slot = env.state->frames[reg.frame]->stack[static_cast<std::size_t>(before)];
    free_slot = std::none_of(slot.types.begin(), slot.types.end(), [](SlotType t) { return t == SlotType::irq_flag; });
  }
  if (!free_slot)
    return env.refuse(-EINVAL, explain::irq_initialized(), "expected uninitialized irq flag as R{}", regno);
  if (const int err = check_mem_access(env, env.insn_idx, regno, 0, 8, Access::write, -1)) return err;
  const int at = flag_slot(env, reg);
  if (at < 0) return env.refuse(-EINVAL, explain::irq_initialized(), "expected uninitialized irq flag as R{}", regno);
  StackSlot& slot = env.state->frames[reg.frame]->stack[static_cast<std::size_t>(at)];
  Resource resource;
  resource.kind = ResourceKind::irq;
  resource.id = env.new_id();
  resource.insn = static_cast<std::int32_t>(env.insn_idx);
  env.state->resources.push_back(resource);
  env.state->active_irq_id = resource.id;
  slot.spilled = RegState{};
  slot.spilled.type = RegType::stack;
  slot.spilled.ref_id = resource.id;
  slot.spilled.irq_kind = kind;
  slot.types.fill(SlotType::irq_flag);
  env.log->touch_slot(static_cast<std::size_t>(at));
  return 0;
}

int restore(Env& env, unsigned regno, std::uint8_t kind) {
  const RegState& reg = env.reg(regno);
  const int at = flag_slot(env, reg);
  StackSlot* slot = at < 0 ? nullptr : &env.state->frames[reg.frame]->stack[static_cast<std::size_t>(at)];
  if (slot == nullptr || slot->spilled.ref_id == 0 ||
      !std::all_of(slot->types.begin(), slot->types.end(), [](SlotType t) { return t == SlotType::irq_flag; }))
    return env.refuse(-EINVAL, explain::irq_uninitialized(), "expected an initialized irq flag as R{}", regno);
  if (slot->spilled.irq_kind != kind)
    return env.refuse(-EINVAL, "irq flag acquired by {} kfuncs cannot be restored with {} kfuncs",
                      kind_name(slot->spilled.irq_kind), kind_name(kind));
  State& state = *env.state;
  const std::uint32_t id = slot->spilled.ref_id;
  if (id != state.active_irq_id) {
    const Resource* newest = find_resource(state, ResourceKind::irq, state.active_irq_id);
    return env.refuse(-EACCES, explain::irq_out_of_order(),
                      "cannot restore irq state out of order, expected id={} acquired at insn_idx={}",
                      state.active_irq_id, newest == nullptr ? 0 : newest->insn);
  }
  std::uint32_t previous = 0;
  auto& all = state.resources;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].kind != ResourceKind::irq) continue;
    if (all[i].id == id) {
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
      break;
    }
    previous = all[i].id;
  }
  state.active_irq_id = previous;
  leave_rcu(env);
  slot->spilled = RegState{};
  slot->types.fill(SlotType::invalid);
  env.log->touch_slot(static_cast<std::size_t>(at));
  return 0;
}

}  // namespace

int check_irq_flag(Env& env, Call& call, unsigned regno) {
  if (!env.reg(regno).is(RegType::stack))
    return env.refuse(-EINVAL, explain::argument_not_irq_flag(call.name(), regno, env.reg(regno)),
                      "R{} doesn't point to an irq flag on stack", regno);
  switch (call.special) {
    case Special::local_irq_save:
      return save(env, regno, native_kind);
    case Special::res_spin_lock_irqsave:
      return save(env, regno, lock_kind);
    case Special::local_irq_restore:
      return restore(env, regno, native_kind);
    case Special::res_spin_unlock_irqrestore:
      return restore(env, regno, lock_kind);
    default:
      return unsupported(env, "an interrupt flag here");
  }
}

}  // namespace skep::verifier
