// From a program with its facts to what the interpreter's loop runs: the same instructions at the same places, in which
// those that need more than their bytes have opcodes of the interpreter's own. No program can be loaded with these, and
// nothing outside of this directory knows them. Tested by tests/engine/lowering_test.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "calls/call.hpp"
#include "engine/interpreter/steps.hpp"
#include "isa/insn.hpp"
#include "runtime/call_env.hpp"
#include "runtime/program.hpp"

namespace skep::engine {

// Modes that the instruction set leaves free in class ldx. (Those of arenas are in arena_access.hpp.)
namespace own_mode {
inline constexpr std::uint8_t map_field = mem_mode::abs;       // what a map says of itself
inline constexpr std::uint8_t careful = mem_mode::ind;         // from where nothing may be: 0 then
inline constexpr std::uint8_t careful_signed = mem_mode::imm;  // … with the sign extended
}  // namespace own_mode

// The src field of a 64-bit immediate load whose value is each CPU's own: the immediate is the Map, Site::value the
// place in its first element. (With pseudo::func, Site::callee says whose address it is.)
inline constexpr std::uint8_t per_cpu_value = 7;

// What the loop needs of one instruction beyond its bytes.
struct Site {
  runtime::CallFn fn = nullptr;        // a call, or …
  const calls::Kfunc* host = nullptr;  // … of the host application's
  std::int32_t callee = -1;            // a subprogram
  std::uint8_t aux_register = 0;       // see InsnFacts
  std::uint16_t arena_arguments = 0;
  std::uint64_t value = 0;  // a map's field and how many of its bytes are skipped (<< 8); the place of a per-CPU value
};

struct Lowered {
  std::vector<Insn> insns;
  std::vector<Site> sites;  // one an instruction
  std::vector<Step> steps;  // the same for the quick loop
  std::string obstacle;     // see Executable::obstacle
};

Lowered lower(const runtime::Program& program);

}  // namespace skep::engine
