// Where an array of programs, or of maps, has its objects: for engines, which jump to programs without asking the map.
// It stays there as long as the map lives. Tested by tests/engine/compiled_test.cpp.
#pragma once

#include <span>

#include "maps/map.hpp"
#include "maps/object_slot.hpp"

namespace skep::maps {

// Of a prog array; of others nothing.
std::span<const ObjectSlot> program_slots(const Map& map);

}  // namespace skep::maps
