// An explanation on paper: reason, place, path and suggestion, as the kernel's log lays them out.
#pragma once

#include <string>

#include "verifier/env.hpp"

namespace skep::verifier {

std::string print_explanation(Env& env, const Explanation& why);
// "name @ file.c:12:9"; "insn 3" when the source is not known.
std::string place_text(const Env& env, std::uint32_t insn);

// Fills in where the instruction of a refusal is.
void note_place(const Env& env, Refusal& refusal);

}  // namespace skep::verifier
