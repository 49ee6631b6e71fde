// Names for profilers: /tmp/perf-PID.map, in which perf(1) looks up addresses of code that no file on disk has.
//
// Written where the environment has SKEP_PERF_MAP=1, a line a function as it is compiled: "program:function". Lines of
// programs that are gone stay, for samples of them may still be read; where memory is used again, perf goes by the
// later line. Tested by tests/engine/perf_map_test.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace skep::engine::native {

struct NamedCode {
  std::uint64_t address = 0, bytes = 0;
  std::string name;
};

// What functions an object file of the machine's own kind defines: names, and where in their section, in that order;
// empty if it is not understood.
std::vector<NamedCode> functions_of(std::span<const char> object);

bool perf_map_is_wanted();
void add_to_perf_map(std::span<const NamedCode> functions);

}  // namespace skep::engine::native
