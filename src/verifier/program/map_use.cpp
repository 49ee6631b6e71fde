// May this program use this map at all? Some map types and special fields are closed to some program types, whatever
// the program does with them. Tested by tests/conformance/.
#include "verifier/program/map_use.hpp"

#include <algorithm>

namespace skep::verifier {

namespace {

using btf::FieldKind;

bool is_arena(const maps::MapInfo& map) {
  return maps::map_type(map.type).direct_values == maps::DirectValues::pages;
}

int check_fields(Env& env, const maps::MapInfo& map) {
  if (map.record == nullptr) return 0;
  const btf::Record& record = *map.record;
  if ((record.has(FieldKind::list_head) || record.has(FieldKind::rb_root)) && env.type().interrupts_anything) {
    return env.refuse(-EINVAL, "tracing progs cannot use bpf_{{list_head,rb_root}} yet");
  }
  if (record.has(FieldKind::spin_lock) || record.has(FieldKind::res_spin_lock)) {
    if (!env.type().may_lock) {
      return env.refuse(-EINVAL, "socket filter progs cannot use bpf_spin_lock yet");
    }
    // A resilient lock gives up instead of waiting for whom the program interrupted.
    if (record.has(FieldKind::spin_lock) && env.type().interrupts_anything)
      return env.refuse(-EINVAL, "tracing progs cannot use bpf_spin_lock yet");
  }
  if (record.has(FieldKind::wq) && env.type().interrupts_anything && !env.input.rules->work_in_tracing) {
    return env.refuse(-EINVAL, "tracing progs cannot use bpf_wq yet");
  }
  return 0;
}

int check_map_for_program(Env& env, const maps::MapInfo& map) {
  if (const int error = check_fields(env, map)) return error;
  const maps::MapTypeDef& type = maps::map_type(map.type);
  if (!type.in_programs) return env.refuse(-EINVAL, "bpf_{} map cannot be used in prog", type.name);
  if (env.input.traits.sleepable && !type.in_sleepable_programs) {
    return env.refuse(-EINVAL, "Sleepable programs can only use array, hash, ringbuf and local storage maps");
  }
  if (!is_arena(map)) return 0;
  if (has_arena(env)) return env.refuse(-EBUSY, "Only one arena per program");
  if (map.user_vm_start == 0 && map.extra == 0) {
    return env.refuse(-EINVAL, "arena's user address must be set via map_extra or mmap()");
  }
  return 0;
}

}  // namespace

bool has_arena(const Env& env) {
  return std::any_of(env.used_maps.begin(), env.used_maps.end(),
                     [](const maps::MapInfo* map) { return is_arena(*map); });
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
