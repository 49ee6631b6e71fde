// For profilers, more than names: the code itself and the lines of C that it comes from, in perf's own form of file for
// code that no file on disk has ("jitdump").
//
// Written where the environment has SKEP_JITDUMP=1, into jit-PID.dump in $JITDUMPDIR, or in the working directory, as
// code is made. `perf record -k mono` notes that the file was mapped, and `perf inject --jit` makes an object file of
// each function, so that `perf annotate` shows its instructions beside their lines. Tested by
// tests/engine/jit_dump_test.cpp.
#pragma once

#include <span>

#include "engine/llvm/placed_code.hpp"

namespace skep::engine::native {

bool jit_dump_is_wanted();
void add_to_jit_dump(std::span<const PlacedCode> functions);

}  // namespace skep::engine::native
