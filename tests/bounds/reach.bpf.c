// SPDX-License-Identifier: Apache-2.0
//
// Programs that look at memory by an address: one that they are told, or one of their own. Each answers what the call
// said and what it found in `answer`.
#include "look.h"

/* ---- at an address that they are told ---- */

#define ASKING(SECTION, NAME, CALL)                    \
	SEC(SECTION) int NAME(void *context)           \
	{                                              \
		__u64 value = 7, from = told();        \
		__s64 result = CALL;                   \
                                                       \
		return answered(result, value);        \
	}
ASKING("raw_tp", probe_read, bpf_probe_read(&value, 8, (void *)from))
ASKING("raw_tp", probe_read_str, bpf_probe_read_str(&value, 8, (void *)from))
ASKING("syscall", probe_read_kernel, bpf_probe_read_kernel(&value, 8, (void *)from))
ASKING("syscall", probe_read_kernel_str, bpf_probe_read_kernel_str(&value, 8, (void *)from))
ASKING("syscall", probe_read_user, bpf_probe_read_user(&value, 8, (void *)from))
ASKING("syscall", probe_read_user_str, bpf_probe_read_user_str(&value, 8, (void *)from))
ASKING("syscall", copy_from_user, bpf_copy_from_user(&value, 8, (void *)from))
ASKING("syscall", copy_from_user_task, bpf_copy_from_user_task(&value, 8, (void *)from, bpf_get_current_task_btf(), 0))
ASKING("raw_tp", probe_write_user, bpf_probe_write_user((void *)from, &value, 8))

SEC("syscall") int snprintf_string(void *context)
{
	static const char format[] = "%s";
	__u64 value = 0, from = told();
	char text[16] = {};
	__s64 result = bpf_snprintf(text, sizeof(text), format, &from, 8);

	__builtin_memcpy(&value, text, 8);
	return answered(result, value);
}

/* The first eight bytes of a text. */
#define FORMATTING(NAME, FORMAT)                                                  \
	SEC("syscall") int NAME(void *context)                                    \
	{                                                                         \
		static const char format[] = FORMAT;                              \
		__u64 value = 0, from = told();                                   \
		char text[64] = {};                                               \
		__s64 result = bpf_snprintf(text, sizeof(text), format, &from, 8); \
                                                                                  \
		__builtin_memcpy(&value, text, 8);                                \
		return answered(result, value);                                   \
	}
FORMATTING(format_string, "%s")
FORMATTING(format_ip4, "%pI4")
FORMATTING(format_ip6, "%pI6")
SEC("syscall") int print_string(void *context)
{
	static const char format[] = "%s";

	return answered(bpf_trace_printk(format, sizeof(format), told()), 0);
}

/* ---- what is their own ---- */

#define OWN(SECTION, NAME, POINTER)                                        \
	SEC(SECTION) int NAME(struct __sk_buff *skb)                       \
	{                                                                  \
		__u64 value = 7;                                           \
		__u64 *own = POINTER;                                      \
		__s64 result = -2;                                         \
                                                                           \
		if (own)                                                   \
			result = bpf_probe_read_kernel(&value, 8, own);    \
		return answered(result, value);                            \
	}

