/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What never ends, for the API's tests and the command's: a program, and callbacks of work items and timers.
 */
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "wq.h"

char LICENSE[] SEC("license") = "GPL";

struct bpf_timer {
	__u64 __opaque[2];
} __attribute__((aligned(8)));

struct work {
	struct bpf_wq item;
	__u64 count;
};
struct timed {
	struct bpf_timer timer;
	__u64 count;
};

#define MAP(NAME, TYPE, VALUE)                \
	struct {                              \
		__uint(type, TYPE);           \
		__uint(max_entries, 1);       \
		__type(key, __u32);           \
		__type(value, VALUE);         \
	} NAME SEC(".maps")
MAP(items, BPF_MAP_TYPE_ARRAY, struct work);
MAP(timers, BPF_MAP_TYPE_ARRAY, struct timed);

__u64 turns;

static int turn(__u32 i, void *context)
{
	turns++;
	return 0;
}
static int turn_long(__u32 i, void *context)
{
	bpf_loop(1 << 23, turn, 0, 0);
	return 0;
}
static __always_inline void forever_and_a_day(void)
{
	bpf_loop(1 << 23, turn_long, 0, 0);
}

/* For the most part of forever, and where functions may not be called: a loop of may_goto. */
static __always_inline void count_forever(__u32 *count)
{
	for (;;) {
		asm volatile goto("may_goto %l[done]" : : : : done);
		++*(volatile __u32 *)count;
	}
done:;
}
SEC("tc") int endless(struct __sk_buff *skb)
{
	bpf_printk("begun");
	forever_and_a_day();
	return 1;
}

// ---- callbacks ----

static int hog(void *map, int *key, void *value)
{
	forever_and_a_day();
	return 0;
}
static int again(void *map, int *key, void *value)
{
	struct work *work = value;

	work->count++;
	bpf_wq_start(&work->item, 0);
	return 0;
}
static int timer_hog(void *map, int *key, struct timed *value)
{
	forever_and_a_day();
	return 0;
}
static int timer_again(void *map, int *key, struct timed *value)
{
	value->count++;
	bpf_timer_start(&value->timer, 1000, 0);
	return 0;
}
static int timer_once(void *map, int *key, struct timed *value)
{
	value->count++;
	return 0;
}

#define START_WORK(NAME, CALLBACK)                                        \
	SEC("tc") int NAME(struct __sk_buff *skb)                         \
	{                                                                 \
		__u32 key = 0;                                            \
		struct work *work = bpf_map_lookup_elem(&items, &key);    \
                                                                          \
		if (!work)                                                \
			return 1;                                         \
		bpf_wq_init(&work->item, &items, 0);                      \
		bpf_wq_set_callback(&work->item, CALLBACK, 0);            \
		return bpf_wq_start(&work->item, 0);                      \
	}
#define START_TIMER(NAME, CALLBACK, NS)                                   \
	SEC("tc") int NAME(struct __sk_buff *skb)                         \
	{                                                                 \
		__u32 key = 0;                                            \
		struct timed *timed = bpf_map_lookup_elem(&timers, &key); \
                                                                          \
		if (!timed)                                               \
			return 1;                                         \
		bpf_timer_init(&timed->timer, &timers, 1);                \
		bpf_timer_set_callback(&timed->timer, CALLBACK);          \
		return bpf_timer_start(&timed->timer, NS, 0);             \
	}
START_WORK(start_hog, hog)
START_WORK(start_again, again)
START_TIMER(start_timer_hog, timer_hog, 1000)
START_TIMER(start_timer_again, timer_again, 1000)
START_TIMER(start_timer_soon, timer_once, 50000000ULL)
START_TIMER(start_timer_late, timer_once, 3600000000000ULL)

SEC("tc") int start_hog_loudly(struct __sk_buff *skb)
{
	bpf_printk("begun");
	return start_hog(skb);
}
