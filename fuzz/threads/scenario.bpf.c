// SPDX-License-Identifier: Apache-2.0
//
// What scenario.cpp runs on several threads at once. Each run does counts.turns random things of its kind.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "wq.h"
#include "counts.h"

char LICENSE[] SEC("license") = "GPL";

enum { ELEMENTS = 64, LPM_TRIE = 11, QUEUE = 22, PERCPU_HASH = 5, NO_PREALLOC = 1 };

struct bpf_timer {
	__u64 __opaque[2];
} __attribute__((aligned(8)));

struct elem {
	__u64 a;
	struct bpf_wq work;
	struct bpf_timer timer;
	__u64 b[12];
};

#define MAP(NAME, TYPE, FLAGS, ENTRIES, VALUE) \
	struct {                               \
		__uint(type, TYPE);            \
		__uint(map_flags, FLAGS);      \
		__uint(max_entries, ENTRIES);  \
		__type(key, __u32);            \
		__type(value, VALUE);          \
	} NAME SEC(".maps")

MAP(array, BPF_MAP_TYPE_ARRAY, 0, ELEMENTS, struct elem);
MAP(hash, BPF_MAP_TYPE_HASH, 0, ELEMENTS, struct elem);
MAP(hash_no_prealloc, BPF_MAP_TYPE_HASH, NO_PREALLOC, ELEMENTS, struct elem);
MAP(lru, BPF_MAP_TYPE_LRU_HASH, 0, ELEMENTS / 2, struct elem); /* so that elements are evicted */
MAP(flood, BPF_MAP_TYPE_HASH, NO_PREALLOC, 1 << 18, struct elem); /* more than there is memory for */
MAP(per_cpu, PERCPU_HASH, NO_PREALLOC, ELEMENTS, __u64);

struct prefix {
	__u32 length;
	__u32 bits;
};
struct {
	__uint(type, LPM_TRIE);
	__uint(map_flags, NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, struct prefix);
	__type(value, __u64);
} trie SEC(".maps");
struct {
	__uint(type, QUEUE);
	__uint(max_entries, 128);
	__type(value, __u64);
} queue SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

volatile struct counts counts;

static int nothing(void *map, int *key, wq_value *value)
{
	return 0;
}
static int start_again(void *map, int *key, wq_value *value)
{
	struct elem *e = (void *)value;

	if ((bpf_get_prandom_u32() & 3) == 0 && bpf_wq_start(&e->work, 0) == 0)
		__sync_fetch_and_add(&counts.started, 1);
	return 0;
}
static int delete_own(void *map, int *key, wq_value *value)
{
	bpf_map_delete_elem(map, key);
	return 0;
}
static int expire(void *map, int *key, struct elem *e)
{
	if ((bpf_get_prandom_u32() & 3) == 0 && bpf_timer_start(&e->timer, 1000, 0) == 0)
		__sync_fetch_and_add(&counts.timers, 1);
	return 0;
}

static __always_inline void check(long result, long allowed, long too)
{
	if (result != 0 && result != allowed && result != too)
		__sync_fetch_and_add(&counts.wrong, 1);
}
enum { EBUSY = -16, EINVAL = -22, ENOMEM = -12 };

