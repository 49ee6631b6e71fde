// SPDX-License-Identifier: Apache-2.0
//
// Runs that make and give up without end, each in one loop: elements with what they refer to, and objects. They need a
// kernel's types.
#include "endless.h"
#include <bpf/bpf_core_read.h>

#define TURNS 100000
#define LPM_TRIE 11     /* BPF_MAP_TYPE_LPM_TRIE */
#define TASK_STORAGE 29 /* BPF_MAP_TYPE_TASK_STORAGE */

struct bpf_map {
	__u32 id;
} __attribute__((preserve_access_index));
struct task_struct {
	int pid;
} __attribute__((preserve_access_index));
struct bpf_cpumask {
	int usage;
} __attribute__((preserve_access_index));
struct bpf_task_work {
	__u64 __opaque;
} __attribute__((aligned(8)));
struct bpf_refcount {
	__u32 __opaque[1];
} __attribute__((aligned(4)));
typedef int (*bpf_task_work_callback_t)(struct bpf_map *map, void *key, void *value);
extern int bpf_task_work_schedule_signal(struct task_struct *task, struct bpf_task_work *tw, void *map__map,
					 bpf_task_work_callback_t callback) __ksym;
extern void *bpf_obj_new_impl(__u64 local_type_id, void *meta__ign) __ksym;
extern void bpf_obj_drop_impl(void *p, void *meta__ign) __ksym;
extern struct bpf_cpumask *bpf_cpumask_create(void) __ksym;
extern void bpf_cpumask_release(struct bpf_cpumask *mask) __ksym;

struct own {
	__u64 payload[4];
};
struct counted {
	struct bpf_refcount count;
	__u64 payload[4];
};
struct tasked {
	struct bpf_task_work work;
	__u64 count;
};
struct keeper {
	struct own __attribute__((btf_type_tag("kptr"))) *kept;
};
struct prefix {
	__u32 length;
	__u32 address;
};

#define ELEMENTS(NAME, TYPE, KEY, VALUE)                           \
	struct {                                                   \
		__uint(type, TYPE);                                \
		__uint(max_entries, 16);                           \
		__uint(map_flags, 1 /* BPF_F_NO_PREALLOC */);      \
		__type(key, KEY);                                  \
		__type(value, VALUE);                              \
	} NAME SEC(".maps")
ELEMENTS(working, BPF_MAP_TYPE_HASH, __u32, struct work);
ELEMENTS(timing, BPF_MAP_TYPE_HASH, __u32, struct timed);
ELEMENTS(tasking, BPF_MAP_TYPE_HASH, __u32, struct tasked);
ELEMENTS(keeping, BPF_MAP_TYPE_HASH, __u32, struct keeper);
ELEMENTS(routes, LPM_TRIE, struct prefix, __u64);
struct {
	__uint(type, TASK_STORAGE);
	__uint(map_flags, 1);
	__type(key, int);
	__type(value, struct own);
} tasks SEC(".maps");

__u64 failed;

static int nothing(void *map, int *key, void *value)
{
	return 0;
}
static int nothing_else(void *map, int *key, void *value)
{
	turns++;
	return 0;
}
static int no_task_work(struct bpf_map *map, void *key, void *value)
{
	return 0;
}

#define RECREATE(MAP, VALUE)                                           \
	__u32 key = 0;                                                 \
	VALUE none = {}, *value;                                       \
	bpf_map_delete_elem(&MAP, &key);                               \
	if (bpf_map_update_elem(&MAP, &key, &none, 0))                 \
		failed++;                                              \
	value = bpf_map_lookup_elem(&MAP, &key);                       \
	if (!value)                                                    \
		return 0;

