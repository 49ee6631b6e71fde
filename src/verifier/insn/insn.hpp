// One instruction: what insn/ does for the other rooms.
#pragma once

#include <string_view>

#include "verifier/env.hpp"

namespace skep::verifier {

// Checks the instruction at env.insn_idx and advances env.insn_idx. Returns 0 (go on), path_finished (it was an exit),
// or an error.
inline constexpr int path_finished = 1;
int check_insn(Env& env);
int check_alu(Env& env, const Insn& insn);
int check_jump(Env& env, const Insn& insn);
int check_load_imm64(Env& env, const Insn& insn);
int check_ld_abs(Env& env, const Insn& insn);
int check_atomic(Env& env, const Insn& insn);
int check_exit(Env& env);  // return value, resources; may return to the caller's frame
int check_return_value(Env& env, unsigned reg, std::string_view where);

enum class RegUse { source, dest, dest_unmarked };
int check_reg(Env& env, unsigned reg, RegUse use);  // readable, or writable

}  // namespace skep::verifier
