// Connection tracking; the kernel has these in modules.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/connections.cpp
CallFunction bpf_ct_change_status, bpf_ct_change_timeout, bpf_ct_insert_entry, bpf_ct_release, bpf_ct_set_nat_info,
    bpf_ct_set_status, bpf_ct_set_timeout, bpf_skb_ct_alloc, bpf_skb_ct_lookup, bpf_xdp_ct_alloc, bpf_xdp_ct_lookup;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "bpf_ct_change_status",
        .prog_types = bit(ProgType::xdp) | bit(ProgType::sched_cls),
        .prototype = "int bpf_ct_change_status(struct nf_conn *nfct, u32 status)",
        .since = {6, 0},
        .fn = impl::bpf_ct_change_status,
        .doc = {.summary = "Changes the status bits of a tracked connection.",
                .details = "No connection is tracked here, so no program gets one to pass; -EINVAL."},
    },
    Kfunc{
        .name = "bpf_ct_change_timeout",
        .prog_types = bit(ProgType::xdp) | bit(ProgType::sched_cls),
        .prototype = "int bpf_ct_change_timeout(struct nf_conn *nfct, u32 timeout)",
        .since = {6, 0},
        .fn = impl::bpf_ct_change_timeout,
        .doc = {.summary = "Changes how long a tracked connection is remembered.",
                .details = "No connection is tracked here, so no program gets one to pass; -EINVAL."},
    },
    Kfunc{
        .name = "bpf_ct_insert_entry",
        .flags = call_flag::acquire | call_flag::release | call_flag::ret_null,
        .prog_types = bit(ProgType::xdp) | bit(ProgType::sched_cls),
        .prototype = "struct nf_conn *bpf_ct_insert_entry(struct nf_conn___init *nfct_i)",
        .since = {6, 0},
        .fn = impl::bpf_ct_insert_entry,
        .doc = {.summary = "Enters a new connection into the table of tracked ones.",
                .details = "No connection can be made here, so no program gets one to pass; NULL."},
    },
    Kfunc{
        .name = "bpf_ct_release",
        .flags = call_flag::release,
        .prog_types = bit(ProgType::xdp) | bit(ProgType::sched_cls),
        .prototype = "void bpf_ct_release(struct nf_conn *nfct)",
        .since = {5, 18},
        .fn = impl::bpf_ct_release,
        .doc = {.summary = "Gives up a reference to a tracked connection."},
        .destroys = {"nf_conn"},
    },
    Kfunc{
        .name = "bpf_ct_set_nat_info",
        .prog_types = bit(ProgType::xdp) | bit(ProgType::sched_cls),
        .prototype = "int bpf_ct_set_nat_info(struct nf_conn___init *nfct, union nf_inet_addr *addr, int port, enum "
                     "nf_nat_manip_type manip)",
        .since = {6, 1},
        .fn = impl::bpf_ct_set_nat_info,
        .doc = {.summary = "Says how the addresses of a new connection are translated.",
                .details = "No connection can be made here, so no program gets one to pass; -EINVAL."},
    },
    Kfunc{
        .name = "bpf_ct_set_status",
        .prog_types = bit(ProgType::xdp) | bit(ProgType::sched_cls),
        .prototype = "int bpf_ct_set_status(const struct nf_conn___init *nfct, u32 status)",
        .since = {6, 0},
        .fn = impl::bpf_ct_set_status,
        .doc = {.summary = "Sets the status bits of a new connection.",
                .details = "No connection can be made here, so no program gets one to pass; -EINVAL."},
    },
    Kfunc{
        .name = "bpf_ct_set_timeout",
        .prog_types = bit(ProgType::xdp) | bit(ProgType::sched_cls),
        .prototype = "void bpf_ct_set_timeout(struct nf_conn___init *nfct, u32 timeout)",
        .since = {6, 0},
        .fn = impl::bpf_ct_set_timeout,
        .doc = {.summary = "Sets how long a new connection is remembered."},
    },
    Kfunc{
        .name = "bpf_skb_ct_alloc",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = bit(ProgType::sched_cls),
        .prototype = "struct nf_conn___init *bpf_skb_ct_alloc(struct __sk_buff *skb_ctx, struct bpf_sock_tuple "
                     "*bpf_tuple, u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz)",
        .since = {6, 0},
        .fn = impl::bpf_skb_ct_alloc,
        .doc = {.summary = "Makes an entry for a connection that is to be tracked.",
                .details = "There is no table of connections here: where the arguments are right, the result "
                           "is NULL and `error` of the options -ENOMEM."},
    },
    Kfunc{
        .name = "bpf_skb_ct_lookup",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = bit(ProgType::sched_cls),
        .prototype = "struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *skb_ctx, struct bpf_sock_tuple *bpf_tuple, "
                     "u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz)",
        .since = {5, 18},
        .fn = impl::bpf_skb_ct_lookup,
        .doc = {.summary = "Finds a tracked connection by its addresses.",
                .details = "No connection is tracked here: where the arguments are right, the result is NULL "
                           "and `error` of the options -ENOENT."},
    },
    Kfunc{
        .name = "bpf_xdp_ct_alloc",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = bit(ProgType::xdp),
        .prototype = "struct nf_conn___init *bpf_xdp_ct_alloc(struct xdp_md *xdp_ctx, struct bpf_sock_tuple "
                     "*bpf_tuple, u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz)",
        .since = {6, 0},
        .fn = impl::bpf_xdp_ct_alloc,
        .doc = {.summary = "Makes an entry for a connection that is to be tracked.",
                .details = "There is no table of connections here: where the arguments are right, the result "
                           "is NULL and `error` of the options -ENOMEM."},
    },
    Kfunc{
        .name = "bpf_xdp_ct_lookup",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = bit(ProgType::xdp),
        .prototype = "struct nf_conn *bpf_xdp_ct_lookup(struct xdp_md *xdp_ctx, struct bpf_sock_tuple *bpf_tuple, u32 "
                     "tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz)",
        .since = {5, 18},
        .fn = impl::bpf_xdp_ct_lookup,
        .doc = {.summary = "Finds a tracked connection by its addresses.",
                .details = "No connection is tracked here: where the arguments are right, the result is NULL "
                           "and `error` of the options -ENOENT."},
    },
};

}  // namespace

std::span<const Kfunc> conntrack_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
