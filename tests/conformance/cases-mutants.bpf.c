// What mutants of the suite's programs came upon (mutation_oracle.c), each with its neighbors of the same kind.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define NAKED __attribute__((naked))

// ---- arithmetic of 32 bits on addresses: what is known of the upper half ----
// Accepted only if the upper half is known to be zero: it is the index of a store to the stack.
#define UPPER_HALF(name, code) \
  SEC("?tc") NAKED int upper_##name(void *ctx) { \
    asm volatile("r2 = 5;" code "r1 >>= 32; r3 = r10; r3 += r1; r4 = 0; *(u8 *)(r3 - 8) = r4; r0 = 0; exit;" ::: "memory"); \
  }
UPPER_HALF(of_difference, "r1 = r10; w1 -= w10;")
UPPER_HALF(of_number_less_pointer, "r1 = 0; w1 -= w10;")
UPPER_HALF(of_pointer_less_number, "r1 = r10; w1 -= w2;")
UPPER_HALF(of_pointer_less_constant, "r1 = r10; w1 -= 4;")
UPPER_HALF(of_negated, "r1 = r10; w1 = -w1;")
UPPER_HALF(of_moved, "w1 = w10;")
UPPER_HALF(of_moved_byte, "w1 = (s8)w10;")
UPPER_HALF(of_moved_half, "w1 = (s16)w10;")
UPPER_HALF(of_be16, "r1 = r10; r1 = be16 r1;")
UPPER_HALF(of_be32, "r1 = r10; r1 = be32 r1;")
UPPER_HALF(of_le16, "r1 = r10; r1 = le16 r1;")
UPPER_HALF(of_le32, "r1 = r10; r1 = le32 r1;")
UPPER_HALF(of_bswap16, "r1 = r10; r1 = bswap16 r1;")
UPPER_HALF(of_bswap32, "r1 = r10; r1 = bswap32 r1;")
UPPER_HALF(of_sum, "r1 = r10; w1 += w2;")
UPPER_HALF(of_number_and_pointer, "r1 = 0; w1 += w10;")
UPPER_HALF(of_or, "r1 = r10; w1 |= 4;")
UPPER_HALF(of_packet_difference, "r3 = *(u32 *)(r1 + 80); r1 = *(u32 *)(r1 + 76); w1 -= w3;")
UPPER_HALF(of_context_less_stack, "w1 -= w10;")

// ---- atomics in code that no path reaches, and in code that one does ----
#define ATOMIC(name, insn) \
  SEC("?tc") NAKED int dead_atomic_##name(void *ctx) { asm volatile("r0 = 0; if r0 == 0 goto +1;" insn "exit;"); } \
  SEC("?tc") NAKED int atomic_##name(void *ctx) { asm volatile("r0 = 0; *(u64 *)(r10 - 8) = r0;" insn "exit;"); }
ATOMIC(of_a_byte, ".8byte 0x00000000fff80ad3;")
ATOMIC(of_a_half, ".8byte 0x00000000fff80acb;")
ATOMIC(without_operation, ".8byte 0x00000033fff80adb;")
ATOMIC(of_minus_one, ".8byte 0xfffffffffff80adb;")
ATOMIC(exchange_of_a_byte, ".8byte 0x000000e1fff80ad3;")

// ---- helpers and functions that do not exist ----
SEC("?tc") NAKED int helper_0(void *ctx) { asm volatile("call 0; exit;"); }
SEC("?tc") NAKED int helper_212(void *ctx) { asm volatile("call 212; exit;"); }
SEC("?tc") NAKED int helper_minus_two(void *ctx) { asm volatile("call -2; exit;"); }
SEC("?tc") NAKED int function_of_no_module(void *ctx) { asm volatile("r0 = 0; .8byte 0x0000000100072085; exit;"); }
SEC("?tc") NAKED int function_of_negative_module(void *ctx) { asm volatile("r0 = 0; .8byte 0x00000001fff72085; exit;"); }

