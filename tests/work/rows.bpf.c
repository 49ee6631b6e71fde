// SPDX-License-Identifier: Apache-2.0
//
// An interpreter of small scripts on work items: user space writes a list of operations into `ops`, runs `script` (or
// `script_tc`) once, and reads what each of them returned from `results`. The callbacks below leave their traces in
// global data too. See machine.hpp, which is the other half, and docs/work-queues.md for the rows that are tested so.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "wq.h"
#include "script.h"

enum { F_NO_PREALLOC = 1, F_NO_COMMON_LRU = 2, F_INNER_MAP = 1 << 12 };

struct bpf_timer {
	__u64 __opaque[2];
} __attribute__((aligned(8)));

char LICENSE[] SEC("license") = "GPL";

struct elem {
	__u64 a;
	struct bpf_wq w;
	__u64 b;
};

// The item and `b` are at the offsets that they have above, so all share the callbacks.
struct locked {
	struct bpf_spin_lock lock;
	__u32 x;
	struct bpf_wq w;
	__u64 b;
};

struct timed {
	__u64 a;
	struct bpf_wq w;
	__u64 b;
	struct bpf_timer t;
};

#define MAP(NAME, TYPE, FLAGS, ENTRIES, VALUE) \
	struct {                               \
		__uint(type, TYPE);            \
		__uint(map_flags, FLAGS);      \
		__uint(max_entries, ENTRIES);  \
		__type(key, __u32);            \
		__type(value, struct VALUE);   \
	} NAME SEC(".maps")

MAP(array, BPF_MAP_TYPE_ARRAY, 0, 16, elem);
MAP(hash, BPF_MAP_TYPE_HASH, 0, 16, elem);
MAP(hash_no_prealloc, BPF_MAP_TYPE_HASH, F_NO_PREALLOC, 16, elem);
MAP(lru, BPF_MAP_TYPE_LRU_HASH, 0, 16, elem);
MAP(rhash, 35, F_NO_PREALLOC, 16, elem);
MAP(locked_array, BPF_MAP_TYPE_ARRAY, 0, 16, locked);
MAP(locked_hash, BPF_MAP_TYPE_HASH, 0, 16, locked);
MAP(locked_hash_no_prealloc, BPF_MAP_TYPE_HASH, F_NO_PREALLOC, 16, locked);
MAP(timers, BPF_MAP_TYPE_ARRAY, 0, 16, timed);

struct inner_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct elem);
};

struct {
	__uint(type, 12 /* BPF_MAP_TYPE_ARRAY_OF_MAPS */);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct inner_map);
} outer SEC(".maps");

struct op ops[MAX_OPS];
__s64 results[MAX_OPS];
struct trace trace;

static long spin_step(__u64 i, void *unused)
{
	return *(volatile __u32 *)&trace.hold == 0;
}

/* Long enough, however fast a step is. */
static long spin_long(__u64 i, void *unused)
{
	bpf_loop(1 << 23, spin_step, (void *)0, 0);
	return *(volatile __u32 *)&trace.hold == 0;
}

static long await_step(__u64 i, void *unused)
{
	return *(volatile __u32 *)&trace.entered >= trace.awaited;
}

static void enter(__u32 *key)
{
	__u32 at = __sync_fetch_and_add(&trace.entered, 1);
	__u32 now = __sync_fetch_and_add(&trace.inside, 1) + 1;

	if (now > trace.most_inside)
		trace.most_inside = now;
	trace.order[at % MAX_ORDER] = *key;
	trace.cpus[at % MAX_ORDER] = bpf_get_smp_processor_id();
}

static void leave(void)
{
	__sync_fetch_and_sub(&trace.inside, 1);
	__sync_fetch_and_add(&trace.exited, 1);
}

static int quick(void *map, int *key, wq_value *value)
{
	enter((__u32 *)key);
	leave();
	return 0;
}

// Runs until user space lets it go.
static int spin(void *map, int *key, wq_value *value)
{
	enter((__u32 *)key);
	bpf_loop(1 << 10, spin_long, (void *)0, 0);
	leave();
	return 0;
}

// The same; then uses the element, whatever has become of it, and starts its item again.
static int spin_start(void *map, int *key, wq_value *value)
{
	struct elem *e = (void *)value;

	enter((__u32 *)key);
	bpf_loop(1 << 10, spin_long, (void *)0, 0);
	trace.seen = e->b;
	e->b = 0x5151;
	trace.got[0] = bpf_wq_start(&e->w, 0);
	leave();
	return 0;
}

