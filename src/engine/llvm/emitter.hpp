// From a program to LLVM's intermediate form: each of its functions becomes one of the form native::Fn.
//
// The registers r0 to r9 become values; the stack becomes slots of the machine's, or values as well; calls of helpers
// and kfuncs call their one definition, and what these answer other than a value is acted on by glue.cpp, on a path of
// its own that says which call it was. Nothing is checked that the verifier has proved, with one exception: what would
// be undefined in LLVM and is defined here (division by zero, shifts by too much, reading the stack before writing it).
// Tested by tests/engine/compiled_test.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/llvm/body.hpp"
#include "engine/llvm/library.hpp"
#include "engine/llvm/native.hpp"
#include "runtime/program.hpp"

namespace skep::engine::native {

struct EmitOptions {
  std::ptrdiff_t state_offset = 0;  // of the run's State, from the address of its CallEnv
  bool count_instructions = false;  // into State::executed: for tests, since it costs time
  const Heat* heat = nullptr;       // counted down where a function is left, about, if it is given
  // Code says by line information which instruction it comes from: "line" n + 1 is instruction n.
  bool say_instructions = false;
  bool keep_frame_pointers = false;  // so that debuggers and profilers find who has called
};

struct Emitted {
  LLVMModuleRef module = nullptr;    // whoever gets it disposes of it
  std::vector<std::uint64_t> table;  // where the program's own things are: what the code reads of its table
};

// Function i is called `unnumbered` + i, and the table `unnumbered` + table_name (object.hpp). Only functions with an
// address can be found from outside.
Emitted emit(const Library& library, LLVMContextRef context, const runtime::Program& program, const Bodies& bodies,
             const EmitOptions& options);

}  // namespace skep::engine::native
