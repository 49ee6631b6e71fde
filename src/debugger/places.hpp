// What an address that a program holds leads to, in words: "stack-16", "packet+14", "context+4", "flows value+8".
//
// Only while a playback is held; nothing that is looked at changes by it (no lookup that an LRU map would notice).
// Tested by tests/debugger/debug_test.py.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "debugger/frames.hpp"
#include "maps/map.hpp"

namespace skep::debugger {

// An element of a map that has the address in its value.
struct InMap {
  const maps::Map* map = nullptr;
  std::vector<std::uint8_t> key;
  std::uint64_t offset = 0;     // in the value, or in the value area of global variables
  std::optional<unsigned> cpu;  // of per-CPU maps
};
std::optional<InMap> find_in_maps(const runtime::Program& program, std::uint64_t address, unsigned cpus);

// Empty: it leads to nothing that is known.
std::string place_of(const Frames& frames, std::uint64_t address, unsigned cpus);

// Reads what a program may look at. Nothing: not all of it is there.
std::optional<std::vector<std::uint8_t>> read_memory(std::uint64_t address, std::size_t size);
// The packet of the run, as it is now. Nothing: it has none.
std::optional<std::vector<std::uint8_t>> packet_of(const Frames& frames);

}  // namespace skep::debugger
