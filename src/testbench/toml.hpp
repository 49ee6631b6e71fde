// TOML as the same tree that JSON becomes: what scenario files are written in. Tested by tests/testbench/toml_test.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "describe/value.hpp"

namespace skep::testbench {

// Nothing and `error` (one line that begins with the file's name and the line) if it is not TOML, or has a date or a
// fraction.
std::optional<describe::Value> parse_toml(std::string_view text, const std::string& file, std::string& error);

}  // namespace skep::testbench
