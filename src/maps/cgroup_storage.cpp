// See cgroup_storage.hpp. Tested by tests/maps/cgroup_storage_test.cpp.
#include "maps/cgroup_storage.hpp"

#include <cerrno>

#include "maps/factories.hpp"
#include "maps/values.hpp"

namespace skep::maps {

CgroupStorage::CgroupStorage(const MapAttributes& attributes)
    : Map(attributes),
      words_(round_up(attributes.info.value_size, 8) / 8),
      per_cpu_(attributes.info.type == MapType::percpu_cgroup_storage),
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

std::shared_ptr<Map> make_cgroup_storage(const MapAttributes& attributes) {
  return std::make_shared<CgroupStorage>(attributes);
}

}  // namespace skep::maps
