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
