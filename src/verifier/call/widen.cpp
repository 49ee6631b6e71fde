// Loops through calls: what changed since the last time round, and was never decisive, is forgotten, so that the third
// time round looks like the second and the walk ends.
//
// Used by iterators (at their next call) and by callbacks that run at once (at their return). Tested by
// tests/verifier/call/iterators_test.cpp.
#include <algorithm>

#include "verifier/call/internal.hpp"

namespace skep::verifier {
namespace {

void widen(const RegState& before, RegState& now) {
  if (!before.is_scalar() || !now.is_scalar()) return;
  if (before.precise || now.precise) return;
  if (before.r == now.r && before.id == now.id) return;
  const bool same_value = before.r == now.r;
  if (same_value) return;
  now.mark_unknown();
}

}  // namespace

// The last checkpoint on the way to `now` that stood at `insn` in the same call chain.
const State* earlier_visit(const State& now, std::uint32_t insn) {
  for (const State* s = now.parent; s != nullptr; s = s->parent) {
    if (s->insn != insn || s->frames.size() != now.frames.size()) continue;
    bool same = true;
    for (std::size_t i = 0; i < s->frames.size() && same; ++i)
      same = s->frames[i]->call_site == now.frames[i]->call_site;
    if (same) return s;
  }
  return nullptr;
}

void widen_since(State& now, const State& before) {
  const std::size_t frames = std::min(before.frames.size(), now.frames.size());
  for (std::size_t f = 0; f < frames; ++f) {
    const Frame& old_frame = *before.frames[f];
    Frame& frame = *now.frames[f];
    for (unsigned i = 0; i < reg_count; ++i) widen(old_frame.regs[i], frame.regs[i]);
    const std::size_t slots = std::min(old_frame.stack.size(), frame.stack.size());
    for (std::size_t i = 0; i < slots; ++i)
      if (old_frame.stack[i].is_spilled_scalar() && frame.stack[i].is_spilled_scalar() &&
          old_frame.stack[i].types[0] == SlotType::spill && frame.stack[i].types[0] == SlotType::spill)
        widen(old_frame.stack[i].spilled, frame.stack[i].spilled);
  }
}

}  // namespace skep::verifier
