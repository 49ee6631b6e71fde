// SPDX-License-Identifier: Apache-2.0
// Programs that use, or misuse, a work queue; what Linux 7.3 says of each is in wq-verdicts.txt. clang-19 -mcpu=v3.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#define wq_set_cb(w, cb, fl) bpf_wq_set_callback(w, cb, fl)
#define bpf_wq_set_callback_impl(w, cb, fl, aux) bpf_wq_set_callback(w, cb, fl)
#ifndef LIC
#define LIC "GPL"
#endif
char LICENSE[] SEC("license") = LIC;
extern void bpf_rcu_read_lock(void) __ksym; extern void bpf_rcu_read_unlock(void) __ksym;
extern void bpf_preempt_disable(void) __ksym; extern void bpf_preempt_enable(void) __ksym;
extern void bpf_local_irq_save(unsigned long *) __ksym; extern void bpf_local_irq_restore(unsigned long *) __ksym;
extern void *bpf_cast_to_kern_ctx(void*) __ksym;
struct val { __u64 a; struct bpf_wq w; __u64 b; };
struct val2 { __u64 a; struct bpf_wq w; struct bpf_wq w2; };
struct valt { struct bpf_wq w; struct bpf_timer t; __u64 b;};
struct valtw { struct bpf_wq w; struct bpf_task_work t; };
struct vall { struct bpf_spin_lock l; __u32 x; struct bpf_wq w; __u64 b; };
struct varr { struct bpf_wq w[2]; };
struct varr1 { struct bpf_wq w[1]; };
struct in_ { __u64 x; struct bpf_wq w; };
struct vnest { __u64 y; struct in_ i; };
struct vmis { __u32 x; struct bpf_wq w; } __attribute__((packed));
struct vun { union { struct bpf_wq w; __u64 z[2]; }; };
struct vplain { __u64 a[4]; };
#define M(n,T,V) struct { __uint(type, T); __uint(max_entries, 4); __type(key, __u32); __type(value, V); } n SEC(".maps")
M(m,BPF_MAP_TYPE_ARRAY,struct val); M(m2,BPF_MAP_TYPE_ARRAY,struct val); M(h,BPF_MAP_TYPE_HASH,struct val);
M(mt,BPF_MAP_TYPE_ARRAY,struct valt); M(ml,BPF_MAP_TYPE_ARRAY,struct vall);M(mtw,BPF_MAP_TYPE_ARRAY,struct valtw);
M(mp,BPF_MAP_TYPE_ARRAY,struct vplain);
M(mn,BPF_MAP_TYPE_ARRAY,struct vnest); M(mu,BPF_MAP_TYPE_ARRAY,struct vun);M(m1,BPF_MAP_TYPE_ARRAY,struct varr1);
#ifdef BADM
M(m22,BPF_MAP_TYPE_ARRAY,struct val2); M(ma,BPF_MAP_TYPE_ARRAY,struct varr); M(mm,BPF_MAP_TYPE_ARRAY,struct vmis);
#endif
M(pa, BPF_MAP_TYPE_PROG_ARRAY, __u32);
struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, struct val); } in1 SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 2); __type(key, __u32); __array(values, struct inner); } om SEC(".maps") = { .values = { [0] = &in1 } };
 
