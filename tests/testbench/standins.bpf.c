// SPDX-License-Identifier: Apache-2.0
//
// Calls of helpers and kfuncs for whose places functions of the same object are there: what fits, and what does not.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct header {
	__u8 bytes[8];
};
struct large {
	__u8 bytes[64];
};

extern int bpf_strlen(const char *text) __ksym;

__u64 asked_for;
__u64 seen;

// ---- functions that stand in

// What the real call says is known to it, too: a function's own calls are real.
__noinline __u32 dice(void)
{
	asked_for++;
	return (bpf_get_prandom_u32() & 0) + 6;
}

__noinline int no_room(struct __sk_buff *skb)
{
	return skb->len > 60 ? -28 : 0;
}

// Writes what the program reads; the fourth argument is not of interest.
__noinline int load_header(struct __sk_buff *skb, __u32 offset, struct header *to)
{
	if (!to)
		return -22;
	to->bytes[0] = offset;
	to->bytes[7] = 7;
	return 0;
}

__noinline int length(void)
{
	return 1234;
}

__noinline int too_large(struct __sk_buff *skb, __u32 offset, struct large *to)
{
	if (to)
		to->bytes[63] = 1;
	return 0;
}

__noinline int out_of_range(void)
{
	return 17;
}

__noinline int shrink(struct xdp_md *context)
{
	return bpf_xdp_adjust_tail(context, -1);
}

__noinline __u32 dice_by_clock(void)
{
	return bpf_ktime_get_ns();
}
__noinline __u64 clock_by_dice(void)
{
	return bpf_get_prandom_u32();
}

static __noinline __u32 only_here(void)
{
	return 1;
}

// ---- programs under test

static __noinline int throw_dice(void)
{
	return bpf_get_prandom_u32();
}

SEC("tc") int gamble(struct __sk_buff *skb)
{
	return throw_dice() + bpf_get_prandom_u32();
}

struct {
	__uint(type, 4 /* BPF_MAP_TYPE_PERF_EVENT_ARRAY */);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 64);
} samples SEC(".maps");

SEC("tc") int report(struct __sk_buff *skb)
{
	__u64 sample = 1;

	return bpf_perf_event_output(skb, &samples, 0xffffffffULL, &sample, sizeof(sample)) == -28;
}

// Some way into a function of its own, with registers and stack that must survive.
SEC("tc") int parse(struct __sk_buff *skb)
{
	struct header header = {};
	__u64 kept = skb->len;

	if (bpf_skb_load_bytes(skb, 5, &header, sizeof(header)))
		return 100;
	return header.bytes[0] * 10 + header.bytes[7] + (kept == skb->len ? 1000 : 0);
}

static const char text[] = "four";

SEC("xdp") int measure(struct xdp_md *context)
{
	seen = bpf_strlen(text);
	return 2;
}

SEC("tc") int both(struct __sk_buff *skb)
{
	return bpf_get_prandom_u32() + bpf_ktime_get_ns() + only_here();
}

SEC("tc") int where(struct __sk_buff *skb)
{
	return bpf_get_smp_processor_id();
}
