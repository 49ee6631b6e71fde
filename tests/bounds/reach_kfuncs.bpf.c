// SPDX-License-Identifier: Apache-2.0
//
// As reach.bpf.c, with calls that only a kernel's types declare.
#include "look.h"
#include <bpf/bpf_core_read.h>

struct bpf_iter_bits {
	__u64 __opaque[2];
} __attribute__((aligned(8)));
extern int bpf_strcmp(const char *s1__ign, const char *s2__ign) __ksym;
extern int bpf_strlen(const char *s__ign) __ksym;
extern int bpf_strchr(const char *s__ign, char c) __ksym;
extern int bpf_strnlen(const char *s__ign, unsigned long count) __ksym;
extern int bpf_strrchr(const char *s__ign, int c) __ksym;
extern int bpf_strspn(const char *s__ign, const char *accept__ign) __ksym;
extern int bpf_strcspn(const char *s__ign, const char *reject__ign) __ksym;
extern int bpf_strstr(const char *s1__ign, const char *s2__ign) __ksym;
extern int bpf_strcasecmp(const char *s1__ign, const char *s2__ign) __ksym;
extern int bpf_copy_from_user_str(void *dst, __u32 dst__sz, const void *unsafe_ptr__ign, __u64 flags) __ksym;
extern void *bpf_rdonly_cast(const void *obj__ign, __u32 btf_id__k) __ksym;
extern int bpf_iter_bits_new(struct bpf_iter_bits *it, const __u64 *unsafe_ptr__ign, __u32 nr_words) __ksym;
extern int *bpf_iter_bits_next(struct bpf_iter_bits *it) __ksym;
extern void bpf_iter_bits_destroy(struct bpf_iter_bits *it) __ksym;

#define ASKING(NAME, CALL)                             \
	SEC("syscall") int NAME(void *context)         \
	{                                              \
		__u64 value = 7, from = told();        \
		__s64 result = CALL;                   \
                                                       \
		return answered(result, value);        \
	}
ASKING(strcmp_first, bpf_strcmp((void *)from, "*"))
ASKING(strcmp_second, bpf_strcmp("*", (void *)from))
ASKING(string_length, bpf_strlen((void *)from))
ASKING(string_search, bpf_strchr((void *)from, '*'))
ASKING(string_bounded, bpf_strnlen((void *)from, 8))
ASKING(string_end, bpf_strrchr((void *)from, '*'))
ASKING(string_span, bpf_strspn((void *)from, "*+"))
ASKING(string_outside, bpf_strcspn((void *)from, "+"))
ASKING(string_within, bpf_strstr((void *)from, "*"))
ASKING(strcmp_case, bpf_strcasecmp((void *)from, "*"))
ASKING(copy_string, bpf_copy_from_user_str(&value, 8, (void *)from, 0))

SEC("syscall") int iterate_bits(void *context)
{
	struct bpf_iter_bits it;
	__u64 from = told(), value = 0;
	__s64 result = bpf_iter_bits_new(&it, (void *)from, 1);
	int *bit = bpf_iter_bits_next(&it);

	if (bit)
		value = *bit;
	bpf_iter_bits_destroy(&it);
	return answered(result, value);
}
SEC("syscall") int cast_to_bytes(void *context)
{
	return answered(0, *(__u64 *)bpf_rdonly_cast((void *)told(), 0));
}
SEC("syscall") int cast_to_bytes_narrow(void *context)
{
	return answered(0, *(__u16 *)bpf_rdonly_cast((void *)told(), 0));
}
SEC("syscall") int cast_to_signed_bytes(void *context)
{
	return answered(0, *(volatile signed char *)bpf_rdonly_cast((void *)told(), 0));
}
SEC("syscall") int cast_to_object(void *context)
{
	struct task_struct *task = bpf_rdonly_cast((void *)told(), bpf_core_type_id_kernel(struct task_struct));

	return answered(0, *(__u64 *)task);
}
SEC("syscall") int cast_stack(void *context)
{
	volatile __u64 there = 42;

	return answered(0, *(__u64 *)bpf_rdonly_cast((void *)&there, 0));
}

struct node {
	__u64 payload;
};
extern void *bpf_obj_new_impl(__u64 local_type_id, void *meta__ign) __ksym;
extern void bpf_obj_drop_impl(void *p, void *meta__ign) __ksym;
SEC("syscall") int own_object(void *context)
{
	struct node *node = bpf_obj_new_impl(bpf_core_type_id_local(struct node), 0);
	__u64 value = 7;
	__s64 result;

	if (!node)
		return 0;
	node->payload = 42;
	result = bpf_probe_read_kernel(&value, 8, &node->payload);
	bpf_obj_drop_impl(node, 0);
	return answered(result, value);
}
SEC("syscall") int own_task(void *context)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 value = 7;
	__s64 result = bpf_probe_read_kernel(&value, 8, task);

	return answered(result, 42);
}