// ---- memory that helpers fill, with a dynptr in it ----
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64[8]);
} values SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} ring SEC(".maps");
#define LOCAL_DYNPTR \
  "*(u32 *)(r10 - 4) = 0; r2 = r10; r2 += -4; r1 = %[values] ll; call %[look]; if r0 == 0 goto 9f;" \
  "r1 = r0; r2 = 8; r3 = 0; r4 = r10; r4 += -32; call %[from_mem];"
#define RING_DYNPTR "r1 = %[ring] ll; r2 = 8; r3 = 0; r4 = r10; r4 += -32; call %[reserve];"
#define FILL(name, make, code, end) \
  SEC("?raw_tp") NAKED int fill_##name(void *ctx) { \
    asm volatile(make code end "9: r0 = 0; exit;" ::"i"(&values), "i"(&ring), [values] "i"(&values), [ring] "i"(&ring), \
                 [look] "i"(bpf_map_lookup_elem), [from_mem] "i"(bpf_dynptr_from_mem), [reserve] "i"(bpf_ringbuf_reserve_dynptr), \
                 [discard] "i"(bpf_ringbuf_discard_dynptr), [comm] "i"(bpf_get_current_comm), [probe] "i"(bpf_probe_read_kernel), \
                 [read] "i"(bpf_dynptr_read) : "memory"); \
  }
#define DISCARD "r1 = r10; r1 += -32; r2 = 0; call %[discard];"
#define COMM(off, size) "r1 = r10; r1 += " #off "; r2 = " #size "; call %[comm];"
#define PROBE(off, size) "r1 = r10; r1 += " #off "; r2 = " #size "; r3 = 0; call %[probe];"
#define READ(off, size) "r1 = r10; r1 += " #off "; r2 = " #size "; r3 = r10; r3 += -32; r4 = 0; r5 = 0; call %[read];"
FILL(local_whole, LOCAL_DYNPTR, COMM(-32, 16), )
FILL(local_first_half, LOCAL_DYNPTR, COMM(-32, 8), )
FILL(local_second_half, LOCAL_DYNPTR, COMM(-24, 8), )
FILL(local_one_byte, LOCAL_DYNPTR, COMM(-32, 1), )
FILL(local_last_byte, LOCAL_DYNPTR, COMM(-17, 1), )
FILL(local_across, LOCAL_DYNPTR, COMM(-48, 40), )
FILL(local_probe, LOCAL_DYNPTR, PROBE(-32, 16), )
FILL(local_read_itself, LOCAL_DYNPTR, READ(-32, 16), )
FILL(local_read_itself_byte, LOCAL_DYNPTR, READ(-30, 1), )
FILL(local_then_used, LOCAL_DYNPTR, COMM(-32, 16), "r1 = r10; r1 += -48; r2 = 8; r3 = r10; r3 += -32; r4 = 0; r5 = 0; call %[read];")
FILL(local_byte_then_used, LOCAL_DYNPTR, COMM(-20, 1), "r1 = r10; r1 += -48; r2 = 8; r3 = r10; r3 += -32; r4 = 0; r5 = 0; call %[read];")
FILL(local_then_read_as_bytes, LOCAL_DYNPTR, COMM(-32, 8), "r1 = *(u64 *)(r10 - 32);")
FILL(local_then_other_half, LOCAL_DYNPTR, COMM(-32, 8), "r1 = *(u64 *)(r10 - 24);")
FILL(ring_whole, RING_DYNPTR, COMM(-32, 16), DISCARD)
FILL(ring_one_byte, RING_DYNPTR, COMM(-32, 1), DISCARD)
FILL(ring_across, RING_DYNPTR, PROBE(-64, 64), DISCARD)
FILL(ring_read_itself, RING_DYNPTR, READ(-32, 16), DISCARD)
FILL(nothing_of_it, RING_DYNPTR, COMM(-48, 16), DISCARD)
#define SOME_SIZE "call 7; w0 &= 15; w0 += 1; r2 = r0;"
FILL(local_some_bytes, LOCAL_DYNPTR, SOME_SIZE "r1 = r10; r1 += -32; call %[comm];", )
FILL(local_some_bytes_below, LOCAL_DYNPTR, SOME_SIZE "r1 = r10; r1 += -64; call %[comm];", )
FILL(ring_some_bytes, RING_DYNPTR, SOME_SIZE "r1 = r10; r1 += -32; call %[comm];", DISCARD)
FILL(local_at_some_place, LOCAL_DYNPTR, SOME_SIZE "r1 = r10; r1 += -32; r1 -= r0; r2 = 8; call %[comm];", )

