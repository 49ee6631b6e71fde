// The list of map types: one line here and one definition in the type's own file. See maps/map_types.hpp.
#include "maps/map_types.hpp"

#include <array>

namespace skep::maps {

extern const MapTypeDef hash_type, array_type, prog_array_type, perf_event_array_type, percpu_hash_type,
    percpu_array_type, stack_trace_type, cgroup_array_type, lru_hash_type, lru_percpu_hash_type, lpm_trie_type,
    array_of_maps_type, hash_of_maps_type, devmap_type, sockmap_type, cpumap_type, xskmap_type, sockhash_type,
    cgroup_storage_type, reuseport_sockarray_type, percpu_cgroup_storage_type, queue_type, stack_type, sk_storage_type,
    devmap_hash_type, struct_ops_type, ringbuf_type, inode_storage_type, task_storage_type, bloom_filter_type,
    user_ringbuf_type, cgrp_storage_type, arena_type, insn_array_type, rhash_type;

namespace {

// By number: the first is 1.
constexpr std::array types = {
    &hash_type,
    &array_type,
    &prog_array_type,
    &perf_event_array_type,
    &percpu_hash_type,
    &percpu_array_type,
    &stack_trace_type,
    &cgroup_array_type,
    &lru_hash_type,
    &lru_percpu_hash_type,
    &lpm_trie_type,
    &array_of_maps_type,
    &hash_of_maps_type,
    &devmap_type,
    &sockmap_type,
    &cpumap_type,
    &xskmap_type,
    &sockhash_type,
    &cgroup_storage_type,
    &reuseport_sockarray_type,
    &percpu_cgroup_storage_type,
    &queue_type,
    &stack_type,
    &sk_storage_type,
    &devmap_hash_type,
    &struct_ops_type,
    &ringbuf_type,
    &inode_storage_type,
    &task_storage_type,
    &bloom_filter_type,
    &user_ringbuf_type,
    &cgrp_storage_type,
    &arena_type,
    &insn_array_type,
    &rhash_type,
};
constexpr MapTypeDef no_type{.name = "this map type", .holds_elements = false, .holds = Holds::other};

}  // namespace

std::span<const MapTypeDef* const> map_types() {
  return types;
}

const MapTypeDef* find_map_type(std::string_view name) {
  for (const MapTypeDef* type : types)
    if (type->name == name) return type;
  return nullptr;
}

const MapTypeDef* find_map_type(MapType type) {
  const auto number = static_cast<std::size_t>(type);
  return number == 0 || number > types.size() ? nullptr : types[number - 1];
}

const MapTypeDef& map_type(MapType type) {
  const MapTypeDef* found = find_map_type(type);
  return found != nullptr ? *found : no_type;
}

bool is_map_type(const Rules& rules, MapType type) {
  const MapTypeDef* found = find_map_type(type);
  return found != nullptr && rules.has(found->since);
}

}  // namespace skep::maps
