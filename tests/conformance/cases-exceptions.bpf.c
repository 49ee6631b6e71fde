// Exceptions: where a program may throw, what it may hold then, and what the function that catches may be.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

#define noinline __attribute__((noinline))
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, u32);
  __type(value, u64);
} numbers SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 4);
  __uint(key_size, 4);
  __uint(value_size, 4);
} programs SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} ring SEC(".maps");
struct with_work {
  struct bpf_wq wq;
  struct bpf_timer timer;
  u64 number;
};
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, u32);
  __type(value, struct with_timer { struct bpf_timer timer; });
} timers SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, u32);
  __type(value, struct with_wq { struct bpf_wq wq; });
} works SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_USER_RINGBUF);
  __uint(max_entries, 4096);
} from_user SEC(".maps");

u64 counter;
noinline int throws(u64 x) { if (x > 3) bpf_throw(x); return 1; }
noinline int always(u64 x) { bpf_throw(x); return 1; }
static noinline int static_throws(u64 x) { if (x > 3) bpf_throw(x); return 1; }
static noinline u64 static_always(u64 x) { bpf_throw(x); return 1; }
static noinline int two_deep(u64 x) { return static_throws(x) + 1; }
noinline int global_two_deep(u64 x) { return throws(x) + 1; }
noinline void nothing_throws(u64 x) { if (x > 3) bpf_throw(x); }

noinline int catches(u64 cookie) { return cookie & 1; }
noinline int catches_any(u64 cookie) { return cookie; }
noinline int catches_two(u64 cookie, u64 more) { return cookie + more; }
noinline int catches_none(void) { return 0; }
noinline void catches_nothing(u64 cookie) { counter = cookie; }
noinline int catches_and_throws(u64 cookie) { bpf_throw(cookie); return 0; }
noinline int catches_with_stack(u64 cookie) { char buffer[64]; bpf_get_current_comm(buffer, 64); return buffer[0] & 1; }
noinline int catches_pointer(u64 *cookie) { return 0; }
noinline int catches_context(struct __sk_buff *ctx) { return 0; }
noinline int catches_int(int cookie) { return cookie & 1; }
noinline u64 catches_long(u64 cookie) { return cookie & 1; }
noinline int catches_and_calls(u64 cookie) { return throws(cookie & 1); }
noinline int catches_two_or_three(u64 cookie) { return (cookie & 1) + 2; }

#define CATCH(name) __attribute__((btf_decl_tag("exception_callback:" #name)))
#define THROW(name, section, tag, code) SEC(section) tag int name(void *ctx) { u64 x = bpf_get_prandom_u32(); code; return 0; }

