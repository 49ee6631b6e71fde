// May this program use this map at all? Some map types and special fields are closed to some program types, whatever
// the program does with them. Tested by tests/conformance/.
#include "verifier/program/map_use.hpp"

#include <algorithm>

namespace skep::verifier {

namespace {

using btf::FieldKind;

// Programs that may interrupt anything.
bool is_tracing(ProgType type) {
  switch (type) {
    case ProgType::kprobe:
    case ProgType::tracepoint:
    case ProgType::perf_event:
    case ProgType::raw_tracepoint:
    case ProgType::raw_tracepoint_writable:
      return true;
    default:
      return false;
  }
}

bool usable_by_sleepable(MapType type) {
  switch (type) {
    case MapType::hash:
    case MapType::lru_hash:
    case MapType::array:
    case MapType::percpu_hash:
    case MapType::percpu_array:
    case MapType::lru_percpu_hash:
    case MapType::array_of_maps:
    case MapType::hash_of_maps:
    case MapType::ringbuf:
    case MapType::user_ringbuf:
    case MapType::inode_storage:
    case MapType::sk_storage:
    case MapType::task_storage:
    case MapType::cgrp_storage:
    case MapType::queue:
    case MapType::stack:
    case MapType::arena:
    case MapType::insn_array:
    case MapType::prog_array:
    case MapType::lpm_trie:
    case MapType::rhash:
      return true;
    default:
      return false;
  }
}

int check_fields(Env& env, const maps::MapInfo& map) {
  if (map.record == nullptr) return 0;
  const btf::Record& record = *map.record;
  const ProgType type = env.type().type;
  if ((record.has(FieldKind::list_head) || record.has(FieldKind::rb_root)) && is_tracing(type)) {
    return env.refuse(-EINVAL, "tracing progs cannot use bpf_{{list_head,rb_root}} yet");
  }
  if (record.has(FieldKind::spin_lock) || record.has(FieldKind::res_spin_lock)) {
    if (type == ProgType::socket_filter) {
      return env.refuse(-EINVAL, "socket filter progs cannot use bpf_spin_lock yet");
    }
    if (is_tracing(type)) return env.refuse(-EINVAL, "tracing progs cannot use bpf_spin_lock yet");
  }
  return 0;
}

int check_map_for_program(Env& env, const maps::MapInfo& map) {
  if (const int error = check_fields(env, map)) return error;
  if (map.type == MapType::struct_ops) return env.refuse(-EINVAL, "bpf_struct_ops map cannot be used in prog");
  if (env.input.traits.sleepable && !usable_by_sleepable(map.type)) {
    return env.refuse(-EINVAL, "Sleepable programs can only use array, hash, ringbuf and local storage maps");
  }
  if (map.type != MapType::arena) return 0;
  const bool another = std::any_of(env.used_maps.begin(), env.used_maps.end(),
                                   [](const maps::MapInfo* used) { return used->type == MapType::arena; });
  if (another) return env.refuse(-EBUSY, "Only one arena per program");
  if (map.user_vm_start == 0 && map.extra == 0) {
    return env.refuse(-EINVAL, "arena's user address must be set via map_extra or mmap()");
  }
  return 0;
}

}  // namespace

bool has_arena(const Env& env) {
  return std::any_of(env.used_maps.begin(), env.used_maps.end(),
                     [](const maps::MapInfo* map) { return map->type == MapType::arena; });
}

int use_map(Env& env, const maps::MapInfo& map) {
  if (std::find(env.used_maps.begin(), env.used_maps.end(), &map) != env.used_maps.end()) return 0;
  if (env.used_maps.size() >= max_used_maps) {
    return env.refuse(-E2BIG, "The total number of maps per program has reached the limit of {}", max_used_maps);
  }
  if (const int error = check_map_for_program(env, map)) return error;
  env.used_maps.push_back(&map);
  return 0;
}

}  // namespace skep::verifier
