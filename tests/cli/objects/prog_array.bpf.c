// SPDX-License-Identifier: Apache-2.0
// A prog array that the object fills itself, and a program in it that is refused: each program is answered for itself.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define BPF_MAP_TYPE_PROG_ARRAY 3

#ifndef SEVEN  // expects_array.bpf.c says what each must answer
#define SEVEN
#define BAD
#define CALLS_SEVEN
#define CALLS_BAD
#endif

char LICENSE[] SEC("license") = "GPL";

int seven(struct xdp_md *ctx);
int bad(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 3);
	__uint(key_size, 4);
	__array(values, int(void *));
} calls SEC(".maps") = { .values = { [1] = (void *)&seven, [2] = (void *)&bad } };

SEC("xdp") SEVEN int seven(struct xdp_md *ctx)
{
	return 7;
}

SEC("xdp") BAD int bad(struct xdp_md *ctx)
{
	return *(int *)(long)ctx->data;
}

SEC("xdp") CALLS_SEVEN int calls_seven(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &calls, 1);
	return 1;
}

SEC("xdp") CALLS_BAD int calls_bad(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &calls, 2);
	return 2;
}
