// Dynptrs: 16 bytes on the stack that describe memory whose size is only known when the program runs.
//
// A dynptr takes two stack slots; the lower address is its first slot. It has an id, slices of it carry that id
// (RegState::dynptr_id), and some kinds own a reference (ring buffer records, files) that all clones share. Writing
// over a dynptr destroys it and its slices; the last one that owns a reference may not be written over. Tested by
// tests/verifier/call/references_test.cpp.
#include "verifier/call/call.hpp"
#include "verifier/call/internal.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/report/explain.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {

std::string_view dynptr_kind_name(DynptrKind kind) {
  switch (kind) {
    case DynptrKind::local:
      return "local";
    case DynptrKind::ringbuf:
      return "ringbuf";
    case DynptrKind::skb:
      return "skb";
    case DynptrKind::xdp:
      return "xdp";
    case DynptrKind::skb_meta:
      return "skb_meta";
    case DynptrKind::file:
      return "file";
    case DynptrKind::invalid:
      break;
  }
  return "unknown";
}

namespace {

constexpr int bad_place = -1, beyond_stack = -2;

bool owns_reference(DynptrKind kind) {
  return kind == DynptrKind::ringbuf || kind == DynptrKind::file;
}

// The first slot of a dynptr that a stack pointer names, or bad_place after a note.
int first_slot(Env& env, const RegState& reg) {
  if (!reg.r.is_const()) {
    env.note("dynptr has to be at a constant offset");
    return bad_place;
  }
  const std::int64_t offset = reg.fixed_offset();
  const std::int64_t slot = offset < 0 ? (-offset - 1) / 8 : -1;
  if (offset % 8 != 0 || slot < 1) {
    env.note("cannot pass in dynptr at an offset={}", offset);
    return bad_place;
  }
  if (slot >= static_cast<std::int64_t>(env.state->frames[reg.frame]->stack.size())) return beyond_stack;
  return static_cast<int>(slot);
}

bool all_dynptr(const StackSlot& slot) {
  for (const SlotType t : slot.types)
    if (t != SlotType::dynptr) return false;
  return true;
}

// The description of the dynptr that `reg` names; null: there is none.
const RegState* description(Env& env, const RegState& reg) {
  if (reg.is(RegType::dynptr)) return &reg;
  const int at = first_slot(env, reg);
  if (at < 0) return nullptr;
  const auto& stack = env.state->frames[reg.frame]->stack;
  const StackSlot& first = stack[static_cast<std::size_t>(at)];
  const StackSlot& second = stack[static_cast<std::size_t>(at) - 1];
  if (!all_dynptr(first) || !all_dynptr(second) || !first.spilled.first_slot) return nullptr;
  return &first.spilled;
}

void invalidate_slices(Env& env, std::uint32_t id) {
  env.state->for_each_reg([&](RegState& reg) {
    if (reg.is(RegType::mem) && reg.dynptr_id == id) invalidate_reg(env, reg);
  });
}

int destroy_at(Env& env, Frame& frame, int slot) {
  auto& stack = frame.stack;
  if (slot < 0 || slot >= static_cast<int>(stack.size())) return 0;
  if (stack[static_cast<std::size_t>(slot)].types[0] != SlotType::dynptr) return 0;
  const std::size_t first =
      static_cast<std::size_t>(stack[static_cast<std::size_t>(slot)].spilled.first_slot ? slot : slot + 1);
  if (first >= stack.size() || first == 0) return 0;
  const RegState dynptr = stack[first].spilled;
  if (owns_reference(dynptr.dynptr)) {
    unsigned owners = 0;
    for (auto& f : env.state->frames)
      for (auto& s : f->stack)
        if (s.types[0] == SlotType::dynptr && s.spilled.first_slot && s.spilled.ref_id == dynptr.ref_id) ++owners;
    if (owners <= 1) return env.refuse(-EINVAL, explain::dynptr_overwrite(), "cannot overwrite referenced dynptr");
  }
  for (const std::size_t i : {first, first - 1}) {
    stack[i].types.fill(SlotType::invalid);
    stack[i].spilled = RegState{};
  }
  invalidate_slices(env, dynptr.id);
  return 0;
}

}  // namespace

void destroy_if_dynptr_slot(Env& env, Frame& frame, int slot) {
  (void)destroy_at(env, frame, slot);
}

int check_stack_object_overwrite(Env& env, Frame& frame, int slot) {
  // Iterators and interrupt flags may be written over: the program can then no longer give them back, and is refused
  // for that.
  return destroy_at(env, frame, slot);
}

