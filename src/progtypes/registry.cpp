// Finds program types by number and by name; what follows from a definition.
//
// Tested by tests/progtypes/progtypes_test.cpp.
#include <algorithm>
#include <array>

#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

#define SKEP_ADDRESS(NAME) &NAME##_type,
constexpr std::array types = {SKEP_PROGRAM_TYPES(SKEP_ADDRESS)};
#undef SKEP_ADDRESS

}  // namespace

AttachedTo attached_to(const ProgTypeDef& type, const ProgramTraits& traits) {
  return type.attached_to != nullptr ? type.attached_to(traits) : AttachedTo::nothing;
}

LinkType link_type(const ProgTypeDef& type, const ProgramTraits& traits, AttachType at) {
  for (const LinkedAt& row : type.links)
    if (row.at == at) return row.link;
  if (type.opened_by_name) return LinkType::raw_tracepoint;
  return attached_to(type, traits) == AttachedTo::iterator ? LinkType::iter : LinkType::tracing;
}

std::string_view verdict_name(const ProgTypeDef& type, std::int64_t result) {
  const auto found = std::ranges::find(type.verdicts, result, &Verdict::value);
  return found == type.verdicts.end() ? std::string_view() : found->name;
}
const Verdict* find_verdict(const ProgTypeDef& type, std::string_view name) {
  const auto found = std::ranges::find(type.verdicts, name, &Verdict::name);
  return found == type.verdicts.end() ? nullptr : &*found;
}

const ProgTypeDef* find(ProgType type) {
  const auto number = static_cast<std::size_t>(type);
  return number == 0 || number > types.size() ? nullptr : types[number - 1];
}

const ProgTypeDef* find(std::string_view name) {
  for (const ProgTypeDef* type : types) {
    if (type->name == name) return type;
  }
  return nullptr;
}

std::span<const ProgTypeDef* const> all() {
  return types;
}

}  // namespace skep::progtypes
