// See testbench/watch.hpp.
#include "testbench/watch.hpp"

#include <algorithm>

namespace skep::testbench {
namespace {

constexpr std::size_t most = 10'000;  // lines and records that are kept

}  // namespace

Watch::Watch(std::shared_ptr<Kernel> kernel, Object object) : kernel_(std::move(kernel)), object_(std::move(object)) {
  for (const Map& map : object_.maps()) {
    if (can_be_listed(map)) maps_.emplace_back(map, Content{});
    if (map.type() != MapType::ringbuf) continue;
    if (auto ring = RingBuffer::open(map); ring) rings_.emplace_back(map, *ring);
  }
  on_trace_line(*kernel_, [this](const TraceLine& line) {
    if (on_line) on_line(line);
    const std::lock_guard guard(lock_);
    if (seen_.lines.size() < most)
      seen_.lines.push_back(line);
    else
      ++seen_.more_lines;
  });
  on_perf_record(*kernel_, [this](const PerfRecord& record) {
    // A name as the Kernel has it is cut.
    const auto maps = object_.maps();
    const auto its = std::ranges::find_if(maps, [&](const Map& map) {
      return map.type() == MapType::perf_event_array && map.name().substr(0, object_name_len - 1) == record.map;
    });
    add({.map = its != maps.end() ? its->name() : record.map,
         .program = record.program,
         .index = record.index,
         .perf = true,
         .bytes = record.bytes,
         .text = (its != maps.end() ? *its : Map()).show(MapPart::record, record.bytes)});
  });
}

Watch::~Watch() {
  on_trace_line(*kernel_, nullptr);
  on_perf_record(*kernel_, nullptr);
}

void Watch::add(Record record) {
  const std::lock_guard guard(lock_);
  if (seen_.records.size() < most)
    seen_.records.push_back(std::move(record));
  else
    ++seen_.more_records;
}

void Watch::drain_rings() {
  for (const auto& [map, ring] : rings_)
    static_cast<void>(ring.consume([&, &its = map](std::span<const std::uint8_t> bytes) {
      add({.map = its.name(), .bytes = {bytes.begin(), bytes.end()}, .text = its.show(MapPart::record, bytes)});
      return true;
    }));
}

void Watch::begin() {
  drain_rings();
  for (auto& [map, content] : maps_) content = content_of(map);
  const std::lock_guard guard(lock_);
  seen_ = {};
}

Seen Watch::end() {
  drain_rings();
  Seen seen;
  for (auto& [map, before] : maps_) {
    Content after = content_of(map);
    if (before.listed && after.listed)
      if (auto found = changes(before, after); !found.empty()) seen.maps.push_back({map, std::move(found)});
    before = std::move(after);
  }
  const std::lock_guard guard(lock_);
  seen.lines = std::exchange(seen_.lines, {});
  seen.records = std::exchange(seen_.records, {});
  seen.more_lines = std::exchange(seen_.more_lines, 0);
  seen.more_records = std::exchange(seen_.more_records, 0);
  return seen;
}

}  // namespace skep::testbench
