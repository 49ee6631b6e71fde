// Which releases have rules. Tested by tests/rules/rules_test.cpp.
#include "rules/rules.hpp"

#include <fmt/format.h>

#include <array>

#include "rules/tables.hpp"

namespace skep {
namespace {

constexpr std::array tables = {&rules_tables::linux_7_3};

std::string name_of(Release release) {
  return fmt::format("{}.{}", release.major, release.minor);
}

}  // namespace

std::span<const Rules* const> all_rules() {
  return tables;
}

const Rules* rules_for(Release release, std::string& problem) {
  std::string known;
  for (const Rules* rules : tables) {
    if (rules->release == release) return rules;
    known += (known.empty() ? "" : ", ") + name_of(rules->release);
  }
  problem =
      fmt::format("there are no rules for Linux {}: choose a release that has them ({})", name_of(release), known);
  return nullptr;
}

const Rules& reference_rules() {
  return rules_tables::linux_7_3;
}

}  // namespace skep
