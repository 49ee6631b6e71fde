// Calls about a network of which there is nothing here but loopback: no routes, connections or handshakes.
// They check what the kernel checks and answer as it does where it finds nothing. Messages really are shortened and
// grown. Tested by tests/calls/network_test.cpp.
#include <algorithm>

#include "calls/impl/support.hpp"
#include "maps/map.hpp"
#include "maps/sockets.hpp"

namespace skep::calls::impl {
namespace {

using runtime::Packet;

constexpr std::uint32_t loopback = 1;
constexpr std::uint16_t inet = 2, inet6 = 10;

CallResult zeros(std::uint64_t at, std::uint64_t size, int error) {
  if (at != 0) std::memset(pointer<void>(at), 0, size);
  return CallResult::error(error);
}

// struct sk_msg_md
constexpr std::uint32_t message_data = 0, message_end = 8, message_size = 68;
void expose(std::uint64_t context) {
  const Packet& packet = *packet_of(context);
  const std::uint64_t begin = address(packet.storage.data() + packet.begin);
  *pointer<std::uint64_t>(context + message_data) = begin;
  *pointer<std::uint64_t>(context + message_end) = begin + (packet.end - packet.begin);
  *pointer<std::uint32_t>(context + message_size) = static_cast<std::uint32_t>(packet.end - packet.begin);
}

}  // namespace

// ---- routes
SKEP_CALL(bpf_fib_lookup) {
  constexpr std::uint32_t parameters_size = 64, ifindex_at = 8, forwarding_disabled = 5;
  constexpr std::uint32_t known_flags = 0x3f;
  if (u32(r3) < parameters_size || (u32(r4) & ~known_flags) != 0) return CallResult::error(-EINVAL);
  const std::uint8_t family = *pointer<const std::uint8_t>(r2);
  if (family != inet && family != inet6) return CallResult::error(-EAFNOSUPPORT);
  if (*pointer<const std::uint32_t>(r2 + ifindex_at) != loopback) return CallResult::error(-ENODEV);
  return CallResult::of(forwarding_disabled);  // as on loopback
}
SKEP_CALL(bpf_get_route_realm) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_check_mtu) {
  constexpr std::uint32_t segments = 1, mtu = 65536, link_header = 14, needs_fragmenting = 1;
  const std::uint64_t flags = r5;
  if ((flags & ~std::uint64_t{segments}) != 0) return CallResult::error(-EINVAL);
  if (flags != 0 && (s32(r4) != 0 || *pointer<const std::uint32_t>(r3) != 0)) return CallResult::error(-EINVAL);
  if (u32(r2) != 0 && u32(r2) != loopback) return CallResult::error(-ENODEV);
  const std::uint32_t given = *pointer<const std::uint32_t>(r3);
  const Packet* const packet = packet_of(r1);
  // Lengths are of 32 bits, with a sign, and wrap around.
  std::uint32_t length = packet != nullptr ? static_cast<std::uint32_t>(packet->end - packet->begin) : 0;
  if (given != 0) length = given + link_header;
  *pointer<std::uint32_t>(r3) = mtu;
  return CallResult::of(s32(length + u32(r4)) > s32(mtu + link_header) ? needs_fragmenting : 0);
}

// ---- transformations and segment routing: the packet went through none
SKEP_CALL(bpf_skb_get_xfrm_state) {
  return zeros(r3, u32(r4), -EINVAL);
}
SKEP_CALL(bpf_lwt_seg6_store_bytes) {
  return CallResult::error(-EINVAL);
}
SKEP_CALL(bpf_lwt_seg6_adjust_srh) {
  return CallResult::error(-EINVAL);
}
SKEP_CALL(bpf_lwt_seg6_action) {
  return CallResult::error(-EINVAL);
}

// ---- handshakes: there are none
SKEP_CALL(bpf_tcp_check_syncookie) {
  return CallResult::error(-ENOENT);
}
SKEP_CALL(bpf_tcp_gen_syncookie) {
  return CallResult::error(-ENOENT);
}
SKEP_CALL(bpf_tcp_send_ack) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_load_hdr_opt) {
  return CallResult::error(-ENOMSG);
}
SKEP_CALL(bpf_store_hdr_opt) {
  return CallResult::error(-EPERM);
}
SKEP_CALL(bpf_reserve_hdr_opt) {
  return CallResult::error(-EPERM);
}

