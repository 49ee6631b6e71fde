// SPDX-License-Identifier: Apache-2.0
// Programs that use, or misuse, a work queue; what Linux 7.3 says of each is in wq-verdicts.txt. clang-19 -mcpu=v3.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#define wq_set_cb(w, cb, fl) bpf_wq_set_callback(w, cb, fl)
#define bpf_wq_set_callback_impl(w, cb, fl, aux) bpf_wq_set_callback(w, cb, fl)
char LICENSE[] SEC("license") = "GPL";
extern int bpf_copy_from_user_str(void *dst, __u32 dst__sz, const void *unsafe_ptr__ign, __u64 flags) __ksym;
extern void bpf_rcu_read_lock(void) __ksym; extern void bpf_rcu_read_unlock(void) __ksym;
struct val { __u64 a; struct bpf_wq w; __u64 b; };
struct valt { struct bpf_wq w; struct bpf_timer t; __u64 b;};
struct vrb { struct bpf_wq w; __u64 b; };
#define M(n,T,V) struct { __uint(type, T); __uint(max_entries, 4); __type(key, __u32); __type(value, V); } n SEC(".maps")
M(m,BPF_MAP_TYPE_ARRAY,struct val); M(h,BPF_MAP_TYPE_HASH,struct val); M(mt,BPF_MAP_TYPE_ARRAY,struct valt);
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __uint(key_size, 12); __type(value, struct val); } h12;
struct k12 { __u32 a,b,c; };
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __type(key, struct k12); __type(value, struct val); } hk SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_TASK_STORAGE); __uint(map_flags,1); __type(key,int); __type(value, __u64); } ts SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries,4096); } rb SEC(".maps");
__u64 gx; __u32 gk; char buf[64];
static int cb0(void *map, int *key, void *value) { return 0; }
#define GET(mm_) __u32 k = 0; typeof(*(mm_.value)) *v = bpf_map_lookup_elem(&mm_, &k); if (!v) return 0
#define T(n) SEC("tc") int n(struct __sk_buff *ctx)
#define S(n) SEC("syscall") int n(void *ctx)
static int cb_cfus(void *map, int *key, void *value) { return bpf_copy_from_user_str(buf,8,(void*)gx,0)?0:0; }
T(ok_cb_copy_from_user_str){ GET(m); return wq_set_cb(&v->w,cb_cfus,0);} 
static int cb_k12(void *map, int *key, void *value) { gx=key[2]; return 0; }
T(ok_cb_key12){ struct k12 k={}; struct val*v=bpf_map_lookup_elem(&hk,&k); if(!v) return 0; return wq_set_cb(&v->w,cb_k12,0);} 
static int cb_both(void *map, int *key, void *value) { gx++; return 0; }
T(ok_cb_shared_wq_and_timer){ GET(mt); bpf_timer_set_callback(&v->t,cb_both); return wq_set_cb(&v->w,cb_both,0);} 
static int cb_both_sl(void *map, int *key, void *value) { __u64 x; bpf_copy_from_user(&x,8,(void*)gx); return 0; }
T(cb_shared_wq_and_timer_sleeps){ GET(mt); wq_set_cb(&v->w,cb_both_sl,0); return bpf_timer_set_callback(&v->t,cb_both_sl);} 
static long lcb(__u32 i,void*c){ return 0; }
__noinline static int fsleep(void){ __u64 x; return bpf_copy_from_user(&x,8,(void*)gx); }
static int cb_sub(void *map, int *key, void *value) { fsleep(); return 0; }
T(ok_cb_subprog_sleeps){ GET(m); return wq_set_cb(&v->w,cb_sub,0);} 
T(main_and_cb_share_sleeping_subprog){ GET(m); wq_set_cb(&v->w,cb_sub,0); return fsleep(); } 
__noinline int gsleep(void){ __u64 x; return bpf_copy_from_user(&x,8,(void*)gx); }
static int cb_gsub(void *map, int *key, void *value) { gsleep(); return 0; }
T(cb_global_subprog_sleeps){ GET(m); return wq_set_cb(&v->w,cb_gsub,0);} 
S(cb_global_subprog_sleeps_sys){ GET(m); return wq_set_cb(&v->w,cb_gsub,0);} 
static int cb_taskst(void *map, int *key, void *value) { __u64*p=bpf_task_storage_get(&ts,(void*)bpf_get_current_task_btf(),0,1); if(p) (*p)++; return 0; }
T(ok_cb_task_storage){ GET(m); return wq_set_cb(&v->w,cb_taskst,0);} 
static int cb_rb(void *map, int *key, void *value) { __u64*p=bpf_ringbuf_reserve(&rb,8,0); if(p){*p=1; bpf_ringbuf_submit(p,0);} return 0; }
T(ok_cb_ringbuf){ GET(m); return wq_set_cb(&v->w,cb_rb,0);} 
static int cb_rbleak(void *map, int *key, void *value) { __u64*p=bpf_ringbuf_reserve(&rb,8,0); return 0; }
T(cb_ringbuf_leak){ GET(m); return wq_set_cb(&v->w,cb_rbleak,0);} 
static int cb_timer(void *map, int *key, struct valt *value) { bpf_timer_init(&value->t,&mt,1); return 0; }
T(ok_cb_starts_timer){ GET(mt); return wq_set_cb(&v->w,(void*)cb_timer,0);} 
T(ok_update_exist_from_prog){ struct val x={}; __u32 k=0; return bpf_map_update_elem(&m,&k,&x,0);} 
T(flock_update){ struct val x={}; __u32 k=0; return bpf_map_update_elem(&m,&k,&x,4);} 
T(init_in_branch_cb_choice){ GET(m); if(gk) return wq_set_cb(&v->w,cb0,0); return wq_set_cb(&v->w,cb_rb,0);} 
T(cb_choice_reg){ GET(m); int (*f)(void*,int*,void*)=gk?cb0:cb_rb; return wq_set_cb(&v->w,f,0);} 
T(unchk){ __u32 k=4; struct val*v=bpf_map_lookup_elem(&m,&k); return bpf_wq_init(&v->w,&m,0);} 
T(unchk_h){ __u32 k=0; struct val*v=bpf_map_lookup_elem(&h,&k); return bpf_wq_init(&v->w,&h,0);} 
static int cb_void(void *map, int *key, void *value) { asm volatile("r0 = r1; exit"); return 0; }
static int cb_pun(void) { return 0; }
T(ok_cb_noargs){ GET(m); return wq_set_cb(&v->w,(void*)cb_pun,0);} 
