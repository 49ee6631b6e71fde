// Instructions that no path reaches. See dead_code.cpp.
#pragma once

#include <vector>

#include "verifier/env.hpp"

namespace skep::verifier {

// What remains of the program: for each instruction that stays, where it stood; and where each has gone.
struct Remaining {
  static constexpr std::uint32_t gone = ~0U;
  std::vector<Insn> insns;
  std::vector<std::uint32_t> original;  // by new index
  std::vector<std::uint32_t>
      moved_to;  // by old index: the new index of it or of the next that stays; one more at the end
};
Remaining remove_dead_code(const Env& env);

}  // namespace skep::verifier
