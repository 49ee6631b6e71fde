// What of the values before an instruction decides about the wanted values after it. See precision.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "verifier/env.hpp"

namespace skep::verifier {

// The registers and stack slots whose values matter at a point of the path, for each frame up to the one that is
// current there.
struct Backtrack {
  std::uint32_t frame = 0;
  std::array<std::uint32_t, max_call_frames> regs{};
  std::array<std::uint64_t, max_call_frames> slots{};

  bool empty() const {
    for (std::uint32_t f = 0; f <= frame; ++f) {
      if (regs[f] != 0 || slots[f] != 0) return false;
    }
    return true;
  }
  bool wants(unsigned reg) const { return (regs[frame] >> reg & 1) != 0; }
  void want(unsigned reg) { regs[frame] |= 1U << reg; }
  void drop(unsigned reg) { regs[frame] &= ~(1U << reg); }
};

// Turns what is wanted after instruction `insn` into what is wanted before it. `next`: the instruction that was walked
// after it (-1: none). `entry`: what the history has on it, or null. False: the way back is lost.
bool backtrack_insn(Env& env, std::uint32_t insn, std::int64_t next, const Jump* entry, Backtrack& wanted);

// Most instructions on the way back have nothing to do with what is wanted: true only if this one has not (false says
// nothing). Whoever prints each step asks backtrack_insn all the same.
inline bool passes_by(const Insn& insn, const Jump* entry, const Backtrack& wanted) {
  if (entry != nullptr && entry->linked_count != 0) return false;
  switch (insn.insn_class()) {
    case insn_class::alu:
    case insn_class::alu64:
    case insn_class::ldx:
      return !wanted.wants(insn.dst);
    case insn_class::st:
    case insn_class::stx:
      return insn.mode() != mem_mode::atomic && entry == nullptr && !wanted.wants(insn.dst);
    case insn_class::jmp:
    case insn_class::jmp32:
      if (insn.op() == jmp_op::call || insn.op() == jmp_op::exit || insn.op() == jmp_op::ja) return false;
      return !insn.from_register() || (!wanted.wants(insn.dst) && !wanted.wants(insn.src));
    default:
      return insn.code == 0;
  }
}

// "r1,r2" and "-8,-16" as the log has them.
std::string regs_text(std::uint32_t mask);
std::string slots_text(std::uint64_t mask);

}  // namespace skep::verifier