// ---- messages
SKEP_CALL(bpf_msg_apply_bytes) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_msg_cork_bytes) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_msg_pull_data) {
  const Packet* const packet = packet_of(r1);
  const std::uint32_t begin = u32(r2), end = u32(r3);
  if (r4 != 0 || end <= begin || packet == nullptr || end > packet->end - packet->begin)
    return CallResult::error(-EINVAL);
  const std::uint64_t data = address(packet->storage.data() + packet->begin);
  *pointer<std::uint64_t>(r1 + message_data) = data + begin;
  *pointer<std::uint64_t>(r1 + message_end) = data + end;
  return CallResult::of(0);
}
SKEP_CALL(bpf_msg_push_data) {
  Packet* const packet = packet_of(r1);
  const std::uint32_t at = u32(r2), size = u32(r3);
  if (r4 != 0) return CallResult::error(-EINVAL);
  if (size == 0) return CallResult::of(0);
  if (packet == nullptr || at > packet->end - packet->begin) return CallResult::error(-EINVAL);
  if (size > packet->begin) return CallResult::error(-ENOMEM);
  auto* const begin = packet->storage.data() + packet->begin;
  std::memmove(begin - size, begin, at);
  packet->begin -= size;
  std::memset(begin - size + at, 0, size);
  expose(r1);
  return CallResult::of(0);
}
SKEP_CALL(bpf_msg_pop_data) {
  Packet* const packet = packet_of(r1);
  const std::uint64_t at = u32(r2), size = u32(r3);
  if (r4 != 0) return CallResult::error(-EINVAL);
  if (packet == nullptr || at + size > packet->end - packet->begin) return CallResult::error(-EINVAL);
  if (size == 0) return CallResult::of(0);
  auto* const begin = packet->storage.data() + packet->begin;
  std::memmove(begin + size, begin, at);
  packet->begin += size;
  expose(r1);
  return CallResult::of(0);
}

// ---- maps of sockets
namespace {
constexpr std::uint64_t ingress = 1;
constexpr std::uint32_t tcp = 6;

// Data is sent nowhere; who runs the program is told.
void note_socket(const CallEnv& env, maps::Map& map, const void* key, std::uint64_t flags) {
  std::uint64_t shown = 0;
  std::memcpy(&shown, key, std::min<std::size_t>(map.info().key_size, sizeof shown));
  note_redirect(env, {.to = runtime::Redirect::To::map, .map = &map, .key = shown, .flags = flags});
}
CallResult redirect_to_socket(const CallEnv& env, maps::Map& map, const void* key, std::uint64_t flags) {
  constexpr std::uint64_t drop = 0, pass = 1;
  if ((flags & ~ingress) != 0) return CallResult::of(drop);
  const maps::HostSocket* const socket = maps::socket_at(map, key);
  if (socket == nullptr || !socket->takes_data()) return CallResult::of(drop);
  note_socket(env, map, key, flags);
  return CallResult::of(pass);
}
// Messages go out by connections of TCP alone.
CallResult redirect_message(const CallEnv& env, maps::Map& map, const void* key, std::uint64_t flags) {
  const maps::HostSocket* const socket = maps::socket_at(map, key);
  if (flags == 0 && socket != nullptr && socket->protocol() != tcp) return CallResult::of(0);
  return redirect_to_socket(env, map, key, flags);
}
}  // namespace

SKEP_CALL(bpf_sk_redirect_map) {
  const std::uint32_t index = u32(r3);
  return redirect_to_socket(env, map_at(r2), &index, r4);
}
SKEP_CALL(bpf_sk_redirect_hash) {
  return redirect_to_socket(env, map_at(r2), pointer<void>(r3), r4);
}
SKEP_CALL(bpf_msg_redirect_map) {
  const std::uint32_t index = u32(r3);
  return redirect_message(env, map_at(r2), &index, r4);
}
SKEP_CALL(bpf_msg_redirect_hash) {
  return redirect_message(env, map_at(r2), pointer<void>(r3), r4);
}
// The group is that of the context's socket; of one that was not described it is whichever the socket is in.
SKEP_CALL(bpf_sk_select_reuseport) {
  constexpr std::uint32_t sk_at = 40, family_at = 4, protocol_at = 12;
  maps::Map& map = map_at(r2);
  const maps::HostSocket* const socket = maps::socket_at(map, pointer<const void>(r3));
  if (socket == nullptr) return CallResult::error(-ENOENT);
  if (!socket->shares_port())
    return CallResult::error(map.info().type == MapType::reuseport_sockarray ? -ENOENT : -EINVAL);
  const auto own = *pointer<const std::uint64_t>(r1 + sk_at);
  const std::uint32_t family = own != 0 ? *pointer<const std::uint32_t>(own + family_at) : 0;
  if (family != 0) {
    if (*pointer<const std::uint32_t>(own + protocol_at) != socket->protocol()) return CallResult::error(-EPROTOTYPE);
    if (family != socket->family()) return CallResult::error(-EAFNOSUPPORT);
    if (!socket->is_bound_like(pointer<const std::uint8_t>(own))) return CallResult::error(-EBADFD);
  }
  note_socket(env, map, pointer<const void>(r3), 0);
  return CallResult::of(0);
}

}  // namespace skep::calls::impl
