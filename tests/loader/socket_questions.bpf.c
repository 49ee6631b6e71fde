// SPDX-License-Identifier: Apache-2.0
//
// A program that looks at a socket of a map, for ../conformance/socket_rows.c, and others that redirect by one, select
// one or put one in: of sk_skb, sk_msg, XDP, sk_reuseport and sock_ops.
#include "vmlinux.h"

struct bpf_sk_lookup {
	__u64 cookie;
	__u32 family, protocol, remote_ip4, remote_ip6[4];
	__be16 remote_port;
	__u32 local_ip4, local_ip6[4], local_port, ingress_ifindex;
};
struct bpf_sock {
	__u32 bound_dev_if, family, type, protocol, mark, priority, src_ip4, src_ip6[4], src_port;
	__be16 dst_port;
	__u32 dst_ip4, dst_ip6[4], state;
	int rx_queue_mapping;
};
struct bpf_xdp_sock {
	__u32 queue_id;
};
struct bpf_sock_ops {
	__u32 op;
};
#include <bpf/bpf_helpers.h>

enum { sockmap = 15, xskmap = 17, sockhash = 18, reuseport_sockarray = 20 };
char _license[] SEC("license") = "GPL";

struct {
	__uint(type, sockmap);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 8);
} by_index SEC(".maps");
struct {
	__uint(type, sockhash);
	__uint(max_entries, 4);
	__uint(key_size, 8);
	__uint(value_size, 8);
} by_key SEC(".maps");
struct {
	__uint(type, reuseport_sockarray);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 8);
} group SEC(".maps");
struct {
	__uint(type, xskmap);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
} xdp_sockets SEC(".maps");

struct {
	__u32 key, keyed, found; // the first two are user space's
	__u32 family, type, protocol, src_ip4, src_port, dst_ip4, dst_port, state;
	long assigned, again, replaced;
} seen SEC(".data.seen");

static __always_inline void note(struct bpf_sock *sk)
{
	seen.found = 0;
	if (!sk)
		return;
	seen.found = 1;
	seen.family = sk->family;
	seen.type = sk->type;
	seen.protocol = sk->protocol;
	seen.src_ip4 = sk->src_ip4;
	seen.src_port = sk->src_port;
	seen.dst_ip4 = sk->dst_ip4;
	seen.dst_port = sk->dst_port;
	seen.state = sk->state;
	bpf_sk_release(sk);
}

SEC("tc") int looks(struct __sk_buff *skb)
{
	__u32 index = seen.key;
	__u64 key = seen.key;

	if (seen.keyed)
		note(bpf_map_lookup_elem(&by_key, &key));
	else
		note(bpf_map_lookup_elem(&by_index, &index));
	return 0;
}
SEC("sk_lookup") int assigns(struct bpf_sk_lookup *ctx)
{
	__u32 index = seen.key;
	struct bpf_sock *sk = bpf_map_lookup_elem(&by_index, &index);

	seen.found = sk != 0;
	seen.assigned = bpf_sk_assign(ctx, sk, seen.keyed);
	seen.again = bpf_sk_assign(ctx, sk, 0);
	seen.replaced = bpf_sk_assign(ctx, sk, 1);
	if (sk)
		bpf_sk_release(sk);
	return 1;
}
SEC("sk_skb/stream_verdict") int skb_redirects(struct __sk_buff *skb)
{
	__u64 key = 2;

	return seen.keyed ? bpf_sk_redirect_hash(skb, &by_key, &key, seen.key)
			  : bpf_sk_redirect_map(skb, &by_index, 2, seen.key);
}
SEC("sk_msg") int message_redirects(struct sk_msg_md *msg)
{
	__u64 key = 2;

	return seen.keyed ? bpf_msg_redirect_hash(msg, &by_key, &key, seen.key)
			  : bpf_msg_redirect_map(msg, &by_index, 2, seen.key);
}
SEC("xdp") int frame_redirects(struct xdp_md *frame)
{
	__u32 index = 0;
	struct bpf_xdp_sock *socket = bpf_map_lookup_elem(&xdp_sockets, &index);

	if (socket && socket->queue_id)
		return 0;
	return bpf_redirect_map(&xdp_sockets, 0, 2);
}
SEC("sk_reuseport") int selects(struct sk_reuseport_md *ctx)
{
	__u32 index = seen.key;
	__u64 key = seen.key;

	if (seen.keyed == 0)
		seen.assigned = bpf_sk_select_reuseport(ctx, &group, &index, 0);
	else if (seen.keyed == 1)
		seen.assigned = bpf_sk_select_reuseport(ctx, &by_index, &index, 0);
	else
		seen.assigned = bpf_sk_select_reuseport(ctx, &by_key, &key, 0);
	return 1;
}
SEC("sockops") int puts_in(struct bpf_sock_ops *ctx)
{
	__u32 index = seen.key;
	__u64 key = seen.key;

	seen.found = ctx->op;
	seen.assigned = bpf_sock_map_update(ctx, &by_index, &index, seen.keyed);
	seen.again = bpf_sock_hash_update(ctx, &by_key, &key, seen.keyed);
	return 1;
}
