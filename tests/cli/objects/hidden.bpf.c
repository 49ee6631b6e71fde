// SPDX-License-Identifier: Apache-2.0
// A function that libbpf makes static because it is hidden, and whose argument only its caller knows, beside a call of
// the kernel's, for which libbpf adds to the object's types.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
// The types come first.
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

__weak __hidden __attribute__((noinline)) int first_of(int* numbers) {
  asm volatile("" : "+r"(numbers));
  return numbers[0];
}

SEC("socket") int program(void* context) {
  int numbers[2] = {7, 8};
  asm volatile("" : : "r"(numbers) : "memory");
  bpf_rcu_read_lock();
  bpf_rcu_read_unlock();
  return first_of(numbers);
}
