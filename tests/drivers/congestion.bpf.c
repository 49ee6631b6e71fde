// SPDX-License-Identifier: Apache-2.0
//
// A TCP congestion control: slow start and additive increase as everybody has them, and a cut by a quarter on loss.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

struct sock {
	int nothing;
} __attribute__((preserve_access_index));
struct tcp_sock {
	__u32 snd_cwnd, snd_ssthresh;
} __attribute__((preserve_access_index));
extern __u32 tcp_slow_start(struct tcp_sock *tp, __u32 acked) __ksym;
extern void tcp_cong_avoid_ai(struct tcp_sock *tp, __u32 w, __u32 acked) __ksym;
extern __u32 tcp_reno_undo_cwnd(struct sock *sk) __ksym;

unsigned int losses;

SEC("struct_ops") __u32 BPF_PROG(cut, struct sock *sk)
{
	const struct tcp_sock *tp = (const struct tcp_sock *)sk;
	__u32 window = tp->snd_cwnd - tp->snd_cwnd / 4;

	losses++;
	return window > 2 ? window : 2;
}

SEC("struct_ops") void BPF_PROG(grow, struct sock *sk, __u32 ack, __u32 acked)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;

	if (tp->snd_cwnd < tp->snd_ssthresh) {
		acked = tcp_slow_start(tp, acked);
		if (!acked)
			return;
	}
	tcp_cong_avoid_ai(tp, tp->snd_cwnd, acked);
}

SEC("struct_ops") __u32 BPF_PROG(undo, struct sock *sk)
{
	return tcp_reno_undo_cwnd(sk);
}

/* all of another algorithm's */
extern void cubictcp_init(struct sock *sk) __ksym;
extern void cubictcp_cong_avoid(struct sock *sk, __u32 ack, __u32 acked) __ksym;
extern __u32 cubictcp_recalc_ssthresh(struct sock *sk) __ksym;

SEC("struct_ops") void BPF_PROG(begin, struct sock *sk)
{
	cubictcp_init(sk);
}

SEC("struct_ops") void BPF_PROG(grow_by_cubic, struct sock *sk, __u32 ack, __u32 acked)
{
	cubictcp_cong_avoid(sk, ack, acked);
}

SEC("struct_ops") __u32 BPF_PROG(cut_by_cubic, struct sock *sk)
{
	return cubictcp_recalc_ssthresh(sk);
}

struct tcp_congestion_ops {
	void (*init)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*ssthresh)(struct sock *sk);
	__u32 (*undo_cwnd)(struct sock *sk);
	char name[16];
};
SEC(".struct_ops") struct tcp_congestion_ops quarter = {
	.cong_avoid = (void *)grow,
	.ssthresh = (void *)cut,
	.undo_cwnd = (void *)undo,
	.name = "quarter",
};
SEC(".struct_ops") struct tcp_congestion_ops borrowed = {
	.init = (void *)begin,
	.cong_avoid = (void *)grow_by_cubic,
	.ssthresh = (void *)cut_by_cubic,
	.undo_cwnd = (void *)undo,
	.name = "borrowed",
};
