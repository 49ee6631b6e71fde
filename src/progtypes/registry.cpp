// Finds program types by number and by name; what follows from a definition.
//
// Tested by tests/progtypes/progtypes_test.cpp.
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
