// See kernel/map_fields.hpp. Tested by the conformance suite.
#include "kernel/map_fields.hpp"

#include <fmt/format.h>

namespace skep {
namespace {

using runtime::MapField;

struct Known {
  std::string_view member;
  MapField field;
};
constexpr Known of_all[] = {
    {"map_type", MapField::type},
    {"key_size", MapField::key_size},
    {"value_size", MapField::value_size},
    {"max_entries", MapField::max_entries},
    {"map_extra", MapField::extra},
    {"map_flags", MapField::flags},
    {"id", MapField::id},
    {"ops", MapField::operations},
};
constexpr Known of_arenas[] = {{"user_vm_start", MapField::user_vm_start}, {"user_vm_end", MapField::user_vm_end}};

std::optional<MapFieldPart> find_in(const btf::Btf& kernel, std::string_view type, std::span<const Known> fields,
                                    std::uint32_t offset, std::uint32_t size, std::string& name) {
  const btf::TypeId id = kernel.find(type, btf::Kind::struct_);
  if (id == 0) return std::nullopt;
  for (const btf::Member& member : kernel.members(kernel.type(id))) {
    const std::uint32_t begin = member.byte_offset();
    const std::uint32_t bytes = kernel.size_of(member.type).value_or(0);
    if (offset < begin || offset >= begin + bytes) continue;
    name = fmt::format("{}.{}", type, member.name);
    if (offset + size > begin + bytes) return std::nullopt;
    for (const Known& known : fields)
      if (known.member == member.name) return MapFieldPart{known.field, offset - begin};
  }
  return std::nullopt;
}

}  // namespace

std::optional<MapFieldPart> find_map_field(const btf::Btf& kernel, std::string_view kernel_struct, std::uint32_t offset,
                                           std::uint32_t size, std::string& name) {
  name = "an unknown field";
  if (kernel_struct == "bpf_arena")
    if (const auto found = find_in(kernel, kernel_struct, of_arenas, offset, size, name)) return found;
  return find_in(kernel, "bpf_map", of_all, offset, size, name);
}

}  // namespace skep
