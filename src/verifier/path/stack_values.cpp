// See stack_values.hpp.
#include "verifier/path/stack_values.hpp"

#include <algorithm>

#include "verifier/path/flow.hpp"

namespace skep::verifier {

namespace {

using Kind = StackValue::Kind;

// The slot of fp+offset if an 8-byte access there is one whole slot; -1 otherwise.
int whole_slot(std::int32_t offset) {
  if (offset >= 0 || offset % 8 != 0 || offset < -static_cast<std::int32_t>(stack_slots) * 8) return -1;
  return -offset / 8 - 1;
}

}  // namespace

StackValue join(const StackValue& a, const StackValue& b) {
  if (a == b) return a;
  return StackValue::somewhere(static_cast<std::uint16_t>(a.reach() | b.reach()));
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

StackValueWalk::StackValueWalk(const Env& env, const CallContext& context, std::uint16_t& spilled)
    : env_(env),
      depth_(context.depth),
      first_(env.subprograms[context.subprogram].start),
      end_(env.subprograms[context.subprogram].end),
      spilled_(spilled),
      block_at_(end_ - first_, -1) {
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
  if (std::find(waiting_.begin(), waiting_.end(), target) == waiting_.end()) waiting_.push_back(target);
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

void StackValueWalk::step(std::uint32_t at, StackValues& values) {
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
  // A call, or a load from the packet: the scratch registers are lost. What is called may write to this frame through a
  // pointer that it was given, or finds: then a slot may hold something else than before.
  std::uint16_t given = spilled_;
  for (unsigned i = 1; i <= 5; ++i) given |= values.regs[i].reach();
  for (unsigned i = 0; i <= 5; ++i) values.regs[i] = {};
  if ((given >> depth_ & 1) != 0) weaken_slots(values, StackValue::somewhere(spilled_));
}

void StackValueWalk::weaken_slots(StackValues& values, const StackValue& perhaps) const {
  for (StackValue& slot : values.slots) slot = join(join(slot, perhaps), StackValue{});
}

void StackValueWalk::step_alu(const Insn& insn, StackValues& values) const {
  StackValue& dst = values.regs[insn.dst];
  const StackValue src = insn.from_register() ? values.regs[insn.src] : StackValue::constant(insn.imm);
  const bool is64 = insn.insn_class() == insn_class::alu64;
  const std::uint8_t op = insn.op();
  if (op == alu_op::mov) {
    if (is64 && insn.off == 0) {
      dst = src;
    } else {
      // A cut pointer is a number; what 7.3 makes of it (sign extension keeps nothing) may not be an address.
      dst = src.is(Kind::constant) && insn.off == 0 && src.number >= 0 ? src : StackValue{};
    }
    return;
  }
  if (op == alu_op::neg || op == alu_op::end) {
    dst = StackValue::somewhere(dst.reach());
    return;
  }
  const bool adds = op == alu_op::add || op == alu_op::sub;
  if (is64 && adds && dst.is(Kind::place) && !insn.from_register()) {
    dst.number += op == alu_op::add ? insn.imm : -insn.imm;
    constexpr std::int32_t far = 1 << 20;
    if (dst.number < -far || dst.number > far) dst = StackValue::somewhere(dst.reach());
    return;
  }
  dst = StackValue::somewhere(static_cast<std::uint16_t>(dst.reach() | src.reach()));
}

void StackValueWalk::step_load(const Insn& insn, StackValues& values) const {
  const StackValue base = values.regs[insn.src];
  StackValue loaded;
  if (base.is(Kind::place) && base.frame == depth_) {
    const int slot = whole_slot(base.number + insn.off);
    if (slot >= 0 && access_bytes(insn.code) == 8) {
      loaded = values.slots[static_cast<std::size_t>(slot)];
    }
  } else if (base.reach() != 0) {
    loaded = StackValue::somewhere(spilled_);
    for (const StackValue& slot : values.slots) {
      if ((base.reach() >> depth_ & 1) != 0) loaded = join(loaded, StackValue::somewhere(slot.reach()));
    }
  }
  values.regs[insn.dst] = loaded;
}

void StackValueWalk::step_store(const Insn& insn, StackValues& values) {
  const bool atomic = insn.insn_class() == insn_class::stx && insn.mode() == mem_mode::atomic;
  if (atomic && insn.imm == atomic_op::load_acq) return step_load(insn, values);
  const StackValue base = values.regs[insn.dst];
  // What arithmetic leaves in memory, and what it loads, is a number.
  const bool plain = !atomic || insn.imm == atomic_op::store_rel;
  const bool keeps_pointer = plain && insn.insn_class() == insn_class::stx && access_bytes(insn.code) == 8;
  const StackValue stored = keeps_pointer ? values.regs[insn.src] : StackValue{};
  if (!plain) {
    if (insn.imm == atomic_op::cmpxchg)
      values.regs[0] = {};
    else if ((insn.imm & atomic_op::fetch) != 0)
      values.regs[insn.src] = {};
  }
  if (base.reach() != 0) spilled_ |= stored.reach();
  if ((base.reach() >> depth_ & 1) == 0) return;
  const int slot = base.is(Kind::place) && access_bytes(insn.code) == 8 ? whole_slot(base.number + insn.off) : -1;
  if (slot >= 0)
    values.slots[static_cast<std::size_t>(slot)] = stored;
  else
    weaken_slots(values, stored);
}

void StackValueWalk::step_wide_load(std::uint32_t at, StackValues& values) const {
  const Insn& insn = env_.insns[at];
  const InsnAux& aux = env_.aux[at];
  StackValue& dst = values.regs[insn.dst];
  dst = {};
  if (insn.src == pseudo::func) {
    dst = {Kind::function, 0, 0, static_cast<std::int32_t>(aux.names.callee)};
  } else if (aux.names.map != nullptr && (insn.src == pseudo::map_fd || insn.src == pseudo::map_idx)) {
    const auto map = std::find(env_.used_maps.begin(), env_.used_maps.end(), aux.names.map);
    dst = {Kind::map, 0, 0, static_cast<std::int32_t>(map - env_.used_maps.begin())};
  } else if (insn.src == 0 && env_.insns[at + 1].imm == 0 && insn.imm >= 0) {
    dst = StackValue::constant(insn.imm);
  }
}

}  // namespace skep::verifier
