// SPDX-License-Identifier: Apache-2.0
//
// An interpreter of small scripts on timers and task work: as rows.bpf.c is for work items. Skep runs it in tests, and
// kernels run it in tests/conformance (later_oracle.cpp), so that both answer the same questions (later_rows.hpp).
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "wq.h"
#include "later.h"

#ifndef LATER_VMLINUX
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
#endif

extern int bpf_timer_cancel_async(struct bpf_timer *timer) __ksym;
extern int bpf_task_work_schedule_signal(struct task_struct *task, struct bpf_task_work *tw, void *map__map,
					 bpf_task_work_callback_t callback) __ksym;
extern int bpf_task_work_schedule_resume(struct task_struct *task, struct bpf_task_work *tw, void *map__map,
					 bpf_task_work_callback_t callback) __ksym;
extern struct task_struct *bpf_task_from_pid(int pid) __ksym;
extern void bpf_task_release(struct task_struct *task) __ksym;

char LICENSE[] SEC("license") = "GPL";

struct later {
	__u64 a;
	struct bpf_timer t;
	__u64 b;
	struct bpf_wq w;
	struct bpf_task_work tw;
};

#define MAP(NAME, TYPE, FLAGS)                 \
	struct {                               \
		__uint(type, TYPE);            \
		__uint(map_flags, FLAGS);      \
		__uint(max_entries, 8);        \
		__type(key, __u32);            \
		__type(value, struct later);   \
	} NAME SEC(".maps")

MAP(later_array, BPF_MAP_TYPE_ARRAY, 0);
MAP(later_hash, BPF_MAP_TYPE_HASH, 0);
MAP(later_fresh, BPF_MAP_TYPE_HASH, 1 /* BPF_F_NO_PREALLOC */);
MAP(later_lru, BPF_MAP_TYPE_LRU_HASH, 0);

struct later_op ops[LATER_OPS];
__s64 results[LATER_OPS];
struct later_trace trace;

static long spin_step(__u64 i, void *unused)
{
	return *(volatile __u32 *)&trace.hold == 0;
}
static long spin_long(__u64 i, void *unused)
{
	bpf_loop(1 << 14, spin_step, (void *)0, 0);
	return *(volatile __u32 *)&trace.hold == 0;
}
static long await_step(__u64 i, void *unused)
{
	return *(volatile __u32 *)&trace.entered >= trace.awaited;
}

/* Of the clock that user space has named; the real time it has said itself. */
static __always_inline __u64 clock_now(void)
{
	return trace.clock_ns == 1 ? bpf_ktime_get_ns() : trace.clock_ns == 7 ? bpf_ktime_get_boot_ns() : trace.clock_ns;
}

static __always_inline void enter(void)
{
	__u32 now = __sync_fetch_and_add(&trace.inside, 1) + 1;

	if (now > trace.most_inside)
		trace.most_inside = now;
	trace.cpu = bpf_get_smp_processor_id();
	trace.same_task = (__u32)bpf_get_current_pid_tgid() == trace.task;
	__sync_fetch_and_add(&trace.entered, 1);
}
static __always_inline void leave(void)
{
	__sync_fetch_and_sub(&trace.inside, 1);
	__sync_fetch_and_add(&trace.exited, 1);
}

static int wq_later(void *map, int *key, wq_value *value)
{
	trace.others++;
	return 0;
}

#define CALLBACK(NAME, ...)                                     \
	static int NAME(void *map, int *key, struct later *e)   \
	{                                                       \
		enter();                                        \
		__VA_ARGS__                                     \
		leave();                                        \
		return 0;                                       \
	}

