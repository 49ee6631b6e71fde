// Calls about tunnels: what is to be put in front of the packet when a tunnel's device sends it, and what was in front
// of it. Packets here come out of no tunnel and go into none; what a program has set it finds again, as in the kernel
// with the ends swapped, because what is read is meant to be of a packet that came in. Asked of Linux 7.3 by `tunnel_*`
// of tests/loader/call_questions.bpf.c.
#include <algorithm>
#include <array>

#include "calls/impl/support.hpp"

namespace skep::calls::impl {
namespace {

using runtime::Packet;
using runtime::Tunnel;

namespace flag {
constexpr std::uint64_t ipv6 = 1, no_checksum = 2, do_not_fragment = 4, sequence = 8, no_key = 16;
constexpr std::uint64_t to_set = 0x1f,
                        to_get = ipv6 | no_key;  // whoever gets means by the last: with the header's flags
}  // namespace flag
// Of the tunnel's header, and of what the kernel keeps with it.
namespace header {
constexpr std::uint16_t checksum = 1, key = 4, sequence = 8, do_not_fragment = 0x100, no_cache = 0x2000;
constexpr std::uint16_t options_present = 0xd800;  // any protocol's: nobody says of which they are
}  // namespace header

// struct bpf_tunnel_key, and the shorter ones that it has been.
struct Key {
  std::uint32_t id;
  std::array<std::uint8_t, 16> remote;
  std::uint8_t tos, ttl;
  std::array<std::uint8_t, 2> flags;  // as in a header: the high byte first
  std::uint32_t label;
  std::array<std::uint8_t, 16> local;
};
constexpr std::uint32_t whole = sizeof(Key), without_local = 28, without_label = 24, without_flags = 22,
                        of_version_4 = 8;
static_assert(whole == 44);
constexpr bool has_size(std::uint32_t size) {
  return size == whole || size == without_local || size == without_label || size == without_flags ||
         size == of_version_4;
}

std::array<std::uint8_t, 16> address_of(const std::array<std::uint8_t, 16>& bytes, bool is_ipv6) {
  if (is_ipv6) return bytes;
  std::array<std::uint8_t, 16> four{};
  std::copy_n(bytes.begin(), 4, four.begin());
  return four;
}

}  // namespace

SKEP_CALL(bpf_skb_get_tunnel_key) {
  constexpr int of_other_version = -EPROTO;
  const Packet* const packet = packet_of(r1);
  const Tunnel* const tunnel = packet != nullptr ? packet->tunnel.get() : nullptr;
  const std::uint32_t size = u32(r3);
  const auto refused = [&](int error) {
    std::memset(pointer<void>(r2), 0, size);
    return CallResult::error(error);
  };
  if (tunnel == nullptr || (r4 & ~flag::to_get) != 0) return refused(-EINVAL);
  if (((r4 & flag::ipv6) != 0) != tunnel->is_ipv6) return refused(of_other_version);
  if (!has_size(size) || (size == of_version_4 && tunnel->is_ipv6)) return refused(-EINVAL);
  Key key{.id = tunnel->id,
          .remote = tunnel->source,
          .tos = tunnel->tos,
          .ttl = tunnel->ttl,
          .flags = {},
          .label = tunnel->label,
          .local = tunnel->destination};
  if ((r4 & flag::no_key) != 0)
    key.flags = {static_cast<std::uint8_t>(tunnel->flags >> 8), static_cast<std::uint8_t>(tunnel->flags)};
  std::memcpy(pointer<void>(r2), &key, size);
  return CallResult::of(0);
}
SKEP_CALL(bpf_skb_set_tunnel_key) {
  constexpr std::uint32_t label_bits = 0xfffff;
  Packet* const packet = packet_of(r1);
  const std::uint32_t size = u32(r3);
  const bool is_ipv6 = (r4 & flag::ipv6) != 0;
  if (packet == nullptr || (r4 & ~flag::to_set) != 0 || !has_size(size)) return CallResult::error(-EINVAL);
  Key key{};
  std::memcpy(&key, pointer<const void>(r2), size);
  if ((!is_ipv6 && key.label != 0) || key.flags != decltype(key.flags){}) return CallResult::error(-EINVAL);
  auto tunnel = std::make_unique<Tunnel>();
  tunnel->is_ipv6 = is_ipv6;
  tunnel->id = key.id;
  tunnel->source = address_of(key.local, is_ipv6);
  tunnel->destination = address_of(key.remote, is_ipv6);
  tunnel->tos = key.tos;
  tunnel->ttl = key.ttl;
  tunnel->label = is_ipv6 ? key.label & label_bits : 0;
  tunnel->flags = header::no_cache;
  if ((r4 & flag::no_checksum) == 0) tunnel->flags |= header::checksum;
  if ((r4 & flag::no_key) == 0) tunnel->flags |= header::key;
  if ((r4 & flag::sequence) != 0) tunnel->flags |= header::sequence;
  if ((r4 & flag::do_not_fragment) != 0) tunnel->flags |= header::do_not_fragment;
  packet->tunnel = std::move(tunnel);
  return CallResult::of(0);
}
SKEP_CALL(bpf_skb_get_tunnel_opt) {
  const Packet* const packet = packet_of(r1);
  const Tunnel* const tunnel = packet != nullptr ? packet->tunnel.get() : nullptr;
  const std::uint32_t size = u32(r3);
  std::memset(pointer<void>(r2), 0, size);
  if (tunnel == nullptr || (tunnel->flags & header::options_present) == 0) return CallResult::error(-ENOENT);
  if (size < tunnel->options.size()) return CallResult::error(-ENOMEM);
  std::ranges::copy(tunnel->options, pointer<std::uint8_t>(r2));
  return CallResult::of(tunnel->options.size());
}
SKEP_CALL(bpf_skb_set_tunnel_opt) {
  constexpr std::uint32_t most = 255;
  Packet* const packet = packet_of(r1);
  const std::uint32_t size = u32(r3);
  if (packet == nullptr || packet->tunnel == nullptr || size % sizeof(std::uint32_t) != 0)
    return CallResult::error(-EINVAL);
  if (size > most) return CallResult::error(-ENOMEM);
  const auto* const from = pointer<const std::uint8_t>(r2);
  packet->tunnel->options.assign(from, from + size);
  packet->tunnel->flags |= header::options_present;
  return CallResult::of(0);
}

}  // namespace skep::calls::impl