int check_dynptr_arg(Env& env, Call& call, unsigned regno, bool uninit, bool rdonly, DynptrKind wanted, bool release) {
  const RegState reg = env.reg(regno);
  if (!reg.is(RegType::stack) && !reg.is(RegType::dynptr))
    return env.refuse(
        -EINVAL,
        explain::argument_not_dynptr(call.is_kfunc() || call.helper != nullptr ? call.name() : "function", regno, reg),
        "R{} expected pointer to stack or const struct bpf_dynptr", regno);
  if (reg.is(RegType::dynptr)) {
    if (const int err = check_offset(env, reg, regno, false)) return err;
    if (release) return env.refuse(-EINVAL, explain::dynptr_const_release(), "CONST_PTR_TO_DYNPTR cannot be released");
  }
  if (uninit) {
    if (!reg.is(RegType::stack) || first_slot(env, reg) == bad_place)
      return env.refuse(-EINVAL, explain::dynptr_initialized(), "Dynptr has to be an uninitialized dynptr");
    for (const std::int32_t off : {0, 8})
      if (const int err = check_mem_access(env, env.insn_idx, regno, off, 8, Access::write, -1)) return err;
    return 0;
  }
  if (reg.is(RegType::dynptr) && !rdonly)
    return env.refuse(-EINVAL, "cannot pass pointer to const bpf_dynptr, the helper mutates it");
  const RegState* dynptr = description(env, reg);
  if (dynptr == nullptr)
    return env.refuse(-EINVAL, explain::dynptr_uninitialized(), "Expected an initialized dynptr as R{}", regno);
  if (wanted != DynptrKind::invalid && dynptr->dynptr != wanted)
    return env.refuse(
        -EINVAL,
        explain::argument_dynptr_kind(call.name(), regno, dynptr_kind_name(dynptr->dynptr), dynptr_kind_name(wanted)),
        "Expected a dynptr of type {} as R{}", dynptr_kind_name(wanted), regno);
  if (reg.is(RegType::stack) && reg.frame + 1 == env.state->frames.size()) {
    const int at = first_slot(env, reg);
    for (const int slot : {at, at - 1}) env.log->touch_slot(static_cast<std::size_t>(slot));
  }
  call.dynptr = dynptr->dynptr;
  call.dynptr_id = dynptr->id;
  call.dynptr_ref = dynptr->ref_id;
  call.dynptr_parent = dynptr->parent_id;
  return 0;
}

int create_dynptr(Env& env, Call& call, unsigned regno, DynptrKind kind, const RegState* clone_of) {
  const RegState reg = env.reg(regno);
  const int at = first_slot(env, reg);
  if (at < 1) return env.refuse(-EINVAL, explain::dynptr_initialized(), "Dynptr has to be an uninitialized dynptr");
  Frame& frame = *env.state->frames[reg.frame];
  for (const int slot : {at, at - 1})
    if (const int err = destroy_at(env, frame, slot)) return err;
  RegState dynptr;
  dynptr.type = RegType::dynptr;
  dynptr.dynptr = kind;
  if (owns_reference(kind)) {
    if (clone_of != nullptr) {
      dynptr.ref_id = clone_of->ref_id;
    } else {
      if (const int err = acquire_reference(env, static_cast<std::int32_t>(env.insn_idx), dynptr.ref_id)) return err;
      // A dynptr over an object that is itself owned must go before that object.
      env.state->resources.back().parent_id = kind == DynptrKind::file ? call.arg_ref : 0;
    }
    dynptr.parent_id = dynptr.ref_id;
  } else {
    // One over an object that the program owns ends with that object.
    dynptr.parent_id = clone_of != nullptr ? clone_of->parent_id : call.arg_ref;
  }
  dynptr.id = env.new_id();
  for (const int slot : {at, at - 1}) {
    StackSlot& s = frame.stack[static_cast<std::size_t>(slot)];
    s.types.fill(SlotType::dynptr);
    s.spilled = dynptr;
    s.spilled.first_slot = slot == at;
  }
  return 0;
}

int release_dynptr(Env& env, const Call& call) {
  if (call.dynptr_ref != 0) return release_reference(env, call.dynptr_ref);
  return env.refuse(-EINVAL, "dynptr has no reference to release");
}

void forget_packet(Env& env) {
  clear_packet_pointers(env);
  constexpr std::uint32_t packet = reg_flag::dynptr_skb | reg_flag::dynptr_xdp | reg_flag::dynptr_skb_meta;
  env.state->for_each_reg([&](RegState& reg) {
    if (reg.is(RegType::mem) && reg.has(packet)) invalidate_reg(env, reg);
  });
}

}  // namespace skep::verifier
