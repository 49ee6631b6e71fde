// Arrays of the sockets of a reuseport group. How they are made; their elements are in
// socket_arrays.cpp. Tested by tests/maps/create_test.cpp and tests/loader/socket_rows_test.cpp.
#include <cerrno>

#include "maps/attributes.hpp"
#include "maps/sockets.hpp"

namespace skep::maps {
namespace {

int check_reuseport(const MapInfo& info) {
  return !any_of(info.value_size, {4, 8}) ? -EINVAL : check_array(info);
}

}  // namespace

extern constinit const MapTypeDef reuseport_sockarray_type = {
    .type = MapType::reuseport_sockarray,
    .name = "reuseport_sockarray",
    .since = {4, 19},
    .summary = "sockets of a reuseport group",
    .uses = map_use::reuseport,
    .holds = Holds::other,
    .kernel_struct = "reuseport_array",
    .check = check_reuseport,
    .make = make_socket_array,
    .key_btf = KeyBtf::refused,
};

}  // namespace skep::maps
