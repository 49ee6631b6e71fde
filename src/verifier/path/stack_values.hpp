// What a register may hold, as far as the stack is concerned: worked out from the program's text, function by function.
//
// A value is a pointer to a known place of one frame's stack, or a pointer somewhere into some frames, or nothing of
// that kind (then perhaps a known number, map or function, which tell how much memory a call reads). Frames are counted
// from the outermost of the chain of calls, as in a State. See stack_liveness.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "verifier/env.hpp"

namespace skep::verifier {

struct StackValue {
  enum class Kind : std::uint8_t { other, constant, map, function, place, somewhere };
  Kind kind = Kind::other;
  std::uint8_t frame = 0;    // place
  std::uint16_t frames = 0;  // somewhere: bit f for frame f
  std::int32_t number = 0;   // constant; map: index into used_maps; function: subprogram; place: offset from fp

  static StackValue constant(std::int32_t n) { return {Kind::constant, 0, 0, n}; }
  static StackValue place(std::uint32_t frame, std::int32_t offset) {
    return {Kind::place, static_cast<std::uint8_t>(frame), 0, offset};
  }
  static StackValue somewhere(std::uint16_t frames) {
    return frames == 0 ? StackValue{} : StackValue{Kind::somewhere, 0, frames, 0};
  }
  bool is(Kind k) const { return kind == k; }
  // The frames that it may point into.
  std::uint16_t reach() const {
    if (kind == Kind::place) return static_cast<std::uint16_t>(1U << frame);
    return kind == Kind::somewhere ? frames : std::uint16_t{0};
  }
  friend bool operator==(const StackValue&, const StackValue&) = default;
};
StackValue join(const StackValue& a, const StackValue& b);

inline constexpr unsigned stack_slots = 64;

// All registers, and what is spilled to the function's own frame.
struct StackValues {
  std::array<StackValue, 16>
      regs;  // as many as an instruction can name: r11 to r15 are refused only when they are reached
  std::array<StackValue, stack_slots> slots;
  bool join_with(const StackValues& other);  // whether anything changed
};

// How one function is called: in which frame it runs, and with which arguments.
struct CallContext {
  std::uint32_t subprogram = 0, depth = 0;
  std::array<StackValue, 5> arguments;  // r1 to r5
  friend bool operator==(const CallContext&, const CallContext&) = default;
};

// Calls visit(insn, values before it) once for each instruction of the function that can be reached, in order of their
// position. `spilled`: frames of which a pointer may be spilled where it is not followed; grows.
class StackValueWalk {
 public:
  StackValueWalk(const Env& env, const CallContext& context, std::uint16_t& spilled);
  template <typename Visit>
  void for_each_insn(Visit&& visit) {
    StackValues values;
    for (std::uint32_t at = first_; at < end_; ++at) {
      if (const StackValues* entry = entry_of(at)) {
        values = *entry;
        reached_ = true;
      }
      if (!reached_) continue;
      visit(at, static_cast<const StackValues&>(values));
      step(at, values);
      if (ends_block(at)) reached_ = false;
      if (env_.insns[at].is_wide_load()) ++at;
    }
  }

 private:
  const StackValues* entry_of(std::uint32_t at) const;
  bool ends_block(std::uint32_t at) const;
  void flow(std::uint32_t block);
  void flow_into(std::uint32_t target, const StackValues& values);
  void step(std::uint32_t at, StackValues& values);
  void step_alu(const Insn& insn, StackValues& values) const;
  void step_load(const Insn& insn, StackValues& values) const;
  void step_store(const Insn& insn, StackValues& values);
  void weaken_slots(StackValues& values, const StackValue& perhaps) const;
  void step_wide_load(std::uint32_t at, StackValues& values) const;

  const Env& env_;
  const std::uint32_t depth_, first_, end_;
  std::uint16_t& spilled_;
  bool reached_ = false;
  std::vector<std::int32_t> block_at_;  // by instruction: index into entries_, -1 none, -2 to be made
  std::vector<StackValues> entries_;
  std::vector<std::uint32_t> waiting_;
};

}  // namespace skep::verifier
