// Loads of what a map says of itself: see MapField. Tested by tests/runtime/map_field_test.cpp.
#pragma once

#include "maps/map.hpp"
#include "runtime/facts.hpp"

namespace skep::runtime {

// `size` bytes of the field, from byte `skip` on.
inline std::uint64_t load_map_field(const maps::Map& map, MapField field, unsigned skip, unsigned size) {
  const maps::MapInfo& info = map.info();
  std::uint64_t value = 0;
  switch (field) {
    case MapField::none:
      break;
    case MapField::operations:
      value = 0xffff'ffff'8000'0000;  // where nobody may read
      break;
    case MapField::type:
      value = static_cast<std::uint64_t>(info.type);
      break;
    case MapField::key_size:
      value = info.key_size;
      break;
    case MapField::value_size:
      value = info.value_size;
      break;
    case MapField::max_entries:
      value = info.max_entries;
      break;
    case MapField::extra:
      value = info.extra;
      break;
    case MapField::flags:
      value = info.flags;
      break;
    case MapField::id:
      value = info.id;
      break;
    case MapField::user_vm_start:
      value = info.user_vm_start;
      break;
    case MapField::user_vm_end:
      value = info.user_vm_start + std::uint64_t{info.max_entries} * 4096;
      break;
  }
  value >>= skip * 8;
  return size == 8 ? value : value & ((std::uint64_t{1} << size * 8) - 1);
}

}  // namespace skep::runtime