CALLBACK(t_quick)
CALLBACK(t_other, trace.others++;)
CALLBACK(t_spin, bpf_loop(1 << 14, spin_long, (void *)0, 0);)
CALLBACK(t_rearm, if (trace.rearms) {
	trace.rearms--;
	trace.got[0] = bpf_timer_start(&e->t, 0, 0);
})
CALLBACK(t_rearm_long, if (trace.rearms) {
	trace.rearms--;
	trace.got[0] = bpf_timer_start(&e->t, 3600000000000ULL, 0);
})
CALLBACK(t_set_other, trace.got[0] = bpf_timer_set_callback(&e->t, t_other); trace.got[1] = bpf_timer_start(&e->t, 0, 0);)
CALLBACK(t_init_self, trace.got[0] = bpf_timer_init(&e->t, map, 1);)
CALLBACK(t_cancel_self, trace.got[0] = bpf_timer_cancel(&e->t); trace.got[1] = bpf_timer_start(&e->t, 3600000000000ULL, 0);)
CALLBACK(t_async_self, trace.got[0] = bpf_timer_cancel_async(&e->t); bpf_timer_start(&e->t, 3600000000000ULL, 0);
	 trace.got[1] = bpf_timer_cancel_async(&e->t);)
CALLBACK(t_update_self, struct later fresh = { .a = 1, .b = 2 }; trace.got[0] = bpf_map_update_elem(map, key, &fresh, 0);
	 trace.got[1] = bpf_timer_start(&e->t, 0, 0); trace.got[2] = e->b;)
CALLBACK(t_delete_self, trace.got[0] = bpf_map_delete_elem(map, key); trace.got[1] = bpf_timer_start(&e->t, 0, 0);
	 e->b = 7; trace.got[2] = e->b; trace.got[3] = bpf_map_delete_elem(map, key);)
CALLBACK(t_start_wq, trace.got[0] = bpf_wq_start(&e->w, 0);)

static int wq_timer(void *map, int *key, wq_value *value)
{
	struct later *e = (void *)value;

	trace.got[0] = bpf_timer_start(&e->t, 0, 0);
	return 0;
}

static __always_inline long set_timer(struct bpf_timer *t, __u64 callback)
{
	switch (callback) {
	case LATER_SPIN: return bpf_timer_set_callback(t, t_spin);
	case LATER_REARM: return bpf_timer_set_callback(t, t_rearm);
	case LATER_REARM_LONG: return bpf_timer_set_callback(t, t_rearm_long);
	case LATER_OTHER: return bpf_timer_set_callback(t, t_other);
	case LATER_SET_OTHER: return bpf_timer_set_callback(t, t_set_other);
	case LATER_INIT_SELF: return bpf_timer_set_callback(t, t_init_self);
	case LATER_CANCEL_SELF: return bpf_timer_set_callback(t, t_cancel_self);
	case LATER_ASYNC_SELF: return bpf_timer_set_callback(t, t_async_self);
	case LATER_UPDATE_SELF: return bpf_timer_set_callback(t, t_update_self);
	case LATER_DELETE_SELF: return bpf_timer_set_callback(t, t_delete_self);
	case LATER_START_WQ: return bpf_timer_set_callback(t, t_start_wq);
	default: return bpf_timer_set_callback(t, t_quick);
	}
}

#define WORK(NAME, ...)                                                          \
	static int NAME(struct bpf_map *map, void *key, void *value)             \
	{                                                                        \
		struct later *e = value;                                         \
		(void)e;                                                         \
		enter();                                                         \
		__VA_ARGS__                                                      \
		leave();                                                         \
		return 0;                                                        \
	}

