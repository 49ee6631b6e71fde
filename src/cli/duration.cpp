// See cli/duration.hpp.
#include "cli/duration.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace skep::cli {
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

}  // namespace skep::cli
