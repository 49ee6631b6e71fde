// The machine code of a program, to be looked at: `skep disasm --native`. It is the code that the compiling engine
// makes, made once more with the instruction that each piece comes from. Tested by tests/engine/native_code_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/program.hpp"

namespace skep::engine {

struct NativeInsn {
  std::uint64_t offset = 0;         // in its function
  std::optional<std::uint32_t> pc;  // of the program's instruction that it belongs to, as far as the compiler knows
  std::string text;                 // as the machine's assembler has it
};

struct NativeFunction {
  std::string name;  // as in C; functions that were merged into their callers have none of their own
  std::vector<NativeInsn> insns;
};

// Empty: it cannot be had, and `why` says why.
std::vector<NativeFunction> native_code(const runtime::Program& program, std::string& why);

// The object file for another kind of machine ("aarch64-linux-gnu", whose target LLVM calls "AArch64"), for tests that
// nothing in it assumes this one. Empty: `why`.
std::string object_for(const std::string& triple, const std::string& target, const runtime::Program& program,
                       std::string& why);

}  // namespace skep::engine