__u64 gx; __u32 gk; char buf[64];
static int cb0(void *map, int *key, void *value) { return 0; }
static int cb1(void *map, int *key, void *value) { return 1; }
static int cbm1(void *map, int *key, void *value) { return -1; }
static int cbany(void *map, int *key, void *value) { return gx; }
__noinline int gcb(void *map, int *key, void *value) { return 0; }
#define GET(mm_) __u32 k = 0; typeof(*(mm_.value)) *v = bpf_map_lookup_elem(&mm_, &k); if (!v) return 0
#define T(n) SEC("tc") int n(struct __sk_buff *ctx)
#define S(n) SEC("syscall") int n(void *ctx)
#ifdef BADM
T(two_wq_first){ GET(m22); return bpf_wq_init(&v->w,&m22,0);} 
T(two_wq_second){ GET(m22); return bpf_wq_init(&v->w2,&m22,0);} 
T(wq_array2){ GET(ma); return bpf_wq_init(&v->w[0],&ma,0);} 
T(wq_misaligned){ GET(mm); return bpf_wq_init(&v->w,&mm,0);} 
#else
T(ok_array1){ GET(m1); return bpf_wq_init(&v->w[0],&m1,0);} 
T(ok_nested){ GET(mn); return bpf_wq_init(&v->i.w,&mn,0);} 
T(ok_union){ GET(mu); return bpf_wq_init(&v->w,&mu,0);} 
T(union_direct_access){ GET(mu); return v->z[0];} 
T(ok_wq_timer){ GET(mt); return bpf_wq_init(&v->w,&mt,0) | bpf_timer_init(&v->t,&mt,0);} 
T(wqfn_on_timer){ GET(mt); return bpf_wq_init((void*)&v->t,&mt,0);} 
T(timerfn_on_wq){ GET(mt); return bpf_timer_init((void*)&v->w,&mt,0);} 
T(ok_wq_taskwork){ GET(mtw); return bpf_wq_init(&v->w,&mtw,0);} 
T(ok_wq_spinlock){ GET(ml); return bpf_wq_init(&v->w,&ml,0);} 
T(other_map){ GET(m); return bpf_wq_init(&v->w,&m2,0);} 
T(map_without_wq){ __u32 k=0; void*v=bpf_map_lookup_elem(&mp,&k); if(!v) return 0; return bpf_wq_init(v,&mp,0);} 
T(two_inner_mismatch){ __u32 k=0,k1=1; void*im=bpf_map_lookup_elem(&om,&k); if(!im) return 0; void*im2=bpf_map_lookup_elem(&om,&k1); if(!im2) return 0; struct val*v=bpf_map_lookup_elem(im,&k); if(!v) return 0; return bpf_wq_init(&v->w,im2,0);} 
T(inner_const_map){ __u32 k=0; void*im=bpf_map_lookup_elem(&om,&k); if(!im) return 0; struct val*v=bpf_map_lookup_elem(im,&k); if(!v) return 0; return bpf_wq_init(&v->w,&in1,0);} 
T(map_is_scalar){ GET(m); return bpf_wq_init(&v->w,(void*)1234,0);} 
T(map_is_null){ GET(m); return bpf_wq_init(&v->w,(void*)0,0);} 
T(map_is_value){ GET(m); return bpf_wq_init(&v->w,(void*)v,0);}
T(wq_on_stack){ struct bpf_wq w={}; return bpf_wq_init(&w,&m,0);} 
T(wq_is_ctx){ return bpf_wq_init((void*)ctx,&m,0);} 
T(wq_is_null){ return bpf_wq_init((void*)0,&m,0);} 

