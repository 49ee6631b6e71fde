// An instruction as text, in the form that the kernel's log, bpftool and `skep` print: "(07) r2 += -4".
//
// Calls are named by whoever knows the names. Tested by tests/verifier/report/disasm_test.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "isa/insn.hpp"

namespace skep::verifier {

// `wide`: the 64-bit immediate, if the instruction is the first half of a 64-bit load. `callee`: what a call is printed
// as ("bpf_map_lookup_elem#1", "pc+4").
std::string disassemble(const Insn& insn, std::uint64_t wide, std::string_view callee);

}  // namespace skep::verifier
