// Where the elements of an array are: for engines, which compute their addresses without asking the map. The memory
// stays where it is as long as the map lives. Tested by tests/engine/compiled_test.cpp.
#pragma once

#include <cstdint>
#include <optional>

#include "maps/map.hpp"

namespace skep::maps {

struct ArrayPlace {
  std::uint64_t data = 0;        // of the first element, on CPU 0
  std::uint64_t stride = 0;      // from one element to the next
  std::uint64_t cpu_stride = 0;  // from one CPU's to the next one's; 0: there is one for all
  std::uint32_t count = 0;
};
// Of an array or a per-CPU array; of others nothing.
std::optional<ArrayPlace> array_place(const Map& map);

}  // namespace skep::maps
