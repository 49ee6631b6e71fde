// The shape of a single instruction. See insn_fields.cpp.
#pragma once

#include <bitset>

#include "verifier/env.hpp"

namespace skep::verifier {

// The opcodes that the release has.
std::bitset<256> known_opcodes(const Rules& rules);
// Fields that the instruction at `at` does not use must be zero.
int check_insn_fields(Env& env, std::uint32_t at);

}  // namespace skep::verifier
