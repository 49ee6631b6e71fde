// Reading and writing fields of contexts by their offsets. Used by the invocations.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include "runtime/context.hpp"

namespace skep::progtypes {

inline constexpr std::uint32_t ethernet_header = 14;
inline constexpr std::uint32_t page_size = 4096;
inline constexpr std::size_t packet_headroom = 256, packet_tailroom = 320;

template <typename T>
void put(void* context, std::uint32_t offset, T value) {
  std::memcpy(static_cast<std::uint8_t*>(context) + offset, &value, sizeof value);
}
template <typename T>
T take_field(const void* context, std::uint32_t offset) {
  T value;
  std::memcpy(&value, static_cast<const std::uint8_t*>(context) + offset, sizeof value);
  return value;
}

inline bool zero_between(std::span<const std::uint8_t> bytes, std::size_t begin, std::size_t end) {
  const auto part =
      bytes.subspan(std::min(begin, bytes.size()), std::min(end, bytes.size()) - std::min(begin, bytes.size()));
  return std::ranges::all_of(part, [](std::uint8_t b) { return b == 0; });
}

// The packet of `data`, `before` bytes from the start of `storage_size` bytes.
inline void fill(runtime::Packet& packet, std::span<const std::uint8_t> data, std::size_t before,
                 std::size_t storage_size) {
  packet.storage.assign(storage_size, 0);
  packet.begin = packet.link = packet.network = before;
  packet.end = before + data.size();
  packet.meta = 0;
  packet.encapsulated = false;
  packet.tunnel.reset();
  std::ranges::copy(data, packet.storage.begin() + static_cast<std::ptrdiff_t>(before));
}

}  // namespace skep::progtypes
