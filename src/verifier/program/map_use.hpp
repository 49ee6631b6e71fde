// May this program use this map at all? See map_use.cpp.
#pragma once

#include "verifier/env.hpp"

namespace skep::verifier {

inline constexpr std::size_t max_used_maps = 64;

// Checks the map against the program and adds it to env.used_maps.
int use_map(Env& env, const maps::MapInfo& map);
bool has_arena(const Env& env);

}  // namespace skep::verifier
