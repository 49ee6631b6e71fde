// When is a path that leads to `now` as safe as the one that led to `old`? If every value that `now` allows, `old`
// allowed.
//
// What makes this sound to prune by: `old`'s paths were all walked to their end; a scalar of `old` that is not marked
// precise never decided anything on them; a register that is not live cannot be read, and what is dead of the stack has
// been forgotten in both (checkpoint.cpp). Identities link values, so they must correspond. In loops whose marks are
// not complete yet, ranges must fit whatever the marks say (range_within); to call a loop endless, everything must be
// the same (exact).
#include "verifier/state/equality.hpp"

#include <algorithm>
#include <span>

#include "verifier/env.hpp"
#include "verifier/path/explorer.hpp"
#include "verifier/path/path.hpp"

namespace skep::verifier {

// The pair that maps one to the other, made if neither is mapped yet; null: they do not correspond.
IdMap::Pair* IdMap::find(std::uint32_t old_id, std::uint32_t now_id) {
  for (Pair& pair : pairs_) {
    if (pair.old_id == old_id) return pair.now_id == now_id ? &pair : nullptr;
    if (pair.now_id == now_id) return nullptr;
  }
  return &pairs_.emplace_back(Pair{old_id, now_id});
}

bool IdMap::same(std::uint32_t old_id, std::uint32_t now_id) {
  if ((old_id == 0) != (now_id == 0)) return false;
  return old_id == 0 || find(old_id, now_id) != nullptr;
}

bool IdMap::same_packet(const RegState& old, const RegState& now) {
  if (!same(old.id, now.id)) return false;
  if (old.id == 0) return true;
  Pair& pair = *find(old.id, now.id);
  const auto shift = [](std::int64_t from, std::int64_t to) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from));
  };
  const std::int64_t min_shift = shift(old.r.smin(), now.r.smin()), max_shift = shift(old.r.smax(), now.r.smax());
  if (pair.shifted) return pair.min_shift == min_shift && pair.max_shift == max_shift;
  pair.shifted = true;
  pair.min_shift = min_shift;
  pair.max_shift = max_shift;
  return true;
}

bool IdMap::same_scalar(std::uint32_t old_id, std::uint32_t now_id) {
  if (old_id == 0) return true;
  return same(old_id, now_id != 0 ? now_id : ++fresh_);
}

