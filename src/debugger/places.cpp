// See debugger/places.hpp.
#include "debugger/places.hpp"

#include <fmt/format.h>

#include <cstring>

#include "kernel/services.hpp"
#include "maps/map_types.hpp"
#include "progtypes/progtype.hpp"
#include "rcu/rcu.hpp"
#include "runtime/context.hpp"

namespace skep::debugger {
namespace {

constexpr std::uint64_t most_elements = 65'536;  // of a map, that are looked through

bool is_within(std::uint64_t address, std::uint64_t begin, std::uint64_t size) {
  return address - begin < size;
}
bool is_within(std::uint64_t address, const void* begin, std::uint64_t size) {
  return begin != nullptr && is_within(address, reinterpret_cast<std::uint64_t>(begin), size);
}

// The packet of a run whose context has one.
runtime::Packet* packet_in(const Frame& outermost) {
  const runtime::Code& code = outermost.program->code();
  const auto* const type = progtypes::find(code.type);
  if (outermost.function != 0 || type == nullptr || !type->invoked_on_packet) return nullptr;
  return runtime::Context::header_of(reinterpret_cast<void*>(outermost.arguments[0])).packet;  // NOLINT
}

// An element whose key is `key`, if the address leads into its value.
std::optional<InMap> element_at(maps::Map& map, const std::uint8_t* key, const void* value, std::uint64_t address,
                                std::optional<unsigned> cpu) {
  const maps::MapInfo& info = map.info();
  if (!is_within(address, value, info.value_size)) return std::nullopt;
  return InMap{&map, {key, key + info.key_size}, address - reinterpret_cast<std::uint64_t>(value), cpu};
}

std::optional<InMap> find_in(maps::Map& map, std::uint64_t address, unsigned cpus) {
  const maps::MapInfo& info = map.info();
  const maps::MapTypeDef& type = maps::map_type(info.type);
  if (type.holds != maps::Holds::values || (type.uses & maps::map_use::lookup) == 0) return std::nullopt;
  if (type.per_cpu && type.lru) return std::nullopt;  // a lookup would be noticed
  std::uint64_t cursor = 0, seen = 0;
  maps::Element element;
  for (; seen < most_elements && map.next_element(cursor, element); ++seen) {
    const auto* const key = static_cast<const std::uint8_t*>(element.key);
    if (!type.per_cpu) {
      if (auto found = element_at(map, key, element.value, address, {})) return found;
      continue;
    }
    for (unsigned cpu = 0; cpu < cpus; ++cpu)
      if (auto found = element_at(map, key, map.lookup_percpu(key, cpu), address, cpu)) return found;
  }
  if (seen != 0 || type.lru || type.per_cpu || info.key_size == 0) return std::nullopt;
  std::vector<std::uint8_t> key(info.key_size), next(info.key_size);
  for (const std::uint8_t* at = nullptr; seen < most_elements && map.user_next_key(at, next.data()) == 0; ++seen) {
    key = next;
    at = key.data();
    if (auto found = element_at(map, at, map.lookup(at, 0), address, {})) return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<InMap> find_in_maps(const runtime::Program& program, std::uint64_t address, unsigned cpus) {
  const rcu::ReadGuard section;
  for (const auto& map : program.code().maps) {
    if (auto found = find_in(*map, address, cpus)) return found;
  }
  return std::nullopt;
}

std::string place_of(const Frames& frames, std::uint64_t address, unsigned cpus) {
  if (frames.all().empty() || address < 4096) return {};
  const auto with = [](std::string what, std::uint64_t offset) {
    return offset == 0 ? what : fmt::format("{}+{}", what, offset);
  };
  for (std::size_t i = frames.depth(); i-- > 0;) {
    const std::uint64_t top = frames.all()[i].registers[frame_pointer];
    if (address > top || top - address > max_stack) continue;
    const std::string whose =
        i + 1 == frames.depth() ? "stack" : fmt::format("stack of frame {}", frames.depth() - 1 - i);
    return address == top ? whose : fmt::format("{}-{}", whose, top - address);
  }
  const Frame& outermost = frames.all().front();
  const runtime::Code& code = outermost.program->code();
  if (outermost.function == 0 && is_within(address, outermost.arguments[0], std::max(code.context_size, 1U)))
    return with("context", address - outermost.arguments[0]);
  if (runtime::Packet* const packet = packet_in(outermost); packet != nullptr) {
    const auto begin = reinterpret_cast<std::uint64_t>(packet->data().data());
    const std::uint64_t size = packet->data().size();
    if (address == begin + size) return fmt::format("end of packet ({} bytes)", size);
    if (is_within(address, begin, size)) return with("packet", address - begin);
  }
  for (const Frame& frame : frames.all()) {
    for (const auto& map : frame.program->code().maps)
      if (address == reinterpret_cast<std::uint64_t>(map.get())) return "map " + map->info().name;
    for (const runtime::Subprogram& function : frame.program->code().subprograms)
      if (address == reinterpret_cast<std::uint64_t>(&function)) return "function " + function.name;
    if (const auto in = find_in_maps(*frame.program, address, cpus)) {
      const std::string whose =
          in->cpu ? fmt::format("{} value of CPU {}", in->map->info().name, *in->cpu) : in->map->info().name + " value";
      return with(whose, in->offset);
    }
  }
  return {};
}

std::optional<std::vector<std::uint8_t>> read_memory(std::uint64_t address, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  if (copy_from_user(bytes.data(), address, size) != 0) return std::nullopt;
  return bytes;
}

std::optional<std::vector<std::uint8_t>> packet_of(const Frames& frames) {
  if (frames.all().empty()) return std::nullopt;
  runtime::Packet* const packet = packet_in(frames.all().front());
  if (packet == nullptr) return std::nullopt;
  const auto data = packet->data();
  return std::vector<std::uint8_t>(data.begin(), data.end());
}

}  // namespace skep::debugger
