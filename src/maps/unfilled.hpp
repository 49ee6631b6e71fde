// Maps of objects of which there are none here. See maps/unfilled.cpp.
#pragma once

#include "maps/attributes.hpp"

namespace skep::maps {

// cgroup_array, stack_trace
std::shared_ptr<Map> make_unfilled(const MapAttributes& attributes);

}  // namespace skep::maps