static __noinline int work_step(void *map)
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
	check(bpf_wq_init(&e->work, map, 0), EBUSY, ENOMEM);
	if (dice % 8 == 2)
		check(bpf_wq_set_callback(&e->work, start_again, 0), EINVAL, ENOMEM);
	else if (dice % 32 == 3)
		check(bpf_wq_set_callback(&e->work, delete_own, 0), EINVAL, ENOMEM);
	else
		check(bpf_wq_set_callback(&e->work, nothing, 0), EINVAL, ENOMEM);
	result = bpf_wq_start(&e->work, 0);
	check(result, EINVAL, EINVAL);
	if (result == 0)
		__sync_fetch_and_add(&counts.started, 1);
	return 0;
}
static __noinline int timer_step(void *map)
{
	__u32 dice = bpf_get_prandom_u32(), key = (dice >> 8) % ELEMENTS;
	struct elem fresh = {}, *e;

	if (dice % 16 == 0)
		return bpf_map_delete_elem(map, &key) * 0;
	e = bpf_map_lookup_elem(map, &key);
	if (!e) {
		bpf_map_update_elem(map, &key, &fresh, BPF_ANY);
		e = bpf_map_lookup_elem(map, &key);
		if (!e)
			return 0;
	}
	check(bpf_timer_init(&e->timer, map, 1), EBUSY, ENOMEM);
	bpf_timer_set_callback(&e->timer, expire);
	if (dice % 8 == 1)
		bpf_timer_cancel(&e->timer);
	else if (bpf_timer_start(&e->timer, dice % 4 ? dice % 100000 : 3600000000000ULL, 0) == 0)
		__sync_fetch_and_add(&counts.timers, 1);
	return 0;
}

#define ON_A_MAP(NAME)                                                        \
	static long any_##NAME(__u64 i, void *unused)                         \
	{                                                                     \
		switch (bpf_get_prandom_u32() & 3) {                          \
		case 0:                                                       \
			return NAME(&array) * 0;                              \
		case 1:                                                       \
			return NAME(&hash) * 0;                               \
		case 2:                                                       \
			return NAME(&hash_no_prealloc) * 0;                   \
		default:                                                      \
			return NAME(&lru) * 0;                                \
		}                                                             \
	}
ON_A_MAP(work_step)
ON_A_MAP(timer_step)

static long update_step(__u64 i, void *unused)
{
	__u32 dice = bpf_get_prandom_u32(), key = dice >> 12;
	struct elem fresh = { .a = dice };
	struct prefix prefix = { .length = dice % 33, .bits = bpf_get_prandom_u32() & 0x0f0f0f0f };
	__u64 value = dice, *found;
	void *record;

	switch (dice % 8) {
	case 0:
		bpf_map_update_elem(&flood, &key, &fresh, BPF_ANY);
		break;
	case 1:
		bpf_map_delete_elem(&flood, &key);
		break;
	case 2:
		bpf_map_update_elem(&trie, &prefix, &value, BPF_ANY);
		break;
	case 3:
		prefix.length = 32;
		found = bpf_map_lookup_elem(&trie, &prefix);
		if (found)
			*found += 1;
		break;
	case 4:
		bpf_map_delete_elem(&trie, &prefix);
		break;
	case 5:
		key %= ELEMENTS;
		bpf_map_update_elem(&per_cpu, &key, &value, BPF_ANY);
		break;
	case 6:
		bpf_map_push_elem(&queue, &value, BPF_EXIST);
		break;
	default:
		record = bpf_ringbuf_reserve(&ring, 64, 0);
		if (record)
			bpf_ringbuf_discard(record, 0);
		bpf_ringbuf_output(&ring, &value, sizeof(value), 0);
	}
	return 0;
}
static long flood_step(__u64 i, void *unused)
{
	struct elem fresh = {};
	__u32 key = i;

	return bpf_map_update_elem(&flood, &key, &fresh, BPF_ANY) == ENOMEM;
}
static long drain_step(__u64 i, void *unused)
{
	__u32 key = i;

	bpf_map_delete_elem(&flood, &key);
	return 0;
}

#define PROGRAM(NAME, STEP, TURNS)            \
	SEC("tc") int NAME(struct __sk_buff *skb) \
	{                                     \
		bpf_loop(TURNS, STEP, (void *)0, 0); \
		return 0;                     \
	}
PROGRAM(work, any_work_step, counts.turns)
PROGRAM(timers, any_timer_step, counts.turns)
PROGRAM(updates, update_step, counts.turns)
PROGRAM(fill, flood_step, counts.turns * 512)
PROGRAM(empty, drain_step, counts.turns * 512)
PROGRAM(endless, update_step, 1 << 23)

SEC("tcx/ingress") int linked(struct __sk_buff *skb)
{
	bpf_loop(4, any_work_step, (void *)0, 0);
	return -1;
}
