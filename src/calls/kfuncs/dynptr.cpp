// Dynamic pointers: where they come from, what may be done with them.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/dynptr.cpp
CallFunction bpf_probe_read_kernel_dynptr, bpf_dynptr_adjust, bpf_dynptr_clone, bpf_dynptr_copy, bpf_dynptr_from_skb,
    bpf_dynptr_from_xdp, bpf_dynptr_is_null, bpf_dynptr_is_rdonly, bpf_dynptr_memset, bpf_dynptr_size, bpf_dynptr_slice,
    bpf_dynptr_slice_rdwr;
// impl/dynptr_copy.cpp
CallFunction bpf_copy_from_user_dynptr, bpf_copy_from_user_str_dynptr, bpf_copy_from_user_task_dynptr,
    bpf_copy_from_user_task_str_dynptr, bpf_probe_read_kernel_str_dynptr, bpf_probe_read_user_dynptr,
    bpf_probe_read_user_str_dynptr;
// impl/files.cpp
CallFunction bpf_dynptr_file_discard, bpf_dynptr_from_file;
// impl/dynptr.cpp
CallFunction bpf_dynptr_from_skb_meta;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "bpf_copy_from_user_dynptr",
        .flags = call_flag::sleepable,
        .prog_types = everyone,
        .prototype = "int bpf_copy_from_user_dynptr(const struct bpf_dynptr *dptr, u64 off, u64 size, const void "
                     "*unsafe_ptr__ign)",
        .fn = impl::bpf_copy_from_user_dynptr,
        .doc = {.summary = "Copies memory of the running task into a dynptr; it may sleep. 0, -E2BIG where the "
                           "dynptr is too short, -EFAULT (and zeros)."},
    },
    Kfunc{
        .name = "bpf_copy_from_user_str_dynptr",
        .flags = call_flag::sleepable,
        .prog_types = everyone,
        .prototype = "int bpf_copy_from_user_str_dynptr(const struct bpf_dynptr *dptr, u64 off, u64 size, const void "
                     "*unsafe_ptr__ign)",
        .fn = impl::bpf_copy_from_user_str_dynptr,
        .doc = {.summary = "Copies a string of the running task into a dynptr; it may sleep. Its length with "
                           "the zero, -E2BIG, -EFAULT."},
    },
    Kfunc{
        .name = "bpf_copy_from_user_task_dynptr",
        .flags = call_flag::sleepable,
        .prog_types = everyone,
        .prototype = "int bpf_copy_from_user_task_dynptr(const struct bpf_dynptr *dptr, u64 off, u64 size, const void "
                     "*unsafe_ptr__ign, struct task_struct *tsk)",
        .fn = impl::bpf_copy_from_user_task_dynptr,
        .doc = {.summary = "Copies memory of a task into a dynptr; it may sleep. 0, -E2BIG, -EFAULT.",
                .details = "All tasks are threads of this process and share its memory."},
    },
    Kfunc{
        .name = "bpf_copy_from_user_task_str_dynptr",
        .flags = call_flag::sleepable,
        .prog_types = everyone,
        .prototype = "int bpf_copy_from_user_task_str_dynptr(const struct bpf_dynptr *dptr, u64 off, u64 size, const "
                     "void *unsafe_ptr__ign, struct task_struct *tsk)",
        .fn = impl::bpf_copy_from_user_task_str_dynptr,
        .doc = {.summary = "Copies a string of a task into a dynptr; it may sleep. Its length with the zero, "
                           "-E2BIG, -EFAULT.",
                .details = "All tasks are threads of this process and share its memory."},
    },
    Kfunc{
        .name = "bpf_dynptr_adjust",
        .prog_types = everyone,
        .special = Special::dynptr_adjust,
        .prototype = "int bpf_dynptr_adjust(struct bpf_dynptr *p, u64 start, u64 end)",
        .since = {6, 5},
        .fn = impl::bpf_dynptr_adjust,
        .doc = {.summary = "Makes a dynptr the part of itself from one offset to another."},
    },
    Kfunc{
        .name = "bpf_dynptr_clone",
        .prog_types = everyone,
        .special = Special::dynptr_clone,
        .prototype = "int bpf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *clone__uninit)",
        .since = {6, 5},
        .fn = impl::bpf_dynptr_clone,
        .doc = {.summary = "Makes a second dynptr of the same memory."},
    },
    Kfunc{
        .name = "bpf_dynptr_copy",
        .prog_types = everyone,
        .prototype = "int bpf_dynptr_copy(const struct bpf_dynptr *dst_ptr, u64 dst_off, const struct bpf_dynptr "
                     "*src_ptr, u64 src_off, u64 size)",
        .fn = impl::bpf_dynptr_copy,
        .doc = {.summary = "Copies from one dynptr to another."},
    },
    Kfunc{
        .name = "bpf_dynptr_file_discard",
        .prog_types = everyone,
        .special = Special::dynptr_file_discard,
        .prototype = "int bpf_dynptr_file_discard(struct bpf_dynptr *dynptr)",
        .fn = impl::bpf_dynptr_file_discard,
        .doc = {.summary = "Gives up the dynptr of a file."},
    },
    Kfunc{
        .name = "bpf_dynptr_from_file",
        .prog_types = everyone,
        .special = Special::dynptr_from_file,
        .prototype = "int bpf_dynptr_from_file(struct file *file, u32 flags, struct bpf_dynptr *ptr__uninit)",
        .fn = impl::bpf_dynptr_from_file,
        .doc = {.summary = "Makes a dynptr of a file's contents.",
                .details = "Files have no contents here: -EOPNOTSUPP, and a null dynptr."},
    },
    Kfunc{
        .name = "bpf_dynptr_from_skb",
        .prog_types = packet_readers,
        .special = Special::dynptr_from_skb,
        .prototype = "int bpf_dynptr_from_skb(struct __sk_buff *s, u64 flags, struct bpf_dynptr *ptr__uninit)",
        .since = {6, 4},
        .fn = impl::bpf_dynptr_from_skb,
        .doc = {.summary = "Makes a dynptr of a packet.", .example = "calls.bpf.c"},
        .struct_ops = "tcp_congestion_ops.get_info Qdisc_ops sched_ext_ops.sub_caps_updated "
                      "sched_ext_ops.sub_ecaps_updated sched_ext_ops_cid.set_cmask sched_ext_ops_cid.sub_caps_updated",
    },
    Kfunc{
        .name = "bpf_dynptr_from_skb_meta",
        .prog_types = bit(ProgType::sched_act) | bit(ProgType::sched_cls),
        .special = Special::dynptr_from_skb_meta,
        .prototype = "int bpf_dynptr_from_skb_meta(struct __sk_buff *skb_, u64 flags, struct bpf_dynptr *ptr__uninit)",
        .fn = impl::bpf_dynptr_from_skb_meta,
        .doc = {.summary = "Makes a dynptr of the metadata in front of a packet."},
        .struct_ops = "tcp_congestion_ops.get_info Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
                      "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
                      "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
                      "Qdisc_ops.egress_block_get sched_ext_ops.sub_caps_updated sched_ext_ops.sub_ecaps_updated "
                      "sched_ext_ops_cid.set_cmask sched_ext_ops_cid.sub_caps_updated",
    },
    Kfunc{
        .name = "bpf_dynptr_from_xdp",
        .prog_types = bit(ProgType::xdp),
        .special = Special::dynptr_from_xdp,
        .prototype = "int bpf_dynptr_from_xdp(struct xdp_md *x, u64 flags, struct bpf_dynptr *ptr__uninit)",
        .since = {6, 4},
        .fn = impl::bpf_dynptr_from_xdp,
        .doc = {.summary = "Makes a dynptr of a packet."},
    },
    Kfunc{
        .name = "bpf_dynptr_is_null",
        .prog_types = everyone,
        .special = Special::dynptr_is_null,
        .prototype = "bool bpf_dynptr_is_null(const struct bpf_dynptr *p)",
        .since = {6, 5},
        .fn = impl::bpf_dynptr_is_null,
        .doc = {.summary = "Whether a dynptr is of nothing."},
    },
    Kfunc{
        .name = "bpf_dynptr_is_rdonly",
        .prog_types = everyone,
        .special = Special::dynptr_is_rdonly,
        .prototype = "bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *p)",
        .since = {6, 5},
        .fn = impl::bpf_dynptr_is_rdonly,
        .doc = {.summary = "Whether a dynptr may only be read."},
    },
    Kfunc{
        .name = "bpf_dynptr_memset",
        .prog_types = everyone,
        .prototype = "int bpf_dynptr_memset(const struct bpf_dynptr *p, u64 offset, u64 size, u8 val)",
        .fn = impl::bpf_dynptr_memset,
        .doc = {.summary = "Fills a part of a dynptr with a byte."},
    },
    Kfunc{
        .name = "bpf_dynptr_size",
        .prog_types = everyone,
        .special = Special::dynptr_size,
        .prototype = "u64 bpf_dynptr_size(const struct bpf_dynptr *p)",
        .since = {6, 5},
        .fn = impl::bpf_dynptr_size,
        .doc = {.summary = "How many bytes a dynptr is of."},
    },
    Kfunc{
        .name = "bpf_dynptr_slice",
        .flags = call_flag::ret_null,
        .prog_types = everyone,
        .special = Special::dynptr_slice,
        .prototype =
            "void *bpf_dynptr_slice(const struct bpf_dynptr *p, u64 offset, void *buffer__nullable, u64 buffer__szk)",
        .since = {6, 4},
        .fn = impl::bpf_dynptr_slice,
        .doc = {.summary = "Gives the address of a part of a dynptr, to read; a copy in the program's buffer "
                           "where it is in pieces.",
                .example = "calls.bpf.c"},
    },
    Kfunc{
        .name = "bpf_dynptr_slice_rdwr",
        .flags = call_flag::ret_null,
        .prog_types = everyone,
        .special = Special::dynptr_slice_rdwr,
        .prototype = "void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *p, u64 offset, void *buffer__nullable, u64 "
                     "buffer__szk)",
        .since = {6, 4},
        .fn = impl::bpf_dynptr_slice_rdwr,
        .doc = {.summary = "Gives the address of a part of a dynptr, to read and write."},
    },
    Kfunc{
        .name = "bpf_probe_read_kernel_dynptr",
        .flags = call_flag::any_address,
        .prog_types = everyone,
        .prototype = "int bpf_probe_read_kernel_dynptr(const struct bpf_dynptr *dptr, u64 off, u64 size, const void "
                     "*unsafe_ptr__ign)",
        .fn = impl::bpf_probe_read_kernel_dynptr,
        .doc = {.summary = "Copies memory of the kernel into a dynptr. 0, -E2BIG, -EFAULT."},
    },
    Kfunc{
        .name = "bpf_probe_read_kernel_str_dynptr",
        .prog_types = everyone,
        .prototype = "int bpf_probe_read_kernel_str_dynptr(const struct bpf_dynptr *dptr, u64 off, u64 size, const "
                     "void *unsafe_ptr__ign)",
        .fn = impl::bpf_probe_read_kernel_str_dynptr,
        .doc = {.summary = "Copies a string of the kernel into a dynptr. Its length with the zero, -E2BIG, "
                           "-EFAULT."},
    },
    Kfunc{
        .name = "bpf_probe_read_user_dynptr",
        .prog_types = everyone,
        .prototype = "int bpf_probe_read_user_dynptr(const struct bpf_dynptr *dptr, u64 off, u64 size, const void "
                     "*unsafe_ptr__ign)",
        .fn = impl::bpf_probe_read_user_dynptr,
        .doc = {.summary = "Copies memory of the running task into a dynptr. 0, -E2BIG, -EFAULT."},
    },
    Kfunc{
        .name = "bpf_probe_read_user_str_dynptr",
        .prog_types = everyone,
        .prototype = "int bpf_probe_read_user_str_dynptr(const struct bpf_dynptr *dptr, u64 off, u64 size, const void "
                     "*unsafe_ptr__ign)",
        .fn = impl::bpf_probe_read_user_str_dynptr,
        .doc = {.summary = "Copies a string of the running task into a dynptr. Its length with the zero, "
                           "-E2BIG, -EFAULT."},
    },
};

}  // namespace

std::span<const Kfunc> dynptr_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
