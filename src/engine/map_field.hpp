// What programs may read of a map itself (`map->max_entries`). They read by the offsets of the kernel's struct, which a
// map here has not: the kernel layer gives such loads an opcode of their own, and InsnMeta::value says what they read.
#pragma once

#include <cstdint>

#include "isa/insn.hpp"
#include "maps/map.hpp"

namespace skep::engine {

enum class MapField : std::uint8_t {
  none,
  operations,  // an address in the kernel
  type,
  key_size,
  value_size,
  max_entries,
  extra,
  flags,
  id,
  user_vm_start,  // arenas
  user_vm_end,
};

inline constexpr std::uint8_t map_field_mode = mem_mode::abs;  // which no load from memory has

// InsnMeta::value: the field, and how many of its bytes are skipped.
constexpr std::uint64_t map_field_value(MapField field, std::uint32_t skipped) {
  return static_cast<std::uint64_t>(field) | std::uint64_t{skipped} << 8;
}

inline std::uint64_t load_map_field(const maps::Map& map, std::uint64_t what, unsigned size) {
  const maps::MapInfo& info = map.info();
  std::uint64_t value = 0;
  switch (static_cast<MapField>(what & 0xff)) {
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
  value >>= what >> 8 << 3;
  return size == 8 ? value : value & ((std::uint64_t{1} << size * 8) - 1);
}

}  // namespace skep::engine