namespace {

bool same_kind(const RegState& a, const RegState& b) {
  return a.type == b.type && a.flags == b.flags && a.map == b.map && a.map_uid == b.map_uid &&
         a.mem_size == b.mem_size && a.btf == b.btf && a.btf_id == b.btf_id && a.frame == b.frame &&
         a.subprogram == b.subprogram && a.dynptr == b.dynptr && a.first_slot == b.first_slot &&
         a.dynptr_rdonly == b.dynptr_rdonly && a.iter == b.iter && a.irq_kind == b.irq_kind;
}

bool same_ids(const RegState& old, const RegState& now, IdMap& ids) {
  return ids.same(old.id, now.id) && ids.same(old.ref_id, now.ref_id) && ids.same(old.parent_id, now.parent_id) &&
         ids.same(old.dynptr_id, now.dynptr_id);
}

bool same_exactly(const RegState& old, const RegState& now, IdMap& ids) {
  return same_description(old, now) && same_ids(old, now, ids);
}

bool scalar_covers(const RegState& old, const RegState& now, IdMap& ids, Exactness exactness) {
  if (!old.precise && exactness == Exactness::not_exact) return true;
  if (!old.r.covers(now.r)) return false;
  if (old.id != 0 && (old.add_const != now.add_const || old.linked_add64 != now.linked_add64 ||
                      old.linked_add32 != now.linked_add32)) {
    return false;
  }
  return ids.same_scalar(old.id, now.id);
}

bool packet_covers(const RegState& old, const RegState& now, IdMap& ids) {
  // Bytes known to be there in `old` must be known in `now`, and 7.3 holds no two offsets comparable that begin apart.
  if (old.at_pkt_end != now.at_pkt_end || old.r.smin() != now.r.smin()) return false;
  return old.range <= now.range && old.r.covers(now.r) && same_kind(old, now) && ids.same_packet(old, now) &&
         same_ids(old, now, ids);
}

// Nothing that is ahead can read these bytes as anything but unknown ones.
bool tells_nothing(SlotType type) {
  return type == SlotType::invalid || type == SlotType::misc || type == SlotType::poison;
}
bool is_empty(SlotType type) {
  return type == SlotType::invalid || type == SlotType::poison;
}
template <typename Test>
bool all_of(std::span<const SlotType> types, Test test) {
  return std::ranges::all_of(types, test);
}
bool tells_nothing(const StackSlot& slot) {
  const std::uint64_t packed = slot.packed();
  if (packed == StackSlot::packed(SlotType::poison) || packed == StackSlot::packed(SlotType::misc)) return true;
  return all_of(slot.types, [](SlotType type) { return tells_nothing(type); });
}

// The part of a slot that holds a number when it is read at its lower address: all of it, or the lower half.
constexpr std::size_t whole_slot = 8, half_slot = 4;
std::span<const SlotType> upper_bytes(const StackSlot& slot, std::size_t size) {
  return std::span(slot.types).first(whole_slot - size);
}

// `size` bytes that a load reads as an unknown number, or that hold one: as a register, so that two can be compared.
const RegState* as_scalar(const StackSlot& slot, std::size_t size) {
  static const RegState unknown = [] {
    RegState reg;
    reg.mark_unknown();
    return reg;
  }();
  const auto bytes = std::span(slot.types).last(size);
  const auto above = upper_bytes(slot, size);
  if (bytes.front() == SlotType::spill && (above.empty() || above.back() != SlotType::spill) &&
      slot.spilled.is_scalar())
    return &slot.spilled;
  return all_of(bytes, [](SlotType t) { return t == SlotType::misc || t == SlotType::invalid; }) ? &unknown : nullptr;
}

bool bytes_cover(std::span<const SlotType> old, std::span<const SlotType> now) {
  for (std::size_t i = 0; i < old.size(); ++i)
    if (old[i] != now[i] && !tells_nothing(old[i])) return false;
  return true;
}

// Both slots hold the same kind of object; are the objects alike? The depth of an iterator is not compared: loops would
// never converge.
bool object_covers(SlotType type, const RegState& old, const RegState& now, IdMap& ids, Exactness exactness) {
  switch (type) {
    case SlotType::spill:
      return reg_covers(old, now, ids, exactness);
    case SlotType::dynptr:
      return old.dynptr == now.dynptr && old.first_slot == now.first_slot && old.dynptr_rdonly == now.dynptr_rdonly &&
             same_ids(old, now, ids);
    case SlotType::iter:
      return old.btf == now.btf && old.btf_id == now.btf_id && old.iter == now.iter && old.flags == now.flags &&
             old.first_slot == now.first_slot && same_ids(old, now, ids);
    case SlotType::irq_flag:
      return old.irq_kind == now.irq_kind && same_ids(old, now, ids);
    case SlotType::invalid:
    case SlotType::misc:
    case SlotType::zero:
    case SlotType::poison:
      return true;
  }
  return false;
}

bool same_bytes(const StackSlot& a, const StackSlot& b) {
  for (std::size_t i = 0; i < whole_slot; ++i)
    if (a.types[i] != b.types[i] && !(is_empty(a.types[i]) && is_empty(b.types[i]))) return false;
  return true;
}

bool slot_covers(const StackSlot& old, const StackSlot* now, IdMap& ids, Exactness exactness) {
  if (exactness == Exactness::exact && (now == nullptr || !same_bytes(old, *now))) return false;
  // A load gave an unknown number, linked with nothing: whatever lies there now is one of those.
  if (exactness != Exactness::exact && tells_nothing(old)) return true;
  if (now == nullptr) return false;
  for (const std::size_t size : {whole_slot, half_slot}) {
    const RegState* old_scalar = as_scalar(old, size);
    const RegState* now_scalar = as_scalar(*now, size);
    if (old_scalar != nullptr && now_scalar != nullptr)
      return bytes_cover(upper_bytes(old, size), upper_bytes(*now, size)) &&
             reg_covers(*old_scalar, *now_scalar, ids, exactness);
  }
  if (!bytes_cover(old.types, now->types)) return false;
  if (old.types[7] != now->types[7]) return true;
  return object_covers(old.types[7], old.spilled, now->spilled, ids, exactness);
}

}  // namespace

bool same_description(const RegState& a, const RegState& b) {
  return same_kind(a, b) && a.r == b.r && a.add_const == b.add_const && a.linked_add64 == b.linked_add64 &&
         a.linked_add32 == b.linked_add32 && a.range == b.range && a.at_pkt_end == b.at_pkt_end;
}

