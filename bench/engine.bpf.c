// SPDX-License-Identifier: Apache-2.0
//
// What engines are timed with, for Skep's and the kernel's: work.h over a packet, and what programs do beside computing.
// scripts/bench engine runs it.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "../bench/work.h"

char LICENSE[] SEC("license") = "GPL";

/* Not in the examples' vmlinux.h. */
#define BPF_MAP_TYPE_PROG_ARRAY 3
#define BPF_MAP_TYPE_PERCPU_ARRAY 6

#define ROUNDS 1000

__u64 result;

#define OVER_THE_PACKET(NAME, EXPRESSION)                                                                              \
	SEC("tc") int NAME##_(struct __sk_buff *skb)                                                                   \
	{                                                                                                              \
		const __u8 *p = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;                           \
                                                                                                                       \
		if (p + BYTES > end)                                                                                   \
			return 1;                                                                                      \
		result = (EXPRESSION);                                                                                 \
		return 0;                                                                                              \
	}

SEC("tc") int empty_(struct __sk_buff *skb)
{
	return 0;
}
OVER_THE_PACKET(lcg, lcg(p))
OVER_THE_PACKET(popcount, popcount(p))
OVER_THE_PACKET(crc32, crc32(p))
OVER_THE_PACKET(fnv, fnv(p))
OVER_THE_PACKET(xxhash64, xxhash64(p))
OVER_THE_PACKET(jhash_64, jhash(p, 64))
OVER_THE_PACKET(jhash_1500, jhash(p, 1500))
OVER_THE_PACKET(parse, parse(p, end))
OVER_THE_PACKET(siphash, siphash(p))
OVER_THE_PACKET(states, states(p))

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} array SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} percpu_array SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} hash SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} jumps SEC(".maps");

#define LOOK_UP(MAP)                                                                                                   \
	SEC("tc") int MAP##_lookup_(struct __sk_buff *skb)                                                             \
	{                                                                                                              \
		__u64 sum = 0;                                                                                         \
                                                                                                                       \
		for (__u32 i = 0; i < ROUNDS; i++) {                                                                   \
			__u32 key = i;                                                                                 \
			__u64 *value = bpf_map_lookup_elem(&MAP, &key);                                                \
                                                                                                                       \
			if (value)                                                                                     \
				sum += *value;                                                                         \
		}                                                                                                      \
		result = sum;                                                                                          \
		return 0;                                                                                              \
	}
LOOK_UP(array)
LOOK_UP(percpu_array)
LOOK_UP(hash)

static __attribute__((noinline)) __u64 called(__u64 x)
{
	asm volatile("" : "+r"(x));
	return x * 31 + 7;
}
SEC("tc") int subprogram_(struct __sk_buff *skb)
{
	__u64 x = 1;

	for (__u32 i = 0; i < ROUNDS; i++)
		x = called(x);
	result = x;
	return 0;
}

static int iteration(__u32 i, __u64 *sum)
{
	*sum += i;
	return 0;
}
SEC("tc") int loop_(struct __sk_buff *skb)
{
	__u64 sum = 0;

	bpf_loop(ROUNDS, iteration, &sum, 0);
	result = sum;
	return 0;
}

/* 33 jumps a run. */
SEC("tc") int tail_call_(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &jumps, 0);
	return 0;
}

SEC("tc") int atomic_(struct __sk_buff *skb)
{
	for (__u32 i = 0; i < ROUNDS; i++)
		__sync_fetch_and_add(&result, i);
	return 0;
}

SEC("tc") int ktime_(struct __sk_buff *skb)
{
	__u64 sum = 0;

	for (__u32 i = 0; i < ROUNDS; i++)
		sum += bpf_ktime_get_ns();
	result = sum;
	return 0;
}

SEC("tc") int cpu_id_(struct __sk_buff *skb)
{
	__u64 sum = 0;

	for (__u32 i = 0; i < ROUNDS; i++)
		sum += bpf_get_smp_processor_id();
	result = sum;
	return 0;
}
