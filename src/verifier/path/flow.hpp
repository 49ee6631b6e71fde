// Where control can go from an instruction without leaving its function: what the analyses of path/ walk along.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "verifier/env.hpp"

namespace skep::verifier {

inline bool is_jump_class(const Insn& insn) {
  return insn.insn_class() == insn_class::jmp || insn.insn_class() == insn_class::jmp32;
}
inline bool is_call(const Insn& insn) {
  return insn.code == (insn_class::jmp | jmp_op::call);
}
inline bool is_subprogram_call(const Insn& insn) {
  return is_call(insn) && insn.src == call_kind::subprogram;
}
inline bool is_function_address(const Insn& insn) {
  return insn.is_wide_load() && insn.src == pseudo::func;
}
inline bool is_exit(const Insn& insn) {
  return insn.code == (insn_class::jmp | jmp_op::exit);
}
inline bool is_goto(const Insn& insn) {
  return insn.code == (insn_class::jmp | jmp_op::ja) || insn.code == (insn_class::jmp32 | jmp_op::ja);
}
inline bool is_goto_register(const Insn& insn) {
  return insn.code == (insn_class::jmp | jmp_op::ja | 0x08);
}
inline bool is_may_goto(const Insn& insn) {
  return insn.code == (insn_class::jmp | jmp_op::jcond);
}
inline bool is_conditional(const Insn& insn) {
  return is_jump_class(insn) && !is_call(insn) && !is_exit(insn) && insn.op() != jmp_op::ja;
}
// Of a jump other than a goto by register: the target.
inline std::int64_t jump_target(std::uint32_t at, const Insn& insn) {
  const bool long_goto = insn.code == (insn_class::jmp32 | jmp_op::ja);
  return std::int64_t{at} + 1 + (long_goto ? insn.imm : insn.off);
}

// Where control can go from one instruction: the next one first, then the target.
class Successors {
 public:
  Successors(const Env& env, std::uint32_t at);
  const std::uint32_t* begin() const { return from_table_.empty() ? own_ : from_table_.data(); }
  const std::uint32_t* end() const { return begin() + (from_table_.empty() ? count_ : from_table_.size()); }

 private:
  std::uint32_t own_[2] = {};
  std::size_t count_ = 0;
  std::span<const std::uint32_t> from_table_;
};

// Whether control may go back anywhere inside of a function: else one pass over the text in its order is enough.
bool goes_back(const Env& env);

// The subprogram that holds an instruction.
std::uint32_t subprogram_at(const Env& env, std::uint32_t insn);
// The subprogram that begins at an instruction; -1: none.
int subprogram_starting_at(const Env& env, std::int64_t insn);

// Loads through a pointer, ordered ones too.
inline bool is_load(const Insn& insn) {
  return insn.insn_class() == insn_class::ldx ||
         (insn.insn_class() == insn_class::stx && insn.mode() == mem_mode::atomic && insn.imm == atomic_op::load_acq);
}

}  // namespace skep::verifier
