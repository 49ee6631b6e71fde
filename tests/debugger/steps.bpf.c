// SPDX-License-Identifier: Apache-2.0
// A program to step through: functions that are called, inlined and called back, a loop, a map, variables of every kind,
// a tail call, and a line that cannot be reached. The comments that name a line are what the tests find it by.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define BPF_MAP_TYPE_HASH 1
#define BPF_MAP_TYPE_PROG_ARRAY 3

char LICENSE[] SEC("license") = "GPL";

enum color { RED, GREEN = 7 };
struct pair {
	__u32 first;
	__s16 second;
	__u8 low : 3, high : 5;
	enum color color;
	char name[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct pair);
} pairs SEC(".maps");

const volatile __u32 limit = 4;
__u64 total;
__s32 last = -1;

static __noinline int twice(int number) /* twice begins */
{
	total += number; /* in twice */
	return number * 2; /* twice returns */
}

static __always_inline __u32 capped(__u32 number)
{
	if (number > limit) /* in capped */
		return limit;
	return number;
}

static long each(__u64 index, __u32 *sum)
{
	*sum += index; /* in each */
	return 0;
}

SEC("xdp") int after(struct xdp_md *context)
{
	last = 77; /* in after */
	return 1;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, int(void *));
} programs SEC(".maps") = {
	.values = { [0] = (void *)&after },
};

SEC("xdp") int steps(struct xdp_md *context) /* steps begins */
{
	__u32 size = context->data_end - context->data; /* size */
	struct pair pair = { .first = size, .second = -2, .low = 5, .high = 9, .color = GREEN, .name = "pear" };
	__u32 key = 3, sum = 0;
	struct pair *found;

	if (limit > 1000)
		last = 13; /* never */
	last = twice(size); /* calls twice */
	bpf_loop(3, each, &sum, 0); /* loops */
	bpf_map_update_elem(&pairs, &key, &pair, 0); /* updates */
	found = bpf_map_lookup_elem(&pairs, &key);
	if (found) {
		found->first += capped(sum + 10); /* adds */
		bpf_printk("first is %d", found->first); /* says */
	}
	bpf_tail_call(context, &programs, 0); /* tail call */
	return 2;
}
