// Maps of where packets are redirected to. See maps/destinations.cpp.
#pragma once

#include "maps/attributes.hpp"

namespace skep::maps {

std::shared_ptr<Map> make_destinations(const MapAttributes& attributes);   // devmap, cpumap
std::shared_ptr<Map> make_keyed_devices(const MapAttributes& attributes);  // devmap_hash

}  // namespace skep::maps
