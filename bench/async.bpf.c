// SPDX-License-Identifier: Apache-2.0
//
// What asynchronous work costs and how fast it runs: one step of many items at a time, timed inside. Built once, run by
// Skep and by the machine's own kernel. See async.cpp.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "wq.h"
#include "../bench/async_figures.h"

struct bpf_timer {
	__u64 __opaque[2];
} __attribute__((aligned(8)));

#define EBUSY 16

char LICENSE[] SEC("license") = "GPL";

struct item {
	struct bpf_wq work;
};
struct timed {
	struct bpf_timer timer;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ITEMS);
	__type(key, int);
	__type(value, struct item);
} items SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TIMERS);
	__type(key, int);
	__type(value, struct timed);
} all_timers SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, int);
	__type(value, struct item);
} hash SEC(".maps");

struct async_figures figures;

static __always_inline __u64 count_run(void)
{
	__u64 now = __sync_fetch_and_add(&figures.runs, 1) + 1;

	if (now == figures.runs_wanted)
		figures.last_at = bpf_ktime_get_ns();
	return now;
}

static int count(void *map, int *key, void *value)
{
	count_run();
	return 0;
}
static int count_and_restart(void *map, int *key, void *value)
{
	struct item *item = value;

	if (count_run() < figures.runs_wanted)
		bpf_wq_start(&item->work, 0);
	return 0;
}
static int timer_count(void *map, int *key, void *value)
{
	count_run();
	return 0;
}
static int timer_restart(void *map, int *key, void *value)
{
	struct timed *timed = value;

	if (count_run() < figures.runs_wanted)
		bpf_timer_start(&timed->timer, 0, 0);
	return 0;
}

static long one_item(__u64 i, void *unused)
{
	int key = i;
	struct item zero = {}, *item;
	int err;

	if (figures.step == STEP_CLEAR) {
		bpf_map_update_elem(&items, &key, &zero, BPF_ANY);
		return 0;
	}
	item = bpf_map_lookup_elem(&items, &key);
	if (!item)
		return 1;
	switch (figures.step) {
	case STEP_INIT:
		err = bpf_wq_init(&item->work, &items, 0);
		if (err && err != -EBUSY)
			figures.failed++;
		break;
	case STEP_SET:
	case STEP_SET_AGAIN:
		if (figures.callback ? bpf_wq_set_callback(&item->work, count_and_restart, 0) :
				       bpf_wq_set_callback(&item->work, count, 0))
			figures.failed++;
		break;
	default:
		if (bpf_wq_start(&item->work, 0))
			figures.failed++;
	}
	return 0;
}

static long one_timer(__u64 i, void *unused)
{
	int key = i;
	struct timed zero = {}, *timed;
	int err;

	if (figures.step == STEP_CLEAR) {
		bpf_map_update_elem(&all_timers, &key, &zero, BPF_ANY);
		return 0;
	}
	timed = bpf_map_lookup_elem(&all_timers, &key);
	if (!timed)
		return 1;
	switch (figures.step) {
	case STEP_INIT:
		err = bpf_timer_init(&timed->timer, &all_timers, 1);
		if (err && err != -EBUSY)
			figures.failed++;
		break;
	case STEP_SET:
	case STEP_SET_AGAIN:
		if (figures.callback ? bpf_timer_set_callback(&timed->timer, timer_restart) :
				       bpf_timer_set_callback(&timed->timer, timer_count))
			figures.failed++;
		break;
	case STEP_CANCEL:
		bpf_timer_cancel(&timed->timer);
		break;
	default:
		/* In an order that is none, as timers come. */
		if (bpf_timer_start(&timed->timer, figures.delay ? figures.delay + (i * 2654435761U & 0xffffff) : 0, 0))
			figures.failed++;
	}
	return 0;
}

static long nothing(__u64 i, void *unused)
{
	int key = i & (ITEMS - 1);
	struct item *item = bpf_map_lookup_elem(&items, &key);

	if (!item || figures.step == 99)
		return 1;
	return 0;
}

SEC("tc") int work(struct __sk_buff *skb)
{
	__u64 begin = bpf_ktime_get_ns();

	if (figures.step == STEP_START)
		figures.first_at = begin;
	bpf_loop(figures.count, one_item, (void *)0, 0);
	figures.took = bpf_ktime_get_ns() - begin;
	return 0;
}

SEC("tc") int timers(struct __sk_buff *skb)
{
	__u64 begin = bpf_ktime_get_ns();

	if (figures.step == STEP_START)
		figures.first_at = begin;
	bpf_loop(figures.count, one_timer, (void *)0, 0);
	figures.took = bpf_ktime_get_ns() - begin;
	return 0;
}

/* What the loops above cost by themselves. */
SEC("tc") int loop(struct __sk_buff *skb)
{
	__u64 begin = bpf_ktime_get_ns();

	bpf_loop(figures.count, nothing, (void *)0, 0);
	figures.took = bpf_ktime_get_ns() - begin;
	return 0;
}

/* An element's whole life: insert, look up, init, set, delete. */
static long one_life(__u64 i, void *unused)
{
	int key = i & 63;
	struct item zero = {}, *item;

	bpf_map_update_elem(&hash, &key, &zero, BPF_ANY);
	item = bpf_map_lookup_elem(&hash, &key);
	if (!item || bpf_wq_init(&item->work, &hash, 0) || bpf_wq_set_callback(&item->work, count, 0))
		figures.failed++;
	bpf_map_delete_elem(&hash, &key);
	return 0;
}

SEC("tc") int life(struct __sk_buff *skb)
{
	__u64 begin = bpf_ktime_get_ns();

	bpf_loop(figures.count, one_life, (void *)0, 0);
	figures.took = bpf_ktime_get_ns() - begin;
	return 0;
}
