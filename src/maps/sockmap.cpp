// Maps of sockets, by index or by key: how they are made. Their elements are in sockets.cpp. Tested by
// tests/maps/create_test.cpp and tests/loader/socket_rows_test.cpp.
#include <cerrno>

#include "maps/attributes.hpp"
#include "maps/sockets.hpp"

namespace skep::maps {
namespace {

int check_sockmap(const MapInfo& info) {
  return check_devices(info);
}

int check_sockhash(const MapInfo& info) {
  if (info.max_entries == 0 || info.key_size == 0 || !any_of(info.value_size, {4, 8}) ||
      (info.flags & ~(map_flag::numa_node | user_access)) != 0)
    return -EINVAL;
  return info.key_size > largest_key ? -E2BIG : 0;
}

}  // namespace

extern constinit const MapTypeDef sockmap_type = {
    .type = MapType::sockmap,
    .name = "sockmap",
    .since = {4, 14},
    .summary = "sockets by index",
    .uses = map_use::lookup | map_use::update | map_use::erase | map_use::sockets_by_index | map_use::reuseport,
    .holds = Holds::sockets,
    .kernel_struct = "bpf_stab",
    .check = check_sockmap,
    .make = make_sockets,
    .key_btf = KeyBtf::refused,
};

extern constinit const MapTypeDef sockhash_type = {
    .type = MapType::sockhash,
    .name = "sockhash",
    .since = {4, 18},
    .summary = "sockets by key",
    .uses = map_use::lookup | map_use::update | map_use::erase | map_use::sockets_by_key | map_use::reuseport,
    .holds = Holds::sockets,
    .kernel_struct = "bpf_shtab",
    .check = check_sockhash,
    .make = make_sockets,
    .key_btf = KeyBtf::refused,
};

}  // namespace skep::maps
