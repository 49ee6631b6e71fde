// SPDX-License-Identifier: Apache-2.0
// What takes the place of a function of types.bpf.c while it is attached to it.
#include "kernel.h"

#include <bpf/bpf_helpers.h>

static __attribute__((noinline)) int more(int number)
{
	volatile int result = number;

	return result + 30;
}

SEC("freplace/answer")
int replacement(struct xdp_md *md)
{
	return more(10);
}

char _license[] SEC("license") = "GPL";
