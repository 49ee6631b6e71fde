// An explanation on paper: reason, place, path and suggestion, as the kernel's log lays them out.
#pragma once

#include <string>

#include "verifier/env.hpp"

namespace skep::verifier {

std::string print_explanation(Env& env, const Explanation& why);
// "name @ file.c:12:9"; "insn 3" when the source is not known.
std::string place_text(const Env& env, std::uint32_t insn);

}  // namespace skep::verifier
