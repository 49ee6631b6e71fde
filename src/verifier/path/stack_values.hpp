// What a register may hold, as far as the stack is concerned: worked out from the program's text, function by function.
//
// A value is a pointer to one of a few known places of one frame's stack, or somewhere into one frame, or into some
// frames, or nothing of that kind (then perhaps a known number, map or function, which tell how much memory a call
// reads). Frames are counted from the outermost of the chain of calls, as in a State. What is followed and where sight
// is lost is as Linux 7.3 has it (its log at level 2 shows each step): states are pruned by what comes of it. See
// stack_liveness.cpp. Tested by tests/verifier/path/stack_liveness_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "verifier/env.hpp"

namespace skep::verifier {

struct StackValue {
  static constexpr unsigned max_places = 4;
  enum class Kind : std::uint8_t {
    other,
    constant,
    map,
    function,
    place,     // one of `count` offsets from the frame pointer of `frame`
    in_frame,  // anywhere there
    in_frames  // anywhere in some of `frames`
  };
  Kind kind = Kind::other;
  std::uint8_t frame = 0;
  std::uint8_t count = 0;
  std::uint16_t frames = 0;                           // bit f for frame f
  std::int32_t number = 0;                            // constant; map: index into used_maps; function: subprogram
  std::array<std::int16_t, max_places> offsets = {};  // ascending

  static StackValue constant(std::int32_t n) { return {.kind = Kind::constant, .number = n}; }
  static StackValue place(std::uint32_t frame, std::int16_t offset) {
    return {.kind = Kind::place, .frame = static_cast<std::uint8_t>(frame), .count = 1, .offsets = {offset}};
  }
  static StackValue in_frame(std::uint32_t frame) {
    return {.kind = Kind::in_frame, .frame = static_cast<std::uint8_t>(frame)};
  }
  // Of a pointer into several frames the frame is lost, of others only the offset.
  static StackValue somewhere(std::uint16_t frames);
  bool is(Kind k) const { return kind == k; }
  // The frames that it may point into.
  std::uint16_t reach() const {
    if (kind == Kind::place || kind == Kind::in_frame) return static_cast<std::uint16_t>(1U << frame);
    return kind == Kind::in_frames ? frames : std::uint16_t{0};
  }
  // Another offset; a fifth is one too many.
  void add_place(std::int16_t offset);
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

// A stack pointer that was spilled by one of the functions which wait for this one.
struct OuterSpill {
  std::uint8_t frame = 0, slot = 0;
  StackValue value;
  friend bool operator==(const OuterSpill&, const OuterSpill&) = default;
};

// How one function is called: in which frame it runs, and with which arguments.
struct CallContext {
  std::uint32_t subprogram = 0, depth = 0;
  std::array<StackValue, 5> arguments;  // r1 to r5
  std::vector<OuterSpill> outer;        // empty where no argument leads to the stack
  friend bool operator==(const CallContext&, const CallContext&) = default;
};

// Calls visit(insn, values before it) once for each instruction of the function that can be reached, in order of their
// position.
class StackValueWalk {
 public:
  StackValueWalk(const Env& env, const CallContext& context);
  template <typename Visit>
  void for_each_insn(Visit&& visit) const {
    StackValues values;
    bool reached = false;
    for (std::uint32_t at = first_; at < end_; ++at) {
      if (const StackValues* entry = entry_of(at)) {
        values = *entry;
        reached = true;
      }
      if (!reached) continue;
      visit(at, static_cast<const StackValues&>(values));
      step(at, values);
      if (ends_block(at)) reached = false;
      if (env_.insns[at].is_wide_load()) ++at;
    }
  }

 private:
  const StackValues* entry_of(std::uint32_t at) const;
  bool ends_block(std::uint32_t at) const;
  void flow(std::uint32_t block);
  void flow_into(std::uint32_t target, const StackValues& values);
  void step(std::uint32_t at, StackValues& values) const;
  void step_alu(const Insn& insn, StackValues& values) const;
  void step_load(const Insn& insn, StackValues& values) const;
  void step_store(const Insn& insn, StackValues& values) const;
  void step_wide_load(std::uint32_t at, StackValues& values) const;
  StackValue load(const StackValues& values, const StackValue& base, std::int32_t off) const;
  void store(StackValues& values, const StackValue& base, std::int32_t off, const StackValue& stored) const;

  const Env& env_;
  const CallContext& context_;
  const std::uint32_t depth_, first_, end_;
  std::vector<std::int32_t> block_at_;  // by instruction: index into entries_, -1 none, -2 to be made
  std::vector<StackValues> entries_;
  std::vector<std::uint32_t> waiting_;
  std::vector<bool> is_waiting_;  // by instruction
};

}  // namespace skep::verifier
