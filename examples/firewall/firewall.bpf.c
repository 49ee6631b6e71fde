// SPDX-License-Identifier: Apache-2.0
//
// A firewall in XDP, as an example of a program with tests (firewall.toml, test_firewall.py; docs/testing.md): it looks
// behind VLAN tags, blocks sources by prefix, counts verdicts on each CPU, reports what it drops, hands TCP and UDP to
// programs of their own, forgets flows by a timer, and cleans up after blocked sources in a work queue.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "wq.h"

#define BPF_MAP_TYPE_PROG_ARRAY 3
#define BPF_MAP_TYPE_PERCPU_ARRAY 6
#define BPF_MAP_TYPE_LPM_TRIE 11
#define BPF_F_NO_PREALLOC 1
#define CLOCK_MONOTONIC 1

char LICENSE[] SEC("license") = "GPL";

struct bpf_timer {
	__u64 __opaque[2];
} __attribute__((aligned(8)));

enum verdict { VERDICT_DROP = 1, VERDICT_PASS = 2 }; /* XDP's */
enum protocol { PROTOCOL_TCP = 0, PROTOCOL_UDP = 1 };
enum reason { REASON_NONE, REASON_BLOCKED, REASON_MALFORMED, REASON_PORT, REASON_NO_FLOW };

struct prefix4 {
	__u32 length;
	__u8 address[4];
};
struct prefix6 {
	__u32 length;
	__u8 address[16];
};
struct flow_key {
	__be32 saddr;
	__be32 daddr;
	__be16 sport;
	__be16 dport;
};
struct flow {
	struct bpf_timer idle;
	__u64 packets;
};
struct event {
	enum reason reason;
	__be32 saddr; /* 0 for IPv6 */
	__u64 time;
};
struct cleaner {
	struct bpf_wq work;
	__be32 saddr;
};
/* What one program tells the next, in front of the packet's data. */
struct parsed {
	__u32 at; /* where the transport header is */
	__be32 saddr, daddr;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix4);
	__type(value, enum reason);
} blocked4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix6);
	__type(value, enum reason);
} blocked6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} verdicts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct flow_key);
	__type(value, struct flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct cleaner);
} cleaners SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct parsed);
} scratch SEC(".maps");

const volatile __u16 open_port = 80;
const volatile __u64 idle_ns = 30000000000ULL;
__u64 cleaned, expired;

/* So that the types have it. */
const struct event *unused_event __attribute__((unused));

static __always_inline int decide(enum verdict verdict)
{
	__u32 key = verdict;
	__u64 *count = bpf_map_lookup_elem(&verdicts, &key);

	if (count)
		*count += 1;
	return verdict;
}

static __always_inline int drop(enum reason reason, __be32 saddr)
{
	struct event event = { .reason = reason, .saddr = saddr, .time = bpf_ktime_get_ns() };

	bpf_ringbuf_output(&events, &event, sizeof(event), 0);
	return decide(VERDICT_DROP);
}

static long forget(void *map, struct flow_key *key, struct flow *flow, __be32 *saddr)
{
	if (key->saddr == *saddr && !bpf_map_delete_elem(&flows, key))
		cleaned++;
	return 0;
}

static int clean(void *map, int *key, void *value)
{
	struct cleaner *cleaner = value;
	__be32 saddr = cleaner->saddr;

	bpf_for_each_map_elem(&flows, forget, &saddr, 0);
	return 0;
}

static __always_inline void clean_later(__be32 saddr)
{
	int key = 0;
	struct cleaner *cleaner = bpf_map_lookup_elem(&cleaners, &key);

	if (!cleaner)
		return;
	cleaner->saddr = saddr;
	bpf_wq_init(&cleaner->work, &cleaners, 0);
	bpf_wq_set_callback(&cleaner->work, clean, 0);
	bpf_wq_start(&cleaner->work, 0);
}

static int flow_is_idle(void *map, struct flow_key *key, struct flow *flow)
{
	bpf_map_delete_elem(&flows, key);
	expired++;
	return 0;
}

