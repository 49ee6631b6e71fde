// See calls/impl/kernel_fields.hpp.
#include "calls/impl/kernel_fields.hpp"

#include <cstring>

namespace skep::calls::impl {
namespace {

struct Found {
  std::uint32_t bit_offset, bits;
  btf::TypeId type;
};

std::optional<Found> find_member(const btf::Btf& types, btf::TypeId type, std::string_view name) {
  for (const btf::Member& member : types.members(types.type(type))) {
    const btf::TypeId of = types.skip_modifiers(member.type);
    if (member.name == name) return Found{member.bit_offset, member.bit_size, of};
    if (!member.name.empty() || !types.type(of).is_struct_or_union()) continue;
    if (const auto inner = find_member(types, of, name))
      return Found{member.bit_offset + inner->bit_offset, inner->bits, inner->type};
  }
  return std::nullopt;
}

}  // namespace

std::optional<FieldPlace> find_field(const btf::Btf* types, std::string_view type,
                                     std::initializer_list<std::string_view> names) {
  if (types == nullptr) return std::nullopt;
  btf::TypeId at = types->find(type, btf::Kind::struct_);
  FieldPlace place;
  for (const std::string_view name : names) {
    if (at == 0 || !types->type(at).is_struct_or_union()) return std::nullopt;
    const auto found = find_member(*types, at, name);
    if (!found) return std::nullopt;
    place.offset += found->bit_offset / 8;
    place.shift = found->bits != 0 ? found->bit_offset % 8 : 0;
    place.bits = found->bits;
    at = found->type;
  }
  if (place.bits != 0) {
    place.size = (place.shift + place.bits + 7) / 8;
    return place;
  }
  const auto size = at != 0 ? types->size_of(at) : std::nullopt;
  if (!size) return std::nullopt;
  place.size = *size;
  return place;
}

std::uint64_t read_field(runtime::CallEnv& env, std::uint64_t at, std::string_view type,
                         std::initializer_list<std::string_view> names) {
  std::uint64_t value = 0;
  const auto place = find_field(env.services().kernel_types(), type, names);
  if (at == 0 || !place || place->size > sizeof value) return 0;
  if (env.services().read_memory(&value, at + place->offset, place->size) != 0) return 0;
  if (place->bits != 0) value = value >> place->shift & ~std::uint64_t{0} >> (64 - place->bits);
  return value;
}

bool write_field(runtime::CallEnv& env, std::uint64_t at, std::string_view type,
                 std::initializer_list<std::string_view> names, std::uint64_t value) {
  const auto place = find_field(env.services().kernel_types(), type, names);
  if (at == 0 || !place || place->size > sizeof value || place->bits != 0) return false;
  return env.services().write_memory(at + place->offset, &value, place->size) == 0;
}

}  // namespace skep::calls::impl
