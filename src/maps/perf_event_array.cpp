// Arrays of perf events, one a CPU. Their elements are not kept here.
// Tested by tests/maps/create_test.cpp.
#include <cerrno>

#include "maps/unfilled.hpp"

namespace skep::maps {

extern constinit const MapTypeDef perf_event_array_type = {
    .type = MapType::perf_event_array,
    .name = "perf_event_array",
    .since = {4, 3},
    .summary = "perf events by CPU, for bpf_perf_event_output",
    .holds_elements = false,
    .uses = map_use::perf_events,
    .holds = Holds::other,
    .kernel_struct = "bpf_array",
    .check = check_fd_array,
    .make = make_unfilled,
    .key_btf = KeyBtf::refused,
};

}  // namespace skep::maps
