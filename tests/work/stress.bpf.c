// SPDX-License-Identifier: Apache-2.0
//
// What stress_test.cpp runs on several threads at once: one random operation on one random element a run.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "wq.h"

char LICENSE[] SEC("license") = "GPL";

enum { ELEMENTS = 64 };

struct elem {
	__u64 a;
	struct bpf_wq w;
	__u64 b;
};

#define MAP(NAME, TYPE, FLAGS, ENTRIES)       \
	struct {                              \
		__uint(type, TYPE);           \
		__uint(map_flags, FLAGS);     \
		__uint(max_entries, ENTRIES); \
		__type(key, __u32);           \
		__type(value, struct elem);   \
	} NAME SEC(".maps")

MAP(array, BPF_MAP_TYPE_ARRAY, 0, ELEMENTS);
MAP(hash, BPF_MAP_TYPE_HASH, 0, ELEMENTS);
MAP(hash_no_prealloc, BPF_MAP_TYPE_HASH, 1, ELEMENTS);
MAP(lru, BPF_MAP_TYPE_LRU_HASH, 0, ELEMENTS / 2); /* so that elements are evicted */

__u64 started; /* starts that returned 0 */
__u64 ran;
__u64 wrong; /* results that no race explains */

static int count(void *map, int *key, wq_value *value)
{
	struct elem *e = (void *)value;

	e->b++;
	__sync_fetch_and_add(&ran, 1);
	return 0;
}

static int count_and_start(void *map, int *key, wq_value *value)
{
	struct elem *e = (void *)value;

	__sync_fetch_and_add(&ran, 1);
	if ((bpf_get_prandom_u32() & 3) == 0 && bpf_wq_start(&e->w, 0) == 0)
		__sync_fetch_and_add(&started, 1);
	return 0;
}

static int count_and_delete(void *map, int *key, wq_value *value)
{
	__sync_fetch_and_add(&ran, 1);
	bpf_map_delete_elem(map, key);
	return 0;
}

static __always_inline void check(long result, long allowed)
{
	if (result != 0 && result != allowed)
		__sync_fetch_and_add(&wrong, 1);
}

static __noinline int step(void *map)
{
	__u32 dice = bpf_get_prandom_u32(), key = (dice >> 8) % ELEMENTS;
	struct elem fresh = {}, *e;
	long result;

	if (dice % 16 == 0)
		return bpf_map_delete_elem(map, &key) * 0;
	e = bpf_map_lookup_elem(map, &key);
	if (!e || dice % 16 == 1) {
		bpf_map_update_elem(map, &key, &fresh, BPF_ANY);
		e = bpf_map_lookup_elem(map, &key);
		if (!e)
			return 0;
	}
	check(bpf_wq_init(&e->w, map, 0), -16);
	if (dice % 8 == 2)
		check(bpf_wq_set_callback(&e->w, count_and_start, 0), -22);
	else if (dice % 32 == 3)
		check(bpf_wq_set_callback(&e->w, count_and_delete, 0), -22);
	else
		check(bpf_wq_set_callback(&e->w, count, 0), -22);
	result = bpf_wq_start(&e->w, 0);
	check(result, -22);
	if (result == 0)
		__sync_fetch_and_add(&started, 1);
	return 0;
}

static long one_step(__u64 i, void *unused)
{
	switch (bpf_get_prandom_u32() & 3) {
	case 0:
		step(&array);
		break;
	case 1:
		step(&hash);
		break;
	case 2:
		step(&hash_no_prealloc);
		break;
	default:
		step(&lru);
	}
	return 0;
}

SEC("tc") int stress(struct __sk_buff *skb)
{
	bpf_loop(64, one_step, (void *)0, 0);
	return 0;
}
