// SPDX-License-Identifier: Apache-2.0
//
// What the API's tests load: a packet program that counts and asks the host, programs on the host's hook and tracepoint,
// a struct_ops table, maps of several types, a ring buffer.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define BPF_MAP_TYPE_PERCPU_ARRAY 6

char LICENSE[] SEC("license") = "GPL";

extern __u64 app_sum(const __u8 *data, __u32 data__sz) __ksym;
extern __u64 app_number(__u64 number) __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} each_cpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

__u64 seen_length;
__u64 hook_calls, hook_result;

SEC("tcx/ingress") int count(struct __sk_buff *skb)
{
	__u32 key = skb->len, zero = 0, *per_cpu;
	__u64 one = 1, *count = bpf_map_lookup_elem(&counts, &key);

	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&counts, &key, &one, BPF_ANY);
	per_cpu = bpf_map_lookup_elem(&each_cpu, &zero);
	if (per_cpu)
		++*per_cpu;
	bpf_ringbuf_output(&records, &key, sizeof(key), 0);
	bpf_printk("length %u", key);
	skb->mark = 7;
	return (int)key;
}

SEC("tc") int ask(struct __sk_buff *skb)
{
	__u8 bytes[5] = { 1, 2, 3, 4, 5 };

	return (int)app_sum(bytes, sizeof(bytes));
}

SEC("tc") int ask_number(struct __sk_buff *skb)
{
	return (int)app_number(skb->len);
}

SEC("syscall") int twice(__u64 *number)
{
	*number *= 2;
	return 3;
}

SEC("fentry/app_hook") int BPF_PROG(before_hook, __u64 a, __u64 b)
{
	hook_calls += a;
	return 0;
}

SEC("fmod_ret/app_hook") int BPF_PROG(instead_of_hook, __u64 a, __u64 b, int ret)
{
	return b == 13 ? -13 : 0;
}

SEC("fexit/app_hook") int BPF_PROG(after_hook, __u64 a, __u64 b, int ret)
{
	hook_result = (__u64)(__s64)ret;
	return 0;
}

struct app_ops {
	int (*choose)(__u64 a, __u64 b);
	int (*unused)(__u64 a);
};

SEC("struct_ops") int BPF_PROG(choose, __u64 a, __u64 b)
{
	return a > b ? (int)a : (int)b;
}

SEC(".struct_ops") struct app_ops chooser = {
	.choose = (void *)choose,
};

SEC("?tc") int refused(struct __sk_buff *skb)
{
	return *(int *)(long)skb->len;
}
