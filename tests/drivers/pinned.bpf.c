// SPDX-License-Identifier: Apache-2.0
//
// A timer that is pinned to the CPU on which it was started, by a member of a table that says on which CPU it runs.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

enum { pinned = 2, delay_ns = 1000000 };
struct bpf_timer {
	__u64 opaque[2];
} __attribute__((aligned(8)));
struct element {
	struct bpf_timer timer;
};
struct sock {
	int nothing;
} __attribute__((preserve_access_index));
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct element);
} timers SEC(".maps");

__u32 times, seen; /* the callback's runs, and the CPU of the last */

static int on_time(void *map, int *key, struct element *element)
{
	seen = bpf_get_smp_processor_id();
	times++;
	if (times % 3)
		bpf_timer_start((void *)&element->timer, delay_ns, pinned);
	return 0;
}

SEC("struct_ops") __u32 BPF_PROG(start, struct sock *sk)
{
	__u32 zero = 0;
	struct element *element = bpf_map_lookup_elem(&timers, &zero);

	if (element) {
		bpf_timer_init((void *)&element->timer, &timers, 1 /* CLOCK_MONOTONIC */);
		bpf_timer_set_callback((void *)&element->timer, on_time);
		bpf_timer_start((void *)&element->timer, delay_ns, pinned);
	}
	return bpf_get_smp_processor_id();
}
SEC("struct_ops") void BPF_PROG(grow, struct sock *sk, __u32 ack, __u32 acked)
{
}
SEC("struct_ops") __u32 BPF_PROG(undo, struct sock *sk)
{
	return 2;
}

struct tcp_congestion_ops {
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*ssthresh)(struct sock *sk);
	__u32 (*undo_cwnd)(struct sock *sk);
	char name[16];
};
SEC(".struct_ops") struct tcp_congestion_ops pins = {
	.cong_avoid = (void *)grow,
	.ssthresh = (void *)start,
	.undo_cwnd = (void *)undo,
	.name = "pins",
};
