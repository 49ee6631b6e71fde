// Arrays of cgroups. Their elements are not kept here.
// Tested by tests/maps/create_test.cpp.
#include <cerrno>

#include "maps/unfilled.hpp"

namespace skep::maps {

extern constinit const MapTypeDef cgroup_array_type = {
    .type = MapType::cgroup_array,
    .name = "cgroup_array",
    .since = {4, 8},
    .summary = "cgroups by index",
    .holds_elements = false,
    .uses = map_use::cgroup_test,
    .holds = Holds::other,
    .kernel_struct = "bpf_array",
    .check = check_fd_array,
    .make = make_unfilled,
    .key_btf = KeyBtf::refused,
};

}  // namespace skep::maps
