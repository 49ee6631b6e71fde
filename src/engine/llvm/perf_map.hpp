// Names for profilers: /tmp/perf-PID.map, in which perf(1) looks up addresses of code that no file on disk has.
//
// Written where the environment has SKEP_PERF_MAP=1, a line a function as it is compiled: "program:function". Lines of
// programs that are gone stay, for samples of them may still be read; where memory is used again, perf goes by the
// later line. Tested by tests/engine/perf_map_test.cpp.
#pragma once

#include <span>

#include "engine/llvm/placed_code.hpp"

namespace skep::engine::native {

bool perf_map_is_wanted();
void add_to_perf_map(std::span<const PlacedCode> functions);

}  // namespace skep::engine::native