WORK(w_quick, e->b++;)
WORK(w_sleep, __u64 word = 0; trace.got[0] = bpf_copy_from_user(&word, sizeof(word), (void *)trace.user_address); trace.seen = word;)
WORK(w_delete_self, trace.got[0] = bpf_map_delete_elem(map, key); e->b = 7; trace.got[1] = e->b;)
WORK(w_start_timer, trace.got[0] = bpf_timer_start(&e->t, 0, 0);)
WORK(w_start_wq, trace.got[0] = bpf_wq_start(&e->w, 0);)
#define APPLY(NAME)                                                                         \
	static __noinline long apply_##NAME(const struct later_op *op)                      \
	{                                                                                   \
		__u32 key = op->key, code = op->code;                                       \
		struct later fresh = { .a = 0xa0, .b = 0xb0 }, *e;                          \
                                                                                            \
		if (code == LATER_UPDATE)                                                   \
			return bpf_map_update_elem(&NAME, &key, &fresh, op->arg);           \
		if (code == LATER_DELETE)                                                   \
			return bpf_map_delete_elem(&NAME, &key);                            \
		e = bpf_map_lookup_elem(&NAME, &key);                                       \
		if (!e)                                                                     \
			return LATER_NONE;                                                  \
		switch (code) {                                                             \
		case LATER_GET_B: return e->b;                                              \
		case LATER_TIMER_INIT: return bpf_timer_init(&e->t, &NAME, op->arg);        \
		case LATER_TIMER_SET: return set_timer(&e->t, op->arg);                     \
		case LATER_TIMER_START: return bpf_timer_start(&e->t, op->arg, op->flags);  \
		case LATER_TIMER_ABS: return bpf_timer_start(&e->t, clock_now() + op->arg, op->flags | 1); \
		case LATER_TIMER_CANCEL: return bpf_timer_cancel(&e->t);                    \
		case LATER_TIMER_ASYNC: return bpf_timer_cancel_async(&e->t);               \
		case LATER_WQ_INIT: return bpf_wq_init(&e->w, &NAME, 0);                    \
		case LATER_WQ_SET:                                                          \
			return op->arg ? bpf_wq_set_callback(&e->w, wq_timer, 0) :          \
					 bpf_wq_set_callback(&e->w, wq_later, 0);           \
		case LATER_WQ_START: return bpf_wq_start(&e->w, 0);                         \
		}                                                                           \
		return LATER_UNKNOWN;                                                       \
	}                                                                                   \
	static __noinline long task_##NAME(const struct later_op *op)                       \
	{                                                                                   \
		__u32 key = op->key;                                                        \
		struct task_struct *task;                                                   \
		struct later *e = bpf_map_lookup_elem(&NAME, &key);                         \
		long result = LATER_NONE;                                                   \
                                                                                            \
		if (!e)                                                                     \
			return LATER_NONE;                                                  \
		if (op->flags) {                                                            \
			task = bpf_task_from_pid(op->flags);                                \
			if (!task)                                                          \
				return LATER_NONE;                                          \
			if (op->code == LATER_SIGNAL)                                       \
				result = bpf_task_work_schedule_signal(task, &e->tw, &NAME, w_quick); \
			else                                                                \
				result = bpf_task_work_schedule_resume(task, &e->tw, &NAME, w_quick); \
			bpf_task_release(task);                                             \
			return result;                                                      \
		}                                                                           \
		task = bpf_get_current_task_btf();                                          \
		if (op->code == LATER_RESUME)                                               \
			return bpf_task_work_schedule_resume(task, &e->tw, &NAME, w_quick); \
		switch (op->arg) {                                                          \
		case LATER_SLEEP: return bpf_task_work_schedule_signal(task, &e->tw, &NAME, w_sleep); \
		case LATER_DELETE_SELF: return bpf_task_work_schedule_signal(task, &e->tw, &NAME, w_delete_self); \
		case LATER_TIMER_FROM: return bpf_task_work_schedule_signal(task, &e->tw, &NAME, w_start_timer); \
		case LATER_START_WQ: return bpf_task_work_schedule_signal(task, &e->tw, &NAME, w_start_wq); \
		default: return bpf_task_work_schedule_signal(task, &e->tw, &NAME, w_quick); \
		}                                                                           \
	}                                                                                   \
	static __always_inline long any_##NAME(const struct later_op *op)                   \
	{                                                                                   \
		if (op->code == LATER_SIGNAL || op->code == LATER_RESUME)                   \
			return task_##NAME(op);                                             \
		return apply_##NAME(op);                                                    \
	}

APPLY(later_array)
APPLY(later_hash)
APPLY(later_fresh)
APPLY(later_lru)

static long one_op(__u64 i, void *unused)
{
	const struct later_op *op;

	if (i >= LATER_OPS)
		return 1;
	op = &ops[i];
	if (op->code == LATER_END)
		return 1;
	if (op->code == LATER_AWAIT)
		results[i] = bpf_loop(256, await_step, (void *)0, 0) == 256;
	else if (op->map == 0)
		results[i] = any_later_array(op);
	else if (op->map == 1)
		results[i] = any_later_hash(op);
	else if (op->map == 2)
		results[i] = any_later_fresh(op);
	else
		results[i] = any_later_lru(op);
	return 0;
}

SEC("tc") int later_script(struct __sk_buff *skb)
{
	return bpf_loop(LATER_OPS, one_op, (void *)0, 0);
}
