// SPDX-License-Identifier: Apache-2.0
//
// What maps and short calls are timed with, for Skep's and the kernel's: each program does one thing MAPS_ROUNDS times.
// On each CPU it has keys of its own, spread over half of the map, so that two threads never want the same element.
// scripts/bench maps runs it.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "../bench/maps.h"

char LICENSE[] SEC("license") = "GPL";

/* Not in the examples' vmlinux.h. */
#define BPF_MAP_TYPE_PERCPU_HASH 5
#define BPF_MAP_TYPE_PERCPU_ARRAY 6
#define BPF_MAP_TYPE_QUEUE 22
#define BPF_F_NO_PREALLOC 1
#define BPF_RB_NO_WAKEUP 1

struct key_4 { __u32 words[1]; };
struct key_16 { __u32 words[4]; };
struct key_64 { __u32 words[16]; };

#define MAP(NAME, TYPE, KEY, ENTRIES, FLAGS)                                                                           \
	struct {                                                                                                       \
		__uint(type, TYPE);                                                                                    \
		__uint(max_entries, ENTRIES);                                                                          \
		__uint(map_flags, FLAGS);                                                                              \
		__type(key, KEY);                                                                                      \
		__type(value, __u64);                                                                                  \
	} NAME SEC(".maps");

MAP(array, BPF_MAP_TYPE_ARRAY, struct key_4, MAPS_FEW, 0)
MAP(percpu_array, BPF_MAP_TYPE_PERCPU_ARRAY, struct key_4, MAPS_FEW, 0)
MAP(hash_4, BPF_MAP_TYPE_HASH, struct key_4, MAPS_FEW, 0)
MAP(hash_16, BPF_MAP_TYPE_HASH, struct key_16, MAPS_FEW, 0)
MAP(hash_64, BPF_MAP_TYPE_HASH, struct key_64, MAPS_FEW, 0)
MAP(hash_many, BPF_MAP_TYPE_HASH, struct key_4, MAPS_MANY, 0)
MAP(hash_loose, BPF_MAP_TYPE_HASH, struct key_4, MAPS_FEW, BPF_F_NO_PREALLOC)
MAP(hash_moving, BPF_MAP_TYPE_HASH, struct key_4, MAPS_FEW, 0)
MAP(hash_moving_loose, BPF_MAP_TYPE_HASH, struct key_4, MAPS_FEW, BPF_F_NO_PREALLOC)
MAP(percpu_hash, BPF_MAP_TYPE_PERCPU_HASH, struct key_4, MAPS_FEW, 0)
MAP(lru, BPF_MAP_TYPE_LRU_HASH, struct key_4, MAPS_FEW, 0)
MAP(lru_small, BPF_MAP_TYPE_LRU_HASH, struct key_4, MAPS_FEW, 0)
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, MAPS_FEW);
	__type(value, __u64);
} queue SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, MAPS_RING);
} ring SEC(".maps");
struct guarded {
	struct bpf_spin_lock lock;
	__u32 count;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAPS_FEW);
	__type(key, __u32);
	__type(value, struct guarded);
} locks SEC(".maps");

/* One a CPU, and none in the cache line of another. */
struct {
	__u64 value;
	__u64 padding[15];
} mine[64];

static __always_inline __u32 key_of(__u32 seed, __u32 i, __u32 entries)
{
	return (bpf_get_smp_processor_id() & 1) * (entries / 2) + ((seed + i * 2654435761U) >> 7) % (entries / 2);
}

#define TIMED(NAME, BEFORE, BODY)                                                                                      \
	SEC("tc") int NAME##_(struct __sk_buff *skb)                                                                   \
	{                                                                                                              \
		__u32 cpu = bpf_get_smp_processor_id() & 63, seed = bpf_get_prandom_u32();                             \
		__u64 sum = 0;                                                                                         \
		BEFORE                                                                                                 \
		for (__u32 i = 0; i < MAPS_ROUNDS; i++) {                                                              \
			BODY                                                                                           \
		}                                                                                                      \
		mine[cpu].value += sum + seed;                                                                         \
		return 0;                                                                                              \
	}
#define LOOK_UP(NAME, MAP, KEY, ENTRIES, BEYOND)                                                                       \
	TIMED(NAME, KEY key = {};, key.words[0] = key_of(seed, i, ENTRIES) + (BEYOND);                                 \
	      __u64 *value = bpf_map_lookup_elem(&MAP, &key); if (value) sum += *value;)