// ---- what catches ----
THROW(by_any, "?tc", CATCH(catches), bpf_throw(x))
THROW(by_unbounded, "?tc", CATCH(catches_any), bpf_throw(x))
THROW(by_two_arguments, "?tc", CATCH(catches_two), bpf_throw(x))
THROW(by_no_argument, "?tc", CATCH(catches_none), bpf_throw(x))
THROW(by_void, "?tc", CATCH(catches_nothing), bpf_throw(x))
THROW(by_thrower, "?tc", CATCH(catches_and_throws), bpf_throw(x))
THROW(by_stack, "?tc", CATCH(catches_with_stack), bpf_throw(x))
THROW(by_pointer, "?tc", CATCH(catches_pointer), bpf_throw(x))
THROW(by_context, "?tc", CATCH(catches_context), bpf_throw(x))
THROW(by_int, "?tc", CATCH(catches_int), bpf_throw(x))
THROW(by_long, "?tc", CATCH(catches_long), bpf_throw(x))
THROW(by_caller_of_thrower, "?tc", CATCH(catches_and_calls), bpf_throw(x))
THROW(by_one_twice, "?tc", CATCH(catches) CATCH(catches_any), bpf_throw(x))
THROW(without_throw, "?tc", CATCH(catches), )
THROW(xdp_out_of_range, "?xdp", CATCH(catches_any), bpf_throw(x))
THROW(cgroup_skb_in_range, "?cgroup_skb/egress", CATCH(catches), bpf_throw(x))
THROW(cgroup_skb_out_of_range, "?cgroup_skb/egress", CATCH(catches_any), bpf_throw(x))
THROW(sock_out_of_range, "?cgroup/sock_create", CATCH(catches_two_or_three), bpf_throw(x))
THROW(sock_in_range, "?cgroup/sock_create", CATCH(catches), bpf_throw(x))
THROW(cookie_out_of_range, "?cgroup/sock_create", , bpf_throw(x))
THROW(cookie_in_range, "?cgroup/sock_create", , bpf_throw(x & 1))
THROW(cookie_constant_in_range, "?cgroup/sock_create", , if (x > 7) bpf_throw(1))
THROW(cookie_constant_out_of_range, "?cgroup/sock_create", , if (x > 7) bpf_throw(2))
THROW(cookie_of_lsm, "?lsm/file_open", , bpf_throw(x))
THROW(cookie_of_lsm_errno, "?lsm/file_open", , if (x > 7) bpf_throw(-1))
THROW(cookie_of_fentry, "?fentry/bpf_fentry_test1", , if (x > 7) bpf_throw(1))
THROW(cookie_of_fentry_zero, "?fentry/bpf_fentry_test1", , if (x > 7) bpf_throw(0))
THROW(caught_of_fentry, "?fentry/bpf_fentry_test1", CATCH(catches_any), if (x > 7) bpf_throw(0))
THROW(cookie_in_global, "?cgroup/sock_create", , counter = throws(x))
THROW(cookie_in_static, "?cgroup/sock_create", , counter = static_throws(x))
THROW(cookie_in_static_in_range, "?cgroup/sock_create", , counter = static_always(x & 1))
THROW(cookie_is_pointer, "?tc", , bpf_throw((u64)ctx))
THROW(cookie_is_pointer_caught, "?tc", CATCH(catches), bpf_throw((u64)ctx))

// ---- where ----
THROW(in_static, "?tc", , counter = static_throws(x))
THROW(in_global, "?tc", , counter = throws(x))
THROW(always_in_global, "?tc", , counter = always(x))
THROW(always_in_static, "?tc", , counter = static_always(x))
THROW(deep, "?tc", , counter = two_deep(x))
THROW(deep_global, "?tc", , counter = global_two_deep(x))
THROW(in_void, "?tc", , nothing_throws(x))
static int throwing_each(u64 i, void *c) { bpf_throw(i); return 0; }
static int throwing_seldom(u64 i, void *c) { if (i > 2) bpf_throw(i); return 0; }
static int calling_thrower(u64 i, void *c) { return throws(i) & 1; }
static int calling_static(u64 i, void *c) { return static_throws(i) & 1; }
static int throwing_of_map(void *map, u32 *key, u64 *value, void *c) { if (*value > 2) bpf_throw(1); return 0; }
static int calling_of_map(void *map, u32 *key, u64 *value, void *c) { return throws(*value) & 1; }
static int throwing_timer(void *map, int *key, void *value) { if (counter > 3) bpf_throw(1); return 0; }
static int calling_timer(void *map, int *key, void *value) { counter = throws(counter); return 0; }
static int quiet_timer(void *map, int *key, void *value) { return 0; }
static long throwing_drain(struct bpf_dynptr *d, void *c) { if (counter > 3) bpf_throw(1); return 0; }
static long throwing_vma(struct task_struct *t, struct vm_area_struct *v, void *c) { if (counter > 3) bpf_throw(1); return 0; }
THROW(in_loop, "?tc", , bpf_loop(4, throwing_each, 0, 0))
THROW(in_loop_seldom, "?tc", , bpf_loop(4, throwing_seldom, 0, 0))
THROW(in_loop_by_global, "?tc", , bpf_loop(4, calling_thrower, 0, 0))
THROW(in_loop_by_static, "?tc", , bpf_loop(4, calling_static, 0, 0))
THROW(in_elements, "?tc", , bpf_for_each_map_elem(&numbers, throwing_of_map, 0, 0))
THROW(in_elements_by_global, "?tc", , bpf_for_each_map_elem(&numbers, calling_of_map, 0, 0))
THROW(in_loop_caught, "?tc", CATCH(catches), bpf_loop(4, throwing_seldom, 0, 0))
#define TIMER(name, callback, after) \
  THROW(name, "?tc", , u32 k = 0; struct with_timer *v = bpf_map_lookup_elem(&timers, &k); \
        if (v) { bpf_timer_init(&v->timer, &timers, 1); bpf_timer_set_callback(&v->timer, callback); } after)