#define OWN_MAP(NAME, TYPE, FLAGS)                                         \
	struct {                                                           \
		__uint(type, TYPE);                                        \
		__uint(max_entries, 8);                                    \
		__uint(map_flags, FLAGS);                                  \
		__type(key, __u32);                                        \
		__type(value, __u64);                                      \
	} NAME##_map SEC(".maps");                                         \
	static __u64 *in_##NAME(void)                                      \
	{                                                                  \
		__u64 value = 42;                                          \
		__u32 key = 0;                                             \
                                                                           \
		bpf_map_update_elem(&NAME##_map, &key, &value, 0);         \
		return bpf_map_lookup_elem(&NAME##_map, &key);             \
	}                                                                  \
	OWN("tc", own_##NAME, in_##NAME())
OWN_MAP(array, BPF_MAP_TYPE_ARRAY, 0)
OWN_MAP(percpu_array, 6 /* PERCPU_ARRAY */, 0)
OWN_MAP(hash, BPF_MAP_TYPE_HASH, 0)
OWN_MAP(hash_without_preallocation, BPF_MAP_TYPE_HASH, 1)
OWN_MAP(percpu_hash, 5 /* PERCPU_HASH */, 1)
OWN_MAP(lru_hash, BPF_MAP_TYPE_LRU_HASH, 0)

struct {
	__uint(type, 11 /* LPM_TRIE */);
	__uint(max_entries, 8);
	__uint(map_flags, 1);
	__type(key, __u64);
	__type(value, __u64);
} lpm_map SEC(".maps");
static __u64 *in_lpm(void)
{
	__u64 value = 42, key = 32;

	bpf_map_update_elem(&lpm_map, &key, &value, 0);
	return bpf_map_lookup_elem(&lpm_map, &key);
}
OWN("tc", own_lpm, in_lpm())

__u64 variable = 42;
OWN("tc", own_variable, &variable)

static __u64 *on_stack(__u64 *there)
{
	*(volatile __u64 *)there = 42;
	return there;
}
SEC("tc") int own_stack(struct __sk_buff *skb)
{
	__u64 there, value = 7;
	__s64 result = bpf_probe_read_kernel(&value, 8, on_stack(&there));

	return answered(result, value);
}
/* … of the caller. */
static __noinline __s64 read_it(const __u64 *from, __u64 *to)
{
	return bpf_probe_read_kernel(to, 8, from);
}
SEC("tc") int own_stack_of_caller(struct __sk_buff *skb)
{
	__u64 there = 42, value = 7;
	__s64 result = read_it(&there, &value);

	return answered(result, value);
}
/* … and of who called the call that calls. */
struct frame {
	__u64 there, value;
	__s64 result;
};
static int read_back(__u32 i, struct frame *frame)
{
	frame->result = bpf_probe_read_kernel(&frame->value, 8, &frame->there);
	return 1;
}
SEC("tc") int own_stack_in_callback(struct __sk_buff *skb)
{
	struct frame frame = { .there = 42 };

	bpf_loop(1, read_back, &frame, 0);
	return answered(frame.result, frame.value);
}

SEC("tc") int own_context(struct __sk_buff *skb)
{
	__u64 value = 0;
	__s64 result;

	skb->mark = 42;
	result = bpf_probe_read_kernel(&value, 4, &skb->mark);
	return answered(result, value);
}
SEC("tc") int own_packet(struct __sk_buff *skb)
{
	__u8 *data = (void *)(long)skb->data;
	__u64 value = 0;
	__s64 result;

	if (data + 64 > (__u8 *)(long)skb->data_end)
		return 0;
	data[20] = 42;
	result = bpf_probe_read_kernel(&value, 1, data + 20);
	return answered(result, value);
}
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");
SEC("tc") int own_record(struct __sk_buff *skb)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, 8, 0), value = 0;
	__s64 result;

	if (!record)
		return 0;
	*(volatile __u64 *)record = 42;
	result = bpf_probe_read_kernel(&value, 8, record);
	bpf_ringbuf_discard(record, 0);
	return answered(result, value);
}
/* Reading goes on to the end of the string, not of the buffer. */
SEC("tc") int own_string(struct __sk_buff *skb)
{
	char text[64] = {};
	__u64 *there = in_hash_without_preallocation();
	__s64 result;

	if (!there)
		return 0;
	*(volatile __u64 *)there = 42;
	result = bpf_probe_read_kernel_str(text, sizeof(text), there);
	return answered(result, text[0]);
}
/* An element that is gone, and whose memory is somebody else's now, is not the program's. */
SEC("syscall") int remember_element(void *context)
{
	return answered(0, (__u64)in_hash_without_preallocation());
}
SEC("syscall") int remember_preallocated(void *context)
{
	return answered(0, (__u64)in_hash());
}

/* ---- the host's objects ---- */

struct app_object {
	__u64 number;
	struct app_object *next;
};
extern struct app_object *app_take(void) __ksym;
extern void app_give(struct app_object *object) __ksym;
extern struct app_object *app_peek(void) __ksym;

SEC("tc") int given_object(struct __sk_buff *skb)
{
	struct app_object *object = app_take();
	__u64 value = 7;
	__s64 result;

	if (!object)
		return 0;
	result = bpf_probe_read_kernel(&value, 8, &object->number);
	app_give(object);
	return answered(result, value);
}
SEC("tc") int load_of_given_object(struct __sk_buff *skb)
{
	struct app_object *object = app_peek();

	return object ? answered(0, object->number) : 0;
}
/* What stands behind its pointers was not given. */
SEC("tc") int load_behind_given_object(struct __sk_buff *skb)
{
	struct app_object *object = app_peek(), *next;

	if (!object)
		return 0;
	next = object->next;
	return next ? answered(0, next->number) : answered(-1, 0);
}
SEC("tc") int narrow_load_behind_given_object(struct __sk_buff *skb)
{
	struct app_object *object = app_peek(), *next;

	if (!object)
		return 0;
	next = object->next;
	return next ? answered(0, *(__u8 *)&next->number) : answered(-1, 0);
}
SEC("fentry/app_pass") int given_argument(__u64 *arguments)
{
	struct app_object *object = (void *)arguments[0];

	return answered(0, object->number);
}
SEC("fentry/app_say") int given_string(__u64 *arguments)
{
	char text[64] = {};
	__s64 result = bpf_probe_read_kernel_str(text, sizeof(text), (void *)arguments[0]);

	return answered(result, text[0]);
}
