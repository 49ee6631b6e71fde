// SPDX-License-Identifier: Apache-2.0
//
// Tests in three parts, by skep/test.h: some pass, some fail in the ways that tests/testbench/test_test.py names.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <skep/test.h>

#define BPF_MAP_TYPE_PROG_ARRAY 3

char LICENSE[] SEC("license") = "GPL";

__u64 counted;

/* Under test: short packets are dropped, others get a mark in their first byte. */
SEC("xdp") int under_test(struct xdp_md *context)
{
	__u8 *first = skep_bytes(context, 0, 1);

	counted++;
	if (skep_length(context) < 60 || !first)
		return 1;
	*first = 0xaa;
	return 2;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, int(void *));
} calls SEC(".maps") = { .values = { [0] = (void *)&under_test } };

static __always_inline int resize(struct xdp_md *context, int size)
{
	return bpf_xdp_adjust_tail(context, size - (int)skep_length(context)) ? SKEP_ERROR : SKEP_PASS;
}
static __always_inline int call(struct xdp_md *context)
{
	bpf_tail_call(context, &calls, 0);
	return SKEP_ERROR;
}

SKEP_PKTGEN("xdp", "short packets are dropped") int short_make(struct xdp_md *context)
{
	return resize(context, 20);
}
SKEP_SETUP("xdp", "short packets are dropped") int short_act(struct xdp_md *context)
{
	return call(context);
}
SKEP_CHECK("xdp", "short packets are dropped") int short_check(struct xdp_md *context)
{
	skep_expect_eq(skep_result(context), 1);
	skep_expect_eq(skep_length(context), 24);
	skep_expect(counted != 0);
	return SKEP_PASS;
}

SKEP_PKTGEN("xdp", "others are marked") int others_make(struct xdp_md *context)
{
	return resize(context, 64);
}
SKEP_SETUP("xdp", "others are marked") int others_act(struct xdp_md *context)
{
	return call(context);
}
SKEP_CHECK("xdp", "others are marked") int others_check(struct xdp_md *context)
{
	__u8 *first = skep_bytes(context, 4, 1);

	skep_expect_eq(skep_result(context), 2);
	skep_expect(first);
	skep_expect_eq(*first, 0xaa);
	return SKEP_PASS;
}

SKEP_SETUP("tc", "contexts pass, too") int context_act(struct __sk_buff *skb)
{
	skb->mark = 7;
	return 0;
}
SKEP_CHECK("tc", "contexts pass, too") int context_check(struct __sk_buff *skb)
{
	skep_expect_eq(skb->mark, 7);
	return SKEP_PASS;
}

SKEP_CHECK("xdp", "wrong number") int wrong_check(struct xdp_md *context)
{
	skep_expect_eq(skep_length(context), 12);
	return SKEP_PASS;
}
SKEP_CHECK("xdp", "wrong condition") int false_check(struct xdp_md *context)
{
	skep_expect(skep_length(context) == 0);
	return SKEP_PASS;
}
SKEP_CHECK("xdp", "skips itself") int skip_check(struct xdp_md *context)
{
	skep_skip("not today");
}
SKEP_SETUP("xdp", "cannot be set up") int broken_act(struct xdp_md *context)
{
	return SKEP_ERROR;
}
SKEP_CHECK("xdp", "cannot be set up") int broken_check(struct xdp_md *context)
{
	return SKEP_PASS;
}
