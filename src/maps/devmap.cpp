// Maps of network devices, by index or by key: where bpf_redirect_map sends packets. Tested by
// tests/maps/destinations_test.cpp.
#include <cerrno>

#include "maps/destinations.hpp"

namespace skep::maps {

int check_devices(const MapInfo& info) {
  if (info.max_entries == 0 || info.key_size != 4 || !any_of(info.value_size, {4, 8}) ||
      (info.flags & ~(map_flag::numa_node | user_access)) != 0)
    return -EINVAL;
  return 0;
}

extern constinit const MapTypeDef devmap_type = {
    .type = MapType::devmap,
    .name = "devmap",
    .since = {4, 14},
    .summary = "network devices by index, for bpf_redirect_map",
    .uses = map_use::redirect | map_use::lookup,
    .kernel_struct = "bpf_dtab",
    .check = check_devices,
    .make = make_destinations,
    .key_btf = KeyBtf::refused,
    .one_kind = OneKind::of_type,
};

extern constinit const MapTypeDef devmap_hash_type = {
    .type = MapType::devmap_hash,
    .name = "devmap_hash",
    .since = {5, 4},
    .summary = "network devices by key",
    .uses = map_use::redirect | map_use::lookup,
    .kernel_struct = "bpf_dtab",
    .check = check_devices,
    .make = make_keyed_devices,
    .key_btf = KeyBtf::refused,
    .one_kind = OneKind::of_type,
};

}  // namespace skep::maps
