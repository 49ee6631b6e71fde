// SPDX-License-Identifier: Apache-2.0
//
// Programs that never end while they hold what they have allocated. They need a kernel's types: its calls for lists and
// trees are not among Skep's own.
#include "endless.h"
#include <bpf/bpf_core_read.h>

struct bpf_list_head {
	__u64 __opaque[2];
} __attribute__((aligned(8)));
struct bpf_list_node {
	__u64 __opaque[3];
} __attribute__((aligned(8)));
struct bpf_rb_root {
	__u64 __opaque[2];
} __attribute__((aligned(8)));
struct bpf_rb_node {
	__u64 __opaque[4];
} __attribute__((aligned(8)));
extern void *bpf_obj_new_impl(__u64 local_type_id, void *meta__ign) __ksym;
extern void bpf_obj_drop_impl(void *p, void *meta__ign) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta__ign,
				    __u64 off) __ksym;
extern struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head) __ksym;
extern int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
			       bool(less)(struct bpf_rb_node *a, const struct bpf_rb_node *b), void *meta__ign,
			       __u64 off) __ksym;

#define private(name) SEC(".data." #name) __attribute__((visibility("hidden"))) __attribute__((aligned(8)))

struct own_node {
	struct bpf_list_node list;
	__u64 payload;
};
struct own_leaf {
	struct bpf_rb_node tree;
	__u64 payload;
};
private(lists) struct bpf_spin_lock list_lock;
private(lists) struct bpf_list_head head __attribute__((btf_decl_tag("contains:own_node:list")));
private(trees) struct bpf_spin_lock tree_lock;
private(trees) struct bpf_rb_root root __attribute__((btf_decl_tag("contains:own_leaf:tree")));

struct keeper {
	struct own_node __attribute__((btf_type_tag("kptr"))) *kept;
};

MAP(keepers, BPF_MAP_TYPE_ARRAY, struct keeper);

// Everything that programs allocate: leaks are the address sanitizer's to find.
SEC("tc") int endless_with_objects(struct __sk_buff *skb)
{
	struct own_node *one = bpf_obj_new_impl(bpf_core_type_id_local(struct own_node), 0), *two, *old;
	struct bpf_list_node *popped;
	struct keeper *keeper;
	__u32 key = 0;

	if (!one)
		return 0;
	bpf_spin_lock(&list_lock);
	bpf_list_push_front_impl(&head, &one->list, 0, 0);
	popped = bpf_list_pop_front(&head);
	bpf_spin_unlock(&list_lock);
	if (!popped)
		return 0;
	one = container_of(popped, struct own_node, list);
	keeper = bpf_map_lookup_elem(&keepers, &key);
	two = bpf_obj_new_impl(bpf_core_type_id_local(struct own_node), 0);
	if (!two) {
		bpf_obj_drop_impl(one, 0);
		return 0;
	}
	if (!keeper) {
		bpf_obj_drop_impl(one, 0);
		bpf_obj_drop_impl(two, 0);
		return 0;
	}
	old = bpf_kptr_xchg(&keeper->kept, one);
	if (old)
		bpf_obj_drop_impl(old, 0);
	old = bpf_kptr_xchg(&keeper->kept, 0);
	forever_and_a_day();
	bpf_obj_drop_impl(two, 0);
	if (old)
		bpf_obj_drop_impl(old, 0);
	return 1;
}

// The order of a tree that never answers: the node is in no tree yet, and no longer the program's.
static bool never_less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	__u32 count = 0;

	count_forever(&count);
	return count & 1;
}
SEC("tc") int endless_order(struct __sk_buff *skb)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct own_leaf *leaf = bpf_obj_new_impl(bpf_core_type_id_local(struct own_leaf), 0);

		if (!leaf)
			return 0;
		bpf_spin_lock(&tree_lock);
		bpf_rbtree_add_impl(&root, &leaf->tree, never_less, 0, 0);
		bpf_spin_unlock(&tree_lock);
	}
	return 1;
}
