// See stack_values.hpp.
#include "verifier/path/stack_values.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "verifier/path/flow.hpp"

namespace skep::verifier {

namespace {

using Kind = StackValue::Kind;

// The slot of fp+offset if an 8-byte access there is one whole slot; -1 otherwise.
int whole_slot(std::int32_t offset) {
  if (offset >= 0 || offset % 8 != 0 || offset < -static_cast<std::int32_t>(stack_slots) * 8) return -1;
  return -offset / 8 - 1;
}

StackValue moved(const StackValue& value, std::int32_t by) {
  StackValue result = value;
  for (unsigned i = 0; i < value.count; ++i) {
    const std::int32_t offset = std::int32_t{value.offsets[i]} + by;
    if (offset < INT16_MIN || offset > INT16_MAX) return StackValue::in_frame(value.frame);
    result.offsets[i] = static_cast<std::int16_t>(offset);
  }
  return result;
}

// What is read from an unknown place of a frame may be a pointer into it, or into one further out that was passed in.
StackValue spilled_up_to(std::uint16_t reach) {
  const unsigned innermost = static_cast<unsigned>(std::bit_width(reach));
  return StackValue::somewhere(static_cast<std::uint16_t>((1U << innermost) - 1));
}

}  // namespace

StackValue StackValue::somewhere(std::uint16_t frames) {
  if (frames == 0) return {};
  if (std::has_single_bit(frames)) return in_frame(static_cast<std::uint32_t>(std::countr_zero(frames)));
  return {.kind = Kind::in_frames, .frames = frames};
}

void StackValue::add_place(std::int16_t offset) {
  const auto end = offsets.begin() + count;
  const auto at = std::lower_bound(offsets.begin(), end, offset);
  if (at != end && *at == offset) return;
  if (count == max_places) {
    *this = in_frame(frame);
    return;
  }
  std::move_backward(at, end, end + 1);
  *at = offset;
  ++count;
}

// Where a pointer to the stack meets something else, 7.3 takes this for the frame pointer itself.
StackValue join(const StackValue& a, const StackValue& b) {
  if (a == b) return a;
  const std::uint16_t reach_a = a.reach(), reach_b = b.reach();
  if ((reach_a | reach_b) == 0) return {};
  if (reach_a == 0) return join(b, a);
  if (reach_b == 0) {
    StackValue joined = a;
    if (joined.is(Kind::place)) joined.add_place(0);
    return joined;
  }
  if (a.is(Kind::place) && b.is(Kind::place) && a.frame == b.frame) {
    StackValue joined = a;
    for (unsigned i = 0; i < b.count && joined.is(Kind::place); ++i) joined.add_place(b.offsets[i]);
    return joined;
  }
  if (a.is(Kind::in_frames) && (reach_a | reach_b) == reach_a) return a;
  return StackValue::somewhere(static_cast<std::uint16_t>(reach_a | reach_b));
}

bool StackValues::join_with(const StackValues& other) {
  bool changed = false;
  const auto merge = [&](StackValue& mine, const StackValue& its) {
    const StackValue joined = join(mine, its);
    changed |= joined != mine;
    mine = joined;
  };
  for (unsigned i = 0; i < reg_count; ++i) merge(regs[i], other.regs[i]);
  for (unsigned i = 0; i < stack_slots; ++i) merge(slots[i], other.slots[i]);
  return changed;
}

StackValueWalk::StackValueWalk(const Env& env, const CallContext& context)
    : env_(env),
      context_(context),
      depth_(context.depth),
      first_(env.subprograms[context.subprogram].start),
      end_(env.subprograms[context.subprogram].end),
      block_at_(end_ - first_, -1),
      is_waiting_(end_ - first_, false) {
  for (std::uint32_t at = first_; at < end_; at += env.insns[at].is_wide_load() ? 2 : 1) {
    const Successors successors(env, at);
    const std::uint32_t next = at + (env.insns[at].is_wide_load() ? 2 : 1);
    for (const std::uint32_t target : successors) {
      if (target != next || is_conditional(env.insns[at])) block_at_[target - first_] = -2;
    }
  }
  StackValues entry;
  entry.regs[frame_pointer] = StackValue::place(depth_, 0);
  for (unsigned i = 0; i < 5; ++i) entry.regs[i + 1] = context.arguments[i];
  flow_into(first_, entry);
  while (!waiting_.empty()) {
    const std::uint32_t block = waiting_.back();
    waiting_.pop_back();
    is_waiting_[block - first_] = false;
    flow(block);
  }
}

const StackValues* StackValueWalk::entry_of(std::uint32_t at) const {
  const std::int32_t index = block_at_[at - first_];
  return index >= 0 ? &entries_[static_cast<std::size_t>(index)] : nullptr;
}

bool StackValueWalk::ends_block(std::uint32_t at) const {
  const Insn& insn = env_.insns[at];
  return is_exit(insn) || is_goto(insn) || is_goto_register(insn) || is_conditional(insn);
}

void StackValueWalk::flow_into(std::uint32_t target, const StackValues& values) {
  std::int32_t& index = block_at_[target - first_];
  if (index < 0) {
    index = static_cast<std::int32_t>(entries_.size());
    entries_.push_back(values);
  } else if (!entries_[static_cast<std::size_t>(index)].join_with(values)) {
    return;
  }
  if (is_waiting_[target - first_]) return;
  is_waiting_[target - first_] = true;
  waiting_.push_back(target);
}

void StackValueWalk::flow(std::uint32_t at) {
  StackValues values = *entry_of(at);
  for (;;) {
    step(at, values);
    const Successors successors(env_, at);
    const std::uint32_t next = at + (env_.insns[at].is_wide_load() ? 2 : 1);
    const bool goes_on = !ends_block(at) && next < end_ && block_at_[next - first_] == -1;
    if (!goes_on) {
      for (const std::uint32_t target : successors) {
        if (target >= first_ && target < end_) flow_into(target, values);
      }
      return;
    }
    at = next;
  }
}

void StackValueWalk::step(std::uint32_t at, StackValues& values) const {
  const Insn& insn = env_.insns[at];
  switch (insn.insn_class()) {
    case insn_class::alu:
    case insn_class::alu64:
      return step_alu(insn, values);
    case insn_class::ldx:
      return step_load(insn, values);
    case insn_class::st:
    case insn_class::stx:
      return step_store(insn, values);
    case insn_class::ld:
      if (insn.is_wide_load()) return step_wide_load(at, values);
      break;
    default:
      if (!is_call(insn)) return;
  }
  // A call, or a load from the packet: the scratch registers are lost. What is called cannot spill a pointer to the
  // stack into this frame: that is refused.
  for (unsigned i = 0; i <= 5; ++i) values.regs[i] = {};
}

void StackValueWalk::step_alu(const Insn& insn, StackValues& values) const {
  StackValue& dst = values.regs[insn.dst];
  const StackValue src = insn.from_register() ? values.regs[insn.src] : StackValue::constant(insn.imm);
  const bool is64 = insn.insn_class() == insn_class::alu64;
  const std::uint8_t op = insn.op();
  if (op == alu_op::mov) {
    const bool cut = !is64 || insn.off != 0;
    // A cut pointer is a number; what 7.3 makes of it (sign extension keeps nothing) may not be an address.
    dst = !cut || (src.is(Kind::constant) && insn.off == 0 && src.number >= 0) ? src : StackValue{};
    return;
  }
  if (!is64) {
    dst = {};
    return;
  }
  if (op == alu_op::neg || op == alu_op::end) {
    dst = StackValue::somewhere(dst.reach());
    return;
  }
  if ((op == alu_op::add || op == alu_op::sub) && !insn.from_register()) {
    const std::int64_t by = op == alu_op::add ? insn.imm : -std::int64_t{insn.imm};
    if (dst.is(Kind::place)) {
      dst = by >= INT16_MIN && by <= INT16_MAX ? moved(dst, static_cast<std::int32_t>(by))
                                               : StackValue::in_frame(dst.frame);
      return;
    }
    const std::int64_t sum = dst.number + by;
    if (dst.is(Kind::constant) && sum >= 0 && sum <= INT32_MAX) {
      dst.number = static_cast<std::int32_t>(sum);
      return;
    }
  }
  dst = StackValue::somewhere(static_cast<std::uint16_t>(dst.reach() | src.reach()));
}

// Eight bytes at base + off.
StackValue StackValueWalk::load(const StackValues& values, const StackValue& base, std::int32_t off) const {
  if (base.reach() == 0) return {};
  if (!base.is(Kind::place)) return spilled_up_to(base.reach());
  StackValue loaded;
  for (unsigned i = 0; i < base.count; ++i) {
    const int slot = whole_slot(base.offsets[i] + off);
    if (slot < 0) return spilled_up_to(base.reach());
    StackValue found;
    if (base.frame == depth_) {
      found = values.slots[static_cast<std::size_t>(slot)];
    } else {
      for (const OuterSpill& spill : context_.outer) {
        if (spill.frame == base.frame && spill.slot == slot) found = join(StackValue{}, spill.value);
      }
    }
    loaded = i == 0 ? found : join(loaded, found);
  }
  return loaded;
}

void StackValueWalk::step_load(const Insn& insn, StackValues& values) const {
  const bool whole = access_bytes(insn.code) == 8 && insn.mode() != mem_mode::atomic;
  values.regs[insn.dst] = whole ? load(values, values.regs[insn.src], insn.off) : StackValue{};
}

// A store over the beginning of a slot, of 8 bytes or fewer: a narrow one leaves no pointer there. Other frames' slots
// cannot be given pointers to the stack.
void StackValueWalk::store(StackValues& values, const StackValue& base, std::int32_t off,
                           const StackValue& stored) const {
  const auto perhaps = [&](StackValue& slot) { slot = slot.reach() == 0 ? stored : join(slot, stored); };
  if (base.is(Kind::place)) {
    if (base.frame != depth_) return;
    for (unsigned i = 0; i < base.count; ++i) {
      const int slot = whole_slot(base.offsets[i] + off);
      if (slot < 0) continue;
      StackValue& value = values.slots[static_cast<std::size_t>(slot)];
      if (base.count == 1)
        value = stored;
      else
        perhaps(value);
    }
  } else if ((base.reach() >> depth_ & 1) != 0) {
    for (StackValue& slot : values.slots) perhaps(slot);
  }
}

void StackValueWalk::step_store(const Insn& insn, StackValues& values) const {
  const bool atomic = insn.insn_class() == insn_class::stx && insn.mode() == mem_mode::atomic;
  if (atomic && insn.imm == atomic_op::load_acq) return step_load(insn, values);
  const StackValue base = values.regs[insn.dst];
  // What atomic operations leave in memory, and what they load, is a number.
  StackValue stored;
  if (!atomic && insn.insn_class() == insn_class::stx && access_bytes(insn.code) == 8 &&
      values.regs[insn.src].reach() != 0)
    stored = values.regs[insn.src];
  if (atomic && insn.imm == atomic_op::cmpxchg)
    values.regs[0] = {};
  else if (atomic && insn.imm != atomic_op::store_rel && (insn.imm & atomic_op::fetch) != 0)
    values.regs[insn.src] = {};
  store(values, base, insn.off, stored);
}

void StackValueWalk::step_wide_load(std::uint32_t at, StackValues& values) const {
  const Insn& insn = env_.insns[at];
  const InsnAux& aux = env_.aux[at];
  StackValue& dst = values.regs[insn.dst];
  dst = {};
  if (insn.src == pseudo::func) {
    dst = {.kind = Kind::function, .number = static_cast<std::int32_t>(aux.names.callee)};
  } else if (aux.names.map != nullptr && (insn.src == pseudo::map_fd || insn.src == pseudo::map_idx)) {
    const auto map = std::find(env_.used_maps.begin(), env_.used_maps.end(), aux.names.map);
    dst = {.kind = Kind::map, .number = static_cast<std::int32_t>(map - env_.used_maps.begin())};
  } else if (insn.src == 0 && env_.insns[at + 1].imm == 0 && insn.imm >= 0) {
    dst = StackValue::constant(insn.imm);
  }
}

}  // namespace skep::verifier
