// Packets and sockets.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/connections.cpp
CallFunction bpf_sock_addr_set_sun_path;
// impl/connections.cpp
CallFunction bpf_kfree_skb, bpf_ksock_acquire, bpf_ksock_connect, bpf_ksock_create, bpf_ksock_release, bpf_ksock_send,
    bpf_sk_assign_tcp_reqsk, bpf_skb_get_hash, bpf_sock_destroy, bpf_sock_ops_enable_tx_tstamp, bpf_xdp_get_xfrm_state,
    bpf_xdp_metadata_rx_hash, bpf_xdp_metadata_rx_timestamp, bpf_xdp_metadata_rx_vlan_tag, bpf_xdp_xfrm_state_release;
// impl/xdp.cpp
CallFunction bpf_xdp_pull_data;
// impl/files.cpp
CallFunction bpf_sock_read_xattr;
// impl/connections.cpp
CallFunction bpf_icmp_send;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

constexpr AttachType iterator_attach[] = {AttachType::trace_iter};

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "bpf_icmp_send",
        .prog_types = cgroup_hooks,
        .prototype = "int bpf_icmp_send(struct __sk_buff *skb_ctx, int type, int code)",
        .fn = impl::bpf_icmp_send,
        .doc = {.summary = "Sends an ICMP message about a packet.",
                .details = "No packet has a route here: -ENETUNREACH."},
    },
    Kfunc{
        .name = "bpf_kfree_skb",
        .flags = call_flag::release,
        .prog_types = 0,
        .prototype = "void bpf_kfree_skb(struct sk_buff *skb)",
        .fn = impl::bpf_kfree_skb,
        .doc = {.summary = "Frees a packet."},
        .struct_ops = "tcp_congestion_ops.get_info Qdisc_ops sched_ext_ops.sub_caps_updated "
                      "sched_ext_ops.sub_ecaps_updated sched_ext_ops_cid.set_cmask sched_ext_ops_cid.sub_caps_updated",
        .destroys = {"sk_buff"},
    },
    Kfunc{
        .name = "bpf_ksock_acquire",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::rcu,
        .prog_types = bit(ProgType::lsm) | bit(ProgType::syscall),
        .prototype = "struct bpf_ksock *bpf_ksock_acquire(struct bpf_ksock *ks)",
        .fn = impl::bpf_ksock_acquire,
        .doc = {.summary = "Takes one more reference to a socket of the kernel's."},
        .not_at = "bpf_lsm_socket_sendmsg",
    },
    Kfunc{
        .name = "bpf_ksock_connect",
        .flags = call_flag::sleepable,
        .prog_types = bit(ProgType::syscall),
        .prototype = "int bpf_ksock_connect(struct bpf_ksock *ks, const union bpf_ksock_addr *addr, u32 addr__sz)",
        .fn = impl::bpf_ksock_connect,
        .doc = {.summary = "Connects a socket of the kernel's.", .details = "No program gets one here; -ENETUNREACH."},
    },
    Kfunc{
        .name = "bpf_ksock_create",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::sleepable,
        .prog_types = bit(ProgType::syscall),
        .prototype = "struct bpf_ksock *bpf_ksock_create(const struct bpf_ksock_create_opts *opts, u32 opts__sz, int "
                     "*err__uninit)",
        .fn = impl::bpf_ksock_create,
        .doc = {.summary = "Makes a socket of the kernel's.",
                .details = "There is no network to have one in here: NULL, and `*err` is -EAFNOSUPPORT."},
    },
    Kfunc{
        .name = "bpf_ksock_release",
        .flags = call_flag::release,
        .prog_types = bit(ProgType::lsm) | bit(ProgType::syscall),
        .prototype = "void bpf_ksock_release(struct bpf_ksock *ks)",
        .fn = impl::bpf_ksock_release,
        .doc = {.summary = "Gives up a reference to a socket of the kernel's."},
        .not_at = "bpf_lsm_socket_sendmsg",
        .destroys = {"bpf_ksock"},
    },
    Kfunc{
        .name = "bpf_ksock_send",
        .flags = call_flag::sleepable,
        .prog_types = bit(ProgType::lsm) | bit(ProgType::syscall),
        .prototype = "int bpf_ksock_send(struct bpf_ksock *ks, const void *data, u32 data__sz)",
        .fn = impl::bpf_ksock_send,
        .doc = {.summary = "Sends data by a socket of the kernel's.",
                .details = "No program gets one here; -ENOTCONN."},
        .not_at = "bpf_lsm_socket_sendmsg",
    },
    Kfunc{
        .name = "bpf_sk_assign_tcp_reqsk",
        .prog_types = bit(ProgType::sched_cls),
        .prototype = "int bpf_sk_assign_tcp_reqsk(struct __sk_buff *s, struct sock *sk, struct bpf_tcp_req_attrs "
                     "*attrs, int attrs__sz)",
        .since = {6, 9},
        .fn = impl::bpf_sk_assign_tcp_reqsk,
        .doc = {.summary = "Has a connection made of a packet whose SYN cookie was checked.",
                .details = "There are no listening sockets here; -EINVAL."},
        .struct_ops = "tcp_congestion_ops.get_info Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
                      "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
                      "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
                      "Qdisc_ops.egress_block_get sched_ext_ops.sub_caps_updated sched_ext_ops.sub_ecaps_updated "
                      "sched_ext_ops_cid.set_cmask sched_ext_ops_cid.sub_caps_updated",
    },
    Kfunc{
        .name = "bpf_skb_get_hash",
        .prog_types = 0,
        .prototype = "u32 bpf_skb_get_hash(struct sk_buff *skb)",
        .fn = impl::bpf_skb_get_hash,
        .doc = {.summary = "Gives the hash of a packet."},
        .struct_ops = "tcp_congestion_ops.get_info Qdisc_ops sched_ext_ops.sub_caps_updated "
                      "sched_ext_ops.sub_ecaps_updated sched_ext_ops_cid.set_cmask sched_ext_ops_cid.sub_caps_updated",
    },
    Kfunc{
        .name = "bpf_sock_addr_set_sun_path",
        .prog_types = cgroup_hooks,
        .prototype =
            "int bpf_sock_addr_set_sun_path(struct bpf_sock_addr_kern *sa_kern, const u8 *sun_path, u32 sun_path__sz)",
        .since = {6, 7},
        .fn = impl::bpf_sock_addr_set_sun_path,
        .doc = {.summary = "Changes the path of a Unix socket's address.",
                .details = "-EINVAL: the socket is not of the family AF_UNIX (the context says user_family 1), or the "
                           "path is empty or longer than 108 bytes."},
    },
    Kfunc{
        .name = "bpf_sock_destroy",
        .prog_types = bit(ProgType::tracing),
        .prototype = "int bpf_sock_destroy(struct sock_common *sock)",
        .since = {6, 5},
        .fn = impl::bpf_sock_destroy,
        .doc = {.summary = "Aborts a socket's connection.",
                .details = "The sockets of descriptions cannot be: -EOPNOTSUPP."},
        .attach_types = iterator_attach,
    },
    Kfunc{
        .name = "bpf_sock_ops_enable_tx_tstamp",
        .prog_types = cgroup_hooks,
        .prototype = "int bpf_sock_ops_enable_tx_tstamp(struct bpf_sock_ops_kern *skops, u64 flags)",
        .fn = impl::bpf_sock_ops_enable_tx_tstamp,
        .doc = {.summary = "Asks to be told when a packet was sent.",
                .details = "No packet is sent here: -EOPNOTSUPP, and -EINVAL for unknown flags."},
    },
    Kfunc{
        .name = "bpf_sock_read_xattr",
        .prog_types = bit(ProgType::lsm),
        .prototype = "int bpf_sock_read_xattr(struct socket *sock, const char *name__str, struct bpf_dynptr *value_p)",
        .fn = impl::bpf_sock_read_xattr,
        .doc = {.summary = "Reads an extended attribute of a socket.",
                .details = "Sockets have none here: -ENODATA, and -EPERM for a name that does not begin with "
                           "`user.`."},
    },
    Kfunc{
        .name = "bpf_xdp_get_xfrm_state",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = bit(ProgType::xdp),
        .prototype = "struct xfrm_state *bpf_xdp_get_xfrm_state(struct xdp_md *ctx, struct bpf_xfrm_state_opts *opts, "
                     "u32 opts__sz)",
        .since = {6, 8},
        .fn = impl::bpf_xdp_get_xfrm_state,
        .doc = {.summary = "Finds the state of an encrypted connection.",
                .details = "There is none here: NULL, and `error` of the options is -ENOENT (-EINVAL for "
                           "wrong options)."},
    },
    Kfunc{
        .name = "bpf_xdp_metadata_rx_hash",
        .flags = call_flag::needs_device,
        .prog_types = everyone,
        .prototype =
            "int bpf_xdp_metadata_rx_hash(const struct xdp_md *ctx, u32 *hash, enum xdp_rss_hash_type *rss_type)",
        .since = {6, 3},
        .fn = impl::bpf_xdp_metadata_rx_hash,
        .doc = {.summary = "Gives the hash that the device has computed of a packet.",
                .details = "The device of a test run computes none: -EOPNOTSUPP."},
    },
    Kfunc{
        .name = "bpf_xdp_metadata_rx_timestamp",
        .flags = call_flag::needs_device,
        .prog_types = everyone,
        .prototype = "int bpf_xdp_metadata_rx_timestamp(const struct xdp_md *ctx, u64 *timestamp)",
        .since = {6, 3},
        .fn = impl::bpf_xdp_metadata_rx_timestamp,
        .doc = {.summary = "Gives the time at which the device has received a packet.",
                .details = "The device of a test run notes none: -EOPNOTSUPP."},
    },
    Kfunc{
        .name = "bpf_xdp_metadata_rx_vlan_tag",
        .flags = call_flag::needs_device,
        .prog_types = everyone,
        .prototype = "int bpf_xdp_metadata_rx_vlan_tag(const struct xdp_md *ctx, __be16 *vlan_proto, u16 *vlan_tci)",
        .since = {6, 8},
        .fn = impl::bpf_xdp_metadata_rx_vlan_tag,
        .doc = {.summary = "Gives the VLAN tag that the device has taken off a packet.",
                .details = "The device of a test run takes none off: -EOPNOTSUPP."},
    },
    Kfunc{
        .name = "bpf_xdp_pull_data",
        .flags = call_flag::changes_packet,
        .prog_types = bit(ProgType::xdp),
        .prototype = "int bpf_xdp_pull_data(struct xdp_md *x, u32 len)",
        .fn = impl::bpf_xdp_pull_data,
        .doc = {.summary = "Makes the first bytes of a packet accessible; -EINVAL where the packet is shorter."},
    },
    Kfunc{
        .name = "bpf_xdp_xfrm_state_release",
        .flags = call_flag::release,
        .prog_types = bit(ProgType::xdp),
        .prototype = "void bpf_xdp_xfrm_state_release(struct xfrm_state *x)",
        .since = {6, 8},
        .fn = impl::bpf_xdp_xfrm_state_release,
        .doc = {.summary = "Gives up the state of an encrypted connection."},
    },
};

}  // namespace

std::span<const Kfunc> net_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
