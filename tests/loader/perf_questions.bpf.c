// SPDX-License-Identifier: Apache-2.0
//
// Programs that send what they are told to a perf event array, for ../conformance/perf_rows.c and perf_rows_test.cpp.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

enum { perf_event_array = 4 };
char _license[] SEC("license") = "GPL";

struct {
	__uint(type, perf_event_array);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 4);
} events SEC(".maps");

struct {
	__u64 flags, size;
	long answer;
	__u64 value[3];
} asked SEC(".data.asked");
__u8 bytes[1 << 17] = { 1 };

static __always_inline int send(void *ctx)
{
	__u64 size = asked.size;
	if (size > sizeof(bytes))
		return 1;
	asked.answer = bpf_perf_event_output(ctx, &events, asked.flags, bytes, size);
	return 0;
}

SEC("raw_tp/sys_enter") int from_tracepoint(void *ctx)
{
	return send(ctx);
}
SEC("tc") int from_tc(struct __sk_buff *ctx)
{
	return send(ctx);
}
SEC("xdp") int from_xdp(struct xdp_md *ctx)
{
	return send(ctx);
}
SEC("raw_tp/sys_enter") int reads(void *ctx)
{
	asked.answer = bpf_perf_event_read(&events, asked.flags);
	return 0;
}
SEC("raw_tp/sys_enter") int reads_value(void *ctx)
{
	asked.answer = bpf_perf_event_read_value(&events, asked.flags, (void *)asked.value, sizeof(asked.value));
	return 0;
}
struct sk_buff;
SEC("?tp_btf/kfree_skb") int BPF_PROG(from_skb, struct sk_buff *skb)
{
	__u64 size = asked.size;
	if (size > sizeof(bytes))
		return 0;
	asked.answer = bpf_skb_output(skb, &events, asked.flags, bytes, size);
	return 0;
}
struct net_device;
struct xdp_buff;
SEC("?fentry/xdp_do_redirect") int BPF_PROG(from_frame, struct net_device *dev, struct xdp_buff *xdp)
{
	__u64 size = asked.size;
	if (size > sizeof(bytes))
		return 0;
	asked.answer = bpf_xdp_output(xdp, &events, asked.flags, bytes, size);
	return 0;
}
