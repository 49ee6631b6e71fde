// Which line each piece of code comes from, as DWARF 4 has it in .debug_line. Of one compile unit, whose code is one
// section; where that will be is not known yet, and counts as 0. Tested by tests/engine/native_code_test.cpp.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace skep::engine::native {

struct Line {
  std::uint64_t address = 0;  // where it begins; it goes on to the next one
  std::uint32_t line = 0;     // 0: none
};

// By address; empty if it is not understood.
std::vector<Line> line_table(std::string_view section);

}  // namespace skep::engine::native