// ---- the order in which a call's faults are told ----
extern void bpf_obj_drop(void *p) __ksym __weak;
extern void bpf_task_release(struct task_struct *p) __ksym __weak;
extern int bpf_copy_from_user_str(void *dst, __u32 dst__sz, const void *unsafe_ptr__ign, __u64 flags) __ksym __weak;
extern int bpf_dynptr_file_discard(struct bpf_dynptr *dynptr) __ksym __weak;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *ptr, __u64 offset, void *buffer__opt, __u64 buffer__szk) __ksym __weak;
extern __s64 bpf_map_sum_elem_count(const struct bpf_map *map) __ksym __weak;
extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;
extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym __weak;
int keep_types(void *ctx) {
  bpf_obj_drop(ctx);
  bpf_task_release(ctx);
  bpf_copy_from_user_str(ctx, 0, 0, 0);
  bpf_dynptr_file_discard(ctx);
  bpf_dynptr_slice(ctx, 0, 0, 0);
  bpf_map_sum_elem_count(ctx);
  bpf_rcu_read_lock();
  bpf_rcu_read_unlock();
  bpf_task_acquire(ctx);
  return 0;
}
#define ORDER(name, section, code) \
  SEC(section) NAKED int order_##name(void *ctx) { asm volatile(code "r0 = 0; exit;" ::: "memory"); }
