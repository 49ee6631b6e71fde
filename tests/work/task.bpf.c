// SPDX-License-Identifier: Apache-2.0
//
// A program that schedules task work, starts a timer and a work item, for what tells of their runs
// (tests/cli/observe_test.py).
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "wq.h"

struct bpf_timer {
	__u64 __opaque[2];
} __attribute__((aligned(8)));
struct bpf_task_work {
	__u64 __opaque;
} __attribute__((aligned(8)));
struct task_struct {
	int pid;
} __attribute__((preserve_access_index));
struct bpf_map {
	__u32 id;
} __attribute__((preserve_access_index));
typedef int (*bpf_task_work_callback_t)(struct bpf_map *map, void *key, void *value);

extern int bpf_task_work_schedule_signal(struct task_struct *task, struct bpf_task_work *tw, void *map__map,
					 bpf_task_work_callback_t callback) __ksym;

char LICENSE[] SEC("license") = "GPL";

struct elem {
	struct bpf_timer t;
	struct bpf_wq w;
	struct bpf_task_work tw;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct elem);
} elems SEC(".maps");

static int in_thread(struct bpf_map *map, void *key, void *value)
{
	return 0;
}
static int in_time(void *map, int *key, void *value)
{
	return 0;
}
static int in_queue(void *map, int *key, wq_value *value)
{
	return 0;
}

SEC("tc") int arm(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct elem *e = bpf_map_lookup_elem(&elems, &key);

	if (!e)
		return 1;
	bpf_wq_init(&e->w, &elems, 0);
	bpf_wq_set_callback(&e->w, in_queue, 0);
	bpf_timer_init(&e->t, &elems, 1);
	bpf_timer_set_callback(&e->t, in_time);
	return bpf_wq_start(&e->w, 0) || bpf_timer_start(&e->t, 0, 0) ||
	       bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &e->tw, &elems, in_thread);
}
