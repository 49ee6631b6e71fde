// SPDX-License-Identifier: Apache-2.0
//
// What signal_test.cpp runs in threads and in the signal handlers that interrupt them.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "wq.h"

struct bpf_timer {
	__u64 __opaque[2];
} __attribute__((aligned(8)));
extern int bpf_timer_cancel_async(struct bpf_timer *timer) __ksym;

char LICENSE[] SEC("license") = "GPL";

enum { ELEMENTS = 8, MONOTONIC = 1 };

struct elem {
	__u64 a;
	struct bpf_wq w;
	struct bpf_timer t;
};

#define MAP(NAME, TYPE, FLAGS)                 \
	struct {                               \
		__uint(type, TYPE);            \
		__uint(map_flags, FLAGS);      \
		__uint(max_entries, ELEMENTS); \
		__type(key, __u32);            \
		__type(value, struct elem);    \
	} NAME SEC(".maps")

MAP(array, BPF_MAP_TYPE_ARRAY, 0);
MAP(hash, BPF_MAP_TYPE_HASH, 0);
MAP(hash_no_prealloc, BPF_MAP_TYPE_HASH, 1);

__u64 started; /* starts that returned 0 */
__u64 ran, timers_started, timers_ran;
__u64 wrong;   /* results that no race explains */
__u64 handled; /* runs in handlers */

static int count(void *map, int *key, wq_value *value)
{
	__sync_fetch_and_add(&ran, 1);
	return 0;
}
/* What could not be called in a handler, in what a handler sets. */
static int count_and_delete(void *map, int *key, wq_value *value)
{
	__sync_fetch_and_add(&ran, 1);
	if (bpf_get_prandom_u32() % 16 == 0)
		bpf_map_delete_elem(map, key);
	return 0;
}
static int count_timer(void *map, int *key, void *value)
{
	__sync_fetch_and_add(&timers_ran, 1);
	return 0;
}

static __always_inline void check(long result, long allowed, long also)
{
	if (result != 0 && result != allowed && result != also)
		__sync_fetch_and_add(&wrong, 1);
}

static __always_inline int calls(void *map, struct elem *e, __u32 dice)
{
	long result;

	check(bpf_wq_init(&e->w, map, 0), -16, -12);
	check(dice & 1 ? bpf_wq_set_callback(&e->w, count, 0) : bpf_wq_set_callback(&e->w, count_and_delete, 0), -22, -12);
	result = bpf_wq_start(&e->w, 0);
	check(result, -22, 0);
	if (result == 0)
		__sync_fetch_and_add(&started, 1);
	check(bpf_timer_init(&e->t, map, MONOTONIC), -16, -12);
	check(bpf_timer_set_callback(&e->t, count_timer), -22, -12);
	result = bpf_timer_start(&e->t, dice & 6 ? 20000 : 0, 0);
	check(result, -22, 0);
	if (result == 0)
		__sync_fetch_and_add(&timers_started, 1);
	if (dice & 8)
		bpf_timer_cancel_async(&e->t);
	else if (dice & 16)
		bpf_timer_cancel(&e->t);
	return 0;
}

static __always_inline int step(void *map, __u32 dice)
{
	__u32 key = (dice >> 8) % ELEMENTS;
	struct elem fresh = {}, *e;

	if (dice % 8 == 0)
		bpf_map_delete_elem(map, &key);
	if (dice % 8 < 3)
		bpf_map_update_elem(map, &key, &fresh, BPF_ANY);
	e = bpf_map_lookup_elem(map, &key);
	return e ? calls(map, e, dice >> 16) : 0;
}

SEC("tc") int in_thread(struct __sk_buff *skb)
{
	step(&array, bpf_get_prandom_u32());
	step(&hash, bpf_get_prandom_u32());
	step(&hash_no_prealloc, bpf_get_prandom_u32());
	return 0;
}

SEC("tc") int in_handler(struct __sk_buff *skb)
{
	__u32 dice = bpf_get_prandom_u32(), key = (dice >> 8) % ELEMENTS;
	struct elem *e;

	__sync_fetch_and_add(&handled, 1);
	e = bpf_map_lookup_elem(&array, &key);
	if (e)
		calls(&array, e, dice >> 16);
	e = bpf_map_lookup_elem(&hash, &key);
	if (e)
		calls(&hash, e, dice >> 16);
	e = bpf_map_lookup_elem(&hash_no_prealloc, &key);
	if (e)
		calls(&hash_no_prealloc, e, dice >> 16);
	return 7;
}
