// The maps that an object defines in .maps, as its types have them: structs whose members say a number by the size of
// an array, `__uint(name, number)`. For the files that look at them before libbpf does. Tested by
// tests/loader/sound_types_test.cpp and tests/testbench/test_test.py.
#pragma once

#include <bpf/btf.h>

#include <cstdint>
#include <string_view>

namespace skep::loader {

inline std::string_view name_of(const btf* types, std::uint32_t offset) {
  const char* const name = btf__name_by_offset(types, offset);
  return name != nullptr ? name : "";
}

// What `__uint(name, number)` makes: a pointer to an array of so many; null for what is none.
inline const struct btf_array* array_behind(const btf* types, std::uint32_t pointer) {
  const btf_type* const type = btf__type_by_id(types, pointer);
  if (type == nullptr || !btf_is_ptr(type)) return nullptr;
  const btf_type* const array = btf__type_by_id(types, type->type);
  return array != nullptr && btf_is_array(array) ? btf_array(array) : nullptr;
}

// Visits the members of this name that say a number: visit(id of the map's struct, index of the member, array).
template <typename Visit>
void each_map_number(const btf* types, std::string_view name, Visit&& visit) {
  for (std::uint32_t id = 1; id < btf__type_cnt(types); ++id) {
    const btf_type* const section = btf__type_by_id(types, id);
    if (!btf_is_datasec(section) || name_of(types, section->name_off) != ".maps") continue;
    for (std::uint32_t i = 0; i < btf_vlen(section); ++i) {
      const btf_type* const variable = btf__type_by_id(types, btf_var_secinfos(section)[i].type);
      if (variable == nullptr || !btf_is_var(variable)) continue;
      const std::int32_t resolved = btf__resolve_type(types, variable->type);
      const btf_type* const map = resolved > 0 ? btf__type_by_id(types, static_cast<std::uint32_t>(resolved)) : nullptr;
      if (map == nullptr || !btf_is_struct(map)) continue;
      for (std::uint32_t j = 0; j < btf_vlen(map); ++j) {
        const btf_member& member = btf_members(map)[j];
        if (name_of(types, member.name_off) != name) continue;
        if (const struct btf_array* const array = array_behind(types, member.type); array != nullptr)
          visit(static_cast<std::uint32_t>(resolved), j, *array);
      }
    }
  }
}

}  // namespace skep::loader
