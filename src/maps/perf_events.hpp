// What the elements of a perf event array are to calls: events that take a program's records. The kernel layer makes
// them, for they have descriptors. Tested by tests/loader/perf_rows_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "maps/map.hpp"

namespace skep::maps {

class PerfEvent {
 public:
  // A record from a program on that CPU: 0 or a negative errno.
  virtual int output(unsigned cpu, const void* data, std::size_t size) = 0;
  // What a program on that CPU reads of it: 0 or a negative errno.
  virtual int read(unsigned cpu, std::uint64_t& count) = 0;

 protected:
  ~PerfEvent() = default;
};

// What a map keeps of an event that user space put in through `file`, which descriptors of the map share.
std::shared_ptr<void> event_put_by(std::shared_ptr<PerfEvent> event, const void* file);
// Nobody has the file any more: what was put in through it leaves the map, unless that is to preserve its elements.
void take_out_events(Map& map, const void* file);

// The event at an index of a perf event array, inside a read section; null: there is none.
PerfEvent* perf_event_at(const Map& map, std::uint32_t index);

}  // namespace skep::maps
