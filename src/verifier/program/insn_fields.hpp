// The shape of a single instruction. See insn_fields.cpp.
#pragma once

#include "verifier/env.hpp"

namespace skep::verifier {

// Whether the opcode is one that exists.
bool is_known_opcode(std::uint8_t code);
// Fields that the instruction at `at` does not use must be zero.
int check_insn_fields(Env& env, std::uint32_t at);

}  // namespace skep::verifier
