// Loads that are more than one of the machine's, for every engine: from packets, by the old instructions, and from
// addresses that nobody vouches for. Tested by tests/engine/execution_test.cpp.
#pragma once

#include <cstdint>

#include "engine/interpreter/arithmetic.hpp"
#include "engine/interpreter/memory.hpp"
#include "runtime/call_env.hpp"
#include "runtime/context.hpp"

namespace skep::engine {

// Big-endian, and false when the packet has no such bytes. Negative offsets name the link-layer and the network header.
inline bool load_packet(void* context, std::int64_t offset, unsigned size, std::uint64_t& result) {
  constexpr std::int64_t network_header = -0x100000, link_header = -0x200000;
  runtime::Packet* packet = context != nullptr ? runtime::Context::header_of(context).packet : nullptr;
  if (packet == nullptr) return false;
  if (offset < 0) {
    if (offset >= network_header) return false;  // ancillary data is translated by who loads classic programs
    if (offset >= link_header && offset < network_header) {
      offset -= link_header;
      if (offset >= -link_header + network_header) return false;
    } else {
      return false;
    }
  }
  const auto data = packet->data();
  if (static_cast<std::uint64_t>(offset) + size > data.size()) return false;
  const auto at = reinterpret_cast<std::uint64_t>(data.data()) + static_cast<std::uint64_t>(offset);
  result = size == 1   ? load<std::uint8_t>(at)
           : size == 2 ? swap_bytes(load<std::uint16_t>(at))
                       : swap_bytes(load<std::uint32_t>(at));
  return true;
}

// Zeros when there is nothing.
inline std::uint64_t careful_load(runtime::CallEnv& env, std::uint64_t address, unsigned size, bool is_signed) {
  constexpr std::uint64_t first_page = 4096;
  std::uint64_t value = 0;
  if (address < first_page || env.read_memory(&value, address, size) != 0) return 0;
  return is_signed ? sign_extended(value, static_cast<std::int16_t>(size * 8)) : value;
}

}  // namespace skep::engine
