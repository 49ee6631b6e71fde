// Helpers whose arguments depend on the program type.
//
// The entry in the table of its theme is the one that most types see; the program types named here see these. Read off
// the reference kernel by offering every kind of argument to every helper in every type. Tested by
// tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/observation.cpp
CallFunction bpf_get_cgroup_classid;
// impl/sockets.cpp
CallFunction bpf_get_socket_cookie;
// impl/occasion.cpp
CallFunction bpf_setsockopt, bpf_getsockopt;
// impl/tasks.cpp
CallFunction bpf_sk_storage_get, bpf_sk_storage_delete;
// impl/connections.cpp
CallFunction bpf_sk_assign, bpf_xdp_get_buff_len_of_buff;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr ProgTypes packet_path = bit(ProgType::sched_cls) | bit(ProgType::sched_act) | bit(ProgType::lwt_in) |
                                  bit(ProgType::lwt_out) | bit(ProgType::lwt_xmit) | bit(ProgType::lwt_seg6local);

constexpr Variant table[] = {
    {.prog_types = ~packet_path,
     .helper =
         Helper{
             .id = 17,
             .name = "bpf_get_cgroup_classid",
             .ret = RetKind::integer,
             .since = {4, 3},
             .fn = impl::bpf_get_cgroup_classid,
             .signature = "u32 bpf_get_cgroup_classid(struct sk_buff *skb)",
             .doc = {.summary = "Gives the network class of the packet's or the current cgroup."},
         }},
    {.prog_types = bit(ProgType::lsm) | bit(ProgType::sk_reuseport) | bit(ProgType::syscall) | bit(ProgType::tracing),
     .helper =
         Helper{
             .id = 46,
             .name = "bpf_get_socket_cookie",
             .ret = RetKind::integer,
             .args = {{{.kind = ArgKind::btf_id_sock_common, .flags = arg_flag::maybe_null}}},
             .since = {4, 12},
             .fn = impl::bpf_get_socket_cookie,
             .signature = "u64 bpf_get_socket_cookie(void *ctx)",
             .doc = {.summary = "Gives a number for the life of a socket."},
         }},
    {.prog_types =
         bit(ProgType::cgroup_sockopt) | bit(ProgType::lsm) | bit(ProgType::struct_ops) | bit(ProgType::tracing),
     .helper =
         Helper{
             .id = 49,
             .name = "bpf_setsockopt",
             .ret = RetKind::integer,
             .args = {{{.kind = ArgKind::btf_id_sock_common},
                       {.kind = ArgKind::anything},
                       {.kind = ArgKind::anything},
                       {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                       {.kind = ArgKind::const_size}}},
             .since = {4, 13},
             .fn = impl::bpf_setsockopt,
             .signature = "long bpf_setsockopt(void *bpf_socket, int level, int optname, void *optval, int optlen)",
             .doc = {.summary = "Sets a socket option."},
         }},
    {.prog_types =
         bit(ProgType::cgroup_sockopt) | bit(ProgType::lsm) | bit(ProgType::struct_ops) | bit(ProgType::tracing),
     .helper =
         Helper{
             .id = 57,
             .name = "bpf_getsockopt",
             .ret = RetKind::integer,
             .args = {{{.kind = ArgKind::btf_id_sock_common},
                       {.kind = ArgKind::anything},
                       {.kind = ArgKind::anything},
                       {.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                       {.kind = ArgKind::const_size}}},
             .since = {4, 15},
             .fn = impl::bpf_getsockopt,
             .signature = "long bpf_getsockopt(void *bpf_socket, int level, int optname, void *optval, int optlen)",
             .doc = {.summary = "Reads a socket option."},
         }},
    {.prog_types = bit(ProgType::cgroup_sock),
     .helper =
         Helper{
             .id = 107,
             .name = "bpf_sk_storage_get",
             .ret = RetKind::map_value,
             .ret_flags = ret_flag::maybe_null,
             .args = {{{.kind = ArgKind::const_map},
                       {.kind = ArgKind::ctx},
                       {.kind = ArgKind::map_value, .flags = arg_flag::maybe_null},
                       {.kind = ArgKind::anything}}},
             .map_use = maps::map_use::of_socket,
             .special = Special::other_map_call,
             .since = {5, 2},
             .fn = impl::bpf_sk_storage_get,
             .signature = "void *bpf_sk_storage_get(void *map, void *sk, void *value, u64 flags)",
             .doc = {.summary = "Gives the storage of a socket, making it if asked."},
         }},
    {.prog_types = bit(ProgType::tracing),
     .helper =
         Helper{
             .id = 107,
             .name = "bpf_sk_storage_get",
             .ret = RetKind::map_value,
             .ret_flags = ret_flag::maybe_null,
             .args = {{{.kind = ArgKind::const_map},
                       {.kind = ArgKind::btf_id, .flags = arg_flag::maybe_null, .btf_type = "sock_common"},
                       {.kind = ArgKind::map_value, .flags = arg_flag::maybe_null},
                       {.kind = ArgKind::anything}}},
             .map_use = maps::map_use::of_socket,
             .special = Special::other_map_call,
             .since = {5, 2},
             .fn = impl::bpf_sk_storage_get,
             .signature = "void *bpf_sk_storage_get(void *map, void *sk, void *value, u64 flags)",
             .doc = {.summary = "Gives the storage of a socket, making it if asked."},
         }},
    {.prog_types = bit(ProgType::tracing),
     .helper =
         Helper{
             .id = 108,
             .name = "bpf_sk_storage_delete",
             .ret = RetKind::integer,
             .args = {{{.kind = ArgKind::const_map},
                       {.kind = ArgKind::btf_id, .flags = arg_flag::maybe_null, .btf_type = "sock_common"}}},
             .map_use = maps::map_use::of_socket,
             .special = Special::other_map_call,
             .since = {5, 2},
             .fn = impl::bpf_sk_storage_delete,
             .signature = "long bpf_sk_storage_delete(void *map, void *sk)",
             .doc = {.summary = "Deletes the storage of a socket."},
         }},
    {.prog_types = bit(ProgType::sk_lookup),
     .helper =
         Helper{
             .id = 124,
             .name = "bpf_sk_assign",
             .ret = RetKind::integer,
             .args = {{{.kind = ArgKind::ctx},
                       {.kind = ArgKind::socket, .flags = arg_flag::maybe_null},
                       {.kind = ArgKind::anything}}},
             .since = {5, 7},
             .fn = impl::bpf_sk_assign,
             .signature = "long bpf_sk_assign(void *ctx, void *sk, u64 flags)",
             .doc = {.summary = "Says which socket receives the packet."},
         }},
    {.prog_types = ~bit(ProgType::xdp),
     .helper =
         Helper{
             .id = 188,
             .name = "bpf_xdp_get_buff_len",
             .ret = RetKind::integer,
             .args = {{{.kind = ArgKind::btf_id, .btf_type = "xdp_buff"}}},
             .since = {5, 18},
             .fn = impl::bpf_xdp_get_buff_len_of_buff,
             .signature = "u64 bpf_xdp_get_buff_len(struct xdp_md *xdp_md)",
             .doc = {.summary = "Gives the frame's length, fragments included."},
         }},
};

}  // namespace

std::span<const Variant> variants() {
  return table;
}

}  // namespace skep::calls::helper_tables