#define UPDATE(NAME, MAP, KEY, ENTRIES, BEYOND)                                                                        \
	TIMED(NAME, KEY key = {};, key.words[0] = key_of(seed, i, ENTRIES) + (BEYOND); __u64 value = i;                \
	      bpf_map_update_elem(&MAP, &key, &value, BPF_ANY);)
#define INSERT_DELETE(NAME, MAP)                                                                                       \
	TIMED(NAME, struct key_4 key = {};, key.words[0] = key_of(seed, i, MAPS_FEW); __u64 value = i;                 \
	      bpf_map_update_elem(&MAP, &key, &value, BPF_ANY); bpf_map_delete_elem(&MAP, &key);)

TIMED(empty, , sum += key_of(seed, i, MAPS_FEW);)
LOOK_UP(array_lookup, array, struct key_4, MAPS_FEW, 0)
LOOK_UP(percpu_array_lookup, percpu_array, struct key_4, MAPS_FEW, 0)
LOOK_UP(hash_4_lookup, hash_4, struct key_4, MAPS_FEW, 0)
LOOK_UP(hash_16_lookup, hash_16, struct key_16, MAPS_FEW, 0)
LOOK_UP(hash_64_lookup, hash_64, struct key_64, MAPS_FEW, 0)
LOOK_UP(hash_many_lookup, hash_many, struct key_4, MAPS_MANY, 0)
LOOK_UP(hash_miss, hash_4, struct key_4, MAPS_FEW, MAPS_MANY)
LOOK_UP(percpu_hash_lookup, percpu_hash, struct key_4, MAPS_FEW, 0)
LOOK_UP(lru_lookup, lru, struct key_4, MAPS_FEW, 0)
UPDATE(array_update, array, struct key_4, MAPS_FEW, 0)
UPDATE(hash_4_update, hash_4, struct key_4, MAPS_FEW, 0)
UPDATE(hash_64_update, hash_64, struct key_64, MAPS_FEW, 0)
UPDATE(hash_many_update, hash_many, struct key_4, MAPS_MANY, 0)
UPDATE(hash_loose_update, hash_loose, struct key_4, MAPS_FEW, 0)
UPDATE(percpu_hash_update, percpu_hash, struct key_4, MAPS_FEW, 0)
UPDATE(lru_update, lru, struct key_4, MAPS_FEW, 0)
UPDATE(lru_evict, lru_small, struct key_4, MAPS_MANY, 0)
INSERT_DELETE(hash_insert_delete, hash_moving)
INSERT_DELETE(hash_loose_insert_delete, hash_moving_loose)
TIMED(queue_push_pop, , __u64 value = i; bpf_map_push_elem(&queue, &value, 0);
      bpf_map_pop_elem(&queue, &mine[cpu].padding[1]); sum += mine[cpu].padding[1];)
TIMED(ring_reserve_submit, , __u64 *record = bpf_ringbuf_reserve(&ring, 8, 0);
      if (record) { *record = i; bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP); })
TIMED(ring_output, , __u64 value = i; bpf_ringbuf_output(&ring, &value, 8, BPF_RB_NO_WAKEUP);)
TIMED(spin_lock, __u32 key = key_of(seed, 0, MAPS_FEW); struct guarded *guarded = bpf_map_lookup_elem(&locks, &key);
      if (!guarded) return 1;, bpf_spin_lock(&guarded->lock); guarded->count++; bpf_spin_unlock(&guarded->lock);)
TIMED(atomic_add, , __sync_fetch_and_add(&mine[cpu].padding[7], i);)
TIMED(ktime, , sum += bpf_ktime_get_ns();)
TIMED(prandom, , sum += bpf_get_prandom_u32();)
TIMED(cpu_id, , sum += bpf_get_smp_processor_id();)

static long one_round(__u32 i, __u64 *sum)
{
	*sum += i;
	return 0;
}
SEC("tc") int loop_(struct __sk_buff *skb)
{
	__u64 sum = 0;

	bpf_loop(MAPS_ROUNDS, one_round, &sum, 0);
	mine[bpf_get_smp_processor_id() & 63].value += sum;
	return 0;
}

static long each(void *map, struct key_4 *key, __u64 *value, __u64 *sum)
{
	*sum += *value;
	return 0;
}
/* Of MAPS_FEW elements: twice as many as MAPS_ROUNDS. */
SEC("tc") int for_each_(struct __sk_buff *skb)
{
	__u64 sum = 0;

	bpf_for_each_map_elem(&hash_4, each, &sum, 0);
	mine[bpf_get_smp_processor_id() & 63].value += sum;
	return 0;
}
