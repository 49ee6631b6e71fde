// Whether what the verifier believed of a program that it accepted holds when the program runs.
//
// The program is verified twice, in two worlds alike: as any program is, and with an observer, so that no path is cut
// short because a difference seems to be of no consequence. The second is stepped through, and before each instruction
// it is judged: (a) memory that the instruction, or the call, is about to touch is the program's; (b) one of the states
// that the verifier saw at this instruction allows what all registers hold. At the end: (c) the result is one that the
// type may return; (d) the first, run in one go, has come to the same end, and so have another by the interpreter's
// quick loop and, if that is wanted, one as machine code. And (e): what pruning let pass is accepted without pruning.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "programs/generator.hpp"
#include "programs/world.hpp"

namespace skep::fuzz {

struct Verdict {
  bool accepted = false;
  unsigned runs = 0, finished = 0;  // of those that did not end in time the rest is not known
  std::uint64_t steps = 0;
  std::uint64_t compared = 0;  // instructions at which belief was compared with fact
  std::string refusal;
  std::string fault;  // empty: nothing was wrong
};

// `give_up` ends verifications that take too long; null: none does. `compile`: machine code is held to the
// interpreter's results too, where this build can make it.
Verdict judge(const Generated& program, const Types& types, std::uint64_t seed, const std::atomic<bool>* give_up,
              bool compile = true);

// What the verifier says at log level 2.
std::string log_of(const Generated& program, const Types& types);

std::string listing(const std::vector<Insn>& insns);

}  // namespace skep::fuzz
