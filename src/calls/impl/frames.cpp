// Calls that give a packet other headers: room between them, another network protocol, tags of virtual networks, and
// what the kernel notes about it (hash, time, class). Tested by tests/calls/network_test.cpp.
//
// The packet begins where the program's type sees it: at its link layer for classifiers, else at the network header.
// Where its headers stand is known of each packet, for programs put others in front.
#include <algorithm>
#include <span>

#include "calls/impl/support.hpp"
#include "runtime/layouts.hpp"
#include "runtime/program.hpp"

namespace skep::calls::impl {
namespace {

namespace skb = runtime::layout::skb;
using runtime::Context;
using runtime::Packet;

constexpr std::uint16_t ip = 0x0008, ipv6 = 0xdd86, vlan = 0x0081, provider_vlan = 0xa888;  // as they stand in a frame
constexpr std::uint32_t ip_header = 20, ipv6_header = 40, ethernet_header = 14, tag_size = 4, headroom = 64;
constexpr std::uint16_t vlan_present = 20, vlan_tci = 24, vlan_proto = 28, hash = 68;  // of __sk_buff

template <typename T>
T& field(std::uint64_t context, std::uint32_t offset) {
  return *pointer<T>(context + offset);
}
Packet* whole_packet(std::uint64_t context) {
  return packet_of(context);
}
void expose(std::uint64_t context) {
  Packet& packet = *packet_of(context);
  Context::point_into(pointer<void>(context), packet, skb::packet);
  field<std::uint32_t>(context, skb::len) = static_cast<std::uint32_t>(packet.end - packet.begin);
}
std::uint16_t protocol_of(std::uint64_t context) {
  return static_cast<std::uint16_t>(Context::header_of(pointer<void>(context)).protocol);
}
void set_protocol(std::uint64_t context, std::uint16_t protocol) {
  Context::header_of(pointer<void>(context)).protocol = protocol;
  field<std::uint32_t>(context, skb::protocol) = protocol;
}
// How far the network's header is from where the packet begins.
std::uint32_t network_offset(const Packet& packet) {
  return static_cast<std::uint32_t>(packet.network - packet.begin);
}
// It stands for several packets, which have yet to be made of it.
bool is_large(std::uint64_t context) {
  return field<std::uint32_t>(context, skb::gso_size) != 0;
}
std::uint32_t network_header(std::uint16_t protocol) {
  return protocol == ip ? ip_header : protocol == ipv6 ? ipv6_header : 0;
}

// Makes room of zeros behind the first `at` bytes, which move, and with them the headers that begin there.
bool insert(Packet& packet, std::size_t at, std::size_t size) {
  constexpr std::size_t most = 1 << 17;
  if (at > packet.end - packet.begin) return false;
  if (size > packet.begin) {  // the packet moves into a larger buffer
    const std::size_t more = size - packet.begin + headroom;
    if (packet.storage.size() + more > most) return false;
    packet.storage.insert(packet.storage.begin(), more, 0);
    packet.begin += more;
    packet.end += more;
    packet.link += more;
    packet.network += more;
  }
  auto* const begin = packet.storage.data() + packet.begin;
  std::memmove(begin - size, begin, at);
  packet.begin -= size;
  packet.link -= size;
  packet.network -= size;
  std::memset(begin - size + at, 0, size);
  return true;
}
bool take_out(Packet& packet, std::size_t at, std::size_t size) {
  if (at + size > packet.end - packet.begin) return false;
  auto* const begin = packet.storage.data() + packet.begin;
  std::memmove(begin + size, begin, at);
  packet.begin += size;
  packet.link += size;
  packet.network += size;
  return true;
}

namespace room {
constexpr std::uint64_t fixed_gso = 1, encap_ip = 2, encap_ipv6 = 4, encap_gre = 8, encap_udp = 16, no_checksum = 32,
                        encap_ethernet = 64, decap_ip = 128, decap_ipv6 = 256, inner_length = std::uint64_t{0xff} << 56;
constexpr std::uint64_t encap_network = encap_ip | encap_ipv6;
constexpr std::uint64_t encap = encap_network | encap_gre | encap_udp | encap_ethernet;
constexpr std::uint64_t decap = decap_ip | decap_ipv6;
constexpr std::uint64_t known = fixed_gso | encap | no_checksum | decap | inner_length;
constexpr std::uint32_t behind_network = 0, behind_link = 1;
}  // namespace room

// 0, or why headers of a tunnel cannot be put there.
int check_encapsulation(std::uint64_t flags, std::uint32_t size, bool done_already) {
  const auto inner = static_cast<std::uint32_t>(flags >> 56);
  if ((flags & room::encap_network) == 0) return 0;  // what the others say is said of these
  if ((flags & room::encap_ip) != 0 && (flags & room::encap_ipv6) != 0) return -EINVAL;
  if (done_already) return -EALREADY;
  if ((flags & room::encap_gre) != 0 && (flags & room::encap_udp) != 0) return -EINVAL;
  if ((flags & room::encap_ethernet) != 0 && inner < ethernet_header) return -EINVAL;
  return inner > size ? -EINVAL : 0;
}

}  // namespace

SKEP_CALL(bpf_skb_adjust_room) {
  constexpr std::int32_t most = 0xfff;
  constexpr std::uint32_t longest = 65550;
  const std::int32_t change = s32(r2);
  const std::uint32_t mode = u32(r3);
  const std::uint64_t flags = r4;
  Packet* const packet = whole_packet(r1);
  if ((flags & ~room::known) != 0) return CallResult::error(-EINVAL);
  if (change > most || change < -most) return CallResult::error(-EFAULT);
  const std::uint16_t protocol = protocol_of(r1);
  const std::uint32_t base = network_header(protocol);
  if (packet == nullptr || base == 0 || mode > room::behind_link) return CallResult::error(-enotsupp);
  const std::uint32_t network = network_offset(*packet);
  const auto size = static_cast<std::uint32_t>(change < 0 ? -change : change);
  const std::uint32_t at = network + (mode == room::behind_network ? base : 0);
  const auto length = static_cast<std::uint32_t>(packet->end - packet->begin);
  std::uint32_t least = base;
  if ((flags & room::decap) != 0) {
    if (change >= 0 || (flags & room::decap) == room::decap) return CallResult::error(-EINVAL);
    least = (flags & room::decap_ip) != 0 ? ip_header : ipv6_header;
  }
  if (change < 0) {
    if ((flags & (room::encap | room::inner_length)) != 0) return CallResult::error(-EINVAL);
    const std::uint32_t behind_link = length - std::min(network, length);
    if (size >= behind_link || behind_link - size < least || is_large(r1)) return CallResult::error(-enotsupp);
    if (!take_out(*packet, at, size)) return CallResult::error(-ENOMEM);
    if ((flags & room::decap_ip) != 0) set_protocol(r1, ip);
    if ((flags & room::decap_ipv6) != 0) set_protocol(r1, ipv6);
  } else {
    if (length + size > longest || is_large(r1)) return CallResult::error(-enotsupp);
    if (const int error = check_encapsulation(flags, size, packet->encapsulated); error != 0)
      return CallResult::error(error);
    if (!insert(*packet, at, size)) return CallResult::error(-ENOMEM);
    packet->encapsulated |= (flags & room::encap_network) != 0;
    if ((flags & room::encap_ip) != 0) set_protocol(r1, ip);
    if ((flags & room::encap_ipv6) != 0) set_protocol(r1, ipv6);
  }
  expose(r1);
  return CallResult::of(0);
}

// A tunnel's header in front of the packet, as the program has made it; the checksum of one of IPv4 is filled in if it
// is zero. No segment routing is done here, so no header of that kind is valid.
SKEP_CALL(bpf_lwt_push_encap) {
  constexpr std::uint32_t of_ip = 2, longest = 256, udp_header = 8;
  constexpr std::uint8_t udp = 17;
  Packet* const packet = whole_packet(r1);
  const std::uint32_t size = u32(r4);
  const auto* const header = pointer<const std::uint8_t>(r3);
  if (packet == nullptr || u32(r2) != of_ip || size < ip_header || size > longest) return CallResult::error(-EINVAL);
  const unsigned version = header[0] >> 4;
  const std::uint32_t own = version == 4 ? (header[0] & 0xfU) * 4 : ipv6_header;
  if ((version != 4 && version != 6) || own > size) return CallResult::error(-EINVAL);
  if (header[version == 4 ? 9 : 6] == udp && own + udp_header > size) return CallResult::error(-EINVAL);
  const std::size_t link = packet->link - packet->begin;
  if (!insert(*packet, 0, size)) return CallResult::error(-ENOMEM);
  packet->link = packet->begin + size + link;  // it has stayed where it was
  packet->network = packet->begin;
  packet->encapsulated = true;
  auto* const at = packet->storage.data() + packet->begin;
  std::memcpy(at, header, size);
  std::uint16_t check;
  std::memcpy(&check, at + 10, sizeof check);
  if (version == 4 && check == 0) {
    std::uint32_t sum = 0;
    for (std::uint32_t i = 0; i + 2 <= own; i += 2) {
      std::uint16_t word;
      std::memcpy(&word, at + i, sizeof word);
      sum += word;
    }
    while ((sum >> 16) != 0) sum = (sum & 0xffff) + (sum >> 16);
    check = static_cast<std::uint16_t>(~sum);
    std::memcpy(at + 10, &check, sizeof check);
  }
  set_protocol(r1, version == 4 ? ip : ipv6);
  field<std::uint32_t>(r1, hash) = 0;
  expose(r1);
  return CallResult::error(is_large(r1) ? -enotsupp : 0);
}

SKEP_CALL(bpf_skb_change_proto) {
  constexpr std::uint32_t difference = ipv6_header - ip_header;
  Packet* const packet = whole_packet(r1);
  if (r3 != 0) return CallResult::error(-EINVAL);
  const std::uint16_t from = protocol_of(r1), to = static_cast<std::uint16_t>(r2);
  const bool grows = from == ip && to == ipv6, shrinks = from == ipv6 && to == ip;
  if (packet == nullptr || (!grows && !shrinks)) return CallResult::error(-enotsupp);
  const std::uint32_t at = network_offset(*packet);
  if (grows ? !insert(*packet, at, difference) : !take_out(*packet, at, difference)) return CallResult::error(-ENOMEM);
  set_protocol(r1, to);
  field<std::uint32_t>(r1, hash) = 0;
  expose(r1);
  return CallResult::of(0);
}

// The outermost tag is kept beside the packet; those below it stand in the frame.
SKEP_CALL(bpf_skb_vlan_push) {
  Packet* const packet = whole_packet(r1);
  auto kind = static_cast<std::uint16_t>(r2);
  if (kind != vlan && kind != provider_vlan) kind = vlan;
  if (packet == nullptr) return CallResult::error(-EINVAL);
  if (field<std::uint32_t>(r1, vlan_present) != 0) {
    constexpr std::size_t addresses = 12;
    if (!insert(*packet, addresses, tag_size)) return CallResult::error(-ENOMEM);
    packet->network += tag_size;  // it has stayed where it was
    auto* const tag = packet->storage.data() + packet->begin + addresses;
    const auto outer = static_cast<std::uint16_t>(field<std::uint32_t>(r1, vlan_proto));
    const std::uint16_t control = __builtin_bswap16(static_cast<std::uint16_t>(field<std::uint32_t>(r1, vlan_tci)));
    std::memcpy(tag, &outer, sizeof outer);
    std::memcpy(tag + 2, &control, sizeof control);
    set_protocol(r1, outer);
  }
  field<std::uint32_t>(r1, vlan_present) = 1;
  field<std::uint32_t>(r1, vlan_proto) = kind;
  field<std::uint32_t>(r1, vlan_tci) = static_cast<std::uint16_t>(r3);
  expose(r1);
  return CallResult::of(0);
}
SKEP_CALL(bpf_skb_vlan_pop) {
  Packet* const packet = whole_packet(r1);
  if (packet == nullptr) return CallResult::error(-EINVAL);
  // A tag that stands in the frame: what the packet is behind it.
  const auto pull = [&](std::uint16_t& kind, std::uint16_t& control) {
    constexpr std::size_t addresses = 12;
    if (protocol_of(r1) != vlan && protocol_of(r1) != provider_vlan) return false;
    if (packet->end - packet->begin < addresses + tag_size + 2) return false;
    const auto* const tag = packet->storage.data() + packet->begin + addresses;
    std::memcpy(&kind, tag, sizeof kind);
    std::memcpy(&control, tag + 2, sizeof control);
    control = __builtin_bswap16(control);
    std::uint16_t inner;
    std::memcpy(&inner, tag + tag_size, sizeof inner);
    if (!take_out(*packet, addresses, tag_size)) return false;
    packet->network = std::max(packet->network - tag_size, packet->begin + ethernet_header);
    set_protocol(r1, inner);
    return true;
  };
  std::uint16_t kind = 0, control = 0;
  if (field<std::uint32_t>(r1, vlan_present) != 0)
    field<std::uint32_t>(r1, vlan_present) = field<std::uint32_t>(r1, vlan_tci) = field<std::uint32_t>(r1, vlan_proto) =
        0;
  else if (!pull(kind, control))
    return CallResult::of(0);
  // The next one takes its place beside the packet.
  if (pull(kind, control)) {
    field<std::uint32_t>(r1, vlan_present) = 1;
    field<std::uint32_t>(r1, vlan_proto) = kind;
    field<std::uint32_t>(r1, vlan_tci) = control;
  }
  expose(r1);
  return CallResult::of(0);
}

SKEP_CALL(bpf_set_hash_invalid) {
  field<std::uint32_t>(r1, hash) = 0;
  return CallResult::of(0);
}
SKEP_CALL(bpf_set_hash) {
  field<std::uint32_t>(r1, hash) = u32(r2);
  return CallResult::of(0);
}
SKEP_CALL(bpf_skb_set_tstamp) {
  constexpr std::uint32_t realtime = 0, monotonic = 1, tai = 2;
  const std::uint32_t clock = u32(r3);
  if (protocol_of(r1) != ip && protocol_of(r1) != ipv6) return CallResult::error(-EOPNOTSUPP);
  const bool valid = clock == realtime ? r2 == 0 : (clock == monotonic || clock == tai) && r2 != 0;
  if (!valid) return CallResult::error(-EINVAL);
  field<std::uint64_t>(r1, skb::tstamp) = r2;
  field<std::uint8_t>(r1, skb::tstamp_type) = static_cast<std::uint8_t>(clock);
  return CallResult::of(0);
}

// Where a packet may be sent: loopback is the only device.
SKEP_CALL(bpf_clone_redirect) {
  constexpr std::uint64_t ingress = 1;
  constexpr std::uint32_t loopback = 1;
  if ((r3 & ~ingress) != 0 || u32(r2) != loopback) return CallResult::error(-EINVAL);
  return CallResult::of(0);
}
SKEP_CALL(bpf_redirect_neigh) {
  constexpr std::uint32_t neighbor_size = 20, shot = 2, redirect = 7;
  if (r4 != 0 || (u32(r3) != 0 && u32(r3) < neighbor_size)) return CallResult::of(shot);
  note_redirect(env, {.to = runtime::Redirect::To::neighbor, .device = u32(r1)});
  return CallResult::of(redirect);
}
SKEP_CALL(bpf_redirect_peer) {
  constexpr std::uint32_t shot = 2, redirect = 7;
  constexpr std::uint64_t egress = 2;  // out of the peer, not into it
  if ((r2 & ~egress) != 0) return CallResult::of(shot);
  note_redirect(env, {.to = runtime::Redirect::To::peer, .device = u32(r1), .flags = r2});
  return CallResult::of(redirect);
}

}  // namespace skep::calls::impl
