// Frames of XDP: their bytes, and moving their ends. A frame that is larger than a page goes on in pieces, which only
// calls reach. Tested by tests/loader/call_oracle_test.cpp, against Linux 7.3, and tests/calls/runtime_test.cpp.
#include "calls/impl/pieces.hpp"
#include "calls/impl/support.hpp"
#include "runtime/layouts.hpp"

namespace skep::calls::impl {
namespace {

using runtime::Context;
using runtime::Packet;

constexpr std::int64_t ethernet_header = 14;
constexpr std::size_t tail_reserve = 320;
constexpr std::size_t frame_header = 40;  // kept for the kernel in front of the headroom
constexpr std::uint64_t largest_offset = 0xffff;

void expose(std::uint64_t context) {
  Context::point_into(pointer<void>(context), *packet_of(context), runtime::layout::xdp::packet);
}

// Why a range cannot be loaded or stored; 0: it can.
int refuse_range(const Packet* packet, std::uint64_t offset, std::uint64_t size) {
  if (offset > largest_offset || size > largest_offset) return -EFAULT;
  return packet != nullptr && has_range(*packet, offset, size) ? 0 : -EINVAL;
}

// The last piece grows as far as its page goes.
int grow_pieces(Packet& packet, std::size_t by) {
  auto& last = packet.pieces.back();
  if (by > Packet::piece_size - last.size()) return -EINVAL;
  last.resize(last.size() + by);
  return 0;
}
// From the last piece on; what is left to take is taken from the linear part.
int shrink_pieces(Packet& packet, std::size_t by) {
  if (static_cast<std::int64_t>(by) > static_cast<std::int64_t>(packet.length()) - ethernet_header) return -EINVAL;
  while (by != 0 && !packet.pieces.empty()) {
    auto& last = packet.pieces.back();
    const std::size_t count = std::min(by, last.size());
    by -= count;
    last.erase(last.end() - static_cast<std::ptrdiff_t>(count), last.end());
    if (last.empty()) packet.pieces.pop_back();
  }
  packet.end -= by;
  return 0;
}

int move_tail(Packet& packet, std::int64_t by) {
  if (!packet.pieces.empty())
    return by < 0 ? shrink_pieces(packet, static_cast<std::size_t>(-by))
                  : grow_pieces(packet, static_cast<std::size_t>(by));
  const auto end = static_cast<std::int64_t>(packet.end) + by;
  if (end < static_cast<std::int64_t>(packet.begin) + ethernet_header ||
      end > static_cast<std::int64_t>(packet.storage.size() - tail_reserve))
    return -EINVAL;
  const auto after = static_cast<std::size_t>(end);
  if (after > packet.end) std::memset(packet.storage.data() + packet.end, 0, after - packet.end);
  packet.end = after;
  return 0;
}

// Takes from the pieces what the linear part lacks of `length` bytes: behind it as far as there is room, then by moving
// it forward into the headroom.
int pull(Packet& packet, std::size_t length) {
  if (length > packet.length()) return -EINVAL;
  const std::size_t linear = packet.end - packet.begin;
  if (length <= linear) return 0;
  const std::size_t lacking = length - linear, behind = packet.storage.size() - tail_reserve - packet.end;
  if (lacking > behind + packet.begin - packet.meta - frame_header) return -EINVAL;
  const std::size_t shift = lacking > behind ? lacking - behind : 0;
  if (shift != 0) {
    std::uint8_t* const begin = packet.storage.data() + packet.begin - packet.meta;
    std::memmove(begin - shift, begin, packet.meta + linear);
    packet.begin -= shift;
    packet.end -= shift;
  }
  std::size_t left = lacking;
  while (left != 0) {
    auto& first = packet.pieces.front();
    const std::size_t count = std::min(left, first.size());
    std::memcpy(packet.storage.data() + packet.end, first.data(), count);
    packet.end += count;
    left -= count;
    first.erase(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(count));
    if (first.empty()) packet.pieces.erase(packet.pieces.begin());
  }
  return 0;
}

}  // namespace

SKEP_CALL(bpf_xdp_get_buff_len) {
  const Packet* packet = packet_of(r1);
  return CallResult::of(packet == nullptr ? 0 : packet->length());
}
SKEP_CALL(bpf_xdp_load_bytes) {
  Packet* const packet = packet_of(r1);
  if (const int error = refuse_range(packet, u32(r2), u32(r4)); error != 0) return CallResult::error(error);
  copy_out(*packet, u32(r2), pointer<void>(r3), u32(r4));
  return CallResult::of(0);
}
SKEP_CALL(bpf_xdp_store_bytes) {
  Packet* const packet = packet_of(r1);
  if (const int error = refuse_range(packet, u32(r2), u32(r4)); error != 0) return CallResult::error(error);
  copy_in(*packet, u32(r2), pointer<const void>(r3), u32(r4));
  return CallResult::of(0);
}
SKEP_CALL(bpf_xdp_adjust_head) {
  Packet* packet = packet_of(r1);
  if (packet == nullptr) return CallResult::error(-EINVAL);
  const auto begin = static_cast<std::int64_t>(packet->begin) + s32(r2);
  if (begin - static_cast<std::int64_t>(packet->meta) < static_cast<std::int64_t>(frame_header) ||
      begin > static_cast<std::int64_t>(packet->end) - ethernet_header)
    return CallResult::error(-EINVAL);
  const std::size_t old_meta = packet->begin - packet->meta;
  std::memmove(packet->storage.data() + static_cast<std::size_t>(begin) - packet->meta,
               packet->storage.data() + old_meta, packet->meta);
  packet->begin = static_cast<std::size_t>(begin);
  expose(r1);
  return CallResult::of(0);
}
SKEP_CALL(bpf_xdp_adjust_tail) {
  Packet* const packet = packet_of(r1);
  const int error = packet == nullptr ? -EINVAL : move_tail(*packet, s32(r2));
  if (error == 0) expose(r1);
  return CallResult::error(error);
}
SKEP_CALL(bpf_xdp_adjust_meta) {
  Packet* packet = packet_of(r1);
  constexpr std::int64_t most = 252;
  if (packet == nullptr) return CallResult::error(-EINVAL);
  const auto begin = static_cast<std::int64_t>(packet->begin);
  const std::int64_t meta = begin - static_cast<std::int64_t>(packet->meta) + s32(r2);
  const std::int64_t length = begin - meta;
  if (meta < static_cast<std::int64_t>(frame_header) || meta > begin) return CallResult::error(-EINVAL);
  if ((length & 3) != 0 || length > most) return CallResult::error(-EACCES);
  packet->meta = static_cast<std::size_t>(length);
  expose(r1);
  return CallResult::of(0);
}
SKEP_CALL(bpf_xdp_pull_data) {
  Packet* const packet = packet_of(r1);
  const int error = packet == nullptr ? -EINVAL : pull(*packet, u32(r2));
  if (error == 0) expose(r1);
  return CallResult::error(error);
}

}  // namespace skep::calls::impl
