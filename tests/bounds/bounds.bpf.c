// SPDX-License-Identifier: Apache-2.0
//
// Programs and callbacks that never end, each while it holds something; and programs that find out whether it was given
// back.
#include "endless.h"

struct app_object {
	__u64 number;
};
extern struct app_object *app_take(void) __ksym;
extern void app_give(struct app_object *object) __ksym;

extern unsigned int app_nowhere(int value) __ksym;
extern int app_unsupported(int value) __ksym;

SEC("tc") int may_come_there(struct __sk_buff *skb)
{
	return skb->mark == 0 ? 3 : app_nowhere(skb->mark);
}

SEC("tc") int goes_on(struct __sk_buff *skb)
{
	return -app_unsupported(skb->mark);
}

struct guarded {
	struct bpf_spin_lock lock;
	__u32 count;
};
MAP(locks, BPF_MAP_TYPE_ARRAY, struct guarded);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

SEC("tcx/ingress") int endless_link(struct __sk_buff *skb)
{
	forever_and_a_day();
	return 1;
}

SEC("tc") int say_and_go_on(struct __sk_buff *skb)
{
	bpf_printk("begun");
	forever_and_a_day();
	return 1;
}

SEC("syscall") int endless_syscall(void *context)
{
	forever_and_a_day();
	return 1;
}

SEC("fmod_ret/app_hook") int endless_hook(__u64 *arguments)
{
	forever_and_a_day();
	return 0;
}

SEC("struct_ops/choose") int endless_choose(__u64 *arguments)
{
	forever_and_a_day();
	return 0;
}
struct app_ops {
	int (*choose)(__u64 a, __u64 b);
};
SEC(".struct_ops") struct app_ops table = { .choose = (void *)endless_choose };

// ---- what a stopped run holds ----

SEC("tc") int endless_with_lock(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct guarded *value = bpf_map_lookup_elem(&locks, &key);

	if (!value)
		return 0;
	bpf_spin_lock(&value->lock);
	count_forever(&value->count);
	bpf_spin_unlock(&value->lock);
	return 1;
}
SEC("tc") int take_lock(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct guarded *value = bpf_map_lookup_elem(&locks, &key);

	if (!value)
		return 0;
	bpf_spin_lock(&value->lock);
	key = value->count != 0;
	bpf_spin_unlock(&value->lock);
	return key;
}

SEC("tc") int endless_with_record(struct __sk_buff *skb)
{
	__u64 *record = bpf_ringbuf_reserve(&records, 4000, 0);

	if (!record)
		return 0;
	forever_and_a_day();
	bpf_ringbuf_submit(record, 0);
	return 1;
}
SEC("tc") int take_record(struct __sk_buff *skb)
{
	__u64 *record = bpf_ringbuf_reserve(&records, 8, 0);

	if (!record)
		return 0;
	*record = 7;
	bpf_ringbuf_submit(record, 0);
	return 1;
}

SEC("tc") int endless_with_host_object(struct __sk_buff *skb)
{
	struct app_object *object = app_take();

	if (!object)
		return 0;
	forever_and_a_day();
	app_give(object);
	return 1;
}

// ---- memory ----

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 20);
	__uint(map_flags, 1 /* BPF_F_NO_PREALLOC */);
	__type(key, __u32);
	__type(value, struct work);
} elements SEC(".maps");

#define TURNS 100000
__u64 refused;

static int recreate(__u32 i, void *context)
{
	__u32 key = 0;
	struct work empty = {};

	bpf_map_delete_elem(&elements, &key);
	if (bpf_map_update_elem(&elements, &key, &empty, 0))
		refused++;
	return 0;
}
static int nothing(void *map, int *key, void *value)
{
	return 0;
}
static int recreate_and_start(__u32 i, void *context)
{
	__u32 key = 0;
	struct work *work;

	recreate(i, context);
	work = bpf_map_lookup_elem(&elements, &key);
	if (!work)
		return 0;
	if (bpf_wq_init(&work->item, &elements, 0) || bpf_wq_set_callback(&work->item, nothing, 0))
		refused++;
	else
		bpf_wq_start(&work->item, 0);
	return 0;
}
static int fill_one(__u32 i, void *context)
{
	struct work empty = {};

	if (bpf_map_update_elem(&elements, &i, &empty, 0) == -12 /* ENOMEM */)
		refused++;
	return 0;
}
static int start_one(__u32 i, void *context)
{
	struct work *work;

	fill_one(i, context);
	work = bpf_map_lookup_elem(&elements, &i);
	if (!work || bpf_wq_init(&work->item, &elements, 0) || bpf_wq_set_callback(&work->item, nothing, 0) ||
	    bpf_wq_start(&work->item, 0))
		refused++;
	return 0;
}
SEC("tc") int start_each(struct __sk_buff *skb)
{
	refused = 0;
	bpf_loop(10000, start_one, 0, 0);
	return refused;
}
#define TURNING(NAME, TURN)                          \
	SEC("tc") int NAME(struct __sk_buff *skb)    \
	{                                            \
		refused = 0;                         \
		bpf_loop(TURNS, TURN, 0, 0);         \
		return refused;                      \
	}
TURNING(recreate_many, recreate)
TURNING(recreate_and_start_many, recreate_and_start)
TURNING(start_many, start_one)
TURNING(fill_many, fill_one)