SEC("xdp") int tcp(struct xdp_md *context)
{
	void *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
	struct flow_key key = {};
	struct flow *flow, fresh = {};
	struct parsed *parsed;
	__u32 zero = 0;
	__u8 *header, flags;

	parsed = bpf_map_lookup_elem(&scratch, &zero);
	if (!parsed || parsed->at > 200)
		return decide(VERDICT_DROP);
	header = data + parsed->at;
	if ((void *)header + 20 > end)
		return drop(REASON_MALFORMED, parsed->saddr);
	key.saddr = parsed->saddr;
	key.daddr = parsed->daddr;
	key.sport = *(__be16 *)header;
	key.dport = *(__be16 *)(header + 2);
	flags = header[13];
	if (bpf_ntohs(key.dport) != open_port)
		return drop(REASON_PORT, key.saddr);
	if (flags & 2) /* SYN */
		bpf_map_update_elem(&flows, &key, &fresh, BPF_NOEXIST);
	flow = bpf_map_lookup_elem(&flows, &key);
	if (!flow)
		return drop(REASON_NO_FLOW, key.saddr);
	flow->packets++;
	bpf_timer_init(&flow->idle, &flows, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&flow->idle, flow_is_idle);
	bpf_timer_start(&flow->idle, idle_ns, 0);
	return decide(VERDICT_PASS);
}

SEC("xdp") int udp(struct xdp_md *context)
{
	return decide(VERDICT_PASS);
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, int(void *));
} protocols SEC(".maps") = {
	.values = { [PROTOCOL_TCP] = (void *)&tcp, [PROTOCOL_UDP] = (void *)&udp },
};

static __always_inline int ipv4(struct xdp_md *context, void *data, void *end, __u32 at)
{
	struct prefix4 source = { .length = 32 };
	__u8 *header = data + at;
	enum reason *reason;
	struct parsed *parsed;
	__u32 zero = 0;
	__be32 saddr;

	if ((void *)header + 20 > end || header[0] != 0x45)
		return drop(REASON_MALFORMED, 0);
	__builtin_memcpy(&saddr, header + 12, 4);
	__builtin_memcpy(source.address, header + 12, 4);
	reason = bpf_map_lookup_elem(&blocked4, &source);
	if (reason) {
		clean_later(saddr);
		return drop(*reason, saddr);
	}
	parsed = bpf_map_lookup_elem(&scratch, &zero);
	if (!parsed)
		return decide(VERDICT_DROP);
	parsed->at = at + 20;
	parsed->saddr = saddr;
	__builtin_memcpy(&parsed->daddr, header + 16, 4);
	if (header[9] == 6)
		bpf_tail_call(context, &protocols, PROTOCOL_TCP);
	if (header[9] == 17)
		bpf_tail_call(context, &protocols, PROTOCOL_UDP);
	return decide(VERDICT_PASS);
}

static __always_inline int ipv6(void *data, void *end, __u32 at)
{
	struct prefix6 source = { .length = 128 };
	__u8 *header = data + at;
	enum reason *reason;

	if ((void *)header + 40 > end)
		return drop(REASON_MALFORMED, 0);
	__builtin_memcpy(source.address, header + 8, 16);
	reason = bpf_map_lookup_elem(&blocked6, &source);
	if (reason)
		return drop(*reason, 0);
	return decide(VERDICT_PASS);
}

SEC("xdp") int firewall(struct xdp_md *context)
{
	void *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
	__u32 at = 14;
	__u16 type;

	if (data + 18 > end)
		return drop(REASON_MALFORMED, 0);
	type = bpf_ntohs(*(__be16 *)(data + 12));
	if (type == 0x8100) {
		type = bpf_ntohs(*(__be16 *)(data + 16));
		at = 18;
	}
	if (type == 0x0800)
		return ipv4(context, data, end, at);
	if (type == 0x86dd)
		return ipv6(data, end, at);
	return decide(VERDICT_PASS);
}
