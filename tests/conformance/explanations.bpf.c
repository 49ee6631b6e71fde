// SPDX-License-Identifier: Apache-2.0
// Small refused programs, one a kind: what Linux 7.3 says of each is in explanations-7.3.txt. Made by:
//   clang-19 -g -O2 -target bpf -mcpu=v4 -I<corpus>/inc -c explanations.bpf.c; vm -k 7.3 … ./oracle -v explanations.bpf.o
#include <vmlinux.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

struct entry {
	__u64 count;
	struct bpf_spin_lock lock;
	struct bpf_wq work;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct entry);
} entries SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

static struct entry *find(__u32 key)
{
	return bpf_map_lookup_elem(&entries, &key);
}

SEC("xdp") int packet_without_check(struct xdp_md *ctx)
{
	__u8 *packet = (void *)(long)ctx->data;

	return packet[14] == 4 ? XDP_PASS : XDP_DROP;
}

SEC("xdp") int packet_check_too_short(struct xdp_md *ctx)
{
	__u8 *packet = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (packet + 14 > end)
		return XDP_DROP;
	return packet[20] == 4 ? XDP_PASS : XDP_DROP;
}

SEC("xdp") int lookup_not_checked(struct xdp_md *ctx)
{
	struct entry *entry = find(ctx->ingress_ifindex);

	entry->count++;
	return XDP_PASS;
}

SEC("xdp") int index_out_of_value(struct xdp_md *ctx)
{
	struct entry *entry = find(1);
	__u32 at = ctx->rx_queue_index;

	if (!entry)
		return XDP_DROP;
	if (at > 64)
		at = 64;
	return ((__u8 *)entry)[at] ? XDP_PASS : XDP_DROP;
}

SEC("xdp") int reservation_leaks(struct xdp_md *ctx)
{
	__u64 *event = bpf_ringbuf_reserve(&events, 8, 0);

	if (!event)
		return XDP_PASS;
	*event = ctx->ingress_ifindex;
	if (*event & 1)
		return XDP_DROP;
	bpf_ringbuf_submit(event, 0);
	return XDP_PASS;
}

SEC("xdp") int lock_not_released(struct xdp_md *ctx)
{
	struct entry *entry = find(1);

	if (!entry)
		return XDP_PASS;
	bpf_spin_lock(&entry->lock);
	if (ctx->ingress_ifindex == 7)
		return XDP_DROP;
	bpf_spin_unlock(&entry->lock);
	return XDP_PASS;
}

SEC("xdp") int helper_of_another_type(struct xdp_md *ctx)
{
	return bpf_skb_load_bytes(ctx, 0, &(__u32){ 0 }, 4);
}

SEC("tc") int sleeps_where_it_may_not(struct __sk_buff *skb)
{
	__u32 word = 0;

	return bpf_copy_from_user(&word, sizeof(word), (void *)8) + word;
}

SEC("tc") int item_with_another_map(struct __sk_buff *skb)
{
	struct entry *entry = find(1);

	return entry ? bpf_wq_init(&entry->work, &events, 0) : 0;
}

static int says_one(void *map, int *key, void *value)
{
	return 1;
}

SEC("tc") int callback_returns_one(struct __sk_buff *skb)
{
	struct entry *entry = find(1);

	if (!entry || bpf_wq_init(&entry->work, &entries, 0))
		return 0;
	return bpf_wq_set_callback(&entry->work, says_one, 0);
}

SEC("tc") int item_read_directly(struct __sk_buff *skb)
{
	struct entry *entry = find(1);

	return entry ? *(volatile __u32 *)&entry->work : 0;
}

SEC("cgroup_skb/egress") int result_out_of_range(struct __sk_buff *skb)
{
	return skb->len;
}

SEC("tc") int stack_not_initialised(struct __sk_buff *skb)
{
	volatile __u64 word;

	return word;
}

SEC("socket") __attribute__((naked)) int register_not_initialised(void)
{
	asm volatile("r0 = r3; exit;" ::: "memory");
}

SEC("socket") __attribute__((naked)) int never_ends(void)
{
	asm volatile("r0 = 0; l0_%=: r0 += 1; r0 &= 255; goto l0_%=; exit;" ::: "memory");
}

SEC("tp_btf/sched_switch") int rcu_pointer_outside(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[1];

	return bpf_task_storage_get((void *)&events, task, 0, 0) != 0;
}

SEC("syscall") int context_out_of_bounds(void *ctx)
{
	return *(__u32 *)(ctx + 70000);
}
