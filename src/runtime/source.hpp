// From an instruction of a program, as it was loaded, to the line of C that it was made from. Tested by
// tests/bounds/run_limits_test.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace skep::runtime {

struct SourceLine {
  std::uint32_t insn = 0;  // the first of the line, in the program as it was loaded
  std::uint32_t line = 0, column = 0;
  std::string_view file;  // without its directory
  std::string_view text;  // as written, indentation included
};

struct SourceLines {
  std::vector<SourceLine> lines;     // by instruction
  std::shared_ptr<const void> keep;  // what their text is in

  // Null: nothing is known.
  const SourceLine* at(std::uint32_t insn) const {
    const auto after = std::upper_bound(lines.begin(), lines.end(), insn,
                                        [](std::uint32_t place, const SourceLine& line) { return place < line.insn; });
    return after == lines.begin() ? nullptr : &*(after - 1);
  }
};

}  // namespace skep::runtime
