// Objects that programs allocate, and the lists and trees that hold them.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/lists.cpp
CallFunction bpf_list_add, bpf_list_back, bpf_list_del, bpf_list_empty, bpf_list_front, bpf_list_is_first,
    bpf_list_is_last, bpf_list_pop_back, bpf_list_pop_front, bpf_list_push_back, bpf_list_push_back_impl,
    bpf_list_push_front, bpf_list_push_front_impl, bpf_rbtree_add, bpf_rbtree_add_impl, bpf_rbtree_first,
    bpf_rbtree_left, bpf_rbtree_remove, bpf_rbtree_right, bpf_rbtree_root;
// impl/objects.cpp
CallFunction bpf_obj_drop, bpf_obj_drop_impl, bpf_obj_new, bpf_obj_new_impl, bpf_percpu_obj_drop,
    bpf_percpu_obj_drop_impl, bpf_percpu_obj_new, bpf_percpu_obj_new_impl, bpf_refcount_acquire,
    bpf_refcount_acquire_impl;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "bpf_list_add",
        .flags = call_flag::spin_lock_ok | call_flag::implicit_args,
        .prog_types = generic,
        .special = Special::list_add,
        .prototype = "int bpf_list_add(struct bpf_list_head *head, struct bpf_list_node *new, struct bpf_list_node "
                     "*prev__nonown_allowed)",
        .fn = impl::bpf_list_add,
    },
    Kfunc{
        .name = "bpf_list_back",
        .flags = call_flag::spin_lock_ok | call_flag::ret_null,
        .prog_types = generic,
        .special = Special::list_back,
        .prototype = "struct bpf_list_node *bpf_list_back(struct bpf_list_head *head)",
        .fn = impl::bpf_list_back,
    },
    Kfunc{
        .name = "bpf_list_del",
        .flags = call_flag::spin_lock_ok | call_flag::acquire | call_flag::ret_null,
        .prog_types = generic,
        .special = Special::list_del,
        .prototype = "struct bpf_list_node *bpf_list_del(struct bpf_list_head *head, struct bpf_list_node "
                     "*node__nonown_allowed)",
        .fn = impl::bpf_list_del,
    },
    Kfunc{
        .name = "bpf_list_empty",
        .flags = call_flag::spin_lock_ok,
        .prog_types = generic,
        .prototype = "bool bpf_list_empty(struct bpf_list_head *head)",
        .fn = impl::bpf_list_empty,
    },
    Kfunc{
        .name = "bpf_list_front",
        .flags = call_flag::spin_lock_ok | call_flag::ret_null,
        .prog_types = generic,
        .special = Special::list_front,
        .prototype = "struct bpf_list_node *bpf_list_front(struct bpf_list_head *head)",
        .fn = impl::bpf_list_front,
    },
    Kfunc{
        .name = "bpf_list_is_first",
        .flags = call_flag::spin_lock_ok,
        .prog_types = generic,
        .prototype = "bool bpf_list_is_first(struct bpf_list_head *head, struct bpf_list_node *node__nonown_allowed)",
        .fn = impl::bpf_list_is_first,
    },
    Kfunc{
        .name = "bpf_list_is_last",
        .flags = call_flag::spin_lock_ok,
        .prog_types = generic,
        .prototype = "bool bpf_list_is_last(struct bpf_list_head *head, struct bpf_list_node *node__nonown_allowed)",
        .fn = impl::bpf_list_is_last,
    },
    Kfunc{
        .name = "bpf_list_pop_back",
        .flags = call_flag::spin_lock_ok | call_flag::acquire | call_flag::ret_null,
        .prog_types = generic,
        .special = Special::list_pop_back,
        .prototype = "struct bpf_list_node *bpf_list_pop_back(struct bpf_list_head *head)",
        .since = {6, 2},
        .fn = impl::bpf_list_pop_back,
    },
    Kfunc{
        .name = "bpf_list_pop_front",
        .flags = call_flag::spin_lock_ok | call_flag::acquire | call_flag::ret_null,
        .prog_types = generic,
        .special = Special::list_pop_front,
        .prototype = "struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head)",
        .since = {6, 2},
        .fn = impl::bpf_list_pop_front,
    },
    Kfunc{
        .name = "bpf_list_push_back",
        .flags = call_flag::spin_lock_ok | call_flag::implicit_args,
        .prog_types = generic,
        .special = Special::list_push_back,
        .prototype = "int bpf_list_push_back(struct bpf_list_head *head, struct bpf_list_node *node)",
        .fn = impl::bpf_list_push_back,
    },
    Kfunc{
        .name = "bpf_list_push_back_impl",
        .flags = call_flag::spin_lock_ok,
        .prog_types = generic,
        .special = Special::list_push_back,
        .prototype = "int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node, void "
                     "*meta__ign, u64 off)",
        .since = {6, 2},
        .fn = impl::bpf_list_push_back_impl,
    },
    Kfunc{
        .name = "bpf_list_push_front",
        .flags = call_flag::spin_lock_ok | call_flag::implicit_args,
        .prog_types = generic,
        .special = Special::list_push_front,
        .prototype = "int bpf_list_push_front(struct bpf_list_head *head, struct bpf_list_node *node)",
        .fn = impl::bpf_list_push_front,
    },
    Kfunc{
        .name = "bpf_list_push_front_impl",
        .flags = call_flag::spin_lock_ok,
        .prog_types = generic,
        .special = Special::list_push_front,
        .prototype = "int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node, void "
                     "*meta__ign, u64 off)",
        .since = {6, 2},
        .fn = impl::bpf_list_push_front_impl,
    },
    Kfunc{
        .name = "bpf_obj_drop",
        .flags = call_flag::spin_lock_ok | call_flag::release | call_flag::implicit_args,
        .prog_types = generic,
        .special = Special::obj_drop,
        .prototype = "void bpf_obj_drop(void *p__alloc)",
        .fn = impl::bpf_obj_drop,
    },
    Kfunc{
        .name = "bpf_obj_drop_impl",
        .flags = call_flag::spin_lock_ok | call_flag::release,
        .prog_types = generic,
        .special = Special::obj_drop,
        .prototype = "void bpf_obj_drop_impl(void *p__alloc, void *meta__ign)",
        .since = {6, 2},
        .fn = impl::bpf_obj_drop_impl,
    },
    Kfunc{
        .name = "bpf_obj_new",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::implicit_args,
        .prog_types = generic,
        .special = Special::obj_new,
        .prototype = "void *bpf_obj_new(u64 local_type_id__k)",
        .fn = impl::bpf_obj_new,
    },
    Kfunc{
        .name = "bpf_obj_new_impl",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = generic,
        .special = Special::obj_new,
        .prototype = "void *bpf_obj_new_impl(u64 local_type_id__k, void *meta__ign)",
        .since = {6, 2},
        .fn = impl::bpf_obj_new_impl,
    },
    Kfunc{
        .name = "bpf_percpu_obj_drop",
        .flags = call_flag::release | call_flag::implicit_args,
        .prog_types = generic,
        .special = Special::percpu_obj_drop,
        .prototype = "void bpf_percpu_obj_drop(void *p__alloc)",
        .fn = impl::bpf_percpu_obj_drop,
    },
    Kfunc{
        .name = "bpf_percpu_obj_drop_impl",
        .flags = call_flag::release,
        .prog_types = generic,
        .special = Special::percpu_obj_drop,
        .prototype = "void bpf_percpu_obj_drop_impl(void *p__alloc, void *meta__ign)",
        .since = {6, 7},
        .fn = impl::bpf_percpu_obj_drop_impl,
    },
    Kfunc{
        .name = "bpf_percpu_obj_new",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::implicit_args,
        .prog_types = generic,
        .special = Special::percpu_obj_new,
        .prototype = "void *bpf_percpu_obj_new(u64 local_type_id__k)",
        .fn = impl::bpf_percpu_obj_new,
    },
    Kfunc{
        .name = "bpf_percpu_obj_new_impl",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = generic,
        .special = Special::percpu_obj_new,
        .prototype = "void *bpf_percpu_obj_new_impl(u64 local_type_id__k, void *meta__ign)",
        .since = {6, 7},
        .fn = impl::bpf_percpu_obj_new_impl,
    },
    Kfunc{
        .name = "bpf_rbtree_add",
        .flags = call_flag::spin_lock_ok | call_flag::implicit_args,
        .prog_types = generic,
        .special = Special::rbtree_add,
        .prototype = "int bpf_rbtree_add(struct bpf_rb_root *root, struct bpf_rb_node *node, bool (*less)(struct "
                     "bpf_rb_node *, const struct bpf_rb_node *))",
        .fn = impl::bpf_rbtree_add,
    },
    Kfunc{
        .name = "bpf_rbtree_add_impl",
        .flags = call_flag::spin_lock_ok,
        .prog_types = generic,
        .special = Special::rbtree_add,
        .prototype = "int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node, bool (*less)(struct "
                     "bpf_rb_node *, const struct bpf_rb_node *), void *meta__ign, u64 off)",
        .since = {6, 3},
        .fn = impl::bpf_rbtree_add_impl,
    },
    Kfunc{
        .name = "bpf_rbtree_first",
        .flags = call_flag::spin_lock_ok | call_flag::ret_null,
        .prog_types = generic,
        .special = Special::rbtree_first,
        .prototype = "struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root)",
        .since = {6, 3},
        .fn = impl::bpf_rbtree_first,
    },
    Kfunc{
        .name = "bpf_rbtree_left",
        .flags = call_flag::spin_lock_ok | call_flag::ret_null,
        .prog_types = generic,
        .special = Special::rbtree_left,
        .prototype = "struct bpf_rb_node *bpf_rbtree_left(struct bpf_rb_root *root, struct bpf_rb_node *node)",
        .fn = impl::bpf_rbtree_left,
    },
    Kfunc{
        .name = "bpf_rbtree_remove",
        .flags = call_flag::spin_lock_ok | call_flag::acquire | call_flag::ret_null,
        .prog_types = generic,
        .special = Special::rbtree_remove,
        .prototype = "struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root, struct bpf_rb_node *node)",
        .since = {6, 3},
        .fn = impl::bpf_rbtree_remove,
    },
    Kfunc{
        .name = "bpf_rbtree_right",
        .flags = call_flag::spin_lock_ok | call_flag::ret_null,
        .prog_types = generic,
        .special = Special::rbtree_right,
        .prototype = "struct bpf_rb_node *bpf_rbtree_right(struct bpf_rb_root *root, struct bpf_rb_node *node)",
        .fn = impl::bpf_rbtree_right,
    },
    Kfunc{
        .name = "bpf_rbtree_root",
        .flags = call_flag::spin_lock_ok | call_flag::ret_null,
        .prog_types = generic,
        .special = Special::rbtree_root,
        .prototype = "struct bpf_rb_node *bpf_rbtree_root(struct bpf_rb_root *root)",
        .fn = impl::bpf_rbtree_root,
    },
    Kfunc{
        .name = "bpf_refcount_acquire",
        .flags = call_flag::spin_lock_ok | call_flag::acquire | call_flag::ret_null | call_flag::rcu |
                 call_flag::implicit_args,
        .prog_types = generic,
        .special = Special::refcount_acquire,
        .prototype = "void *bpf_refcount_acquire(void *p__refcounted_kptr)",
        .fn = impl::bpf_refcount_acquire,
    },
    Kfunc{
        .name = "bpf_refcount_acquire_impl",
        .flags = call_flag::spin_lock_ok | call_flag::acquire | call_flag::ret_null | call_flag::rcu,
        .prog_types = generic,
        .special = Special::refcount_acquire,
        .prototype = "void *bpf_refcount_acquire_impl(void *p__refcounted_kptr, void *meta__ign)",
        .since = {6, 4},
        .fn = impl::bpf_refcount_acquire_impl,
    },
};

}  // namespace

std::span<const Kfunc> object_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
