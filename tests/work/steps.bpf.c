// SPDX-License-Identifier: Apache-2.0
//
// Programs that are interrupted in awkward places: inside a bpf_loop callback, while a spin lock is contended, asleep in
// bpf_copy_from_user, between a callback and the program that started it. Whatever the schedule, the end is the same.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "wq.h"

char LICENSE[] SEC("license") = "GPL";

struct elem {
	struct bpf_wq w;
	__u64 sum;
};

struct shared {
	struct bpf_spin_lock lock;
	__u32 holders;
	__u64 first, second; /* always equal, but under the lock */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct elem);
} elems SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct shared);
} shared SEC(".maps");

__u64 torn;    /* times that the lock did not hold */
__u64 copied;  /* what the sleepers read */
__u64 looped;
const __u64 word = 5; /* what they read */

static long under_lock(__u64 i, void *unused)
{
	__u32 zero = 0;
	struct shared *s = bpf_map_lookup_elem(&shared, &zero);

	if (!s)
		return 1;
	bpf_spin_lock(&s->lock);
	if (s->first != s->second || s->holders != 0)
		__sync_fetch_and_add(&torn, 1);
	s->holders++;
	s->first += i + 1;
	s->second += i + 1;
	s->holders--;
	bpf_spin_unlock(&s->lock);
	return 0;
}

static int lock_often(void *map, int *key, wq_value *value)
{
	struct elem *e = (void *)value;

	e->sum += bpf_loop(5, under_lock, (void *)0, 0);
	return 0;
}

static int sleep_once(void *map, int *key, wq_value *value)
{
	struct elem *e = (void *)value;
	__u64 got = 0;

	bpf_copy_from_user(&got, sizeof(got), (const void *)&word);
	__sync_fetch_and_add(&copied, got);
	e->sum += got;
	return 0;
}

static long add(__u64 i, void *context)
{
	*(__u64 *)context += i;
	return 0;
}

static __always_inline int arm(__u32 key, wq_callback *callback)
{
	struct elem *e = bpf_map_lookup_elem(&elems, &key);

	if (!e)
		return 1;
	if (bpf_wq_init(&e->w, &elems, 0))
		return 2;
	if (bpf_wq_set_callback(&e->w, callback, 0))
		return 3;
	return bpf_wq_start(&e->w, 0) ? 4 : 0;
}

SEC("syscall") int lock_0(void *ctx)
{
	int error = arm(0, lock_often);

	bpf_loop(3, under_lock, (void *)0, 0); /* contends with what was just started, or was before */
	return error;
}

SEC("syscall") int lock_1(void *ctx)
{
	int error = arm(1, lock_often);

	bpf_loop(3, under_lock, (void *)0, 0);
	return error;
}

SEC("syscall") int sleep_2(void *ctx)
{
	return arm(2, sleep_once);
}

SEC("syscall") int sleep_3(void *ctx)
{
	__u64 sum = 0;
	int error = arm(3, sleep_once);

	bpf_loop(10, add, &sum, 0);
	looped = sum;
	return error ? error : sum;
}
