// SPDX-License-Identifier: Apache-2.0
//
// As reach.bpf.c, with an arena: what calls by address see of it. Needs a kernel's types.
#include "look.h"

struct {
	__uint(type, 33 /* BPF_MAP_TYPE_ARENA */);
	__uint(map_flags, 1 << 10 /* BPF_F_MMAPABLE */);
	__uint(max_entries, 4);
} arena SEC(".maps");

#define __arena __attribute__((address_space(1)))
extern void __arena *bpf_arena_alloc_pages(void *map, void __arena *address, __u32 count, int node, __u64 flags) __ksym;
extern void bpf_arena_free_pages(void *map, void __arena *pages, __u32 count) __ksym;
#define address_of(pointer) ((void *)(long)(pointer))

static __always_inline __u64 __arena *page_with_42(void)
{
	__u64 __arena *page = bpf_arena_alloc_pages(&arena, 0, 1, -1, 0);

	if (page)
		*page = 42;
	return page;
}

/* Its address as user space has it. */
SEC("syscall") int remember_page(void *context)
{
	return answered(0, (__u64)page_with_42());
}

#define READ(NAME, CALL)                                          \
	SEC("syscall") int NAME(void *context)                    \
	{                                                         \
		__u64 __arena *page = page_with_42();             \
		__u64 value = 7;                                  \
		__s64 result = CALL(&value, 8, address_of(page)); \
                                                                  \
		bpf_arena_free_pages(&arena, page, 1);            \
		return answered(result, value);                   \
	}
READ(own_page, bpf_probe_read_kernel)
READ(own_page_as_users, bpf_copy_from_user)
SEC("syscall") int freed_page(void *context)
{
	__u64 __arena *page = page_with_42();
	__u64 value = 7;

	bpf_arena_free_pages(&arena, page, 1);
	return answered(bpf_probe_read_kernel(&value, 8, address_of(page)), value);
}
SEC("syscall") int behind_the_arena(void *context)
{
	__u64 __arena *pages = bpf_arena_alloc_pages(&arena, 0, 4, -1, 0);
	__u64 value = 7;
	__s64 result = bpf_probe_read_kernel(&value, 8, (char *)address_of(pages) + 4 * 4096 - 4);

	if (pages)
		bpf_arena_free_pages(&arena, pages, 4);
	return answered(result, value);
}