static int rearm(void *map, int *key, wq_value *value)
{
	struct elem *e = (void *)value;

	enter((__u32 *)key);
	if (trace.rearms) {
		trace.rearms--;
		trace.got[0] = bpf_wq_start(&e->w, 0);
	}
	leave();
	return 0;
}

static int init_self(void *map, int *key, wq_value *value)
{
	struct elem *e = (void *)value;

	enter((__u32 *)key);
	trace.got[0] = bpf_wq_init(&e->w, map, 0);
	leave();
	return 0;
}

static int other(void *map, int *key, wq_value *value)
{
	enter((__u32 *)key);
	trace.others++;
	leave();
	return 0;
}

static int set_other(void *map, int *key, wq_value *value)
{
	struct elem *e = (void *)value;

	enter((__u32 *)key);
	trace.got[0] = bpf_wq_set_callback(&e->w, other, 0);
	trace.got[1] = bpf_wq_start(&e->w, 0);
	leave();
	return 0;
}

static int update_self(void *map, int *key, wq_value *value)
{
	struct elem *e = (void *)value, fresh = { .a = 0xaa, .b = 0xbb }, *now;

	enter((__u32 *)key);
	trace.got[0] = bpf_map_update_elem(map, key, &fresh, BPF_ANY);
	trace.got[1] = bpf_wq_start(&e->w, 0);
	trace.got[2] = e->b;
	now = bpf_map_lookup_elem(map, key);
	trace.got[3] = now == e;
	leave();
	return 0;
}

static int delete_self(void *map, int *key, wq_value *value)
{
	struct elem *e = (void *)value;

	enter((__u32 *)key);
	trace.got[0] = bpf_map_delete_elem(map, key);
	e->b = 0x77;
	trace.got[1] = e->b;
	trace.got[2] = bpf_wq_start(&e->w, 0);
	trace.got[3] = bpf_map_delete_elem(map, key);
	leave();
	return 0;
}

static int sleeper(void *map, int *key, wq_value *value)
{
	__u64 word = 0;

	enter((__u32 *)key);
	trace.got[0] = bpf_copy_from_user(&word, sizeof(word), (const void *)trace.user_address);
	trace.seen = word;
	trace.entered_before_wake = trace.entered;
	leave();
	return 0;
}

static int on_timer(void *map, int *key, void *value)
{
	struct timed *e = value;

	trace.timers++;
	trace.got[0] = bpf_wq_start(&e->w, 0);
	return 0;
}

static int cancel_in_timer(void *map, int *key, void *value)
{
	struct timed *e = value;

	trace.timers++;
	trace.got[0] = bpf_timer_cancel(&e->t);
	return 0;
}

static __always_inline long set(struct bpf_wq *w, __u32 callback, __u32 flags)
{
	switch (callback) {
	case CB_SPIN:
		return bpf_wq_set_callback(w, spin, flags);
	case CB_SPIN_START:
		return bpf_wq_set_callback(w, spin_start, flags);
	case CB_REARM:
		return bpf_wq_set_callback(w, rearm, flags);
	case CB_INIT_SELF:
		return bpf_wq_set_callback(w, init_self, flags);
	case CB_SET_OTHER:
		return bpf_wq_set_callback(w, set_other, flags);
	case CB_UPDATE_SELF:
		return bpf_wq_set_callback(w, update_self, flags);
	case CB_DELETE_SELF:
		return bpf_wq_set_callback(w, delete_self, flags);
	case CB_SLEEPER:
		return bpf_wq_set_callback(w, sleeper, flags);
	default:
		return bpf_wq_set_callback(w, quick, flags);
	}
}

