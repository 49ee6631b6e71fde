// A fault on each way out of a tail call in a subprogram: the caller is walked first, with any result.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 4); __uint(key_size, 4); __uint(value_size, 4); } jmp SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4); __uint(key_size, 4); __uint(value_size, 4); } h SEC(".maps");
int table[8];
static __noinline int hop(struct __sk_buff *s) { int k = 1; bpf_tail_call_static(s, &jmp, 0); int *p = bpf_map_lookup_elem(&h, &k); return *p & 3; }
SEC("tc") int two(struct __sk_buff *s) { unsigned i = hop(s); return table[i]; }
static __noinline int hop1(struct __sk_buff *s) { bpf_tail_call_static(s, &jmp, 0); return s->mark & 3; }
SEC("tc") int only_unknown(struct __sk_buff *s) { unsigned i = hop1(s); return table[i]; }
SEC("tc") int bounded(struct __sk_buff *s) { unsigned i = hop1(s); return table[i & 7]; }
