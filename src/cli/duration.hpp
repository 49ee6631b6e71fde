// Lengths of time on the command line: "60", "1.5s", "200ms", "5min". Tested by tests/cli/duration_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skep::cli {

// Nanoseconds; a number without a unit counts seconds. Nothing: it is no length of time.
std::optional<std::uint64_t> parse_duration(std::string_view text);
// "60 s", "1.5 ms"
std::string duration_text(std::uint64_t ns);

}  // namespace skep::cli
