// See maps/map_types.hpp. Tested by tests/maps/create_test.cpp.
#include "maps/map_types.hpp"

#include <array>

namespace skep::maps {
namespace {

constexpr std::array types{
    MapTypeDoc{
        MapType::hash, "hash", {3, 19}, true, true, "values by key; preallocated, or not with BPF_F_NO_PREALLOC"},
    MapTypeDoc{MapType::array,
               "array",
               {3, 19},
               true,
               true,
               "values by index; all exist from the start and none can be deleted"},
    MapTypeDoc{MapType::prog_array, "prog_array", {4, 2}, true, false, "programs by index, for bpf_tail_call"},
    MapTypeDoc{MapType::perf_event_array,
               "perf_event_array",
               {4, 3},
               false,
               false,
               "perf events by CPU, for bpf_perf_event_output"},
    MapTypeDoc{MapType::percpu_hash, "percpu_hash", {4, 6}, true, false, "a hash with a value for each CPU"},
    MapTypeDoc{MapType::percpu_array, "percpu_array", {4, 6}, true, false, "an array with a value for each CPU"},
    MapTypeDoc{
        MapType::stack_trace, "stack_trace", {4, 6}, false, false, "call stacks by their id, for bpf_get_stackid"},
    MapTypeDoc{MapType::cgroup_array, "cgroup_array", {4, 8}, false, false, "cgroups by index"},
    MapTypeDoc{MapType::lru_hash,
               "lru_hash",
               {4, 10},
               true,
               true,
               "a hash that evicts what was used least recently when it is full"},
    MapTypeDoc{
        MapType::lru_percpu_hash, "lru_percpu_hash", {4, 10}, true, false, "an LRU hash with a value for each CPU"},
    MapTypeDoc{MapType::lpm_trie, "lpm_trie", {4, 11}, true, false, "values by the longest matching prefix"},
    MapTypeDoc{MapType::array_of_maps, "array_of_maps", {4, 12}, true, false, "maps of one layout by index"},
    MapTypeDoc{MapType::hash_of_maps, "hash_of_maps", {4, 12}, true, false, "maps of one layout by key"},
    MapTypeDoc{MapType::devmap, "devmap", {4, 14}, false, false, "network devices by index, for bpf_redirect_map"},
    MapTypeDoc{MapType::sockmap, "sockmap", {4, 14}, false, false, "sockets by index"},
    MapTypeDoc{MapType::cpumap, "cpumap", {4, 15}, false, false, "CPUs by index, for bpf_redirect_map"},
    MapTypeDoc{MapType::xskmap, "xskmap", {4, 18}, false, false, "AF_XDP sockets by index"},
    MapTypeDoc{MapType::sockhash, "sockhash", {4, 18}, false, false, "sockets by key"},
    MapTypeDoc{
        MapType::cgroup_storage, "cgroup_storage", {4, 19}, false, false, "a value for each attachment to a cgroup"},
    MapTypeDoc{
        MapType::reuseport_sockarray, "reuseport_sockarray", {4, 19}, false, false, "sockets of a reuseport group"},
    MapTypeDoc{
        MapType::percpu_cgroup_storage, "percpu_cgroup_storage", {4, 20}, false, false, "cgroup storage for each CPU"},
    MapTypeDoc{MapType::queue, "queue", {4, 20}, true, false, "values first in, first out"},
    MapTypeDoc{MapType::stack, "stack", {4, 20}, true, false, "values last in, first out"},
    MapTypeDoc{MapType::sk_storage, "sk_storage", {5, 2}, true, false, "a value for each socket"},
    MapTypeDoc{MapType::devmap_hash, "devmap_hash", {5, 4}, false, false, "network devices by key"},
    MapTypeDoc{MapType::struct_ops,
               "struct_ops",
               {5, 6},
               false,
               false,
               "a table of programs that implements a kernel interface"},
    MapTypeDoc{
        MapType::ringbuf, "ringbuf", {5, 8}, true, false, "records from programs to user space, in order across CPUs"},
    MapTypeDoc{MapType::inode_storage, "inode_storage", {5, 10}, true, false, "a value for each inode"},
    MapTypeDoc{MapType::task_storage, "task_storage", {5, 11}, true, false, "a value for each task"},
    MapTypeDoc{
        MapType::bloom_filter, "bloom_filter", {5, 16}, true, false, "a set that may answer yes wrongly and no never"},
    MapTypeDoc{MapType::user_ringbuf, "user_ringbuf", {6, 1}, false, false, "records from user space to programs"},
    MapTypeDoc{MapType::cgrp_storage, "cgrp_storage", {6, 2}, true, false, "a value for each cgroup"},
    MapTypeDoc{
        MapType::arena, "arena", {6, 9}, false, false, "memory that programs and user space share, pointers included"},
    MapTypeDoc{MapType::insn_array, "insn_array", {6, 19}, true, false, "places in a program, for indirect jumps"},
    MapTypeDoc{MapType::rhash, "rhash", {7, 2}, false, true, "a hash that grows and shrinks with what it holds"},
};

}  // namespace

std::span<const MapTypeDoc> map_type_docs() {
  return types;
}

const MapTypeDoc* find_map_type(std::string_view name) {
  for (const MapTypeDoc& doc : types)
    if (doc.name == name) return &doc;
  return nullptr;
}

const MapTypeDoc* find_map_type(MapType type) {
  for (const MapTypeDoc& doc : types)
    if (doc.type == type) return &doc;
  return nullptr;
}

}  // namespace skep::maps
