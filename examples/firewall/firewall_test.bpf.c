// SPDX-License-Identifier: Apache-2.0
//
// The firewall's tests in C, as programs beside it: `skep test firewall_test.bpf.o`. skep/test.h tells how they are made.
#include "firewall.bpf.c"
#include <skep/test.h>

// The clock of everything here: events then have a time that is known.
SKEP_MOCK(bpf_ktime_get_ns) __u64 standing_clock(void)
{
	return 7;
}

// A program is jumped to; functions could just be called.
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, int(void *));
} under_test SEC(".maps") = { .values = { [0] = (void *)&firewall } };

// ---- what is done with a TCP segment

static const struct {
	__u32 source;
	__u16 port;
	__u8 flags;
	int result;
} segments[] = {
	{ SKEP_IPV4(10, 0, 0, 1), 80, SKEP_TCP_SYN, VERDICT_PASS },
	{ SKEP_IPV4(10, 0, 0, 1), 80, SKEP_TCP_ACK, VERDICT_PASS }, /* of that flow */
	{ SKEP_IPV4(10, 0, 0, 2), 80, SKEP_TCP_ACK, VERDICT_DROP },
	{ SKEP_IPV4(10, 0, 0, 1), 81, SKEP_TCP_SYN, VERDICT_DROP },
};

SKEP_PKTGEN("xdp", "segments by port and flow") int make_segment(struct xdp_md *context)
{
	struct skep_packet packet = skep_new_packet(context, 54);

	skep_put_eth(&packet, 0x0800);
	skep_put_ipv4(&packet, skep_row_of(segments)->source, SKEP_IPV4(10, 0, 0, 9), 6, 20);
	skep_put_tcp(&packet, 1234, skep_row_of(segments)->port, skep_row_of(segments)->flags);
	return skep_packet_is_built(&packet);
}
SKEP_SETUP("xdp", "segments by port and flow") int take_segment(struct xdp_md *context)
{
	bpf_tail_call(context, &under_test, 0);
	return SKEP_ERROR;
}
SKEP_CHECK("xdp", "segments by port and flow") int check_segment(struct xdp_md *context)
{
	skep_expect_eq(skep_result(context), skep_row_of(segments)->result);
	skep_next_row(segments);
}

// ---- a source that is blocked

SKEP_PKTGEN("xdp", "blocked sources are dropped and counted") int make_blocked(struct xdp_md *context)
{
	struct prefix4 prefix = { .length = 8, .address = { 11 } };
	enum reason reason = REASON_BLOCKED;
	struct skep_packet packet = skep_new_packet(context, 46);

	skep_put_eth(&packet, 0x8100);
	skep_put_vlan(&packet, 7, 0x0800);
	skep_put_ipv4(&packet, SKEP_IPV4(11, 1, 2, 3), SKEP_IPV4(10, 0, 0, 9), 17, 8);
	skep_put_udp(&packet, 1234, 53, 0);
	bpf_map_update_elem(&blocked4, &prefix, &reason, 0);
	return skep_packet_is_built(&packet);
}
SKEP_SETUP("xdp", "blocked sources are dropped and counted") int take_blocked(struct xdp_md *context)
{
	__u32 key = VERDICT_DROP;
	__u64 none = 0;

	bpf_map_update_elem(&verdicts, &key, &none, 0);
	bpf_tail_call(context, &under_test, 0);
	return SKEP_ERROR;
}
SKEP_CHECK("xdp", "blocked sources are dropped and counted") int check_blocked(struct xdp_md *context)
{
	__u32 key = VERDICT_DROP;
	__u64 one = 1;

	skep_expect_eq(skep_result(context), VERDICT_DROP);
	skep_expect_map(&verdicts, &key, one);
	return SKEP_PASS;
}
