// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
//
// Members of the one table of operations that the kernel test-runs, for ../conformance/dummy_rows.c; and one of another.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

struct bpf_dummy_ops_state {
	int val;
} __attribute__((preserve_access_index));
struct bpf_dummy_ops {
	int (*test_1)(struct bpf_dummy_ops_state *cb);
	int (*test_2)(struct bpf_dummy_ops_state *cb, int a1, unsigned short a2, char a3, unsigned long a4);
	int (*test_sleepable)(struct bpf_dummy_ops_state *cb);
};
struct sock;
struct tcp_congestion_ops {
	unsigned int (*undo_cwnd)(struct sock *sk);
	unsigned int (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, unsigned int ack, unsigned int acked);
	char name[16];
};

__u64 seen[5];

SEC("struct_ops/test_1") int test_1(__u64 *ctx)
{
	struct bpf_dummy_ops_state *state = (void *)ctx[0];
	int val;

	if (!state)
		return 1234;
	val = state->val;
	state->val = val + 1;
	return val;
}
SEC("struct_ops/test_2") int test_2(__u64 *ctx)
{
	struct bpf_dummy_ops_state *state = (void *)ctx[0];

	seen[0] = state->val;
	seen[1] = ctx[1];
	seen[2] = ctx[2];
	seen[3] = ctx[3];
	seen[4] = ctx[4];
	state->val = -1;
	return -5;
}
SEC("struct_ops.s/test_sleepable") int test_sleepable(__u64 *ctx)
{
	struct bpf_dummy_ops_state *state = (void *)ctx[0];

	return state->val * 2;
}
SEC("struct_ops/undo_cwnd") unsigned int undo(__u64 *ctx)
{
	return 7;
}
SEC("struct_ops/ssthresh") unsigned int threshold(__u64 *ctx)
{
	return 7;
}
SEC("struct_ops/cong_avoid") int avoid(__u64 *ctx)
{
	return 0;
}

SEC(".struct_ops") struct bpf_dummy_ops dummy = {
	.test_1 = (void *)test_1,
	.test_2 = (void *)test_2,
	.test_sleepable = (void *)test_sleepable,
};
SEC(".struct_ops") struct tcp_congestion_ops congestion = {
	.undo_cwnd = (void *)undo,
	.ssthresh = (void *)threshold,
	.cong_avoid = (void *)avoid,
	.name = "asked",
};
