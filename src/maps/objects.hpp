// Arrays of objects, and where they have them: for engines, which jump to programs without asking the map. It stays
// there as long as the map lives. Tested by tests/engine/compiled_test.cpp.
#pragma once

#include <span>

#include "maps/map.hpp"
#include "maps/object_slot.hpp"

namespace skep::maps {

// Of a prog array; of others nothing.
std::span<const ObjectSlot> program_slots(const Map& map);
// Of any map that make_object_array() has made.
std::span<const ObjectSlot> object_slots(const Map& map);
std::shared_ptr<Map> make_object_array(const MapAttributes& attributes);

}  // namespace skep::maps
