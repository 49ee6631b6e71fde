// The packet behind a context: loads, stores, checksums, and moving its ends. Frames of XDP are in xdp.cpp.
//
// Packets are linear. After its ends have moved the context's pointers name the new ones. Tested by
// tests/calls/runtime_test.cpp.
#include <algorithm>
#include <span>

#include "calls/impl/support.hpp"
#include "runtime/layouts.hpp"
#include "runtime/program.hpp"

namespace skep::calls::impl {
namespace {

using runtime::Context;
using runtime::Packet;

void expose(std::uint64_t context) {
  namespace skb = runtime::layout::skb;
  Packet& packet = *packet_of(context);
  Context::point_into(pointer<void>(context), packet, skb::packet);
  *pointer<std::uint32_t>(context + skb::len) = static_cast<std::uint32_t>(packet.end - packet.begin);
}

std::uint8_t* range(std::uint64_t context, std::uint64_t offset, std::uint64_t size) {
  Packet* packet = packet_of(context);
  if (packet == nullptr) return nullptr;
  const auto data = packet->data();
  return offset > data.size() || size > data.size() - offset ? nullptr : data.data() + offset;
}

CallResult load_bytes(std::uint64_t context, std::uint64_t offset, std::uint64_t to, std::uint32_t size) {
  const std::uint8_t* from = offset > 0xffff ? nullptr : range(context, offset, size);
  if (from == nullptr) {
    std::memset(pointer<void>(to), 0, size);
    return CallResult::error(-EFAULT);
  }
  std::memcpy(pointer<void>(to), from, size);
  return CallResult::of(0);
}

// Sums of 16 bits with the carries added in again.
std::uint32_t fold(std::uint64_t sum) {
  while ((sum >> 16) != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint32_t>(sum);
}
std::uint64_t sum_words(const void* words, std::uint32_t size) {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i + 4 <= size; i += 4) {
    std::uint32_t word;
    std::memcpy(&word, static_cast<const std::uint8_t*>(words) + i, 4);
    sum += word;
  }
  return sum;
}
// To 32 bits, carries added in again.
std::uint32_t fold32(std::uint64_t sum) {
  while ((sum >> 32) != 0) sum = (sum & 0xffffffff) + (sum >> 32);
  return static_cast<std::uint32_t>(sum);
}

constexpr std::uint64_t field_size_mask = 0xf, pseudo_header = 0x10, mark_mangled_0 = 0x20, mark_enforce = 0x40;

CallResult replace_checksum(std::uint64_t context, std::uint64_t offset, std::uint64_t from, std::uint64_t to,
                            std::uint64_t flags, bool transport) {
  const std::uint64_t size = flags & field_size_mask;
  const std::uint64_t known = field_size_mask | (transport ? pseudo_header | mark_mangled_0 | mark_enforce | 0x80 : 0);
  if ((flags & ~known) != 0) return CallResult::error(-EINVAL);
  if (offset > 0xffff || (offset & 1) != 0) return CallResult::error(-EFAULT);
  std::uint8_t* at = range(context, offset, 2);
  if (at == nullptr) return CallResult::error(-EFAULT);
  std::uint16_t check;
  std::memcpy(&check, at, 2);
  const bool absent_is_zero = transport && (flags & mark_mangled_0) != 0;
  if (absent_is_zero && (flags & mark_enforce) == 0 && check == 0) return CallResult::of(0);
  std::uint64_t sum = static_cast<std::uint16_t>(~check);
  switch (size) {
    case 0:
      if (from != 0) return CallResult::error(-EINVAL);
      sum += fold(to);
      break;
    case 2:
      sum += static_cast<std::uint16_t>(~from) + static_cast<std::uint64_t>(static_cast<std::uint16_t>(to));
      break;
    case 4:
      sum += std::uint64_t{static_cast<std::uint32_t>(~from)} + static_cast<std::uint32_t>(to);
      break;
    default:
      return CallResult::error(-EINVAL);
  }
  check = static_cast<std::uint16_t>(~fold(sum));
  if (absent_is_zero && check == 0) check = 0xffff;
  std::memcpy(at, &check, 2);
  return CallResult::of(0);
}

// Gives the packet another end. False: there is no room.
bool resize_tail(Packet& packet, std::uint64_t length) {
  const std::size_t end = packet.begin + length;
  if (end > packet.storage.size()) return false;
  if (end > packet.end)
    std::fill(packet.storage.begin() + static_cast<std::ptrdiff_t>(packet.end),
              packet.storage.begin() + static_cast<std::ptrdiff_t>(end), std::uint8_t{0});
  packet.end = end;
  return true;
}

constexpr std::size_t ethernet_header = 14;

}  // namespace

SKEP_CALL(bpf_skb_load_bytes) {
  return load_bytes(r1, u32(r2), r3, u32(r4));
}
SKEP_CALL(bpf_skb_load_bytes_relative) {
  // A header may stand in front of what the program sees of the packet.
  constexpr std::uint32_t from_link = 0, from_network = 1, longest = 0xffff;
  const Packet* const packet = packet_of(r1);
  const std::uint64_t offset = u32(r2), size = u32(r4);
  if (packet != nullptr && offset <= longest && u32(r5) <= from_network) {
    const std::size_t header = u32(r5) == from_link ? packet->link : packet->network;
    if (header <= packet->end && offset + size <= packet->end - header) {
      std::memcpy(pointer<void>(r3), packet->storage.data() + header + offset, size);
      return CallResult::of(0);
    }
  }
  std::memset(pointer<void>(r3), 0, size);
  return CallResult::error(-EFAULT);
}
SKEP_CALL(bpf_skb_store_bytes) {
  constexpr std::uint64_t known_flags = 3;
  if ((r5 & ~known_flags) != 0) return CallResult::error(-EINVAL);
  std::uint8_t* to = u32(r2) > 0x7fffffff ? nullptr : range(r1, u32(r2), u32(r4));
  if (to == nullptr) return CallResult::error(-EFAULT);
  std::memcpy(to, pointer<const void>(r3), u32(r4));
  return CallResult::of(0);
}
SKEP_CALL(bpf_skb_pull_data) {
  return range(r1, 0, u32(r2)) == nullptr ? CallResult::error(-ENOMEM) : CallResult::of(0);
}
SKEP_CALL(bpf_l3_csum_replace) {
  return replace_checksum(r1, u32(r2), r3, r4, r5, false);
}
SKEP_CALL(bpf_l4_csum_replace) {
  return replace_checksum(r1, u32(r2), r3, r4, r5, true);
}
SKEP_CALL(bpf_csum_diff) {
  const std::uint32_t from_size = u32(r2), to_size = u32(r4);
  if (((from_size | to_size) & 3) != 0) return CallResult::error(-EINVAL);
  // One's complement has two zeros, and which of them it is shows in the result.
  const auto sum = [](std::uint64_t words, std::uint32_t size, std::uint32_t start) {
    return fold32(start + sum_words(pointer<const void>(words), size));
  };
  std::uint32_t total = u32(r5);
  if (from_size != 0 && to_size != 0)
    total = fold32(std::uint64_t{sum(r3, to_size, total)} + std::uint32_t{~sum(r1, from_size, 0)});
  else if (to_size != 0)
    total = sum(r3, to_size, total);
  else if (from_size != 0)
    total = ~sum(r1, from_size, ~total);
  return CallResult::of(fold(total));
}
SKEP_CALL(bpf_csum_update) {
  return CallResult::error(-EOPNOTSUPP);  // as for packets whose checksum the hardware has not summed
}
SKEP_CALL(bpf_csum_level) {
  // Nothing has verified the packet's checksums: there is no level to ask for, and changing it changes nothing.
  constexpr std::uint64_t query = 0, reset = 3;
  return CallResult::error(r2 > reset ? -EINVAL : r2 == query ? -EACCES : 0);
}
SKEP_CALL(bpf_skb_change_tail) {
  Packet* packet = packet_of(r1);
  constexpr std::uint32_t longest = 0xffff;
  if (packet == nullptr || r3 != 0 || u32(r2) > longest || u32(r2) < ethernet_header) return CallResult::error(-EINVAL);
  if (!resize_tail(*packet, u32(r2))) return CallResult::error(-ENOMEM);
  namespace skb = runtime::layout::skb;  // it stands for several packets no more
  *pointer<std::uint32_t>(r1 + skb::gso_size) = *pointer<std::uint32_t>(r1 + skb::gso_segs) = 0;
  expose(r1);
  return CallResult::of(0);
}
SKEP_CALL(bpf_skb_change_head) {
  Packet* packet = packet_of(r1);
  constexpr std::uint64_t longest = 65550;  // what loopback sends, with the link's header
  if (packet == nullptr || r3 != 0 || packet->end - packet->begin + u32(r2) > longest)
    return CallResult::error(-EINVAL);
  if (u32(r2) > packet->begin) return CallResult::error(-ENOMEM);
  packet->begin -= u32(r2);
  packet->link = packet->begin;
  std::memset(packet->storage.data() + packet->begin, 0, u32(r2));
  expose(r1);
  return CallResult::of(0);
}
SKEP_CALL(bpf_skb_change_type) {
  constexpr std::uint32_t type_offset = 4, other_host = 3;
  auto& type = *pointer<std::uint32_t>(r1 + type_offset);
  if (u32(r2) > other_host || type > other_host) return CallResult::error(-EINVAL);
  type = u32(r2);
  return CallResult::of(0);
}
SKEP_CALL(bpf_get_hash_recalc) {
  // Of the addresses and ports as they stand; the numbers are this library's own.
  constexpr std::uint32_t hash_at = 68;  // of __sk_buff: one that was set
  const Packet* packet = packet_of(r1);
  if (packet == nullptr) return CallResult::of(0);
  if (const auto set = *pointer<const std::uint32_t>(r1 + hash_at); set != 0) return CallResult::of(set);
  std::uint32_t hash = 2166136261;
  for (std::size_t i = packet->begin; i < std::min(packet->end, packet->begin + 64); ++i)
    hash = (hash ^ packet->storage[i]) * 16777619;
  return CallResult::of(hash == 0 ? 1 : hash);
}
SKEP_CALL(bpf_skb_ecn_set_ce) {
  constexpr std::uint32_t ip = 0x0008, ipv6 = 0xdd86;  // as they stand in a frame
  constexpr unsigned congested = 3;
  const std::uint32_t protocol = Context::header_of(pointer<void>(r1)).protocol;
  const std::size_t header = protocol == ip ? 20 : 40;
  std::uint8_t* at = protocol == ip || protocol == ipv6 ? range(r1, 0, header) : nullptr;
  if (at == nullptr) return CallResult::of(0);
  // The lowest two bits of the traffic class: of a byte of its own, or in the middle of the first four.
  const unsigned shift = protocol == ip ? 0 : 4;
  const unsigned now = static_cast<unsigned>(at[1]) >> shift & 3;
  if (now == 0 || now == congested) return CallResult::of(now == congested);  // not capable, or marked already
  if (protocol == ip) {
    std::uint16_t check;
    std::memcpy(&check, at + 10, sizeof check);
    // The header's words grow by this, so their sum's complement shrinks by it; the byte is the upper one in memory.
    const std::uint32_t grown = (congested - now) << 8;
    check = static_cast<std::uint16_t>(~fold(std::uint64_t{static_cast<std::uint16_t>(~check)} + grown));
    std::memcpy(at + 10, &check, sizeof check);
  }
  at[1] = static_cast<std::uint8_t>(at[1] | congested << shift);
  return CallResult::of(1);
}
SKEP_CALL(bpf_redirect) {
  constexpr std::uint64_t xdp_redirect = 4, tc_redirect = 7, xdp_aborted = 0, tc_shot = 2;
  const bool xdp = env.program().code().type == ProgType::xdp;
  const std::uint64_t known = xdp ? 0 : 1;  // towards the stack instead of away from it
  if ((r2 & ~known) != 0) return CallResult::of(xdp ? xdp_aborted : tc_shot);
  note_redirect(env, {.to = runtime::Redirect::To::device, .device = u32(r1), .flags = r2});
  return CallResult::of(xdp ? xdp_redirect : tc_redirect);
}

}  // namespace skep::calls::impl
