// SPDX-License-Identifier: Apache-2.0
//
// What examples/embed.cpp and examples/embed.c load: a packet program that asks the application, counts, and has work done
// later; and a program on the application's own hook.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "wq.h"

char LICENSE[] SEC("license") = "GPL";

extern __u32 app_classify(const __u8 *bytes, __u32 bytes__sz) __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} bytes_by_kind SEC(".maps");

struct later {
	struct bpf_wq work;
	__u64 flushed;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct later);
} work SEC(".maps");

static int flush(void *map, int *key, wq_value *value)
{
	((struct later *)value)->flushed++;
	return 0;
}

SEC("tc") int filter(struct __sk_buff *skb)
{
	__u8 head[14];
	__u64 zero = 0, *bytes;
	__u32 kind;
	struct later *later;
	int key = 0;

	if (bpf_skb_load_bytes(skb, 0, head, sizeof(head)))
		return 2;
	kind = app_classify(head, sizeof(head));
	bpf_map_update_elem(&bytes_by_kind, &kind, &zero, BPF_NOEXIST);
	bytes = bpf_map_lookup_elem(&bytes_by_kind, &kind);
	if (bytes)
		__sync_fetch_and_add(bytes, skb->len);
	later = bpf_map_lookup_elem(&work, &key);
	if (later) {
		bpf_wq_init(&later->work, &work, 0); // once: -EBUSY afterwards
		bpf_wq_set_callback(&later->work, flush, 0);
		bpf_wq_start(&later->work, 0);
	}
	return kind == 13 ? 2 : 0; // TC_ACT_SHOT, TC_ACT_OK
}

// The application asks before it delivers: int app_deliver(u32 length).
SEC("fmod_ret/app_deliver") int BPF_PROG(deliver, __u32 length, int ret)
{
	return length > 100 ? -90 : 0; // EMSGSIZE
}
