// See history.hpp.
#include "verifier/path/history.hpp"

#include "verifier/path/explorer.hpp"

namespace skep::verifier {

namespace {
// Packed: the count in the low four bits, then ten bits an item (frame 3, slot or register 6, whether a register 1).
constexpr unsigned item_bits = 10, count_bits = 4;

void add_linked(RegState& reg, std::uint32_t id, LinkedRegs::Item item, LinkedRegs& found) {
  if (!reg.is_scalar() || reg.id != id) return;
  if (found.count < found.items.size()) {
    found.items[found.count++] = item;
  } else {
    found.overflow = true;
    reg.id = 0;
    reg.add_const = 0;
    reg.linked_add32 = reg.linked_add64 = false;
  }
}
}  // namespace

std::uint64_t pack_linked_regs(const LinkedRegs& linked) {
  std::uint64_t packed = 0;
  for (std::uint32_t i = linked.count; i-- > 0;) {
    const auto& item = linked.items[i];
    packed = packed << item_bits | std::uint64_t{item.frame} << 7 | std::uint64_t{item.number} << 1 | item.is_reg;
  }
  return packed << count_bits | linked.count;
}

LinkedRegs unpack_linked_regs(std::uint64_t packed) {
  LinkedRegs linked;
  linked.count = packed & ((1 << count_bits) - 1);
  packed >>= count_bits;
  for (std::uint32_t i = 0; i < linked.count; ++i, packed >>= item_bits) {
    linked.items[i] = {static_cast<std::uint8_t>(packed >> 7 & 7), (packed & 1) != 0,
                       static_cast<std::uint8_t>(packed >> 1 & 0x3f)};
  }
  return linked;
}

void record_jump(Env& env, std::uint32_t flags, std::uint64_t linked_regs) {
  State& state = *env.state;
  if (env.explorer->history_entry_open && !state.history.empty()) {
    Jump& entry = state.history.back();
    entry.flags |= flags;
    if (linked_regs != 0) entry.linked_regs = linked_regs;
    return;
  }
  state.history.push_back({env.insn_idx, env.prev_insn_idx, flags, linked_regs});
  env.explorer->history_entry_open = true;
}

void record_stack_access(Env& env, std::uint32_t frame, std::uint32_t slot) {
  record_jump(env, history_flag::stack_access | (slot & history_flag::slot_mask) << history_flag::slot_shift |
                       (frame & history_flag::frame_mask));
}

void record_stack_operands(Env& env, bool dst, bool src) {
  const std::uint32_t flags = (dst ? history_flag::dst_is_stack : 0) | (src ? history_flag::src_is_stack : 0);
  if (flags != 0) record_jump(env, flags);
}

void record_linked_regs(Env& env, const LinkedRegs& linked) {
  if (linked.count > 1) record_jump(env, 0, pack_linked_regs(linked));
}

void collect_linked_regs(Env& env, State& state, std::uint32_t id, LinkedRegs& found) {
  for (std::uint32_t f = state.frames.size(); f-- > 0;) {
    Frame& frame = *state.frames[f];
    const std::uint16_t live = env.aux[insn_of_frame(state, env.insn_idx, f)].live_regs_before;
    for (std::uint8_t i = 0; i < frame_pointer; ++i) {
      if ((live & 1U << i) == 0) continue;
      add_linked(frame.regs[i], id, {static_cast<std::uint8_t>(f), true, i}, found);
    }
    for (std::size_t i = 0; i < frame.stack.size(); ++i) {
      if (!frame.stack[i].is_spilled()) continue;
      add_linked(frame.stack[i].spilled, id, {static_cast<std::uint8_t>(f), false, static_cast<std::uint8_t>(i)},
                 found);
    }
  }
}

}  // namespace skep::verifier
