// See history.hpp.
#include "verifier/path/history.hpp"

#include "verifier/path/explorer.hpp"
#include "verifier/path/path.hpp"

namespace skep::verifier {

namespace {

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

LinkedRegs linked_regs_of(const Jump& entry) {
  LinkedRegs linked;
  linked.count = entry.linked_count;
  for (std::uint32_t i = 0; i < linked.count; ++i) {
    const std::uint16_t packed = entry.linked[i];
    linked.items[i] = {static_cast<std::uint8_t>(packed >> 8), (packed & 1) != 0,
                       static_cast<std::uint8_t>(packed >> 1 & 0x7f)};
  }
  return linked;
}

void record_jump(Env& env, std::uint32_t flags) {
  State& state = *env.state;
  if (env.explorer->history_entry_open && !state.history.empty()) {
    state.history.back().flags |= flags;
    return;
  }
  state.history.push_back({.insn = env.insn_idx, .previous = env.prev_insn_idx, .flags = flags});
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
  if (linked.count < 2) return;
  record_jump(env);
  Jump& entry = env.state->history.back();
  entry.linked_count = static_cast<std::uint8_t>(linked.count);
  for (std::uint32_t i = 0; i < linked.count; ++i) {
    const auto& item = linked.items[i];
    entry.linked[i] = static_cast<std::uint16_t>(item.frame << 8 | item.number << 1 | (item.is_reg ? 1 : 0));
  }
}

void collect_linked_regs(Env& env, State& state, std::uint32_t id, LinkedRegs& found) {
  for (std::uint32_t f = state.frames.size(); f-- > 0;) {
    Frame& frame = *state.frames[f];
    const std::uint16_t live = env.aux[insn_of_frame(state, env.insn_idx, f)].flow.live_regs_before;
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
