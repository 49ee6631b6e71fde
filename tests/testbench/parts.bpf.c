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

/* ---- what other projects' loaders do: maps that are pinned in a way of their own, static programs, tail calls that tags name */

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 16);
	__uint(pinning, 16);
	__type(key, __u32);
	__type(value, __u32);
} tagged_calls SEC(".maps");

SEC("tc/tail") __attribute__((used, btf_decl_tag("tail:tagged_calls/5"))) static int called_by_tag(struct __sk_buff *skb)
{
	skb->mark = 9;
	return 3;
}
SKEP_SETUP("tc", "tail calls by tags") int tag_act(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &tagged_calls, 5);
	return SKEP_ERROR;
}
SKEP_CHECK("tc", "tail calls by tags") int tag_check(struct __sk_buff *skb)
{
	skep_expect_eq(skep_result(skb), 3);
	skep_expect_eq(skb->mark, 9);
	return SKEP_PASS;
}

/* ---- mocks, tables, packets, maps */

SKEP_MOCK(bpf_get_prandom_u32) __u32 dice(void)
{
	return 6;
}
SKEP_CHECK("xdp", "functions answer calls") int mock_check(struct xdp_md *context)
{
	skep_expect_eq(bpf_get_prandom_u32(), 6);
	return SKEP_PASS;
}

static const struct {
	int length, result;
} lengths[] = { { 20, 1 }, { 64, 2 }, { 59, 1 } }, wrong_lengths[] = { { 20, 1 }, { 20, 2 }, { 20, 1 } };

SKEP_PKTGEN("xdp", "rows") int rows_make(struct xdp_md *context)
{
	return resize(context, skep_row_of(lengths)->length);
}
SKEP_SETUP("xdp", "rows") int rows_act(struct xdp_md *context)
{
	return call(context);
}
SKEP_CHECK("xdp", "rows") int rows_check(struct xdp_md *context)
{
	skep_expect_eq(skep_length(context), 4 + skep_row_of(lengths)->length);
	skep_expect_eq(skep_result(context), skep_row_of(lengths)->result);
	skep_next_row(lengths);
}

SKEP_PKTGEN("xdp", "rows, of which the second is wrong") int wrong_rows_make(struct xdp_md *context)
{
	return resize(context, skep_row_of(wrong_lengths)->length);
}
SKEP_SETUP("xdp", "rows, of which the second is wrong") int wrong_rows_act(struct xdp_md *context)
{
	return call(context);
}
SKEP_CHECK("xdp", "rows, of which the second is wrong") int wrong_rows_check(struct xdp_md *context)
{
	skep_expect_eq(skep_result(context), skep_row_of(wrong_lengths)->result);
	skep_next_row(wrong_lengths);
}

SKEP_PKTGEN("tc", "packets are built") int build_make(struct __sk_buff *skb)
{
	static const __u8 one[16] = { [15] = 1 }, two[16] = { [15] = 2 };
	struct skep_packet packet = skep_new_packet(skb, 14 + 4 + 40 + 20 + 3);

	skep_put_eth(&packet, 0x8100);
	skep_put_vlan(&packet, 7, 0x86dd);
	skep_put_ipv6(&packet, one, two, 6, 23);
	skep_put_tcp(&packet, 1234, 80, SKEP_TCP_SYN | SKEP_TCP_ACK);
	skep_put_bytes(&packet, "abc", 3);
	return skep_packet_is_built(&packet);
}
SKEP_CHECK("tc", "packets are built") int build_check(struct __sk_buff *skb)
{
	__u8 *packet;

	bpf_skb_pull_data(skb, 81);
	packet = skep_bytes(skb, 0, 81);
	skep_expect_eq(skep_length(skb), 81);
	skep_expect(packet);
	skep_expect_eq(*(__u32 *)(packet + 12), 0x07000081);
	skep_expect_eq(packet[18], 0x60);
	skep_expect_eq(packet[18 + 39], 2);
	skep_expect_eq(packet[58 + 13], 0x12);
	skep_expect_eq(packet[80], 'c');
	return SKEP_PASS;
}
SKEP_PKTGEN("xdp", "a packet without room") int small_make(struct xdp_md *context)
{
	struct skep_packet packet = skep_new_packet(context, 20);

	skep_put_eth(&packet, 0x0800);
	skep_put_ipv4(&packet, SKEP_IPV4(10, 0, 0, 1), SKEP_IPV4(10, 0, 0, 2), 17, 0);
	return skep_packet_is_built(&packet);
}
SKEP_CHECK("xdp", "a packet without room") int small_check(struct xdp_md *context)
{
	return SKEP_PASS;
}

struct pair {
	__u32 one, two;
};
struct {
	__uint(type, 1 /* BPF_MAP_TYPE_HASH */);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct pair);
} pairs SEC(".maps");

SKEP_CHECK("xdp", "what is in a map") int map_check(struct xdp_md *context)
{
	__u32 key = 5, other = 6;
	struct pair pair = { 1, 2 };

	bpf_map_update_elem(&pairs, &key, &pair, 0);
	skep_expect_map(&pairs, &key, pair);
	skep_expect_no_key(&pairs, &other);
	pair.two = 3;
	skep_expect_map(&pairs, &key, pair);
	return SKEP_PASS;
}
SKEP_CHECK("xdp", "what is not in a map") int no_key_check(struct xdp_md *context)
{
	__u32 key = 7;
	struct pair pair = { 1, 2 };

	skep_expect_map(&pairs, &key, pair);
	return SKEP_PASS;
}
