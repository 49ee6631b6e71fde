// SPDX-License-Identifier: Apache-2.0
// A table of functions of which one is refused, and a program beside it.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

struct app_ops {
	int (*choose)(__u64 a, __u64 b);
	int (*unused)(__u64 a);
};

SEC("struct_ops") int BPF_PROG(good, __u64 a, __u64 b)
{
	return (int)b;
}

SEC("struct_ops") int BPF_PROG(bad, __u64 a)
{
	return *(int *)a;
}

SEC("xdp") int other(struct xdp_md *ctx)
{
	return 3;
}

SEC(".struct_ops") struct app_ops table = {
	.choose = (void *)good,
	.unused = (void *)bad,
};
