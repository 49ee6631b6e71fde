// Random programs that a verifier often accepts, and that lean on what it derives: ranges of numbers, which way a
// branch goes, what a spilled register was, where a variable offset may point.
//
// The generator knows only what holds what kind of thing (a number, a pointer into a map's value); whether an access is
// in bounds it leaves to chance and to the verifier. Its habits: r6 the context, r7 and r8 numbers, r9 a pointer into a
// map's value, r0 to r5 whatever came last; eight slots below the frame pointer are memory, objects lie under them.
#pragma once

#include <cstdint>
#include <vector>

#include "isa/insn.hpp"
#include "programs/choices.hpp"
#include "programs/world.hpp"
#include "skep/abi.hpp"

namespace skep::fuzz {

struct Generated {
  std::vector<Insn> insns;
  std::vector<std::uint32_t> functions;  // where they begin
  ProgType type = ProgType::sched_cls;
  AttachType attach{};
  std::uint32_t flags = 0;
};

Generated generate(Choices& choices, const Types& types);

}  // namespace skep::fuzz