#define RELEASE(suffix, function) \
  ORDER(suffix##_scalar, "?tc", "r1 = 5; call " function ";") \
  ORDER(suffix##_null, "?tc", "r1 = 0; call " function ";") \
  ORDER(suffix##_nothing, "?tc", "r1 = 0; call 7; call " function ";") \
  ORDER(suffix##_context, "?tc", "call " function ";") \
  ORDER(suffix##_context_below, "?tc", "r1 += -8; call " function ";") \
  ORDER(suffix##_stack, "?tc", "r1 = r10; r1 += -16; call " function ";") \
  ORDER(suffix##_task, "?tp_btf/task_newtask", "r1 = *(u64 *)(r1 + 0); call " function ";") \
  ORDER(suffix##_task_inside, "?tp_btf/task_newtask", "r1 = *(u64 *)(r1 + 0); r1 += 8; call " function ";")
RELEASE(drop, "bpf_obj_drop")
RELEASE(release, "bpf_task_release")
RELEASE(acquire, "bpf_task_acquire")
RELEASE(discard, "bpf_dynptr_file_discard")
RELEASE(sum, "bpf_map_sum_elem_count")
ORDER(sleeping_of_nothing, "?tc", "call bpf_copy_from_user_str;")
ORDER(sleeping_of_numbers, "?tc", "r1 = 1; r2 = 2; r3 = 3; r4 = 4; call bpf_copy_from_user_str;")
ORDER(sleeping_of_nothing_in_syscall, "?syscall", "r1 = 0; call 7; call bpf_copy_from_user_str;")
ORDER(sleeping_in_rcu, "?syscall", "call bpf_rcu_read_lock; call bpf_copy_from_user_str; call bpf_rcu_read_unlock;")
ORDER(sleeping_in_rcu_tc, "?tc", "call bpf_rcu_read_lock; call bpf_copy_from_user_str; call bpf_rcu_read_unlock;")
ORDER(slice_without_size, "?tc", "r1 = r10; r1 += -16; r2 = 0; r3 = r10; r3 += -8; call bpf_dynptr_slice;")

// ---- contexts handed to global functions ----
__weak int takes_memory(int *p) { return p ? *p : 0; }
__weak int takes_context(struct __sk_buff *skb) { return skb->len; }
int keep_global_types(struct __sk_buff *skb) { int x = 0; return takes_memory(&x) + takes_context(skb); }
ORDER(memory_of_context, "?tc", "call takes_memory;")
ORDER(memory_below_context, "?tc", "r1 += -4; call takes_memory;")
ORDER(memory_in_context, "?tc", "r1 += 4; call takes_memory;")
ORDER(memory_of_syscall_context, "?syscall", "call takes_memory;")
ORDER(memory_in_syscall_context, "?syscall", "r1 += 4; call takes_memory;")
ORDER(memory_below_syscall_context, "?syscall", "r1 += -4; call takes_memory;")
ORDER(memory_of_task, "?tp_btf/task_newtask", "r1 = *(u64 *)(r1 + 0); call takes_memory;")
ORDER(memory_in_task, "?tp_btf/task_newtask", "r1 = *(u64 *)(r1 + 0); r1 += 8; call takes_memory;")
ORDER(memory_below_task, "?tp_btf/task_newtask", "r1 = *(u64 *)(r1 + 0); r1 += -8; call takes_memory;")
ORDER(context_below, "?tc", "r1 += -4; call takes_context;")
ORDER(context_inside, "?tc", "r1 += 4; call takes_context;")
ORDER(context_of_stack, "?tc", "r1 = r10; r1 += -8; call takes_context;")
ORDER(memory_of_nothing, "?tc", "call 7; call takes_memory;")
ORDER(memory_of_number, "?tc", "r1 = 7; call takes_memory;")

// ---- sockets of the kernel's, in hooks that they come through themselves ----
extern void bpf_ksock_release(struct bpf_ksock *ks) __ksym __weak;
extern struct bpf_ksock *bpf_ksock_acquire(struct bpf_ksock *ks) __ksym __weak;
extern int bpf_ksock_send(struct bpf_ksock *ks, const void *data, __u32 data__sz) __ksym __weak;
extern int bpf_ksock_connect(struct bpf_ksock *ks, const union bpf_ksock_addr *addr, __u32 addr__sz) __ksym __weak;
extern struct bpf_ksock *bpf_ksock_create(const struct bpf_ksock_create_opts *opts, __u32 opts__sz, int *err) __ksym __weak;
int keep_socket_types(void *ctx) {
  bpf_ksock_release(ctx);
  bpf_ksock_acquire(ctx);
  bpf_ksock_send(ctx, ctx, 0);
  bpf_ksock_connect(ctx, ctx, 0);
  bpf_ksock_create(ctx, 0, ctx);
  return 0;
}
#define SOCKETS(hook) \
  ORDER(create_at_##hook, "?lsm.s/" #hook, "call bpf_ksock_create;") \
  ORDER(connect_at_##hook, "?lsm.s/" #hook, "call bpf_ksock_connect;") \
  ORDER(send_at_##hook, "?lsm.s/" #hook, "call bpf_ksock_send;") \
  ORDER(acquire_at_##hook, "?lsm.s/" #hook, "call bpf_ksock_acquire;") \
  ORDER(release_at_##hook, "?lsm.s/" #hook, "call bpf_ksock_release;")
SOCKETS(file_open)
SOCKETS(bprm_check_security)
SOCKETS(socket_create)
SOCKETS(socket_post_create)
SOCKETS(socket_bind)
SOCKETS(socket_connect)
SOCKETS(socket_listen)
SOCKETS(socket_accept)
SOCKETS(socket_sendmsg)
SOCKETS(socket_recvmsg)
SOCKETS(socket_getsockname)
SOCKETS(socket_setsockopt)
SOCKETS(socket_shutdown)
SOCKETS(socket_socketpair)
SOCKETS(socket_getpeername)
SOCKETS(socket_getsockopt)
SOCKETS(bpf)
ORDER(create_at_plain, "?lsm/file_open", "call bpf_ksock_create;")
ORDER(send_at_plain, "?lsm/file_open", "call bpf_ksock_send;")
ORDER(release_at_plain, "?lsm/file_open", "call bpf_ksock_release;")
ORDER(create_in_syscall, "?syscall", "call bpf_ksock_create;")
ORDER(create_in_tc, "?tc", "call bpf_ksock_create;")
ORDER(release_in_tc, "?tc", "call bpf_ksock_release;")
ORDER(send_in_tc, "?tc", "call bpf_ksock_send;")

// ---- maps where others are asked for ----
ORDER(storage_of_packet, "?tc", "r2 = r1; r1 = *(u32 *)(r1 + 76); r3 = 0; r4 = 0; call 107;")
ORDER(storage_of_stack, "?tc", "r2 = r1; r1 = r10; r3 = 0; r4 = 0; call 107;")
ORDER(lookup_in_packet, "?tc", "r1 = *(u32 *)(r1 + 76); r2 = r10; call 1;")
ORDER(option_as_socket, "?cgroup/getsockopt", "r2 = *(u64 *)(r1 + 8); r1 = 0; r3 = 0; r4 = 0; call 107;")

// ---- registers that do not exist, in code that a path reaches and in code that none does ----
#define REGISTER(n, insn) SEC("?tc") NAKED int register_dead_##n(void *ctx) { asm volatile("r0 = 0; if r0 == 0 goto +1;" insn "exit;"); } \
 SEC("?tc") NAKED int register_##n(void *ctx) { asm volatile("r0 = 0;" insn "exit;"); }
REGISTER(mov_dst, ".8byte 0x00000000000000cbf;")
REGISTER(mov_dst12, ".8byte 0x0000000000000cbf;")
REGISTER(mov_src12, ".8byte 0x000000000000c0bf;")
REGISTER(mov_both, ".8byte 0x000000000000dcbf;")
REGISTER(movk_src12, ".8byte 0x000000000000c0b7;")
REGISTER(mov_r10, ".8byte 0x0000000000000abf;")
REGISTER(call_dst12, ".8byte 0x0000000700000c85;")
REGISTER(call_src12, ".8byte 0x000000070000c085;")
REGISTER(exit_dst12, ".8byte 0x0000000000000c95;")
REGISTER(ja_dst12, ".8byte 0x0000000000000c05;")
REGISTER(jeq_src12, ".8byte 0x000000000000c01d;")
REGISTER(load_src12, ".8byte 0x000000000000c079;")
REGISTER(load_imm_src12, ".8byte 0x000000010000c079;")
REGISTER(store_dst12, ".8byte 0x0000000000000c7a;")
REGISTER(store_src12, ".8byte 0x000000000000c07a;")
REGISTER(end_dst12, ".8byte 0x0000001000000cd4;")
REGISTER(atomic_src12, ".8byte 0x000000000000c0db;")
REGISTER(may_goto_dst12, ".8byte 0x0000000000000ce5;")
REGISTER(abs_dst12, ".8byte 0x0000000000000c20;")
REGISTER(ind_src12, ".8byte 0x000000000000c040;")

// ---- metadata of packets without a device, where no path asks for it ----
#define METADATA(n, code) SEC("?xdp") NAKED int meta_##n(void *ctx) { asm volatile(code "exit;"); }
extern int bpf_xdp_metadata_rx_hash(const struct xdp_md *ctx, u32 *hash, enum xdp_rss_hash_type *rss_type) __ksym;
int keep_metadata(void *ctx) { bpf_xdp_metadata_rx_hash(ctx, ctx, ctx); return 0; }
METADATA(dead, "r0 = 0; if r0 == 0 goto +1; call bpf_xdp_metadata_rx_hash;")
METADATA(live, "r0 = 0; call bpf_xdp_metadata_rx_hash;")
SEC("?tc") NAKED int meta_tc(void *ctx) { asm volatile("r0 = 0; if r0 == 0 goto +1; call bpf_xdp_metadata_rx_hash; exit;"); }
SEC("?tc") NAKED int meta_tc_live(void *ctx) { asm volatile("call bpf_xdp_metadata_rx_hash; exit;"); }

// ---- memory that a call fills, which another of its arguments reads ----
struct {
  __uint(type, BPF_MAP_TYPE_STACK);
  __uint(max_entries, 1);
  __type(value, __u64);
} stack SEC(".maps");
#define OVERLAP(n, sec, code) SEC(sec) NAKED int overlap_##n(void *ctx) { asm volatile(code "r0 = 0; exit;" ::[st] "i"(&stack) : "memory"); }
OVERLAP(snprintf_btf, "?raw_tp", "r1 = r10; r1 += -16; r2 = 16; r3 = r10; r3 += -16; r4 = 16; r5 = 0; call 149;")
OVERLAP(snprintf, "?raw_tp", "r1 = r10; r1 += -16; r2 = 16; r3 = 0; r4 = r10; r4 += -16; r5 = 16; call 165;")
OVERLAP(strtol, "?cgroup/sysctl", "r1 = r10; r1 += -8; r2 = 8; r3 = 0; r4 = r10; r4 += -8; call 105;")
OVERLAP(strtol_half, "?cgroup/sysctl", "r0 = 0; *(u32*)(r10 - 8) = r0; r1 = r10; r1 += -8; r2 = 8; r3 = 0; r4 = r10; r4 += -8; call 105;")
OVERLAP(pop_key, "?tc", "r1 = %[st] ll; r2 = r10; r2 += -8; call 88; r0 = *(u64*)(r10 - 8);")
OVERLAP(csum, "?tc", "r1 = r10; r1 += -8; r2 = 8; r3 = r10; r3 += -8; r4 = 8; r5 = 0; call 28;")
OVERLAP(getsockopt, "?cgroup/connect4", "r2 = 1; r3 = 2; r4 = r10; r4 += -8; r5 = 8; call 57; r0 = *(u64*)(r10 - 8);")
OVERLAP(fib, "?tc", "r2 = r10; r2 += -64; r3 = 64; r4 = 0; call 69;")
OVERLAP(skb_load, "?tc", "r2 = 0; r3 = r10; r3 += -8; r4 = 8; call 26; r0 = *(u64*)(r10 - 8);")
OVERLAP(skb_load_var, "?tc", "r6 = r1; call 7; w0 &= 7; w0 += 1; r4 = r0; r1 = r6; r2 = 0; r3 = r10; r3 += -8; call 26; r0 = *(u64*)(r10 - 8);")
OVERLAP(d_path, "?fentry/filp_close", "r1 = *(u64*)(r1 + 0); r1 += 64; r2 = r10; r2 += -16; r3 = 16; call 147;")
OVERLAP(tunnel, "?tc", "r2 = r10; r2 += -44; r3 = 44; r4 = 0; call 20;")
OVERLAP(fill_itself_spilled, "?raw_tp", "*(u64*)(r10 - 16) = r10; r1 = r10; r1 += -16; r2 = 16; call 16; r1 = *(u64*)(r10 - 16); r0 = *(u64*)(r1 - 16);")
OVERLAP(fill_half_spilled, "?raw_tp", "*(u64*)(r10 - 16) = r10; r1 = r10; r1 += -12; r2 = 4; call 16; r1 = *(u64*)(r10 - 16); r0 = *(u64*)(r1 - 16);")
