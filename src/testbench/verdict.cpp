// See testbench/verdict.hpp. The names are the program types' (progtypes/common/verdicts.hpp).
#include "testbench/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "describe/numbers.hpp"
#include "progtypes/progtype.hpp"

namespace skep::testbench {
namespace {

std::string_view name_of(ProgType type, std::uint32_t result) {
  const auto* const definition = progtypes::find(type);
  return definition != nullptr ? progtypes::verdict_name(*definition, static_cast<std::int32_t>(result))
                               : std::string_view();
}

}  // namespace

std::string verdict_text(ProgType type, std::uint32_t result) {
  const std::string_view name = name_of(type, result);
  return name.empty() ? fmt::format("{}", static_cast<std::int32_t>(result)) : std::string(name);
}
std::string verdict_with_number(ProgType type, std::uint32_t result) {
  const std::string_view name = name_of(type, result);
  const auto number = static_cast<std::int32_t>(result);
  return name.empty() ? fmt::format("{}", number) : fmt::format("{} ({})", name, number);
}

std::optional<std::uint32_t> verdict_of(ProgType type, std::string_view text) {
  const auto* const definition = progtypes::find(type);
  const auto* const verdict = definition != nullptr ? progtypes::find_verdict(*definition, text) : nullptr;
  if (verdict != nullptr) return static_cast<std::uint32_t>(verdict->value);
  const auto number = describe::number_in(text);
  return number ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

bool goes_on(ProgType type, std::uint32_t result) {
  constexpr std::array<std::string_view, 10> ends = {"XDP_ABORTED",   "XDP_DROP",    "TC_ACT_SHOT", "TC_ACT_STOLEN",
                                                     "TC_ACT_QUEUED", "TC_ACT_TRAP", "BPF_DROP",    "SK_DROP",
                                                     "NF_DROP",       "reject"};
  const std::string_view name = name_of(type, result);
  if (!name.empty()) return std::ranges::find(ends, name) == ends.end();
  return type != ProgType::xdp && result != 0;
}

}  // namespace skep::testbench
