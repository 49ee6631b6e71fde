// Constants that the program's text settles before the walk, and the branches that they decide.
//
// Linux 7.3 follows numbers and addresses of maps' values through registers, function by function, and makes each
// branch of which both operands are known a plain jump; the way that is never taken then counts nowhere: not for what
// is live, not for which functions are called. What it follows is little (numbers of 32 bits; moves, additions,
// subtractions, conjunctions; loads from read-only maps), and more would prune what 7.3 walks. Tested by
// tests/verifier/path/known_values_test.cpp.
#pragma once

#include "verifier/env.hpp"

namespace skep::verifier {

int decide_branches(Env& env);

}  // namespace skep::verifier
