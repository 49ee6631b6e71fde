// SPDX-License-Identifier: Apache-2.0
//
// Values that may and may not hold a work item: a map and a program for each. Each program is loaded alone.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "wq.h"

#pragma clang diagnostic ignored "-Waddress-of-packed-member" /* one value is misaligned on purpose */

char LICENSE[] SEC("license") = "GPL";

struct bpf_timer {
	__u64 __opaque[2];
} __attribute__((aligned(8)));

struct two { struct bpf_wq w, v; };
struct pair { struct bpf_wq w[2]; };
struct misaligned { __u32 a; struct bpf_wq w; } __attribute__((packed));
struct united { union { struct bpf_wq w; __u64 words[2]; }; };
struct with_timer { struct bpf_timer t; struct bpf_wq w; };
struct inner { __u64 a; struct bpf_wq w; };
struct nested { __u64 a; struct { __u64 b; struct inner i; } in; };
struct single { __u64 a; struct bpf_wq w[1]; };
struct per_cpu { struct bpf_wq w; };

static int nothing(void *map, int *key, wq_value *value)
{
	return 0;
}

#define SHAPE(NAME, TYPE, VALUE, FIELD)                                 \
	struct {                                                        \
		__uint(type, TYPE);                                     \
		__uint(max_entries, 2);                                 \
		__type(key, __u32);                                     \
		__type(value, VALUE);                                   \
	} NAME SEC(".maps");                                            \
	SEC("tc") int use_##NAME(struct __sk_buff *skb)                 \
	{                                                               \
		__u32 key = 1;                                          \
		VALUE *v = bpf_map_lookup_elem(&NAME, &key);            \
                                                                        \
		if (!v)                                                 \
			return 1;                                       \
		if (bpf_wq_init((struct bpf_wq *)&v FIELD, &NAME, 0))   \
			return 2;                                       \
		if (bpf_wq_set_callback((struct bpf_wq *)&v FIELD, nothing, 0)) \
			return 3;                                       \
		return bpf_wq_start((struct bpf_wq *)&v FIELD, 0);      \
	}

SHAPE(two, BPF_MAP_TYPE_ARRAY, struct two, ->w)
SHAPE(pair, BPF_MAP_TYPE_ARRAY, struct pair, ->w)
SHAPE(misaligned, BPF_MAP_TYPE_ARRAY, struct misaligned, ->w)
SHAPE(united, BPF_MAP_TYPE_ARRAY, struct united, ->w)
SHAPE(with_timer, BPF_MAP_TYPE_ARRAY, struct with_timer, ->w)
SHAPE(nested, BPF_MAP_TYPE_ARRAY, struct nested, ->in.i.w)
SHAPE(single, BPF_MAP_TYPE_ARRAY, struct single, ->w)
SHAPE(per_cpu, 6 /* BPF_MAP_TYPE_PERCPU_ARRAY */, struct per_cpu, ->w)

struct inner global;

SEC("tc") int use_global(struct __sk_buff *skb)
{
	return bpf_wq_init(&global.w, &single, 0);
}
