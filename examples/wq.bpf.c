// SPDX-License-Identifier: Apache-2.0
//
// Work queues: programs that cannot sleep ask for functions that can to be run later, on the map element that holds the work
// item. `skep run wq.bpf.o` runs each program and shows what ran after it returned.
//
//   clang-19 -g -O2 -target bpf -I. -c wq.bpf.c -o wq.bpf.o
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "wq.h"

char LICENSE[] SEC("license") = "GPL";

struct elem {
	struct bpf_wq w;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, int);
	__type(value, struct elem);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4);
	__type(key, int);
	__type(value, struct elem);
} lru SEC(".maps");

// What the callbacks tell user space, beside the bits below.
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} done SEC(".maps");

__u32 ok;                 // one bit a callback that ran, by its element's key
__u32 ok_sleepable;       // the same for the one that sleeps
__u64 user_address;       // what it reads from user space, if set
__u64 user_value;

static void tell(int key)
{
	int *record = bpf_ringbuf_reserve(&done, sizeof(*record), 0);

	if (!record)
		return;
	*record = key;
	bpf_ringbuf_submit(record, 0);
}

static int mark(void *map, int *key, wq_value *value)
{
	__sync_fetch_and_or(&ok, 1u << (*key & 31));
	tell(*key);
	return 0;
}

static int mark_after_sleep(void *map, int *key, wq_value *value)
{
	__u64 word = 0;

	bpf_copy_from_user(&word, sizeof(word), (const void *)user_address);
	user_value = word;
	__sync_fetch_and_or(&ok_sleepable, 1u << (*key & 31));
	tell(*key);
	return 0;
}

// All programs share this function, and hand it the callback: 0, or minus the number of the step that failed.
static __noinline int schedule_in(void *map, int key, wq_callback *callback)
{
	struct elem *elem = bpf_map_lookup_elem(map, &key);

	if (!elem)
		return -2;
	if (bpf_wq_init(&elem->w, map, 0))
		return -3;
	if (bpf_wq_set_callback(&elem->w, callback, 0))
		return -4;
	if (bpf_wq_start(&elem->w, 0))
		return -5;
	return 0;
}

SEC("tc") int array_from_tc(struct __sk_buff *skb)
{
	return schedule_in(&array, 0, mark);
}

SEC("syscall") int array_from_syscall(void *ctx)
{
	return schedule_in(&array, 1, mark_after_sleep);
}

SEC("tc") int lru_from_tc(struct __sk_buff *skb)
{
	struct elem elem = {};
	int key = 2;

	if (bpf_map_update_elem(&lru, &key, &elem, BPF_ANY))
		return -1;
	return schedule_in(&lru, key, mark_after_sleep);
}

SEC("syscall") int lru_from_syscall(void *ctx)
{
	struct elem elem = {};
	int key = 3;

	if (bpf_map_update_elem(&lru, &key, &elem, BPF_ANY))
		return -1;
	return schedule_in(&lru, key, mark);
}
