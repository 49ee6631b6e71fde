// Dynamic pointers: where they come from, what may be done with them.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/dynptr.cpp
CallFunction bpf_probe_read_kernel_dynptr, bpf_dynptr_adjust, bpf_dynptr_clone, bpf_dynptr_copy, bpf_dynptr_from_skb,
    bpf_dynptr_from_xdp, bpf_dynptr_is_null, bpf_dynptr_is_rdonly, bpf_dynptr_memset, bpf_dynptr_size, bpf_dynptr_slice,
    bpf_dynptr_slice_rdwr;
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
    },
    Kfunc{
        .name = "bpf_copy_from_user_str_dynptr",
        .flags = call_flag::sleepable,
        .prog_types = everyone,
        .prototype = "int bpf_copy_from_user_str_dynptr(const struct bpf_dynptr *dptr, u64 off, u64 size, const void "
                     "*unsafe_ptr__ign)",
    },
    Kfunc{
        .name = "bpf_copy_from_user_task_dynptr",
        .flags = call_flag::sleepable,
        .prog_types = everyone,
        .prototype = "int bpf_copy_from_user_task_dynptr(const struct bpf_dynptr *dptr, u64 off, u64 size, const void "
                     "*unsafe_ptr__ign, struct task_struct *tsk)",
    },
    Kfunc{
        .name = "bpf_copy_from_user_task_str_dynptr",
        .flags = call_flag::sleepable,
        .prog_types = everyone,
        .prototype = "int bpf_copy_from_user_task_str_dynptr(const struct bpf_dynptr *dptr, u64 off, u64 size, const "
                     "void *unsafe_ptr__ign, struct task_struct *tsk)",
    },
    Kfunc{
        .name = "bpf_dynptr_adjust",
        .prog_types = everyone,
        .special = Special::dynptr_adjust,
        .prototype = "int bpf_dynptr_adjust(struct bpf_dynptr *p, u64 start, u64 end)",
        .since = {6, 5},
        .fn = impl::bpf_dynptr_adjust,
    },
    Kfunc{
        .name = "bpf_dynptr_clone",
        .prog_types = everyone,
        .special = Special::dynptr_clone,
        .prototype = "int bpf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *clone__uninit)",
        .since = {6, 5},
        .fn = impl::bpf_dynptr_clone,
    },
    Kfunc{
        .name = "bpf_dynptr_copy",
        .prog_types = everyone,
        .prototype = "int bpf_dynptr_copy(const struct bpf_dynptr *dst_ptr, u64 dst_off, const struct bpf_dynptr "
                     "*src_ptr, u64 src_off, u64 size)",
        .fn = impl::bpf_dynptr_copy,
    },
    Kfunc{
        .name = "bpf_dynptr_file_discard",
        .prog_types = everyone,
        .special = Special::dynptr_file_discard,
        .prototype = "int bpf_dynptr_file_discard(struct bpf_dynptr *dynptr)",
    },
    Kfunc{
        .name = "bpf_dynptr_from_file",
        .prog_types = everyone,
        .special = Special::dynptr_from_file,
        .prototype = "int bpf_dynptr_from_file(struct file *file, u32 flags, struct bpf_dynptr *ptr__uninit)",
    },
    Kfunc{
        .name = "bpf_dynptr_from_skb",
        .prog_types = packet_readers,
        .special = Special::dynptr_from_skb,
        .prototype = "int bpf_dynptr_from_skb(struct __sk_buff *s, u64 flags, struct bpf_dynptr *ptr__uninit)",
        .since = {6, 4},
        .fn = impl::bpf_dynptr_from_skb,
        .struct_ops = "tcp_congestion_ops.get_info Qdisc_ops sched_ext_ops.sub_caps_updated "
                      "sched_ext_ops.sub_ecaps_updated sched_ext_ops_cid.set_cmask sched_ext_ops_cid.sub_caps_updated",
    },
    Kfunc{
        .name = "bpf_dynptr_from_skb_meta",
        .prog_types = bit(ProgType::sched_act) | bit(ProgType::sched_cls),
        .special = Special::dynptr_from_skb_meta,
        .prototype = "int bpf_dynptr_from_skb_meta(struct __sk_buff *skb_, u64 flags, struct bpf_dynptr *ptr__uninit)",
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
    },
    Kfunc{
        .name = "bpf_dynptr_is_null",
        .prog_types = everyone,
        .special = Special::dynptr_is_null,
        .prototype = "bool bpf_dynptr_is_null(const struct bpf_dynptr *p)",
        .since = {6, 5},
        .fn = impl::bpf_dynptr_is_null,
    },
    Kfunc{
        .name = "bpf_dynptr_is_rdonly",
        .prog_types = everyone,
        .special = Special::dynptr_is_rdonly,
        .prototype = "bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *p)",
        .since = {6, 5},
        .fn = impl::bpf_dynptr_is_rdonly,
    },
    Kfunc{
        .name = "bpf_dynptr_memset",
        .prog_types = everyone,
        .prototype = "int bpf_dynptr_memset(const struct bpf_dynptr *p, u64 offset, u64 size, u8 val)",
        .fn = impl::bpf_dynptr_memset,
    },
    Kfunc{
        .name = "bpf_dynptr_size",
        .prog_types = everyone,
        .special = Special::dynptr_size,
        .prototype = "u64 bpf_dynptr_size(const struct bpf_dynptr *p)",
        .since = {6, 5},
        .fn = impl::bpf_dynptr_size,
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
    },
    Kfunc{
        .name = "bpf_probe_read_kernel_dynptr",
        .flags = call_flag::any_address,
        .prog_types = everyone,
        .prototype = "int bpf_probe_read_kernel_dynptr(const struct bpf_dynptr *dptr, u64 off, u64 size, const void "
                     "*unsafe_ptr__ign)",
        .fn = impl::bpf_probe_read_kernel_dynptr,
    },
    Kfunc{
        .name = "bpf_probe_read_kernel_str_dynptr",
        .prog_types = everyone,
        .prototype = "int bpf_probe_read_kernel_str_dynptr(const struct bpf_dynptr *dptr, u64 off, u64 size, const "
                     "void *unsafe_ptr__ign)",
    },
    Kfunc{
        .name = "bpf_probe_read_user_dynptr",
        .prog_types = everyone,
        .prototype = "int bpf_probe_read_user_dynptr(const struct bpf_dynptr *dptr, u64 off, u64 size, const void "
                     "*unsafe_ptr__ign)",
    },
    Kfunc{
        .name = "bpf_probe_read_user_str_dynptr",
        .prog_types = everyone,
        .prototype = "int bpf_probe_read_user_str_dynptr(const struct bpf_dynptr *dptr, u64 off, u64 size, const void "
                     "*unsafe_ptr__ign)",
    },
};

}  // namespace

std::span<const Kfunc> dynptr_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
