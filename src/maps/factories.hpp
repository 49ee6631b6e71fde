// The makers of maps, by what implements them. Attributes are checked, `info.record` is set. Null: no memory.
#pragma once

#include <memory>

#include "maps/map.hpp"

namespace skep::maps {

std::shared_ptr<Map> make_array(const MapAttributes& attributes);  // array, percpu_array
std::shared_ptr<Map> make_insn_array(const MapAttributes& attributes);
std::shared_ptr<Map> make_hash(const MapAttributes& attributes);  // hash, percpu_hash, lru_hash, lru_percpu_hash, rhash
std::shared_ptr<Map> make_object_array(const MapAttributes& attributes);  // prog_array, array_of_maps
std::shared_ptr<Map> make_hash_of_maps(const MapAttributes& attributes);
std::shared_ptr<Map> make_ring_buffer(const MapAttributes& attributes);
std::shared_ptr<Map> make_queue(const MapAttributes& attributes);  // queue, stack
std::shared_ptr<Map> make_bloom_filter(const MapAttributes& attributes);
std::shared_ptr<Map> make_lpm_trie(const MapAttributes& attributes);
std::shared_ptr<Map> make_local_storage(const MapAttributes& attributes);
std::shared_ptr<Map> make_cgroup_storage(const MapAttributes& attributes);  // and per CPU
std::shared_ptr<Map> make_arena(const MapAttributes& attributes);
std::shared_ptr<Map> make_named_only(const MapAttributes& attributes);  // holds no elements

}  // namespace skep::maps
