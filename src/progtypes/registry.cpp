// Finds program types by number and by name.
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
