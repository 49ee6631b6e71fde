// SPDX-License-Identifier: Apache-2.0
// A global in an arena, and so many maps that libbpf's array of them moves after it has found the arena's.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, 33); /* BPF_MAP_TYPE_ARENA */
	__uint(map_flags, 1 << 10); /* BPF_F_MMAPABLE */
	__uint(max_entries, 10);
} arena SEC(".maps");

__attribute__((address_space(1))) int global SEC(".addr_space.1") = 41;

#define M(n) struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); } m##n SEC(".maps")
M(1); M(2); M(3); M(4); M(5); M(6); M(7); M(8); M(9); M(10); M(11);
int a1, a2 = 2;
const volatile int a3 = 3;
#define D(n) int d##n SEC(".data.d" #n) = 1
D(1); D(2); D(3); D(4); D(5); D(6); D(7); D(8); D(9); D(10); D(11); D(12); D(13); D(14); D(15); D(16); D(17); D(18); D(19); D(20);

SEC("syscall") int add(void *ctx)
{
	global++;
	return global + a1 + a2 + a3 + d1 + d2 + d3 + d4 + d5 + d6 + d7 + d8 + d9 + d10 + d11 + d12 + d13 + d14 + d15 + d16 + d17 + d18 + d19 + d20;
}
