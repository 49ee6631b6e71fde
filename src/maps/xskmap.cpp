// Maps of AF_XDP sockets: where bpf_redirect_map sends packets. How they are made; their elements are in
// socket_arrays.cpp. Tested by tests/maps/create_test.cpp and tests/loader/socket_rows_test.cpp.
#include <cerrno>

#include "maps/attributes.hpp"
#include "maps/sockets.hpp"

namespace skep::maps {
namespace {

int check_xskmap(const MapInfo& info) {
  return info.value_size != 4 ? -EINVAL : check_devices(info);
}

}  // namespace

extern constinit const MapTypeDef xskmap_type = {
    .type = MapType::xskmap,
    .name = "xskmap",
    .since = {4, 18},
    .summary = "AF_XDP sockets by index",
    .uses = map_use::redirect | map_use::lookup,
    .holds = Holds::xdp_sockets,
    .kernel_struct = "xsk_map",
    .check = check_xskmap,
    .make = make_socket_array,
    .key_btf = KeyBtf::refused,
};

}  // namespace skep::maps
