// SPDX-License-Identifier: Apache-2.0
//
// Programs that operate on maps by calls, chosen by a fixed sequence of numbers: for ../conformance/map_calls.c. What
// differs from run to run (the order of keys in hash maps) is left out of the digest.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

enum { hash = 1, array = 2, percpu_hash = 5, percpu_array = 6, lru_hash = 9, lru_percpu_hash = 10, lpm_trie = 11 };
enum { queue = 22, stack = 23, bloom_filter = 30, rhash = 35 };
enum { no_prealloc = 1, wanted_numbers = 500 };
char _license[] SEC("license") = "GPL";

struct {
	__u64 numbers, digest, results;
} run SEC(".data.run");

struct value {
	__u64 first, second;
};
struct prefix {
	__u32 length;
	__u8 data[4];
};

static __always_inline __u32 next_number(void)
{
	__u64 n = run.numbers;

	n ^= n << 13;
	n ^= n >> 7;
	n ^= n << 17;
	run.numbers = n;
	return n >> 16;
}
static __always_inline void note(__u64 answer)
{
	run.digest = (run.digest ^ answer) * 1099511628211ULL;
	run.results++;
}
static __always_inline void note_value(struct value *value, __u32 number)
{
	if (!value) {
		note(1);
		return;
	}
	note(value->first);
	note(value->second);
	if (number & 1)
		value->second += number;
}
static __always_inline __u64 flags_of(__u32 number)
{
	/* any, noexist, exist, and some that may be refused */
	return number % 8 < 3 ? 0 : number % 8 < 5 ? 1 : number % 8 < 7 ? 2 : number % 64 < 32 ? 3 : 1ULL << 40;
}

struct sums {
	__u64 keys, values, count;
};
static long sum_up(void *map, __u32 *key, struct value *value, struct sums *sums)
{
	sums->keys += *key;
	sums->values += value->first + value->second;
	sums->count++;
	return 0;
}

#define MAP(NAME, TYPE, ENTRIES, FLAGS)                    \
	struct {                                           \
		__uint(type, TYPE);                        \
		__type(key, __u32);                        \
		__type(value, struct value);               \
		__uint(max_entries, ENTRIES);              \
		__uint(map_flags, FLAGS);                  \
	} NAME SEC(".maps");

#define BEGIN(NAME)                                        \
	static long NAME##_once(__u32 index, void *ctx)    \
	{                                                  \
		const __u32 what = next_number() % 16, number = next_number();

#define END(NAME)                                                       \
	return 0;                                                       \
	}                                                               \
	SEC("tc") int NAME##_calls(struct __sk_buff *skb)               \
	{                                                               \
		bpf_loop(wanted_numbers, NAME##_once, 0, 0);            \
		return 0;                                               \
	}

#define KEYED(NAME, KEYS)                                                               \
	__u32 key = number % (KEYS);                                                    \
	struct value value = { number, number >> 3 };                                   \
	if (what < 6) {                                                                 \
		note_value(bpf_map_lookup_elem(&NAME, &key), number >> 8);              \
	} else if (what < 11) {                                                         \
		note(bpf_map_update_elem(&NAME, &key, &value, flags_of(number >> 8)));  \
	} else if (what < 14) {                                                         \
		note(bpf_map_delete_elem(&NAME, &key));                                 \
	} else if (what == 14) {                                                        \
		struct sums sums = {};                                                  \
		note(bpf_for_each_map_elem(&NAME, sum_up, &sums, number % 64 == 0));    \
		note(sums.keys);                                                        \
		note(sums.values);                                                      \
		note(sums.count);                                                       \
	}

MAP(plain_hash, hash, 32, 0)
BEGIN(plain_hash)
KEYED(plain_hash, 40)
END(plain_hash)

MAP(allocated_hash, hash, 32, no_prealloc)
BEGIN(allocated_hash)
KEYED(allocated_hash, 40)
END(allocated_hash)

MAP(plain_array, array, 16, 0)
BEGIN(plain_array)
KEYED(plain_array, 20)
END(plain_array)

MAP(recent_hash, lru_hash, 1024, 0)
BEGIN(recent_hash)
KEYED(recent_hash, 40)
END(recent_hash)

#define EACH_CPU(NAME)                                                                                    \
	if (what == 15)                                                                                   \
		note_value(bpf_map_lookup_percpu_elem(&NAME, &key, number >> 8 & 3), 0);

MAP(cpu_hash, percpu_hash, 32, 0)
BEGIN(cpu_hash)
KEYED(cpu_hash, 40)
EACH_CPU(cpu_hash)
END(cpu_hash)

MAP(cpu_array, percpu_array, 16, 0)
BEGIN(cpu_array)
KEYED(cpu_array, 20)
EACH_CPU(cpu_array)
END(cpu_array)

MAP(recent_cpu_hash, lru_percpu_hash, 1024, 0)
BEGIN(recent_cpu_hash)
KEYED(recent_cpu_hash, 40)
EACH_CPU(recent_cpu_hash)
END(recent_cpu_hash)

struct {
	__uint(type, lpm_trie);
	__type(key, struct prefix);
	__type(value, struct value);
	__uint(max_entries, 64);
	__uint(map_flags, no_prealloc);
} trie SEC(".maps");
BEGIN(trie)
struct prefix key = { number % 36, { number >> 8 & 3, number >> 10 & 3, number >> 12 & 3, number >> 14 & 3 } };
struct value value = { number, number >> 3 };
if (what < 6)
	note_value(bpf_map_lookup_elem(&trie, &key), number >> 8);
else if (what < 12)
	note(bpf_map_update_elem(&trie, &key, &value, flags_of(number >> 20)));
else
	note(bpf_map_delete_elem(&trie, &key));
END(trie)

#define KEYLESS(NAME, TYPE)                                                             \
	struct {                                                                        \
		__uint(type, TYPE);                                                     \
		__uint(value_size, sizeof(struct value));                               \
		__uint(max_entries, 16);                                                \
	} NAME SEC(".maps");                                                            \
	BEGIN(NAME)                                                                     \
	struct value value = { number, number >> 3 };                                   \
	if (what < 8)                                                                   \
		note(bpf_map_push_elem(&NAME, &value, flags_of(number >> 8)));          \
	else if (what < 13)                                                             \
		note(bpf_map_pop_elem(&NAME, &value));                                  \
	else                                                                            \
		note(bpf_map_peek_elem(&NAME, &value));                                 \
	note(value.first);                                                              \
	note(value.second);                                                             \
	END(NAME)
KEYLESS(line, queue)
KEYLESS(heap, stack)

struct {
	__uint(type, bloom_filter);
	__uint(value_size, sizeof(struct value));
	__uint(max_entries, 4096);
	__uint(map_extra, 10);
} filter SEC(".maps");
struct value probe SEC(".data.probe"); // 7.3 takes what bpf_map_peek_elem reads of a filter for written, if it is on the stack
BEGIN(filter)
probe.first = number % 64;
if (what < 8)
	note(bpf_map_push_elem(&filter, &probe, flags_of(number >> 8)));
else if (run.results > 20000) // what was put in is found; what was not may be, but all have been by now
	note(bpf_map_peek_elem(&filter, &probe));
END(filter)
