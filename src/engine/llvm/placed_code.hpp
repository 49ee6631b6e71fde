// A compiled function where it has been put: what profilers and debuggers are told of it (perf_map.hpp, jit_dump.hpp,
// gdb_symbols.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skep::engine::native {

struct PlacedLine {
  std::uint64_t address = 0;  // where its code begins; it goes on to the next one
  std::string_view file;      // of the program's source; without its directory
  std::uint32_t line = 0;
};

struct PlacedCode {
  std::uint64_t address = 0, bytes = 0;
  std::string name;               // "program:function"
  std::vector<PlacedLine> lines;  // by address; empty: nothing is known
};

}  // namespace skep::engine::native
