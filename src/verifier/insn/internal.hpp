// What the files of insn/ share.
#pragma once

#include <string_view>

#include "verifier/env.hpp"
#include "verifier/path/path.hpp"
#include "verifier/pointer/pointer.hpp"

namespace skep::verifier {

std::string_view alu_operator(const Insn& insn);  // "+=", "s>>="

// A load, store or atomic went through a pointer of this kind here: all paths must agree on it.
int remember_pointer_kind(Env& env, RegType type, std::uint32_t flags, bool is_load);
int check_load(Env& env, const Insn& insn, unsigned address, AccessOptions options);
int check_store(Env& env, const Insn& insn, AccessOptions options);

// linked.cpp: scalars that are copies of one value
void link_before_copy(Env& env, RegState& source);
void unlink_scalar(RegState& reg);
void note_constant_added(RegState& reg, std::uint64_t constant, bool is_sub, bool is64);
void sync_linked_regs(State& state, const RegState& known, const LinkedRegs& linked);

// compare.cpp
struct Comparison {
  CmpOp op = CmpOp::eq;
  bool is64 = true;
  unsigned dst = 0;
  int src = -1;  // -1: `constant`
  RegState constant;
  RegState& left(State& state) const { return state.reg(dst); }
  RegState& right(State& state) { return src >= 0 ? state.reg(static_cast<unsigned>(src)) : constant; }
};
Comparison comparison_of(const Insn& insn);
// 1: always true, 0: never, -1: may be either.
int evaluate(const RegState& left, const RegState& right, const Comparison& comparison);
// packets.cpp: what a comparison of packet pointers proves on either branch; false: it is none.
bool learn_packet_range(const Comparison& comparison, State& here, State& there);

// indirect.cpp, branch.cpp
int check_gotox(Env& env, const Insn& insn);

}  // namespace skep::verifier
