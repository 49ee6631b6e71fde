// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the test bench run: an XDP program that blocks, counts, reports and tags; a classifier that marks
// and looks at its surroundings; a timer; a work item.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#define BPF_MAP_TYPE_PERF_EVENT_ARRAY 4
#define BPF_MAP_TYPE_PERCPU_ARRAY 6
#define BPF_MAP_TYPE_LPM_TRIE 11
#define BPF_F_NO_PREALLOC 1
#define BPF_F_CURRENT_CPU 0xffffffffULL

char LICENSE[] SEC("license") = "GPL";

struct bpf_timer {
	__u64 __opaque[2];
} __attribute__((aligned(8)));

enum reason { REASON_NONE = 0, REASON_BLOCKED = 1, REASON_SHORT = 2 };

struct flow {
	__u32 saddr; /* as in the packet */
	__u16 port;
	__u16 unused;
};
struct stats {
	__u64 packets;
	__u64 bytes;
};
struct event {
	__u32 saddr;
	enum reason reason;
	char device[8];
};
struct prefix {
	__u32 length;
	__u8 address[4];
};
struct entry {
	struct bpf_timer timer;
	__u64 ended;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct flow);
	__type(value, struct stats);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 64);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, enum reason);
} blocked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 64);
} samples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct entry);
} entries SEC(".maps");

const volatile __u32 limit = 2000;
const volatile __u32 may_grow = 1;
__u64 seen_packets;
int last_protocol = -1;

/* So that the types have it. */
const struct event *unused_event __attribute__((unused));

#define MIN_LENGTH 34

static __always_inline int report(__u32 saddr, enum reason reason)
{
	struct event event = { .saddr = saddr, .reason = reason, .device = "eth0" };

	return bpf_ringbuf_output(&events, &event, sizeof(event), 0);
}

SEC("xdp") int filter(struct xdp_md *context)
{
	void *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
	__u8 *packet = data;
	__u32 zero = 0, saddr;
	struct prefix source = { .length = 32 };
	struct flow flow = {};
	struct stats *stats, first = { 1, 0 };
	enum reason *reason;
	__u64 *total;

	seen_packets++;
	total = bpf_map_lookup_elem(&totals, &zero);
	if (total)
		*total += 1;
	if (data + MIN_LENGTH > end) {
		report(0, REASON_SHORT);
		return 0;
	}
	if ((__u64)(end - data) > limit)
		return 1;
	__builtin_memcpy(&saddr, packet + 26, 4);
	__builtin_memcpy(source.address, packet + 26, 4);
	last_protocol = packet[23];
	reason = bpf_map_lookup_elem(&blocked, &source);
	if (reason && *reason) {
		report(saddr, *reason);
		bpf_printk("blocked, reason %d", *reason);
		return 1;
	}
	flow.saddr = saddr;
	flow.port = bpf_ntohs(*(__u16 *)(packet + 12));
	stats = bpf_map_lookup_elem(&flows, &flow);
	if (stats) {
		stats->packets++;
		stats->bytes += end - data;
	} else {
		first.bytes = end - data;
		bpf_map_update_elem(&flows, &flow, &first, 0);
	}
	packet[22]--;
	return 2;
}

SEC("xdp") int grow(struct xdp_md *context)
{
	if (!may_grow)
		return 2;
	if (bpf_xdp_adjust_head(context, -4))
		return 0;
	return 3;
}

SEC("tc") int mark(struct __sk_buff *skb)
{
	struct event event = { .reason = REASON_NONE, .device = "tc" };

	event.saddr = skb->len;
	if (bpf_perf_event_output(skb, &samples, BPF_F_CURRENT_CPU, &event, sizeof(event)))
		return 2;
	skb->mark = bpf_get_prandom_u32();
	return bpf_get_smp_processor_id() + 1;
}

static int expired(void *map, __u32 *key, struct entry *entry)
{
	entry->ended = bpf_ktime_get_ns();
	return 0;
}

SEC("tc") int arm(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct entry *entry = bpf_map_lookup_elem(&entries, &zero);

	if (!entry)
		return 2;
	bpf_timer_init(&entry->timer, &entries, 1);
	bpf_timer_set_callback(&entry->timer, expired);
	bpf_timer_start(&entry->timer, 3000000000ULL, 0);
	return 0;
}

SEC("syscall") int add(__u64 *numbers)
{
	numbers[0] += numbers[1];
	return 0;
}
