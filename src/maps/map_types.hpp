// The map types by name: since when each exists, and what it is for. The documentation reads this; what a type does
// stands in the file that implements it.
#pragma once

#include <span>
#include <string_view>

#include "skep/abi.hpp"
#include "skep/release.hpp"

namespace skep::maps {

struct MapTypeDoc {
  MapType type;
  std::string_view name;  // "lru_hash"
  Release since;
  bool holds_elements;  // false: it can be created and named by programs; its elements are not kept here yet
  bool may_hold_work;   // its value may have a bpf_wq
  std::string_view summary;
};

std::span<const MapTypeDoc> map_type_docs();
const MapTypeDoc* find_map_type(std::string_view name);
const MapTypeDoc* find_map_type(MapType type);

}  // namespace skep::maps
