// Packets that go on in pieces behind their linear part (runtime::Packet::pieces): where bytes of them are, and copies
// across the pieces. Tested by tests/loader/call_oracle_test.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "runtime/context.hpp"

namespace skep::calls::impl {

// Calls `visit(bytes, size)` for each stretch of the range, which is within the packet.
template <typename Visit>
void for_each_stretch(runtime::Packet& packet, std::size_t offset, std::size_t size, Visit&& visit) {
  const auto part = [&](std::uint8_t* at, std::size_t length) {
    if (offset >= length) {
      offset -= length;
      return;
    }
    const std::size_t count = std::min(length - offset, size);
    if (count != 0) visit(at + offset, count);
    size -= count;
    offset = 0;
  };
  part(packet.data().data(), packet.data().size());
  for (auto& piece : packet.pieces) part(piece.data(), piece.size());
}

inline bool has_range(const runtime::Packet& packet, std::uint64_t offset, std::uint64_t size) {
  const std::uint64_t length = packet.length();
  return offset <= length && size <= length - offset;
}
// The address of a range that is in one stretch; null: it is not, or the packet ends before.
inline std::uint8_t* in_one_stretch(runtime::Packet& packet, std::uint64_t offset, std::uint64_t size) {
  const auto linear = packet.data();
  if (offset <= linear.size() && size <= linear.size() - offset) return linear.data() + offset;
  std::uint8_t* found = nullptr;
  if (packet.pieces.empty() || !has_range(packet, offset, size)) return nullptr;
  for_each_stretch(packet, offset, size, [&](std::uint8_t* at, std::size_t count) {
    if (count == size) found = at;
  });
  return found;
}
// False: the packet ends before.
inline bool copy_out(runtime::Packet& packet, std::uint64_t offset, void* to, std::uint64_t size) {
  if (!has_range(packet, offset, size)) return false;
  auto* out = static_cast<std::uint8_t*>(to);
  for_each_stretch(packet, offset, size, [&](const std::uint8_t* at, std::size_t count) {
    std::memmove(out, at, count);
    out += count;
  });
  return true;
}
inline bool copy_in(runtime::Packet& packet, std::uint64_t offset, const void* from, std::uint64_t size) {
  if (!has_range(packet, offset, size)) return false;
  const auto* in = static_cast<const std::uint8_t*>(from);
  for_each_stretch(packet, offset, size, [&](std::uint8_t* at, std::size_t count) {
    std::memmove(at, in, count);
    in += count;
  });
  return true;
}

}  // namespace skep::calls::impl
