// See testbench/duration.hpp.
#include "testbench/duration.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <utility>

namespace skep::testbench {
namespace {

struct Unit {
  std::string_view name;
  double ns;
};
constexpr std::array<Unit, 7> units = {
    {{"", 1e9}, {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}, {"h", 3600e9}}};
constexpr double longest = 1e18;  // some 30 years

}  // namespace

std::optional<std::uint64_t> parse_duration(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || !(number >= 0)) return std::nullopt;
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : units)
    if (unit.name == name && number * unit.ns <= longest) return static_cast<std::uint64_t>(number * unit.ns);
  return std::nullopt;
}

std::string duration_text(std::uint64_t ns) {
  const auto number = static_cast<double>(ns);
  if (ns >= 1'000'000'000) return fmt::format("{:.4g} s", number / 1e9);
  if (ns >= 1'000'000) return fmt::format("{:.3g} ms", number / 1e6);
  return fmt::format("{:.3g} us", number / 1e3);
}

namespace {

// The number of digits digits at the front, which are taken away; nothing if there are others.
std::optional<unsigned> take_digits(std::string_view& text, std::size_t digits) {
  unsigned number = 0;
  if (text.size() < digits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (error != std::errc() || end != text.data() + digits) return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

// "2026-01-31" with, perhaps, "T12:00:00" and a "Z": seconds since 1970.
std::optional<std::uint64_t> parse_date(std::string_view text) {
  constexpr std::array<std::pair<std::size_t, std::string_view>, 6> parts = {
      {{4, "-"}, {2, "-"}, {2, "T"}, {2, ":"}, {2, ":"}, {2, ""}}};
  std::array<unsigned, 6> found = {};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = take_digits(text, parts[i].first);
    if (!number) return std::nullopt;
    found[i] = *number;
    if (i == 2 && text.empty()) break;
    if (!text.starts_with(parts[i].second)) return std::nullopt;
    text.remove_prefix(parts[i].second.size());
  }
  if (!text.empty() && text != "Z") return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(found[0])), std::chrono::month(found[1]),
                                        std::chrono::day(found[2])};
  if (!day.ok() || found[0] < 1970 || found[0] > 2200 || found[3] > 23 || found[4] > 59 || found[5] > 59)
    return std::nullopt;
  const auto days = static_cast<std::uint64_t>(std::chrono::sys_days(day).time_since_epoch().count());
  return days * 86'400 + found[3] * 3600 + found[4] * 60 + found[5];
}

}  // namespace

std::optional<ClockReading> parse_clock(std::string_view text) {
  constexpr std::uint64_t first_day_ns = 1'767'225'600'000'000'000, second_ns = 1'000'000'000;
  if (const auto since_start = parse_duration(text)) return ClockReading{*since_start, first_day_ns};
  if (const auto date = parse_date(text)) return ClockReading{second_ns, *date * second_ns};
  return std::nullopt;
}

}  // namespace skep::testbench
