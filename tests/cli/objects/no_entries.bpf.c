// SPDX-License-Identifier: Apache-2.0
// A map that leaves its number of elements to the application that loads it.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
// The types come first.
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, 1);
  __type(key, int);
  __type(value, int);
} sized_later SEC(".maps");

SEC("socket") int program(void *context) {
  int key = 0;
  return bpf_map_lookup_elem(&sized_later, &key) != 0;
}
