// What a function of a program consists of, as code is made of it: its instructions, its basic blocks, what each
// register is known to point to at the start of each, and what it may do.
//
// A register of a known kind is a pointer to LLVM: of the stack, whose slots then become values where no address of
// theirs escapes, or of anything else. Every other register is a number, from which an address is made where it is
// used. Wrong knowledge of "some pointer" would cost speed alone; of the stack it would be wrong code, so that only
// moves and constant additions keep it. Tested by tests/engine/body_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "runtime/program.hpp"

namespace skep::engine::native {

struct Kind {
  enum class What : std::uint8_t { unknown, number, pointer, stack, function };  // unknown: no path has come here yet
  What what = What::unknown;
  // stack: from the frame pointer; function: which of the program's; pointer: the address itself, if it is in memory
  // that is constant, else 0
  std::int64_t offset = 0;
  bool operator==(const Kind&) const = default;
  bool is_pointer() const { return what == What::pointer || what == What::stack; }
};
using Kinds = std::array<Kind, reg_count>;
// Memory of the program's maps that never changes any more. Found out when the program is loaded: a map that is frozen
// later is still being frozen while code is made.
using Constants = std::vector<std::span<const std::uint8_t>>;
Constants find_constants(const runtime::Program& program);
// What holds after `insn`, from what holds before.
void step(Kinds& kinds, const Insn& insn, const runtime::InsnFacts& facts, const Constants& constants);

// The instruction after this one, where it goes on.
inline std::uint32_t behind(const std::vector<Insn>& insns, std::uint32_t pc) {
  return pc + (insns[pc].is_wide_load() ? 2 : 1);
}
bool is_call(const Insn& insn);
bool is_exit(const Insn& insn);
bool is_jump(const Insn& insn);  // conditional or not, of one target
bool is_conditional(const Insn& insn);
bool is_indirect_jump(const Insn& insn);
std::uint32_t jump_target(const Insn& insn, std::uint32_t pc);

struct Body {
  std::uint32_t start = 0;
  std::map<std::uint32_t, Kinds> blocks;  // by their first instruction
  std::vector<std::uint32_t> places;      // an indirect jump's: as programs name them
  std::uint32_t stack_bytes = 0;          // of its frame; a multiple of 16
  bool has_jcond = false;
  bool stack_is_passed = false;  // an address in its frame goes to a call, into memory, or into a number

  // Also through the functions that it calls:
  bool quiet = true;           // nothing in it leaves machine code
  bool may_tail_call = false;  // it may go on in another program
};

struct Bodies {
  std::vector<Body> of;                          // one a subprogram
  std::vector<bool> has_address;                 // called from outside: the entry, callbacks
  std::vector<std::vector<std::int32_t>> calls;  // which functions each calls
  bool reaches = false;                          // it looks at memory by addresses that nobody vouches for
  Constants constants;
};
Bodies find_bodies(const runtime::Program& program, Constants constants);

// Whether the verifier did not walk every round of the loop from `from` to the jump at `to`: its iterator ends it.
bool may_repeat_for_ever(const runtime::Program& program, std::uint32_t from, std::uint32_t to);

// Whether the loop from `from` to the jump at `to` reads memory at an address that does not change in it: what it reads
// there may change all the same, and is to be read each time.
bool watches_memory(const runtime::Program& program, std::uint32_t from, std::uint32_t to);

}  // namespace skep::engine::native