T(wq_off_minus8){ GET(m); return bpf_wq_init((void*)&v->a,&m,0);} 
T(wq_off_plus8){ GET(m); return bpf_wq_init((void*)&v->w+8,&m,0);} 
T(wq_varoff){ GET(m); __u32 i=ctx->len&8; return bpf_wq_init((void*)&v->a+i,&m,0);} 
T(wq_not_null_checked){ __u32 k=0; struct val*v=bpf_map_lookup_elem(&m,&k); return bpf_wq_init(&v->w,&m,0);} 
T(load_wq){ GET(m); return *(volatile __u64*)&v->w;} 
T(load_wq_u8_last){ GET(m); return *((volatile __u8*)&v->w+15);} 
T(store_wq){ GET(m); *(volatile __u64*)&v->w=1; return 0;} 
T(helper_over_wq){ GET(m); return bpf_skb_load_bytes(ctx,0,v,32);} 
T(helper_before_wq_ok){ GET(m); return bpf_skb_load_bytes(ctx,0,v,8);} 
T(update_from_value_ptr){ GET(m); return bpf_map_update_elem(&m2,&k,v,0);} 
T(update_from_stack_ok){ struct val x={}; __u32 k=0; return bpf_map_update_elem(&m,&k,&x,0);} 
T(cb_null){ GET(m); return bpf_wq_set_callback_impl(&v->w,(void*)0,0,0);} 
T(cb_global_fn){ GET(m); return wq_set_cb(&v->w,gcb,0);} 
T(cb_is_scalar_reg){ GET(m); return bpf_wq_set_callback_impl(&v->w,(void*)gx,0,0);} 
T(flags_var){ GET(m); bpf_wq_init(&v->w,&m,gk); wq_set_cb(&v->w,cb0,gk); return bpf_wq_start(&v->w,gk);} 
T(flags_ptr){ GET(m); return bpf_wq_start(&v->w,(unsigned long)v);} 
T(cb_ret1){ GET(m); return wq_set_cb(&v->w,cb1,0);} 
T(cb_ret_m1){ GET(m); return wq_set_cb(&v->w,cbm1,0);} 
T(cb_ret_any){ GET(m); return wq_set_cb(&v->w,cbany,0);} 
static int tcb1(void *map, int *key, void *value) { return 1; }
T(timer_cb_ret1){ GET(mt); return bpf_timer_set_callback(&v->t,tcb1);} 
static int cb_cfu(void *map, int *key, void *value) { __u64 x; bpf_copy_from_user(&x,8,(void*)gx); return 0; }
T(cb_copy_from_user){ GET(m); return wq_set_cb(&v->w,cb_cfu,0);} 
S(cb_copy_from_user_sys){ GET(m); return wq_set_cb(&v->w,cb_cfu,0);} 
T(timer_cb_copy_from_user){ GET(mt); return bpf_timer_set_callback(&v->t,cb_cfu);} 
S(timer_cb_cfu_sleepable_prog){ GET(mt); return bpf_timer_set_callback(&v->t,cb_cfu);} 
T(main_tc_cfu){ __u64 x; return bpf_copy_from_user(&x,8,(void*)gx);} 
static int cb_rcu_cfu(void *map, int *key, void *value) { __u64 x; bpf_rcu_read_lock(); bpf_copy_from_user(&x,8,(void*)gx); bpf_rcu_read_unlock(); return 0; }
T(cb_rcu_copy_from_user){ GET(m); return wq_set_cb(&v->w,cb_rcu_cfu,0);} 
static int cb_rcu(void *map, int *key, void *value) { bpf_rcu_read_lock(); gx++; bpf_rcu_read_unlock(); return 0; }
T(ok_cb_rcu){ GET(m); return wq_set_cb(&v->w,cb_rcu,0);} 
static int cb_rcu_noun(void *map, int *key, void *value) { bpf_rcu_read_lock(); return 0; }
T(cb_rcu_no_unlock){ GET(m); return wq_set_cb(&v->w,cb_rcu_noun,0);} 
static int cb_lock(void *map, int *key, struct vall *value) { bpf_spin_lock(&value->l); value->b++; bpf_spin_unlock(&value->l); return 0; }
T(ok_cb_spin_lock){ GET(ml); return wq_set_cb(&v->w,(void*)cb_lock,0);} 
static int cb_pre(void *map, int *key, void *value) { bpf_preempt_disable(); gx++; bpf_preempt_enable(); return 0; }
T(ok_cb_preempt){ GET(m); return wq_set_cb(&v->w,cb_pre,0);} 
static int cb_pre_cfu(void *map, int *key, void *value) {__u64 x; bpf_preempt_disable(); bpf_copy_from_user(&x,8,(void*)gx); bpf_preempt_enable(); return 0; }
T(cb_preempt_cfu){ GET(m); return wq_set_cb(&v->w,cb_pre_cfu,0);} 
static int cb_irq(void *map, int *key, void *value) { unsigned long f; bpf_local_irq_save(&f); gx++; bpf_local_irq_restore(&f); return 0; }
T(ok_cb_irqsave){ GET(m); return wq_set_cb(&v->w,cb_irq,0);} 
T(start_under_spinlock){ GET(ml); bpf_spin_lock(&v->l); int r=bpf_wq_start(&v->w,0); bpf_spin_unlock(&v->l); return r;} 
T(init_under_spinlock){ GET(ml); bpf_spin_lock(&v->l); int r=bpf_wq_init(&v->w,&ml,0); bpf_spin_unlock(&v->l); return r;} 
T(setcb_under_spinlock){ GET(ml); bpf_spin_lock(&v->l); int r=wq_set_cb(&v->w,cb0,0); bpf_spin_unlock(&v->l); return r;} 
S(start_under_rcu){ GET(m); bpf_rcu_read_lock(); int r=bpf_wq_init(&v->w,&m,0); wq_set_cb(&v->w,cb0,0); bpf_wq_start(&v->w,0); bpf_rcu_read_unlock(); return r;} 
T(start_under_preempt){ GET(m); bpf_preempt_disable(); int r=bpf_wq_start(&v->w,0);  bpf_preempt_enable(); return r;} 
T(start_under_irq){ GET(m); unsigned long f; bpf_local_irq_save(&f); int r=bpf_wq_start(&v->w,0); bpf_local_irq_restore(&f); return r;} 
static int cb_rearm(void *map, int *key, struct val *value) { return bpf_wq_start(&value->w,0)?0:0; }
T(ok_cb_rearm){ GET(m); return wq_set_cb(&v->w,(void*)cb_rearm,0);} 
static int cb_c3(void *map, int *key, struct val *value) { return 0; }
static int cb_c2(void *map, int *key, struct val *value) { wq_set_cb(&value->w,(void*)cb_c3,0); bpf_wq_start(&value->w,0); return 0; }
T(ok_cb_sets_other_cb){ GET(m); return wq_set_cb(&v->w,(void*)cb_c2,0);} 
static int cb_self(void *map, int *key, struct val *value);
static int cb_self(void *map, int *key, struct val *value) { wq_set_cb(&value->w,(void*)cb_self,0); bpf_wq_start(&value->w,0); return 0; }
T(cb_sets_itself){ GET(m); return wq_set_cb(&v->w,(void*)cb_self,0);} 
static int cb_init(void *map, int *key, struct val *value) { bpf_wq_init(&value->w,map,0); return 0; }
T(cb_init_with_map_arg){ GET(m); return wq_set_cb(&v->w,(void*)cb_init,0);} 
static int cb_del(void *map, int *key, struct val *value) { bpf_map_delete_elem(map,key); value->b=7; return 0; }
T(ok_cb_delete_self_then_access){ GET(h); return wq_set_cb(&v->w,(void*)cb_del,0);} 
static int cb_lk(void *map, int *key, struct val *value) { struct val*x=bpf_map_lookup_elem(map,key); if(x) x->b=7; return 0; }
T(ok_cb_lookup_maparg){ GET(h); return wq_set_cb(&v->w,(void*)cb_lk,0);} 
static int cb_keyw(void *map, int *key, struct val *value) { *key=3; return 0; }
T(cb_writes_key){ GET(h); return wq_set_cb(&v->w,(void*)cb_keyw,0);} 
static int cb_keyoob(void *map, int *key, struct val *value) { gx=key[1]; return 0; }
T(cb_reads_key_oob){ GET(h); return wq_set_cb(&v->w,(void*)cb_keyoob,0);} 
static int cb_vw(void *map, int *key, struct val *value) { *(volatile __u64*)&value->w=0; return 0; }
T(cb_writes_wq){ GET(h); return wq_set_cb(&v->w,(void*)cb_vw,0);} 
static int cb_r4(void *map, int *key, struct val *value, long x) { return x?0:0; }
static int cb_r4u(void *map, int *key, void *value, long x) { gx=x; return 0; }
T(cb_uses_4th_arg){ GET(h); return wq_set_cb(&v->w,(void*)cb_r4u,0);} 
static int cb_tail(void *map, int *key, void *value) { bpf_tail_call((void*)gx,&pa,0); return 0; }
T(cb_tail_call){ GET(h); return wq_set_cb(&v->w,(void*)cb_tail,0);} 
static long lp(__u64 i,void*c){ gx+=i; return 0; }
static int cb_loop(void *map, int *key, void *value) { bpf_loop(10,lp,0,0); return 0; }
T(ok_cb_bpf_loop){ GET(h); return wq_set_cb(&v->w,(void*)cb_loop,0);} 
static int cb_inf(void *map, int *key, void *value) { while(1) gx++; return 0; }
T(cb_infinite){ GET(h); return wq_set_cb(&v->w,(void*)cb_inf,0);} 
static int cb_skb(void *map, int *key, void *value) { bpf_skb_load_bytes((void*)gx,0,buf,4); return 0; }
T(cb_stack400){ char b[400]; __builtin_memset(b,1,400); asm volatile(""::"r"(b):"memory"); GET(h); return wq_set_cb(&v->w,(void*)cb0,0);} 
static int cb_st(void *map, int *key, void *value) {  char b[500]; for(int i=0;i<500;i++) b[i]=gx; asm volatile(""::"r"(b):"memory"); return 0; }
T(ok_main_cb_stack_sum_900){ char b[400]; __builtin_memset(b,1,400); asm volatile(""::"r"(b):"memory"); GET(h); return wq_set_cb(&v->w,(void*)cb_st,0);} 
static int cb_curr(void *map, int *key, void *value) { gx=bpf_get_current_pid_tgid(); return 0; }
T(ok_cb_cur_pid){ GET(h); return wq_set_cb(&v->w,(void*)cb_curr,0);} 
static int cb_print(void *map, int *key, void *value) { bpf_printk("x"); return 0; }
T(ok_cb_printk){ GET(h); return wq_set_cb(&v->w,(void*)cb_print,0);} 
T(for_each_and_start){ return 0;} 
static long fe(void*map,void*key,struct val*v,void*c){ bpf_wq_start(&v->w,0); return 0; }
T(ok_for_each_start){ return bpf_for_each_map_elem(&h,fe,0,0);} 
static long fei(void*map,void*key,struct val*v,void*c){ bpf_wq_init(&v->w,map,0); return 0; }
T(for_each_init_maparg){ return bpf_for_each_map_elem(&h,fei,0,0);} 
static long fei2(void*map,void*key,struct val*v,void*c){ bpf_wq_init(&v->w,&h,0); return 0; }
T(for_each_init_constmap){ return bpf_for_each_map_elem(&h,fei2,0,0);} 
#endif
