// Keys, values and records of maps as JSON, by the types of their object. Tested by tests/api/typed_values_test.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "api/state.hpp"
#include "describe/numbers.hpp"
#include "describe/show.hpp"

namespace skep {
namespace {

btf::TypeId type_of(const api::MapState& map, MapPart part, std::size_t size) {
  if (map.object->types == nullptr) return 0;
  const btf::Btf& types = *map.object->types;
  switch (part) {
    case MapPart::key:
      return map.types.key;
    case MapPart::value:
      return map.types.value;
    case MapPart::record:
      break;
  }
  if (map.record != 0) return map.record;
  return loader::record_type(types, size);
}

// "10.0.0.0/8", "2001:db8::/32" as the key of a trie: the length in front of the address.
bool lay_prefix(std::string_view text, std::span<std::uint8_t> key) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || key.size() < 8) return false;
  const auto length = describe::number_in(text.substr(slash + 1));
  const std::span<std::uint8_t> address = key.subspan(4);
  if (!length || *length > address.size() * 8) return false;
  if (const auto four = describe::ipv4_in(text.substr(0, slash)); four && address.size() == four->size())
    std::ranges::copy(*four, address.begin());
  else if (const auto six = describe::ipv6_in(text.substr(0, slash)); six && address.size() == six->size())
    std::ranges::copy(*six, address.begin());
  else
    return false;
  const auto bits = static_cast<std::uint32_t>(*length);
  std::memcpy(key.data(), &bits, sizeof bits);
  return true;
}

}  // namespace

std::string Map::show(MapPart part, std::span<const std::uint8_t> bytes) const {
  if (!state_) return describe::show(nullptr, 0, bytes);
  return describe::show(state_->object->types.get(), type_of(*state_, part, bytes.size()), bytes);
}

Result<std::vector<std::uint8_t>> Map::lay(MapPart part, std::string_view json,
                                           std::span<const std::uint8_t> start) const {
  if (!state_) return api::empty_handle();
  std::string error;
  auto value = describe::parse(json, error);
  if (!value) return Status(EINVAL, error);
  std::vector<std::uint8_t> bytes(start.begin(), start.end());
  if (bytes.empty()) bytes.resize(part == MapPart::key ? state_->key_size : state_->value_size);
  if (part == MapPart::key && state_->type == MapType::lpm_trie && value->is(describe::Value::Kind::text) &&
      lay_prefix(value->text, bytes))
    return bytes;
  if (describe::lay(state_->object->types.get(), type_of(*state_, part, bytes.size()), *value, bytes, error))
    return bytes;
  return Status(EINVAL, fmt::format("map '{}': {}", state_->name, error));
}

}  // namespace skep
