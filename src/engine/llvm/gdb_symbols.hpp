// For debuggers: compiled functions by their names and lines, through the interface that GDB and LLDB have for code
// that no file on disk has ("JIT interface").
//
// Told where the environment has SKEP_GDB=1. A debugger that is attached, or comes later, finds an object file in
// memory for each program: `break x.bpf.c:18`, `break -function program:function`, `backtrace`, and stepping by lines
// of C. Tested by tests/engine/gdb_symbols_test.cpp.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "engine/llvm/placed_code.hpp"

namespace skep::engine::native {

bool gdb_symbols_are_wanted();

// While this lives, debuggers know of the functions.
class GdbSymbols {
 public:
  explicit GdbSymbols(std::span<const PlacedCode> functions);
  ~GdbSymbols();
  GdbSymbols(const GdbSymbols&) = delete;
  GdbSymbols& operator=(const GdbSymbols&) = delete;

 private:
  struct Entry;
  std::unique_ptr<Entry> entry_;
};

// An object file without code, which says what is where.
std::string symbol_file(std::span<const PlacedCode> functions);

}  // namespace skep::engine::native
