// Resilient spin locks: in which order they are released, what may be done under them, and what
// their results mean.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

struct element {
  struct bpf_res_spin_lock lock;
  u64 number;
};
struct plain {
  struct bpf_spin_lock lock;
  u64 number;
};
#define MAP(name, kind, what) \
  struct { \
    __uint(type, BPF_MAP_TYPE_##kind); \
    __uint(max_entries, 64); \
    __type(key, u32); \
    __type(value, what); \
  } name SEC(".maps");
MAP(elements, ARRAY, struct element)
MAP(others, HASH, struct element)
MAP(plains, ARRAY, struct plain)

__attribute__((visibility("hidden"), aligned(8))) struct element one SEC(".data.one");
__attribute__((visibility("hidden"), aligned(8))) struct element two SEC(".data.two");

// ---- in which order, and of which kind ----
#define FIND(name, map, index) \
  u32 key_##name = index; \
  struct element *name = bpf_map_lookup_elem(&map, &key_##name); \
  if (!name) return 0;
#define WITH_TWO(name, code) \
  SEC("?tc") int name(void *ctx) { \
    unsigned long flags, flags_too; \
    FIND(a, elements, 1) FIND(b, others, 2) \
    code; \
    return 0; \
  }
#define LOCK(x) bpf_res_spin_lock(&(x)->lock)
#define UNLOCK(x) bpf_res_spin_unlock(&(x)->lock)
#define SAVE(x, to) bpf_res_spin_lock_irqsave(&(x)->lock, &to)
#define RESTORE(x, from) bpf_res_spin_unlock_irqrestore(&(x)->lock, &from)
WITH_TWO(nested, if (!LOCK(a)) { if (!LOCK(b)) UNLOCK(b); UNLOCK(a); })
WITH_TWO(crossed, if (!LOCK(a)) { if (!LOCK(b)) { UNLOCK(a); UNLOCK(b); } else UNLOCK(a); })
WITH_TWO(only_the_outer, if (!LOCK(a)) { if (!LOCK(b)) UNLOCK(a); else UNLOCK(a); })
WITH_TWO(other_one, if (!LOCK(a)) UNLOCK(b))
WITH_TWO(twice, if (!LOCK(a)) { if (!LOCK(a)) UNLOCK(a); UNLOCK(a); })
WITH_TWO(never, LOCK(a))
WITH_TWO(after_failure, if (LOCK(a)) UNLOCK(a))
WITH_TWO(unchecked, LOCK(a); UNLOCK(a))
WITH_TWO(without_lock, UNLOCK(a))
WITH_TWO(one_after_the_other, if (!LOCK(a)) UNLOCK(a); if (!LOCK(b)) UNLOCK(b); if (!LOCK(a)) UNLOCK(a))
WITH_TWO(negative, if (LOCK(a) >= 0) UNLOCK(a))
WITH_TWO(positive, if (LOCK(a) > 0) a->number = *(u64 *)(long)a->number; else return 0)
WITH_TWO(errno_seen, int e = LOCK(a); if (e == -35) return 1; if (!e) UNLOCK(a))
WITH_TWO(large_errno, int e = LOCK(a); if (e < -4095) UNLOCK(b); if (!e) UNLOCK(a))
WITH_TWO(saved, if (!SAVE(a, flags)) RESTORE(a, flags))
WITH_TWO(saved_nested, if (!SAVE(a, flags)) { if (!SAVE(b, flags_too)) RESTORE(b, flags_too); RESTORE(a, flags); })
WITH_TWO(saved_crossed, if (!SAVE(a, flags)) { if (!SAVE(b, flags_too)) { RESTORE(a, flags); RESTORE(b, flags_too); } else RESTORE(a, flags); })
WITH_TWO(saved_with_others_flags, if (!SAVE(a, flags)) { if (!SAVE(b, flags_too)) { RESTORE(b, flags); RESTORE(a, flags_too); } else RESTORE(a, flags); })
WITH_TWO(saved_and_unlocked, if (!SAVE(a, flags)) UNLOCK(a))
WITH_TWO(locked_and_restored, if (!LOCK(a)) RESTORE(a, flags))
WITH_TWO(flags_used_twice, if (!SAVE(a, flags)) { if (!SAVE(b, flags)) RESTORE(b, flags); RESTORE(a, flags); })
WITH_TWO(saved_in_locked, if (!LOCK(a)) { if (!SAVE(b, flags)) RESTORE(b, flags); UNLOCK(a); })
WITH_TWO(locked_in_saved, if (!SAVE(a, flags)) { if (!LOCK(b)) UNLOCK(b); RESTORE(a, flags); })
WITH_TWO(saved_crossed_with_locked, if (!SAVE(a, flags)) { if (!LOCK(b)) { RESTORE(a, flags); UNLOCK(b); } else RESTORE(a, flags); })
WITH_TWO(locked_crossed_with_saved, if (!LOCK(a)) { if (!SAVE(b, flags)) { UNLOCK(a); RESTORE(b, flags); } else UNLOCK(a); })
WITH_TWO(saved_around_irq_save, if (!SAVE(a, flags)) { bpf_local_irq_save(&flags_too); bpf_local_irq_restore(&flags_too); RESTORE(a, flags); })
WITH_TWO(irq_saved_restored_by_lock, bpf_local_irq_save(&flags); if (!LOCK(a)) RESTORE(a, flags))
WITH_TWO(lock_saved_restored_by_irq, if (!SAVE(a, flags)) bpf_local_irq_restore(&flags))
WITH_TWO(irq_saved_around, bpf_local_irq_save(&flags); if (!LOCK(a)) UNLOCK(a); bpf_local_irq_restore(&flags))
WITH_TWO(irq_restored_under, bpf_local_irq_save(&flags); if (!LOCK(a)) { bpf_local_irq_restore(&flags); UNLOCK(a); } else bpf_local_irq_restore(&flags))
WITH_TWO(irq_saved_under, if (!LOCK(a)) { bpf_local_irq_save(&flags); UNLOCK(a); bpf_local_irq_restore(&flags); })
WITH_TWO(flags_read, if (!SAVE(a, flags)) { a->number = flags; RESTORE(a, flags); })
WITH_TWO(flags_written, if (!SAVE(a, flags)) { *(volatile unsigned long *)&flags = 0; RESTORE(a, flags); })
WITH_TWO(globals, if (!LOCK(&one)) { if (!LOCK(&two)) UNLOCK(&two); UNLOCK(&one); })
WITH_TWO(globals_crossed, if (!LOCK(&one)) { if (!LOCK(&two)) { UNLOCK(&one); UNLOCK(&two); } else UNLOCK(&one); })
WITH_TWO(global_twice, if (!LOCK(&one)) { if (!LOCK(&one)) UNLOCK(&one); UNLOCK(&one); })
WITH_TWO(global_and_value, if (!LOCK(&one)) { if (!LOCK(a)) UNLOCK(a); UNLOCK(&one); })
WITH_TWO(same_key_found_twice, FIND(c, elements, 1); if (!LOCK(a)) { if (!LOCK(c)) UNLOCK(c); UNLOCK(a); })
WITH_TWO(copy_unlocks, struct element *c = a; asm volatile("" : "+r"(c)); if (!LOCK(a)) UNLOCK(c))
WITH_TWO(at_the_wrong_place, if (!bpf_res_spin_lock((void *)&a->number)) UNLOCK(a))
WITH_TWO(on_the_stack, struct bpf_res_spin_lock here = {}; if (!bpf_res_spin_lock(&here)) bpf_res_spin_unlock(&here))
WITH_TWO(read, a->number = *(u32 *)&a->lock)
WITH_TWO(written, *(u32 *)&a->lock = 0)
WITH_TWO(written_under, if (!LOCK(a)) { *(u32 *)&a->lock = 0; UNLOCK(a); })

// ---- with the other kind ----
#define WITH_PLAIN(name, code) \
  SEC("?tc") int name(void *ctx) { \
    u32 zero = 0; \
    FIND(a, elements, 1) \
    struct plain *p = bpf_map_lookup_elem(&plains, &zero); \
    if (!p) return 0; \
    code; \
    return 0; \
  }
WITH_PLAIN(plain_inside, if (!LOCK(a)) { bpf_spin_lock(&p->lock); bpf_spin_unlock(&p->lock); UNLOCK(a); })
WITH_PLAIN(plain_outside, bpf_spin_lock(&p->lock); if (!LOCK(a)) UNLOCK(a); bpf_spin_unlock(&p->lock))
WITH_PLAIN(plain_crossed, if (!LOCK(a)) { bpf_spin_lock(&p->lock); UNLOCK(a); bpf_spin_unlock(&p->lock); })
WITH_PLAIN(plain_crossed_outside, bpf_spin_lock(&p->lock); if (!LOCK(a)) { bpf_spin_unlock(&p->lock); UNLOCK(a); } else bpf_spin_unlock(&p->lock))
WITH_PLAIN(plain_unlocked_as_resilient, bpf_spin_lock(&p->lock); bpf_res_spin_unlock((void *)&p->lock))
WITH_PLAIN(resilient_unlocked_as_plain, if (!LOCK(a)) bpf_spin_unlock((void *)&a->lock))
WITH_PLAIN(plain_locked_as_resilient, if (!bpf_res_spin_lock((void *)&p->lock)) bpf_spin_unlock(&p->lock))

// ---- what may be done under one ----
u64 counter;
static __attribute__((noinline)) int quiet(int x) { return x + 1; }
__attribute__((noinline)) int wide(int x) { return x + 1; }
static __attribute__((noinline)) int unlocks(struct element *a) { UNLOCK(a); return 0; }
static __attribute__((noinline)) int locks(struct element *a) { return LOCK(a); }
static __attribute__((noinline)) int locks_and_unlocks(struct element *a) { if (!LOCK(a)) UNLOCK(a); return 0; }
static int each(u64 i, void *ctx) { return 0; }
static int unlock_in_loop(u64 i, struct element **ctx) { UNLOCK(*ctx); return 1; }
static int lock_in_loop(u64 i, struct element **ctx) { if (!LOCK(*ctx)) UNLOCK(*ctx); return 1; }
static int lock_only_in_loop(u64 i, struct element **ctx) { LOCK(*ctx); return 1; }
#define UNDER(name, code) WITH_TWO(under_##name, if (!LOCK(a)) { code; UNLOCK(a); })
UNDER(nothing, )
UNDER(helper, bpf_ktime_get_ns())
UNDER(lookup, u32 k = 1; bpf_map_lookup_elem(&elements, &k))
UNDER(static_function, counter = quiet(counter))
UNDER(global_function, counter = wide(counter))
UNDER(loop_of_helper, bpf_loop(3, each, 0, 0))
UNDER(iterator, struct bpf_iter_num it; bpf_iter_num_new(&it, 0, 3); while (bpf_iter_num_next(&it)) counter++; bpf_iter_num_destroy(&it))
UNDER(rcu, bpf_rcu_read_lock(); bpf_rcu_read_unlock())
UNDER(preempt, bpf_preempt_disable(); bpf_preempt_enable())
UNDER(rcu_left_locked, bpf_rcu_read_lock())
UNDER(throw, bpf_throw(1))
UNDER(exit, return 1)
UNDER(may_goto, for (int i = 0; i < 1000; i++) { asm volatile goto("may_goto %l0" :::: out); counter++; } out:)
UNDER(allocation, struct element *n = bpf_obj_new_impl(bpf_core_type_id_local(struct element), 0); if (n) bpf_obj_drop_impl(n, 0))
UNDER(task, struct task_struct *t = bpf_task_from_pid(1); if (t) bpf_task_release(t))
UNDER(cgroup, struct cgroup *t = bpf_cgroup_from_id(1); if (t) bpf_cgroup_release(t))
UNDER(tail_call, bpf_tail_call(ctx, &others, 1))
UNDER(store, a->number = 1)
UNDER(atomic, __sync_fetch_and_add(&a->number, 1))
UNDER(kptr_store, b->number = 3)
WITH_TWO(unlocked_by_function, if (!LOCK(a)) unlocks(a))
WITH_TWO(locked_by_function, if (!locks(a)) UNLOCK(a))
WITH_TWO(in_function, locks_and_unlocks(a))
WITH_TWO(in_function_under_another, if (!LOCK(b)) { locks_and_unlocks(a); UNLOCK(b); })
WITH_TWO(in_function_under_the_same, if (!LOCK(a)) { locks_and_unlocks(a); UNLOCK(a); })
WITH_TWO(in_callback, bpf_loop(3, lock_in_loop, &a, 0))
WITH_TWO(left_in_callback, bpf_loop(3, lock_only_in_loop, &a, 0))
WITH_TWO(unlocked_in_callback, if (!LOCK(a)) bpf_loop(3, unlock_in_loop, &a, 0))
WITH_TWO(in_loop, for (int i = 0; i < 10; i++) { if (LOCK(a)) break; counter++; UNLOCK(a); })
WITH_TWO(gathered_in_loop, for (int i = 0; i < 10; i++) { if (LOCK(a)) break; counter++; })
WITH_TWO(left_to_the_next_round, bpf_repeat: for (int i = 0; i < 3; i++) { if (i & 1) UNLOCK(a); else if (LOCK(a)) return 0; } UNLOCK(a))
#define IN(name, section) \
  SEC(section) int in_##name(void *ctx) { FIND(a, elements, 1) if (!LOCK(a)) UNLOCK(a); return 0; } \
  SEC(section) int saved_in_##name(void *ctx) { unsigned long flags; FIND(a, elements, 1) if (!SAVE(a, flags)) RESTORE(a, flags); return 0; }
IN(xdp, "?xdp")
IN(kprobe, "?kprobe")
IN(perf_event, "?perf_event")
IN(raw_tracepoint, "?raw_tp")
IN(tracepoint, "?tp/syscalls/sys_enter_nanosleep")
IN(fentry, "?fentry/bpf_fentry_test1")
IN(lsm, "?lsm/file_open")
IN(sleepable_lsm, "?lsm.s/file_open")
IN(socket, "?socket")
IN(syscall, "?syscall")
IN(cgroup_skb, "?cgroup_skb/ingress")
IN(sk_msg, "?sk_msg")
IN(iterator, "?iter/task")
IN(struct_ops_like, "?sk_lookup")
