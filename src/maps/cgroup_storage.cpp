// See cgroup_storage.hpp. Tested by tests/maps/cgroup_storage_test.cpp.
#include "maps/cgroup_storage.hpp"

#include <cerrno>

#include "maps/attributes.hpp"
#include "maps/values.hpp"

namespace skep::maps {

CgroupStorage::CgroupStorage(const MapAttributes& attributes)
    : Map(attributes),
      words_(round_up(attributes.info.value_size, 8) / 8),
      per_cpu_(map_type(attributes.info.type).per_cpu),
      values_(words_ * (per_cpu_ ? attributes.cpu_count : 1)) {}

void CgroupStorage::clear() {
  zero_shared(values_.data(), values_.size() * 8);
}

void* CgroupStorage::lookup(const void*, unsigned cpu) {
  return values_.data() + (per_cpu_ ? cpu * words_ : 0);
}
int CgroupStorage::update(const void*, const void*, std::uint64_t, unsigned) {
  return -EINVAL;
}
int CgroupStorage::erase(const void*) {
  return -EINVAL;
}
int CgroupStorage::user_lookup(const void*, void*, std::uint64_t) {
  return -ENOENT;
}
int CgroupStorage::user_update(const void*, const void*, std::uint64_t) {
  return -ENOENT;
}
int CgroupStorage::user_delete(const void*) {
  return -EINVAL;
}
int CgroupStorage::user_next_key(const void*, void*) {
  return -ENOENT;
}

namespace {

int check_cgroup_storage(const MapInfo& info) {
  if (!any_of(info.key_size, {8, 16}) || info.value_size == 0) return -EINVAL;
  if (info.value_size > most_allocated) return -E2BIG;
  if ((info.flags & ~(map_flag::numa_node | access_flags)) != 0 || !access_ok(info.flags) || info.max_entries != 0)
    return -EINVAL;
  return 0;
}

std::shared_ptr<Map> make_cgroup_storage(const MapAttributes& attributes) {
  return std::make_shared<CgroupStorage>(attributes);
}

}  // namespace

extern constinit const MapTypeDef cgroup_storage_type = {
    .type = MapType::cgroup_storage,
    .name = "cgroup_storage",
    .since = {4, 19},
    .summary = "a value for each attachment to a cgroup",
    .uses = map_use::cgroup_storage,
    .kernel_struct = "bpf_cgroup_storage_map",
    .check = check_cgroup_storage,
    .make = make_cgroup_storage,
    .fields = may_hold::lock,
    .as_inner = -enotsupp,
};

extern constinit const MapTypeDef percpu_cgroup_storage_type = {
    .type = MapType::percpu_cgroup_storage,
    .name = "percpu_cgroup_storage",
    .since = {4, 20},
    .summary = "cgroup storage for each CPU",
    .uses = map_use::cgroup_storage,
    .per_cpu = true,
    .kernel_struct = "bpf_cgroup_storage_map",
    .check = check_cgroup_storage,
    .make = make_cgroup_storage,
    .as_inner = -enotsupp,
};

}  // namespace skep::maps
