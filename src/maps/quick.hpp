// What engines call of a map that they know when they compile a program, without asking it what it is: each does what
// the map's own function does, for the maps that have it (bpf_map_update_elem of plain values in an array or a hash).
// No exception comes out of it. Tested by tests/maps/quick_test.cpp.
#pragma once

#include <cerrno>
#include <cstdint>
#include <new>

#include "maps/map.hpp"

namespace skep::maps {

// Map::update. Without memory it answers -ENOMEM.
using QuickUpdate = int (*)(Map& map, const void* key, const void* value, std::uint64_t flags, unsigned cpu) noexcept;
// Map::erase.
using QuickErase = int (*)(Map& map, const void* key) noexcept;

// The call is direct.
template <typename Final>
int update_directly(Map& map, const void* key, const void* value, std::uint64_t flags, unsigned cpu) noexcept {
  try {
    return static_cast<Final&>(map).Final::update(key, value, flags, cpu);
  } catch (...) {
    return -ENOMEM;
  }
}
template <typename Final>
int erase_directly(Map& map, const void* key) noexcept {
  try {
    return static_cast<Final&>(map).Final::erase(key);
  } catch (...) {
    return -ENOMEM;
  }
}

// By type: of arrays (array.cpp) and of hashes (hash.cpp). Null: the map is of another type, or its values hold more
// than bytes.
QuickUpdate quick_update_of_array(const Map& map);
QuickUpdate quick_update_of_hash(const Map& map);
QuickErase quick_erase_of_hash(const Map& map);

inline QuickUpdate quick_update(const Map& map) {
  const QuickUpdate of_array = quick_update_of_array(map);
  return of_array != nullptr ? of_array : quick_update_of_hash(map);
}
inline QuickErase quick_erase(const Map& map) {
  return quick_erase_of_hash(map);
}

}  // namespace skep::maps
