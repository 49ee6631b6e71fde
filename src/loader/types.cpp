// See loader/types.hpp.
#include "loader/types.hpp"

#include <bpf/btf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "describe/show.hpp"

namespace skep::loader {
namespace {

using btf::Kind;

// The definition of a map is a struct whose members point to what they say.
btf::TypeId definition_of(const btf::Btf& types, std::string_view map) {
  const btf::TypeId section = types.find(".maps", Kind::datasec);
  if (section == 0) return 0;
  for (const btf::SectionVar& var : types.section_vars(types.type(section))) {
    const btf::Type& variable = types.type(var.type);
    if (variable.kind == Kind::var && variable.name == map) return types.skip_modifiers(variable.type);
  }
  return 0;
}

// How records could not be typed: as what describes maps, or as what stands in them.
enum class Taken : std::uint8_t { no, in_map, by_definition };

Taken taken(const btf::Btf& types, btf::TypeId type) {
  const btf::TypeId section = types.find(".maps", Kind::datasec);
  if (section == 0) return Taken::no;
  Taken how = Taken::no;
  for (const btf::SectionVar& var : types.section_vars(types.type(section))) {
    const btf::TypeId definition = types.skip_modifiers(types.type(var.type).type);
    if (definition == type) return Taken::by_definition;
    if (!types.type(definition).is_struct_or_union()) continue;
    for (const btf::Member& member : types.members(types.type(definition)))
      if ((member.name == "key" || member.name == "value") && types.pointee(member.type) == type) how = Taken::in_map;
  }
  return how;
}

}  // namespace

std::shared_ptr<const btf::Btf> types_of(const bpf_object* object) {
  const ::btf* const given = bpf_object__btf(object);
  if (given == nullptr) return nullptr;
  __u32 size = 0;
  const auto* const raw = static_cast<const std::uint8_t*>(btf__raw_data(given, &size));
  btf::ParseError error;
  return raw != nullptr ? btf::Btf::parse({raw, size}, nullptr, true, error) : nullptr;
}

MapTypes types_of(const btf::Btf& types, const bpf_map* map) {
  MapTypes found;
  if (bpf_map__is_internal(map)) {
    const btf::TypeId value = bpf_map__btf_value_type_id(map);
    if (value != 0 && types.valid(value) && types.type(value).kind == Kind::datasec) found.value = value;
    return found;
  }
  const btf::TypeId definition = definition_of(types, bpf_map__name(map));
  if (definition == 0 || !types.type(definition).is_struct_or_union()) return found;
  for (const btf::Member& member : types.members(types.type(definition))) {
    const btf::TypeId target = types.pointee(member.type).value_or(0);
    if (member.name == "key") found.key = target;
    if (member.name == "value") found.value = target;
  }
  return found;
}

btf::TypeId record_type(const btf::Btf& types, std::size_t size) {
  std::vector<btf::TypeId> free, in_maps;
  for (btf::TypeId id = types.first_id(); id < types.type_count(); ++id) {
    const btf::Type& type = types.type(id);
    if (type.kind != Kind::struct_ || type.name.empty() || type.size != size || type.name.starts_with("bpf_")) continue;
    const Taken how = taken(types, id);
    if (how != Taken::by_definition) (how == Taken::no ? free : in_maps).push_back(id);
  }
  const auto& best = free.empty() ? in_maps : free;
  return best.size() == 1 ? best.front() : 0;
}

btf::TypeId find_type(const btf::Btf& types, std::string_view name) {
  for (const std::string_view prefix : {"struct ", "union ", "enum "})
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  for (const Kind kind : {Kind::struct_, Kind::union_, Kind::typedef_, Kind::int_, Kind::enum_, Kind::enum64})
    if (const btf::TypeId found = types.find(name, kind); found != 0) return found;
  return 0;
}

bool set_global(bpf_object* object, const btf::Btf& types, std::string_view name, std::string_view text,
                std::string& error) {
  std::vector<std::string> there;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    if (!bpf_map__is_internal(map)) continue;
    const btf::TypeId section = bpf_map__btf_value_type_id(map);
    if (section == 0 || !types.valid(section) || types.type(section).kind != Kind::datasec) continue;
    std::size_t size = 0;
    auto* const bytes = static_cast<std::uint8_t*>(bpf_map__initial_value(map, &size));
    for (const btf::SectionVar& var : types.section_vars(types.type(section))) {
      const btf::Type& variable = types.type(var.type);
      there.emplace_back(variable.name);
      if (variable.name != name) continue;
      const auto room = types.size_of(variable.type);
      if (bytes == nullptr || !room || var.offset + *room > size) {
        error = fmt::format("the variable {} has no bytes of its own", name);
        return false;
      }
      std::string no_json;
      auto value = describe::parse(text, no_json);
      if (!value) value = describe::Value{.kind = describe::Value::Kind::text, .text = std::string(text)};
      if (describe::lay(&types, variable.type, *value, {bytes + var.offset, *room}, error)) return true;
      error = fmt::format("{}: {}", name, error);
      return false;
    }
  }
  error = fmt::format("there is no variable {}", name);
  std::ranges::sort(there);
  for (std::size_t i = 0; i < there.size() && i < 20; ++i)
    error += fmt::format("{}{}", i == 0 ? "; there are " : ", ", there[i]);
  return false;
}

}  // namespace skep::loader
