// Arrays of perf events, by custom one a CPU: where bpf_perf_event_output sends its records. User space puts
// descriptors in and reads nothing back. Unless the map is to preserve them, its events leave it with the last
// descriptor or pin of the map. Tested by tests/loader/perf_rows_test.cpp and tests/maps/create_test.cpp.
#include <cerrno>

#include "maps/attributes.hpp"
#include "maps/objects.hpp"
#include "maps/perf_events.hpp"

namespace skep::maps {

PerfEvent* perf_event_at(const Map& map, std::uint32_t index) {
  const std::span<const ObjectSlot> slots = object_slots(map);
  return index < slots.size() ? static_cast<PerfEvent*>(slots[index].get()) : nullptr;
}

extern constinit const MapTypeDef perf_event_array_type = {
    .type = MapType::perf_event_array,
    .name = "perf_event_array",
    .since = {4, 3},
    .summary = "perf events by CPU, for bpf_perf_event_output",
    .uses = map_use::perf_events,
    .holds = Holds::other,
    .kernel_struct = "bpf_array",
    .check = check_fd_array,
    .make = make_object_array,
    .key_btf = KeyBtf::refused,
};

}  // namespace skep::maps
