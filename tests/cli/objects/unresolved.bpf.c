// SPDX-License-Identifier: Apache-2.0
// Names that libbpf cannot resolve: a member that the kernel's type calls otherwise (types.bpf.c is the kernel here), a
// type that is not there, and a kfunc.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct vehicle___old {
  long speed;
} __attribute__((preserve_access_index));
struct vehicel {
  long wheels;
} __attribute__((preserve_access_index));

extern void fly(void) __ksym __weak;

SEC("socket")
int member(struct __sk_buff *ctx) {
  return ((struct vehicle___old *)ctx)->speed;
}

SEC("socket")
int type(struct __sk_buff *ctx) {
  return ((struct vehicel *)ctx)->wheels;
}

SEC("socket")
int kfunc(struct __sk_buff *ctx) {
  fly();
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
