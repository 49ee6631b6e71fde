// What network stacks and devices know and there is nothing of here: tracked connections, encrypted ones, metadata of
// network cards, sockets of the kernel's own. Calls check what the kernel checks and answer as it does where it finds
// nothing. Tested by tests/kernel/world_test.cpp.
#include <utility>

#include "calls/impl/kernel_fields.hpp"
#include "calls/impl/objects.hpp"
#include "calls/impl/support.hpp"
#include "maps/sockets.hpp"
#include "runtime/program.hpp"

namespace skep::calls::impl {
namespace {

// struct bpf_ct_opts
struct TrackOptions {
  std::int32_t namespace_id, error;
  std::uint8_t protocol, direction;
  std::uint16_t zone;
  std::uint8_t zone_direction, reserved[3];
};
constexpr std::uint32_t short_options = 12, long_options = 16;
static_assert(sizeof(TrackOptions) == long_options);
constexpr std::uint8_t tcp = 6, udp = 17;

int complaint(std::uint64_t tuple, std::uint32_t tuple_size, const TrackOptions& options, std::uint32_t size) {
  constexpr std::uint32_t inet_tuple = 12, inet6_tuple = 36;
  constexpr std::int32_t current_namespace = -1;
  if (tuple == 0 || (size != short_options && size != long_options)) return -EINVAL;
  if (size == long_options && (options.reserved[0] | options.reserved[1] | options.reserved[2]) != 0) return -EINVAL;
  if (options.namespace_id < current_namespace) return -EINVAL;
  if (options.protocol != tcp && options.protocol != udp) return -EPROTO;
  if (tuple_size != inet_tuple && tuple_size != inet6_tuple) return -EAFNOSUPPORT;
  return options.namespace_id >= 0 ? -ENONET : 0;
}

CallResult none(std::uint64_t tuple, std::uint64_t tuple_size, std::uint64_t at, std::uint64_t size, int otherwise) {
  if (at == 0) return CallResult::of(0);
  auto& options = *pointer<TrackOptions>(at);
  if (u32(size) < offsetof(TrackOptions, error) + sizeof options.error) return CallResult::of(0);
  const int error = complaint(tuple, u32(tuple_size), options, u32(size));
  options.error = error != 0 ? error : otherwise;
  return CallResult::of(0);
}

}  // namespace

// ---- connections: none is tracked, and none can be entered
SKEP_CALL(bpf_skb_ct_lookup) {
  return none(r2, r3, r4, r5, -ENOENT);
}
SKEP_CALL(bpf_xdp_ct_lookup) {
  return none(r2, r3, r4, r5, -ENOENT);
}
SKEP_CALL(bpf_skb_ct_alloc) {
  return none(r2, r3, r4, r5, -ENOMEM);
}
SKEP_CALL(bpf_xdp_ct_alloc) {
  return none(r2, r3, r4, r5, -ENOMEM);
}
SKEP_CALL(bpf_ct_insert_entry) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_ct_release) {
  object_given_up(env, r1);
  return CallResult::of(0);
}
SKEP_CALL(bpf_ct_set_nat_info) {
  return CallResult::error(-EINVAL);
}
SKEP_CALL(bpf_ct_set_status) {
  return CallResult::error(-EINVAL);
}
SKEP_CALL(bpf_ct_change_status) {
  return CallResult::error(-EINVAL);
}
SKEP_CALL(bpf_ct_set_timeout) {
  return CallResult::of(0);
}
SKEP_CALL(bpf_ct_change_timeout) {
  return CallResult::error(-EINVAL);
}

// ---- encrypted ones
SKEP_CALL(bpf_xdp_get_xfrm_state) {
  constexpr std::uint32_t whole = 36;
  constexpr std::int32_t current_namespace = -1;
  struct Options {
    std::int32_t error, namespace_id;
  };
  if (r2 == 0 || u32(r3) < sizeof(std::int32_t)) return CallResult::of(0);
  auto& options = *pointer<Options>(r2);
  if (u32(r3) != whole || options.namespace_id < current_namespace)
    options.error = -EINVAL;
  else
    options.error = options.namespace_id >= 0 ? -ENONET : -ENOENT;
  return CallResult::of(0);
}
SKEP_CALL(bpf_xdp_xfrm_state_release) {
  return CallResult::of(0);
}

// ---- what a network card says of a packet
SKEP_CALL(bpf_xdp_metadata_rx_hash) {
  return CallResult::error(-EOPNOTSUPP);
}
SKEP_CALL(bpf_xdp_metadata_rx_timestamp) {
  return CallResult::error(-EOPNOTSUPP);
}
SKEP_CALL(bpf_xdp_metadata_rx_vlan_tag) {
  return CallResult::error(-EOPNOTSUPP);
}

