// What is no iterator, flag, dynptr, lock, list, tree or object, where a function of the kernel's asks for one: which of
// its faults is told, of the kind and of the offset.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, u32);
  __type(value, u64[8]);
} numbers SEC(".maps");

// Clang describes only functions that C names.
void described(void) {
  asm volatile("" ::"r"(bpf_iter_num_new));
  asm volatile("" ::"r"(bpf_iter_num_next));
  asm volatile("" ::"r"(bpf_local_irq_save));
  asm volatile("" ::"r"(bpf_local_irq_restore));
  asm volatile("" ::"r"(bpf_dynptr_size));
  asm volatile("" ::"r"(bpf_dynptr_clone));
  asm volatile("" ::"r"(bpf_dynptr_slice));
  asm volatile("" ::"r"(bpf_res_spin_lock));
  asm volatile("" ::"r"(bpf_res_spin_lock_irqsave));
  asm volatile("" ::"r"(bpf_wq_start));
  asm volatile("" ::"r"(bpf_list_pop_front));
  asm volatile("" ::"r"(bpf_rbtree_first));
  asm volatile("" ::"r"(bpf_task_release));
  asm volatile("" ::"r"(bpf_task_acquire));
  asm volatile("" ::"r"(bpf_cpumask_empty));
  asm volatile("" ::"r"(bpf_obj_drop_impl));
  asm volatile("" ::"r"(bpf_refcount_acquire_impl));
}

#define ASK(function, name, make) \
  SEC("?tc") __attribute__((naked)) int function##_##name(void *ctx) { \
    asm volatile("r6 = r1; r1 = 0; *(u64 *)(r10 - 8) = r1; " make "; r2 = 0; r3 = 0; r4 = 0; call %[asked]; 9: r0 = 0; exit;" \
                 ::[asked] "i"(function), [map] "i"(&numbers) : "memory"); \
  }
#define VALUE "r2 = r10; r2 += -8; r1 = %[map] ll; call 1; if r0 == 0 goto 9f; r1 = r0"
#define TASK "call 158; r1 = r0"
#define PACKET "r1 = *(u32 *)(r6 + 76); r2 = *(u32 *)(r6 + 80); r3 = r1; r3 += 32; if r3 > r2 goto 9f"
#define EACH(function) \
  ASK(function, context, "r1 = r6") \
  ASK(function, context_below, "r1 = r6; r1 += -184") \
  ASK(function, context_beyond, "r1 = r6; r1 += 8") \
  ASK(function, value, VALUE) \
  ASK(function, value_below, VALUE "; r1 += -8") \
  ASK(function, value_beyond, VALUE "; r1 += 8") \
  ASK(function, value_somewhere, "call 7; r7 = r0; r7 &= 15;" VALUE "; r1 += r7") \
  ASK(function, packet, PACKET) \
  ASK(function, packet_below, PACKET "; r1 += -8") \
  ASK(function, map, "r1 = %[map] ll") \
  ASK(function, task, TASK) \
  ASK(function, task_below, TASK "; r1 += -8") \
  ASK(function, task_beyond, TASK "; r1 += 8") \
  ASK(function, null, "r1 = 0") \
  ASK(function, number, "r1 = 5") \
  ASK(function, any_number, "call 7; r1 = r0") \
  ASK(function, stack, "r1 = r10; r1 += -8") \
  ASK(function, stack_above, "r1 = r10; r1 += 8") \
  ASK(function, stack_deep, "r1 = r10; r1 += -520") \
  ASK(function, stack_askew, "r1 = r10; r1 += -12") \
  ASK(function, nothing, "call 7")
EACH(bpf_iter_num_new)
EACH(bpf_iter_num_next)
EACH(bpf_local_irq_save)
EACH(bpf_local_irq_restore)
EACH(bpf_dynptr_size)
EACH(bpf_dynptr_clone)
EACH(bpf_dynptr_slice)
EACH(bpf_res_spin_lock)
EACH(bpf_res_spin_lock_irqsave)
EACH(bpf_wq_start)
EACH(bpf_list_pop_front)
EACH(bpf_rbtree_first)
EACH(bpf_task_release)
EACH(bpf_task_acquire)
EACH(bpf_cpumask_empty)
EACH(bpf_obj_drop_impl)
EACH(bpf_refcount_acquire_impl)