TIMER(in_timer, throwing_timer, )
TIMER(in_timer_by_global, calling_timer, )
TIMER(beside_timer, quiet_timer, bpf_throw(x))
#define WORK(name, callback, after) \
  THROW(name, "?tc", , u32 k = 0; struct with_wq *v = bpf_map_lookup_elem(&works, &k); \
        if (v) { bpf_wq_init(&v->wq, &works, 0); bpf_wq_set_callback(&v->wq, callback, 0); } after)
WORK(in_work, throwing_timer, )
WORK(in_work_by_global, calling_timer, )
WORK(beside_work, quiet_timer, bpf_throw(x))
THROW(in_drain, "?tc", , bpf_user_ringbuf_drain(&from_user, throwing_drain, 0, 0))
THROW(in_vma, "?kprobe", , bpf_find_vma((struct task_struct *)bpf_get_current_task_btf(), 0, throwing_vma, 0, 0))
THROW(in_vma_of_fentry, "?fentry/bpf_fentry_test1", CATCH(catches), bpf_find_vma((struct task_struct *)bpf_get_current_task_btf(), 0, throwing_vma, 0, 0))
THROW(in_kprobe, "?kprobe", , bpf_throw(x))
THROW(in_xdp, "?xdp", , bpf_throw(x))
THROW(in_syscall, "?syscall", , bpf_throw(x))
THROW(in_iterator, "?iter/task", , bpf_throw(x))
THROW(in_iterator_constant, "?iter/task", , if (x > 3) bpf_throw(1))
THROW(in_raw_tracepoint, "?raw_tp", , bpf_throw(x))
THROW(in_sleepable, "?lsm.s/file_open", , if (x > 3) bpf_throw(-1))
THROW(in_fexit, "?fexit/bpf_fentry_test1", , if (x > 3) bpf_throw(0))
THROW(in_fmod_ret, "?fmod_ret/bpf_modify_return_test", , if (x > 3) bpf_throw(0))
THROW(beside_tail_call, "?tc", , if (x > 3) bpf_throw(0); bpf_tail_call(ctx, &programs, 0))