// ---- sockets
SKEP_CALL(bpf_ksock_create) {
  struct Options {
    std::uint8_t family, type, protocol, reserved;
  };
  constexpr std::uint8_t inet = 2, inet6 = 10, datagrams = 2;
  const auto& options = *pointer<const Options>(r1);
  auto& error = *pointer<std::int32_t>(r3);
  if (u32(r2) != sizeof options || options.reserved != 0)
    error = -EINVAL;
  else if ((options.family == inet || options.family == inet6) && options.type != datagrams)
    error = -EPROTONOSUPPORT;
  else
    error = -EAFNOSUPPORT;
  return CallResult::of(0);
}
SKEP_CALL(bpf_icmp_send) {
  return CallResult::error(-ENETUNREACH);  // the packet has no route
}
SKEP_CALL(bpf_ksock_acquire) {
  return CallResult::of(r1);
}
SKEP_CALL(bpf_ksock_release) {
  object_given_up(env, r1);
  return CallResult::of(0);
}
SKEP_CALL(bpf_ksock_connect) {
  return CallResult::error(-ENETUNREACH);
}
SKEP_CALL(bpf_ksock_send) {
  return CallResult::error(-ENOTCONN);
}
SKEP_CALL(bpf_sock_addr_set_sun_path) {
  constexpr std::uint64_t of_paths = 1;
  constexpr std::uint32_t path_at = 2, longest_path = 108;
  constexpr std::string_view type = "bpf_sock_addr_kern";
  if (read_field(env, read_field(env, r1, type, {"sk"}), "sock", {"__sk_common", "skc_family"}) != of_paths ||
      u32(r3) == 0 || u32(r3) > longest_path)
    return CallResult::error(-EINVAL);
  const std::uint64_t to = read_field(env, r1, type, {"uaddr"});
  if (const int error = env.services().write_memory(to + path_at, pointer<const void>(r2), u32(r3)); error != 0)
    return CallResult::error(error);
  write_field(env, r1, type, {"uaddrlen"}, path_at + u32(r3));
  return CallResult::of(0);
}
SKEP_CALL(bpf_sock_destroy) {
  return CallResult::error(-EOPNOTSUPP);
}
SKEP_CALL(bpf_sock_ops_enable_tx_tstamp) {
  return CallResult::error(r2 != 0 ? -EINVAL : -EOPNOTSUPP);
}
SKEP_CALL(bpf_sk_assign_tcp_reqsk) {
  return CallResult::error(-EINVAL);
}
namespace {
// The socket that gets what comes in: one of a map, for programs of this type have no others. In the context programs
// see it as a pointer, and who runs them as its cookie.
CallResult select_socket(std::uint64_t context, std::uint64_t wanted, std::uint64_t flags) {
  constexpr std::uint64_t replace = 1, no_reuseport = 2;
  constexpr std::uint32_t selected_at = 0, family_at = 8, protocol_at = 12;
  if ((flags & ~(replace | no_reuseport)) != 0) return CallResult::error(-EINVAL);
  const auto* const socket = pointer<const maps::HostSocket>(wanted);
  if (socket != nullptr && !socket->may_be_selected()) return CallResult::error(-ESOCKTNOSUPPORT);
  auto* const cookie = pointer<std::uint64_t>(context + selected_at);
  if (socket != nullptr && *cookie != 0 && (flags & replace) == 0) return CallResult::error(-EEXIST);
  if (socket != nullptr && socket->protocol() != *pointer<std::uint32_t>(context + protocol_at))
    return CallResult::error(-EPROTOTYPE);
  if (socket != nullptr && socket->family() != *pointer<std::uint32_t>(context + family_at))
    return CallResult::error(-EAFNOSUPPORT);
  *cookie = socket != nullptr ? socket->cookie : 0;
  runtime::Context::set_pointer(pointer<void>(context), selected_at, wanted);
  return CallResult::of(0);
}
}  // namespace

// To a packet none is assigned: that of a test run has not come in on a device.
SKEP_CALL(bpf_sk_assign) {
  if (env.program().code().type == ProgType::sk_lookup) return select_socket(r1, r2, r3);
  if (r2 == 0 || r3 != 0) return CallResult::error(-EINVAL);
  return CallResult::error(-EOPNOTSUPP);
}

// ---- packets as the kernel's own objects
SKEP_CALL(bpf_skb_get_hash) {
  return CallResult::of(read_field(env, r1, "sk_buff", {"hash"}));
}
SKEP_CALL(bpf_kfree_skb) {
  object_given_up(env, r1);
  return CallResult::of(0);
}
SKEP_CALL(bpf_qdisc_skb_drop) {
  object_given_up(env, r1);
  return CallResult::of(0);
}
// … of a packet that was described, for programs that look on.
SKEP_CALL(bpf_xdp_get_buff_len_of_buff) {
  const std::uint64_t begin = read_field(env, r1, "xdp_buff", {"data"});
  const std::uint64_t end = read_field(env, r1, "xdp_buff", {"data_end"});
  return CallResult::of(end > begin ? end - begin : 0);
}

// ---- queueing disciplines
SKEP_CALL(bpf_qdisc_bstats_update) {
  const std::uint64_t length = read_field(env, r2, "sk_buff", {"len"});
  for (const auto& [field, more] : {std::pair<std::string_view, std::uint64_t>("bytes", length), {"packets", 1}})
    write_field(env, r1, "Qdisc", {"bstats", field}, read_field(env, r1, "Qdisc", {"bstats", field}) + more);
  return CallResult::of(0);
}
// Nobody but the host asks a discipline.
SKEP_CALL(bpf_qdisc_without_effect) {
  return CallResult::of(0);
}

}  // namespace skep::calls::impl