static int work_turn(__u32 i, void *context)
{
	RECREATE(working, struct work)
	if (bpf_wq_init(&value->item, &working, 0) || bpf_wq_set_callback(&value->item, nothing, 0) ||
	    bpf_wq_set_callback(&value->item, nothing_else, 0) || bpf_wq_start(&value->item, 0))
		failed++;
	return 0;
}
static int timer_turn(__u32 i, void *context)
{
	RECREATE(timing, struct timed)
	if (bpf_timer_init(&value->timer, &timing, 1) || bpf_timer_set_callback(&value->timer, nothing) ||
	    bpf_timer_start(&value->timer, i % 2 ? 0 : 1000000000000, 0))
		failed++;
	return 0;
}
static int task_turn(__u32 i, void *context)
{
	RECREATE(tasking, struct tasked)
	if (bpf_task_work_schedule_signal(bpf_get_current_task_btf(), &value->work, &tasking, no_task_work))
		failed++;
	return 0;
}
static int callback_turn(__u32 i, void *context)
{
	__u32 key = 0;
	struct work *work = bpf_map_lookup_elem(&items, &key);

	if (!work)
		return 0;
	bpf_wq_init(&work->item, &items, 0);
	if (bpf_wq_set_callback(&work->item, i % 2 ? nothing : nothing_else, 0))
		failed++;
	return 0;
}
static int route_turn(__u32 i, void *context)
{
	struct prefix ten = {8, 10}, twelve = {16, 10 + (12 << 8)}, fourteen = {16, 10 + (14 << 8)};
	__u64 value = i, *found;

	if (bpf_map_update_elem(&routes, &twelve, &value, 0) || bpf_map_update_elem(&routes, &fourteen, &value, 0) ||
	    bpf_map_update_elem(&routes, &ten, &value, 0) || bpf_map_update_elem(&routes, &ten, &value, 0))
		failed++;
	twelve.length = 32;
	found = bpf_map_lookup_elem(&routes, &twelve);
	if (!found || *found != i)
		failed++;
	twelve.length = 16;
	if (bpf_map_delete_elem(&routes, &twelve) || bpf_map_delete_elem(&routes, &ten) ||
	    bpf_map_delete_elem(&routes, &fourteen))
		failed++;
	return 0;
}
static int object_turn(__u32 i, void *context)
{
	struct own *own = bpf_obj_new_impl(bpf_core_type_id_local(struct own), 0);
	struct counted *counted;

	if (!own || own->payload[3])
		failed++;
	if (!own)
		return 0;
	own->payload[3] = i + 1;
	bpf_obj_drop_impl(own, 0);
	counted = bpf_obj_new_impl(bpf_core_type_id_local(struct counted), 0);
	if (!counted || counted->payload[3])
		failed++;
	if (!counted)
		return 0;
	counted->payload[3] = i + 1;
	bpf_obj_drop_impl(counted, 0);
	return 0;
}
static int kept_turn(__u32 i, void *context)
{
	struct own *own;
	RECREATE(keeping, struct keeper)
	own = bpf_obj_new_impl(bpf_core_type_id_local(struct own), 0);
	if (!own) {
		failed++;
		return 0;
	}
	own = bpf_kptr_xchg(&value->kept, own);
	if (own)
		bpf_obj_drop_impl(own, 0);
	return 0;
}
static int mask_turn(__u32 i, void *context)
{
	struct bpf_cpumask *mask = bpf_cpumask_create();

	if (mask)
		bpf_cpumask_release(mask);
	else
		failed++;
	return 0;
}
static int storage_turn(__u32 i, void *context)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!bpf_task_storage_get(&tasks, task, 0, 1 /* BPF_LOCAL_STORAGE_GET_F_CREATE */) ||
	    bpf_task_storage_delete(&tasks, task))
		failed++;
	return 0;
}

#define TURNING(NAME)                              \
	SEC("syscall") int NAME(void *context)     \
	{                                          \
		failed = 0;                        \
		bpf_loop(TURNS, NAME##_turn, 0, 0); \
		return failed;                     \
	}
TURNING(work)
TURNING(timer)
TURNING(task)
TURNING(callback)
TURNING(route)
TURNING(object)
TURNING(kept)
TURNING(mask)
TURNING(storage)
