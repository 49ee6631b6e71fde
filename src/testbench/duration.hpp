// Lengths of time on the command line: "60", "1.5s", "200ms", "5min"; and dates. Tested by
// tests/testbench/duration_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skep::testbench {

// Nanoseconds; a number without a unit counts seconds. Nothing: it is no length of time.
std::optional<std::uint64_t> parse_duration(std::string_view text);
// "60 s", "1.5 ms"
std::string duration_text(std::uint64_t ns);

// What a clock that stands shows.
struct ClockReading {
  std::uint64_t monotonic_ns = 0, realtime_ns = 0;
};
// A length of time ("90s": since the start of the machine, on the first day of 2026), or a date and time of day in UTC
// ("2026-01-31", "2026-01-31T12:00:00Z": a second after the start).
std::optional<ClockReading> parse_clock(std::string_view text);

}  // namespace skep::testbench
