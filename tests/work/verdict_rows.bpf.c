// SPDX-License-Identifier: Apache-2.0
//
// A program for each row of "What the verifier says" in docs/work-queues.md, named by it: what it refuses begins with
// bad_, what it takes with ok_. verdict_rows_test.cpp loads them one by one.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "wq.h"

extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern void bpf_preempt_disable(void) __ksym;
extern void bpf_preempt_enable(void) __ksym;

#ifndef PROGRAMS_LICENSE
#define PROGRAMS_LICENSE "GPL"
#endif
char LICENSE[] SEC("license") = PROGRAMS_LICENSE;

struct elem {
	__u64 a;
	struct bpf_wq w;
	__u64 b;
};
struct locked {
	struct bpf_spin_lock lock;
	__u32 x;
	struct bpf_wq w;
};
struct plain {
	__u64 a[4];
};

#define MAP(NAME, TYPE, VALUE)               \
	struct {                             \
		__uint(type, TYPE);          \
		__uint(max_entries, 4);      \
		__type(key, __u32);          \
		__type(value, struct VALUE); \
	} NAME SEC(".maps")

MAP(m, BPF_MAP_TYPE_ARRAY, elem);
MAP(m2, BPF_MAP_TYPE_ARRAY, elem);
MAP(h, BPF_MAP_TYPE_HASH, elem);
MAP(ml, BPF_MAP_TYPE_ARRAY, locked);
MAP(mp, BPF_MAP_TYPE_ARRAY, plain);

__u64 any;
char buffer[64];

#define PROG(NAME) SEC("tc") int NAME(struct __sk_buff *ctx)
#define FIND(MAP)                                              \
	__u32 k = 0;                                           \
	typeof(*(MAP.value)) *v = bpf_map_lookup_elem(&MAP, &k); \
	if (!v)                                                \
	return 0

static int nothing(void *map, int *key, wq_value *value)
{
	return 0;
}
static int returns_one(void *map, int *key, wq_value *value)
{
	return 1;
}
static int writes_key(void *map, int *key, wq_value *value)
{
	*key = 1;
	return 0;
}
__noinline int global(void *map, int *key, wq_value *value)
{
	return any;
}

PROG(bad_not_a_map) { FIND(m); return bpf_wq_init(&v->w, (void *)7, 0); }
PROG(bad_other_map) { FIND(m2); return bpf_wq_init(&v->w, &m, 0); }
PROG(bad_not_in_a_value) { struct bpf_wq w = {}; return bpf_wq_init(&w, &m, 0); }
PROG(bad_null_argument) { return bpf_wq_init((void *)0, &m, 0); }
PROG(bad_wrong_offset) { FIND(m); return bpf_wq_init((void *)v, &m, 0); }
PROG(bad_variable_offset) { FIND(m); return bpf_wq_init((void *)v + (any & 8), &m, 0); }
PROG(bad_value_without_item) { FIND(mp); return bpf_wq_init((void *)v, &mp, 0); }
PROG(bad_direct_access) { FIND(m); return *(volatile __u64 *)&v->w; }
PROG(bad_not_a_function) { FIND(m); return bpf_wq_set_callback(&v->w, (void *)v, 0); }
PROG(bad_global_callback) { FIND(m); return bpf_wq_set_callback(&v->w, global, 0); }
PROG(bad_callback_result) { FIND(m); return bpf_wq_set_callback(&v->w, returns_one, 0); }
PROG(bad_callback_key) { FIND(m); return bpf_wq_set_callback(&v->w, writes_key, 0); }
PROG(bad_under_spin_lock)
{
	long result;

	FIND(ml);
	bpf_spin_lock(&v->lock);
	result = bpf_wq_start(&v->w, 0);
	bpf_spin_unlock(&v->lock);
	return result;
}
PROG(bad_sleeps) { return bpf_copy_from_user(buffer, 8, (void *)any); }

/* The callback as an entry of its own. */
static int entry(void *map, int *key, wq_value *value)
{
	struct elem *e = (void *)value;

	e->b = *key + (map == (void *)&m);
	return 0;
}
PROG(ok_callback_entry) { FIND(m); return bpf_wq_set_callback(&v->w, entry, 0) | bpf_wq_set_callback(&v->w, entry, 0); }
static int fourth(void *map, int *key, wq_value *value)
{
	int r4;

	asm volatile("%0 = r4" : "=r"(r4));
	return r4 & 0;
}
PROG(bad_callback_entry) { FIND(m); return bpf_wq_set_callback(&v->w, fourth, 0); }

static int sleeps(void *map, int *key, wq_value *value)
{
	bpf_copy_from_user(buffer, 8, (void *)any);
	return 0;
}
PROG(ok_callback_sleepable) { FIND(m); return bpf_wq_set_callback(&v->w, sleeps, 0); }

static int deep(void *map, int *key, wq_value *value)
{
	char stack[496];

	bpf_get_current_comm(stack, 16);
	__builtin_memset(stack + 16, (int)any, 480);
	asm volatile("" ::"r"(stack) : "memory");
	return 0;
}
PROG(ok_callback_stack)
{
	char stack[400];

	FIND(m);
	__builtin_memset(stack, (int)any, 400);
	asm volatile("" ::"r"(stack) : "memory");
	return bpf_wq_set_callback(&v->w, deep, 0);
}

static int sleeps_in_rcu(void *map, int *key, wq_value *value)
{
	bpf_rcu_read_lock();
	bpf_copy_from_user(buffer, 8, (void *)any);
	bpf_rcu_read_unlock();
	return 0;
}
PROG(bad_callback_sections) { FIND(m); return bpf_wq_set_callback(&v->w, sleeps_in_rcu, 0); }
static int sleeps_in_preempt(void *map, int *key, wq_value *value)
{
	bpf_preempt_disable();
	bpf_copy_from_user(buffer, 8, (void *)any);
	bpf_preempt_enable();
	return 0;
}
PROG(bad_callback_sections_preempt) { FIND(m); return bpf_wq_set_callback(&v->w, sleeps_in_preempt, 0); }

static long step(__u64 i, void *unused)
{
	return 0;
}
static int locks(void *map, int *key, wq_value *value)
{
	struct locked *e = (void *)value;

	bpf_spin_lock(&e->lock);
	e->x++;
	bpf_spin_unlock(&e->lock);
	return 0;
}
static int may(void *map, int *key, wq_value *value)
{
	struct elem *e = (void *)value;

	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	bpf_preempt_disable();
	bpf_preempt_enable();
	bpf_loop(3, step, (void *)0, 0);
	bpf_wq_init(&e->w, map, 0);
	bpf_wq_set_callback(&e->w, nothing, 0);
	bpf_wq_start(&e->w, 0);
	bpf_map_delete_elem(map, key);
	return 0;
}
PROG(ok_callback_may) { FIND(h); return bpf_wq_set_callback(&v->w, may, 0); }
PROG(ok_callback_may_lock) { FIND(ml); return bpf_wq_set_callback(&v->w, locks, 0); }

/* Whatever type it is loaded as. */
PROG(caller)
{
	FIND(m);
	bpf_wq_init(&v->w, &m, 0);
	bpf_wq_set_callback(&v->w, nothing, 0);
	bpf_wq_start(&v->w, 0);
	return 0;
}