bool reg_covers(const RegState& old, const RegState& now, IdMap& ids, Exactness exactness) {
  if (exactness == Exactness::exact) return same_exactly(old, now, ids);
  if (old.is(RegType::not_init)) return true;  // no path from there can have read it
  if (old.type != now.type || old.flags != now.flags) return false;
  switch (old.type) {
    case RegType::scalar:
      return scalar_covers(old, now, ids, exactness);
    case RegType::map_key:
    case RegType::map_value:
    case RegType::mem:
    case RegType::buf:
    case RegType::tp_buffer:
    case RegType::insn:
      return same_kind(old, now) && old.r.covers(now.r) && same_ids(old, now, ids);
    case RegType::packet:
    case RegType::packet_meta:
      return packet_covers(old, now, ids);
    case RegType::arena:
      return true;
    default:
      return same_exactly(old, now, ids);
  }
}

bool stack_covers(const Frame& old, const Frame& now, IdMap& ids, Exactness exactness) {
  for (std::size_t i = 0; i < old.stack.size(); ++i) {
    if (!slot_covers(old.stack[i], i < now.stack.size() ? &now.stack[i] : nullptr, ids, exactness)) return false;
  }
  if (exactness != Exactness::exact) return true;  // what lies deeper was never written on the old path
  for (std::size_t i = old.stack.size(); i < now.stack.size(); ++i) {
    if (!all_of(now.stack[i].types, is_empty)) return false;
  }
  return true;
}

bool resources_cover(const State& old, const State& now, IdMap& ids) {
  if (old.resources.size() != now.resources.size()) return false;
  if (old.active_locks != now.active_locks || old.preempt_locks != now.preempt_locks ||
      old.rcu_locks != now.rcu_locks) {
    return false;
  }
  if (!ids.same(old.active_irq_id, now.active_irq_id)) return false;
  if (!ids.same(old.active_lock_id, now.active_lock_id) || old.active_lock_object != now.active_lock_object)
    return false;
  for (std::size_t i = 0; i < old.resources.size(); ++i) {
    const Resource &a = old.resources[i], &b = now.resources[i];
    if (a.kind != b.kind || a.object != b.object) return false;
    if (!ids.same(a.id, b.id) || !ids.same(a.parent_id, b.parent_id)) return false;
  }
  return true;
}

bool same_call_chain(const State& a, const State& b) {
  if (a.frames.size() != b.frames.size()) return false;
  for (std::size_t i = 0; i < a.frames.size(); ++i) {
    if (a.frames[i]->call_site != b.frames[i]->call_site) return false;
  }
  return true;
}

bool iterators_advanced(const State& old, const State& now) {
  for (std::size_t f = 0; f < old.frames.size(); ++f) {
    const auto &was = old.frames[f]->stack, &is = now.frames[f]->stack;
    for (std::size_t i = 0; i < was.size() && i < is.size(); ++i) {
      if (was[i].types[0] != SlotType::iter || was[i].spilled.iter != IterState::active) continue;
      if (was[i].spilled.iter_depth != is[i].spilled.iter_depth) return true;
    }
  }
  return false;
}

std::uint32_t insn_of_frame(const State& state, std::uint32_t insn, std::uint32_t frame) {
  return frame + 1 == state.frames.size() ? insn : static_cast<std::uint32_t>(state.frames[frame + 1]->call_site);
}

bool states_equal(Env& env, const State& old, const State& now, Exactness exactness) {
  if (old.in_sleepable != now.in_sleepable || !same_call_chain(old, now)) return false;
  IdMap& ids = env.explorer->id_map;
  ids.reset(env.id_gen);
  if (!resources_cover(old, now, ids)) return false;
  for (std::uint32_t f = 0; f < old.frames.size(); ++f) {
    const Frame &was = *old.frames[f], &is = *now.frames[f];
    if (was.callback_depth > is.callback_depth || was.subprogram != is.subprogram || was.kind != is.kind) return false;
    const std::uint16_t live = env.aux[insn_of_frame(old, old.insn, f)].flow.live_regs_before;
    for (unsigned i = 0; i < reg_count; ++i) {
      if ((live >> i & 1) != 0 && !reg_covers(was.regs[i], is.regs[i], ids, exactness)) return false;
    }
    if (!stack_covers(was, is, ids, exactness)) return false;
  }
  return true;
}

}  // namespace skep::verifier
