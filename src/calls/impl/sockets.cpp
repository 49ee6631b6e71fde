// Sockets: there are none here but the one that a test run gives its packet, those of maps, and those of connections
// that were described for a program that follows them; a lookup finds nothing. Tested by tests/calls/runtime_test.cpp
// and tests/loader/socket_rows_test.cpp.
#include "maps/sockets.hpp"

#include "calls/impl/support.hpp"
#include "runtime/layouts.hpp"
#include "runtime/program.hpp"

namespace skep::calls::impl {
namespace {
constexpr CallResult nothing = CallResult::of(0);
}

SKEP_CALL(bpf_sk_lookup_tcp) {
  return nothing;
}
SKEP_CALL(bpf_sk_lookup_udp) {
  return nothing;
}
SKEP_CALL(bpf_skc_lookup_tcp) {
  return nothing;
}
SKEP_CALL(bpf_sk_release) {
  return nothing;
}
// The only sockets that programs get are those of test runs, and they are full ones.
SKEP_CALL(bpf_sk_fullsock) {
  return CallResult::of(r1);
}
SKEP_CALL(bpf_tcp_sock) {
  return nothing;
}
SKEP_CALL(bpf_get_listener_sock) {
  return nothing;
}
SKEP_CALL(bpf_skc_to_tcp_sock) {
  return nothing;
}

// A number for each socket: where it is, which nobody else is while it lives.
SKEP_CALL(bpf_get_socket_cookie) {
  switch (env.program().code().type) {
    case ProgType::socket_filter:
    case ProgType::sched_cls:
    case ProgType::sched_act:
    case ProgType::cgroup_skb:
    case ProgType::sk_skb:
      return CallResult::of(*pointer<const std::uint64_t>(r1 + runtime::layout::skb::sk));
    default:
      return CallResult::of(r1);
  }
}
SKEP_CALL(bpf_get_socket_uid) {
  constexpr std::uint64_t nobody = 65534;
  return CallResult::of(*pointer<const std::uint64_t>(r1 + runtime::layout::skb::sk) != 0 ? 0 : nobody);
}
SKEP_CALL(bpf_sock_ops_cb_flags_set) {
  constexpr std::uint32_t flags_at = 84, known = 0x7f;  // of struct bpf_sock_ops
  *pointer<std::uint32_t>(r1 + flags_at) = u32(r2) & known;
  return CallResult::of(u32(r2) & ~known);
}
SKEP_CALL(bpf_bind) {
  constexpr std::uint16_t inet = 2, inet6 = 10;
  constexpr std::int32_t inet_size = 16, inet6_size = 24;  // as far as the kernel needs them
  const auto family = s32(r3) >= 2 ? *pointer<const std::uint16_t>(r2) : std::uint16_t{0};
  if (family != inet && family != inet6) return CallResult::error(s32(r3) < 2 ? -EINVAL : -EAFNOSUPPORT);
  return CallResult::error(s32(r3) < (family == inet ? inet_size : inet6_size) ? -EINVAL : 0);
}
namespace {
// The connection that the run is about becomes an entry, if the event is one after which it may carry data.
CallResult put_own_socket(std::uint64_t context, maps::Map& map, const void* key, std::uint64_t flags) {
  constexpr std::uint32_t active_established = 4, passive_established = 5, listens = 11;
  constexpr std::uint32_t sk_at = 184;  // in a struct bpf_sock_ops
  const std::uint32_t event = *pointer<const std::uint32_t>(context);
  if (event != active_established && event != passive_established && event != listens)
    return CallResult::error(-EOPNOTSUPP);
  auto socket = std::make_shared<maps::HostSocket>();
  socket->describe(pointer<const std::uint8_t>(context),
                   pointer<const std::uint8_t>(*pointer<const std::uint64_t>(context + sk_at)), event == listens);
  const int error = maps::put_socket(map, key, std::move(socket), flags);
  return CallResult::error(error);
}
}  // namespace

SKEP_CALL(bpf_sock_map_update) {
  return put_own_socket(r1, map_at(r2), pointer<const void>(r3), r4);
}
SKEP_CALL(bpf_sock_hash_update) {
  return put_own_socket(r1, map_at(r2), pointer<const void>(r3), r4);
}

}  // namespace skep::calls::impl
