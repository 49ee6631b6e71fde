// SPDX-License-Identifier: Apache-2.0
// A kfunc of the reference release, which the kernel of the machine may not have.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

extern int bpf_strcasestr(const char *text, const char *part) __ksym;

char text[] = "a Bee in a SKEP", part[] = "skep";

SEC("syscall")
int find(void *ctx) {
  return bpf_strcasestr(text, part);
}

char LICENSE[] SEC("license") = "GPL";
