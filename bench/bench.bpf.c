// SPDX-License-Identifier: Apache-2.0
//
// The programs that are timed: each does one thing many times. Built once, run by Skep and by the machine's own kernel.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "wq.h"
#include "../bench/figures.h"

char LICENSE[] SEC("license") = "GPL";

#define ROUNDS 1000

struct counter {
	__u64 value;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct counter);
} hash SEC(".maps");

struct item {
	struct bpf_wq work;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, int);
	__type(value, struct item);
} items SEC(".maps");

struct figures figures;

SEC("tc") int enter(struct __sk_buff *skb)
{
	return 0;
}

// About ten instructions a round.
SEC("tc") int arithmetic(struct __sk_buff *skb)
{
	__u64 a = figures.sum, b = 3;

	for (__u32 i = 0; i < ROUNDS; i++) {
		a += b;
		b ^= a;
		a = a * 31 + (b >> 3);
		asm volatile("" : "+r"(a), "+r"(b));
	}
	figures.sum = a + b;
	return 0;
}

SEC("tc") int hash_lookup(struct __sk_buff *skb)
{
	__u64 found = 0;

	for (__u32 i = 0; i < ROUNDS; i++) {
		__u32 key = i;
		struct counter *counter = bpf_map_lookup_elem(&hash, &key);

		if (counter)
			found++;
	}
	figures.sum = found;
	return 0;
}

static int count(void *map, int *key, void *value)
{
	__sync_fetch_and_add(&figures.runs, 1);
	return 0;
}

static int count_and_restart(void *map, int *key, void *value)
{
	struct item *item = value;

	if (__sync_fetch_and_add(&figures.runs, 1) + 1 < figures.runs_wanted)
		bpf_wq_start(&item->work, 0);
	return 0;
}

static int note_latency(void *map, int *key, void *value)
{
	figures.latency = bpf_ktime_get_ns() - figures.started_at;
	__sync_fetch_and_add(&figures.runs, 1);
	return 0;
}

static int prepare(int key, wq_callback *callback)
{
	struct item *item = bpf_map_lookup_elem(&items, &key);

	if (!item)
		return -1;
	bpf_wq_init(&item->work, &items, 0);  // -EBUSY from the second time on
	return bpf_wq_set_callback(&item->work, callback, 0);
}

SEC("tc") int start_pending(struct __sk_buff *skb)
{
	int key = 0;
	struct item *item = bpf_map_lookup_elem(&items, &key);

	if (!item || prepare(0, count))
		return -1;
	for (__u32 i = 0; i < ROUNDS; i++)
		if (bpf_wq_start(&item->work, 0))
			return -2;
	return 0;
}

SEC("tc") int start_sixty_four(struct __sk_buff *skb)
{
	for (int key = 0; key < 64; key++) {
		int k = key;
		struct item *item;

		if (prepare(k, count))
			return -1;
		item = bpf_map_lookup_elem(&items, &k);
		if (!item || bpf_wq_start(&item->work, 0))
			return -2;
	}
	return 0;
}

SEC("tc") int start_restarting(struct __sk_buff *skb)
{
	int key = 1;
	struct item *item = bpf_map_lookup_elem(&items, &key);

	if (!item || prepare(1, count_and_restart))
		return -1;
	return bpf_wq_start(&item->work, 0);
}

SEC("tc") int start_one(struct __sk_buff *skb)
{
	int key = 2;
	struct item *item = bpf_map_lookup_elem(&items, &key);

	if (!item || prepare(2, note_latency))
		return -1;
	figures.started_at = bpf_ktime_get_ns();
	return bpf_wq_start(&item->work, 0);
}