#define APPLY(NAME, VALUE, FIRST)                                                                   \
	static __noinline long apply_##NAME(void *map, const struct op *op)                         \
	{                                                                                           \
		__u32 key = op->key, arg = op->arg, code = op->code;                                \
		struct VALUE fresh = {}, *e;                                                        \
                                                                                                    \
		fresh.FIRST = 0xa0a0;                                                               \
		fresh.b = 0xb0b0;                                                                   \
		if (code == OP_UPDATE)                                                              \
			return bpf_map_update_elem(map, &key, &fresh, arg);                         \
		if (code == OP_DELETE)                                                              \
			return bpf_map_delete_elem(map, &key);                                      \
		e = bpf_map_lookup_elem(map, &key);                                                 \
		if (code == OP_EXISTS)                                                              \
			return e != 0;                                                              \
		if (!e)                                                                             \
			return NO_ELEMENT;                                                          \
		switch (code) {                                                                     \
		case OP_INIT:                                                                       \
			return bpf_wq_init(&e->w, map, arg);                                        \
		case OP_SET:                                                                        \
			return set(&e->w, arg, op->flags);                                          \
		case OP_START:                                                                      \
			return bpf_wq_start(&e->w, arg);                                            \
		case OP_SET_B:                                                                      \
			e->b = arg;                                                                 \
			return 0;                                                                   \
		case OP_GET_B:                                                                      \
			return e->b;                                                                \
		case OP_ADDRESS:                                                                    \
			return (long)e;                                                             \
		}                                                                                   \
		return UNKNOWN;                                                                     \
	}

APPLY(elem, elem, a)
APPLY(locked, locked, x)

static __noinline long apply_timer(const struct op *op)
{
	__u32 key = op->key;
	struct timed *e = bpf_map_lookup_elem(&timers, &key);

	if (!e)
		return NO_ELEMENT;
	switch (op->code) {
	case OP_TIMER_INIT:
		return bpf_timer_init(&e->t, &timers, op->arg);
	case OP_TIMER_SET:
		return op->arg ? bpf_timer_set_callback(&e->t, cancel_in_timer) : bpf_timer_set_callback(&e->t, on_timer);
	case OP_TIMER_START:
		return bpf_timer_start(&e->t, op->arg, op->flags);
	case OP_TIMER_CANCEL:
		return bpf_timer_cancel(&e->t);
	case OP_INIT:
		return bpf_wq_init(&e->w, &timers, op->arg);
	case OP_SET:
		return bpf_wq_set_callback(&e->w, quick, op->flags);
	case OP_START:
		return bpf_wq_start(&e->w, op->arg);
	}
	return UNKNOWN;
}

static __noinline long apply_inner(const struct op *op)
{
	__u32 zero = 0, key = op->key;
	void *map = bpf_map_lookup_elem(&outer, &zero);
	struct elem *e;

	if (!map)
		return NO_ELEMENT;
	e = bpf_map_lookup_elem(map, &key);
	if (!e)
		return NO_ELEMENT;
	switch (op->code) {
	case OP_INIT:
		return bpf_wq_init(&e->w, map, op->arg);
	case OP_SET:
		return bpf_wq_set_callback(&e->w, quick, op->flags);
	case OP_START:
		return bpf_wq_start(&e->w, op->arg);
	}
	return UNKNOWN;
}

static __always_inline long apply(const struct op *op)
{
	if (op->code == OP_AWAIT)
		return bpf_loop(256, await_step, (void *)0, 0) == 256;
	switch (op->map) {
	case MAP_ARRAY:
		return apply_elem(&array, op);
	case MAP_HASH:
		return apply_elem(&hash, op);
	case MAP_HASH_NO_PREALLOC:
		return apply_elem(&hash_no_prealloc, op);
	case MAP_LRU:
		return apply_elem(&lru, op);
	case MAP_RHASH:
		return apply_elem(&rhash, op);
	case MAP_LOCKED_ARRAY:
		return apply_locked(&locked_array, op);
	case MAP_LOCKED_HASH:
		return apply_locked(&locked_hash, op);
	case MAP_LOCKED_HASH_NO_PREALLOC:
		return apply_locked(&locked_hash_no_prealloc, op);
	case MAP_TIMERS:
		return apply_timer(op);
	case MAP_INNER:
		return apply_inner(op);
	}
	return UNKNOWN;
}

static long one_op(__u64 i, void *unused)
{
	const struct op *op;

	if (i >= MAX_OPS)
		return 1;
	op = &ops[i];
	if (op->code == OP_END)
		return 1;
	results[i] = apply(op);
	return 0;
}

SEC("syscall") int script(void *ctx)
{
	trace.cpu = bpf_get_smp_processor_id();
	return bpf_loop(MAX_OPS, one_op, (void *)0, 0);
}

SEC("tc") int script_tc(struct __sk_buff *skb)
{
	trace.cpu = bpf_get_smp_processor_id();
	return bpf_loop(MAX_OPS, one_op, (void *)0, 0);
}
