// SPDX-License-Identifier: Apache-2.0
//
// What programs that look at memory by an address have in common: they are told one, and answer what the call said and
// what was there.
#pragma once

#include "endless.h"

struct look {
	__u64 address;
};
struct answer {
	__s64 result;
	__u64 value;
};
MAP(looks, BPF_MAP_TYPE_ARRAY, struct look);
MAP(answers, BPF_MAP_TYPE_ARRAY, struct answer);

static __always_inline __u64 told(void)
{
	__u32 key = 0;
	struct look *look = bpf_map_lookup_elem(&looks, &key);

	return look ? look->address : 0;
}
static __always_inline int answered(__s64 result, __u64 value)
{
	struct answer answer = { .result = result, .value = value };
	__u32 key = 0;

	bpf_map_update_elem(&answers, &key, &answer, 0);
	return 0;
}
