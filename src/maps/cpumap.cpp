// Maps of CPUs: where bpf_redirect_map sends packets. Tested by tests/maps/destinations_test.cpp.
#include <cerrno>

#include "maps/destinations.hpp"

namespace skep::maps {
namespace {

int check_cpumap(const MapInfo& info) {
  if (info.max_entries == 0 || info.key_size != 4 || !any_of(info.value_size, {4, 8}) ||
      (info.flags & ~map_flag::numa_node) != 0)
    return -EINVAL;
  return info.max_entries > 8192 ? -E2BIG : 0;
}

}  // namespace

extern constinit const MapTypeDef cpumap_type = {
    .type = MapType::cpumap,
    .name = "cpumap",
    .since = {4, 15},
    .summary = "CPUs by index, for bpf_redirect_map",
    .uses = map_use::redirect,
    .holds = Holds::other,
    .kernel_struct = "bpf_cpu_map",
    .check = check_cpumap,
    .make = make_destinations,
    .key_btf = KeyBtf::refused,
    .one_kind = OneKind::of_type,
};

}  // namespace skep::maps
