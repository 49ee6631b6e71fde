// From an instruction to the line of C that it was made from (the program's line_info).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "verifier/verifier.hpp"

namespace skep::verifier {

struct SourceLine {
  const LineInfo* info = nullptr;  // null: nothing is known
  std::string_view file;           // without its directory
  std::string_view text;           // as written, indentation included
  std::uint32_t line = 0, column = 0;
};

SourceLine source_of(const Input& input, std::uint32_t insn);
// Of a record of line_info, whose text is in the program's types.
SourceLine source_line(const btf::Btf& types, const LineInfo& info);

}  // namespace skep::verifier
