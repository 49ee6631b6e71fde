// Arrays of perf events, by custom one a CPU: where bpf_perf_event_output sends its records. User space puts
// descriptors in and reads nothing back. Unless the map is to preserve them, its events leave it with the descriptor of
// the map through which they were put in, or with the last of that one's duplicates; pins keep none. Tested by
// tests/loader/perf_rows_test.cpp and tests/maps/create_test.cpp.
#include <cerrno>
#include <utility>

#include "maps/attributes.hpp"
#include "maps/objects.hpp"
#include "maps/perf_events.hpp"
#include "rcu/rcu.hpp"

namespace skep::maps {

namespace {
struct Entry {
  std::shared_ptr<PerfEvent> event;
  const void* file = nullptr;
};
}  // namespace

std::shared_ptr<void> event_put_by(std::shared_ptr<PerfEvent> event, const void* file) {
  return std::make_shared<Entry>(std::move(event), file);
}

void take_out_events(Map& map, const void* file) {
  if ((map.info().flags & map_flag::preserve_elems) != 0) return;
  const rcu::ReadGuard section;
  for (std::uint32_t index = 0; const ObjectSlot& slot : object_slots(map)) {
    const auto* const entry = static_cast<const Entry*>(slot.get());
    if (entry != nullptr && entry->file == file) map.erase(&index);
    ++index;
  }
}

PerfEvent* perf_event_at(const Map& map, std::uint32_t index) {
  const std::span<const ObjectSlot> slots = object_slots(map);
  const auto* const entry = index < slots.size() ? static_cast<const Entry*>(slots[index].get()) : nullptr;
  return entry != nullptr ? entry->event.get() : nullptr;
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