// ---- what is held ----
#define HELD(name, code) THROW(holding_##name, "?tc", , code)
HELD(task, struct task_struct *t = bpf_task_from_pid(1); if (t) { bpf_throw(1); bpf_task_release(t); })
HELD(task_over_function, struct task_struct *t = bpf_task_from_pid(1); if (t) { counter = static_throws(x); bpf_task_release(t); })
HELD(task_over_global, struct task_struct *t = bpf_task_from_pid(1); if (t) { counter = throws(x); bpf_task_release(t); })
HELD(task_over_void_global, struct task_struct *t = bpf_task_from_pid(1); if (t) { nothing_throws(x); bpf_task_release(t); })
HELD(task_over_quiet_global, struct task_struct *t = bpf_task_from_pid(1); if (t) { counter = catches(x); bpf_task_release(t); })
HELD(task_over_loop, struct task_struct *t = bpf_task_from_pid(1); if (t) { bpf_loop(3, throwing_seldom, 0, 0); bpf_task_release(t); })
HELD(task_over_elements, struct task_struct *t = bpf_task_from_pid(1); if (t) { bpf_for_each_map_elem(&numbers, calling_of_map, 0, 0); bpf_task_release(t); })
HELD(nothing_more, struct task_struct *t = bpf_task_from_pid(1); if (t) bpf_task_release(t); bpf_throw(1))
HELD(record, u64 *r = bpf_ringbuf_reserve(&ring, 8, 0); if (r) { counter = throws(x); bpf_ringbuf_discard(r, 0); })
HELD(rcu, bpf_rcu_read_lock(); bpf_throw(1))
HELD(rcu_over_global, bpf_rcu_read_lock(); counter = throws(x); bpf_rcu_read_unlock())
HELD(rcu_over_quiet_global, bpf_rcu_read_lock(); counter = catches(x); bpf_rcu_read_unlock())
HELD(preempt, bpf_preempt_disable(); bpf_throw(1))
HELD(preempt_over_global, bpf_preempt_disable(); counter = throws(x); bpf_preempt_enable())
HELD(irq, unsigned long f; bpf_local_irq_save(&f); bpf_throw(1))
HELD(irq_over_global, unsigned long f; bpf_local_irq_save(&f); counter = throws(x); bpf_local_irq_restore(&f))
HELD(iterator, struct bpf_iter_num it; bpf_iter_num_new(&it, 0, 3); while (bpf_iter_num_next(&it)) bpf_throw(1); bpf_iter_num_destroy(&it))
HELD(iterator_over_global, struct bpf_iter_num it; bpf_iter_num_new(&it, 0, 3); while (bpf_iter_num_next(&it)) counter += throws(x); bpf_iter_num_destroy(&it))
HELD(iterator_over_static, struct bpf_iter_num it; bpf_iter_num_new(&it, 0, 3); while (bpf_iter_num_next(&it)) counter += static_throws(x); bpf_iter_num_destroy(&it))
HELD(dynptr, struct bpf_dynptr d; bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &d); bpf_throw(1))
HELD(dynptr_over_global, struct bpf_dynptr d; bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &d); counter = throws(x); bpf_ringbuf_discard_dynptr(&d, 0))
HELD(local_dynptr, struct bpf_dynptr d; bpf_dynptr_from_skb(ctx, 0, &d); bpf_throw(1))
HELD(allocated, struct with_number { u64 n; } *n = bpf_obj_new_impl(bpf_core_type_id_local(struct with_number), 0); if (n) { bpf_throw(1); bpf_obj_drop_impl(n, 0); })
HELD(allocated_over_global, struct with_number { u64 n; } *n = bpf_obj_new_impl(bpf_core_type_id_local(struct with_number), 0); if (n) { counter = throws(x); bpf_obj_drop_impl(n, 0); })
static noinline int holds_and_throws(u64 x) { struct task_struct *t = bpf_task_from_pid(1); if (t) { counter = static_throws(x); bpf_task_release(t); } return 0; }
noinline int global_holds_and_throws(u64 x) { struct task_struct *t = bpf_task_from_pid(1); if (t) { counter = throws(x); bpf_task_release(t); } return 0; }
HELD(task_in_function, counter = holds_and_throws(x))
HELD(task_in_global, counter = global_holds_and_throws(x))
static int holds_in_loop(u64 i, void *c) { struct task_struct *t = bpf_task_from_pid(1); if (t) { counter += throws(i); bpf_task_release(t); } return 0; }
static int holds_in_loop_and_throws(u64 i, void *c) { struct task_struct *t = bpf_task_from_pid(1); if (t) { bpf_throw(1); bpf_task_release(t); } return 0; }
HELD(task_in_loop, bpf_loop(3, holds_in_loop, 0, 0))
HELD(task_in_loop_that_throws, bpf_loop(3, holds_in_loop_and_throws, 0, 0))
