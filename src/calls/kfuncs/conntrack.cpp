// Connection tracking; the kernel has these in modules.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "bpf_ct_change_status",
        .prog_types = bit(ProgType::xdp) | bit(ProgType::sched_cls),
        .prototype = "int bpf_ct_change_status(struct nf_conn *nfct, u32 status)",
        .since = {6, 0},
    },
    Kfunc{
        .name = "bpf_ct_change_timeout",
        .prog_types = bit(ProgType::xdp) | bit(ProgType::sched_cls),
        .prototype = "int bpf_ct_change_timeout(struct nf_conn *nfct, u32 timeout)",
        .since = {6, 0},
    },
    Kfunc{
        .name = "bpf_ct_insert_entry",
        .flags = call_flag::acquire | call_flag::release | call_flag::ret_null,
        .prog_types = bit(ProgType::xdp) | bit(ProgType::sched_cls),
        .prototype = "struct nf_conn *bpf_ct_insert_entry(struct nf_conn___init *nfct_i)",
        .since = {6, 0},
    },
    Kfunc{
        .name = "bpf_ct_release",
        .flags = call_flag::release,
        .prog_types = bit(ProgType::xdp) | bit(ProgType::sched_cls),
        .prototype = "void bpf_ct_release(struct nf_conn *nfct)",
        .since = {5, 18},
        .destroys = {"nf_conn"},
    },
    Kfunc{
        .name = "bpf_ct_set_nat_info",
        .prog_types = bit(ProgType::xdp) | bit(ProgType::sched_cls),
        .prototype = "int bpf_ct_set_nat_info(struct nf_conn___init *nfct, union nf_inet_addr *addr, int port, enum "
                     "nf_nat_manip_type manip)",
        .since = {6, 1},
    },
    Kfunc{
        .name = "bpf_ct_set_status",
        .prog_types = bit(ProgType::xdp) | bit(ProgType::sched_cls),
        .prototype = "int bpf_ct_set_status(const struct nf_conn___init *nfct, u32 status)",
        .since = {6, 0},
    },
    Kfunc{
        .name = "bpf_ct_set_timeout",
        .prog_types = bit(ProgType::xdp) | bit(ProgType::sched_cls),
        .prototype = "void bpf_ct_set_timeout(struct nf_conn___init *nfct, u32 timeout)",
        .since = {6, 0},
    },
    Kfunc{
        .name = "bpf_skb_ct_alloc",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = bit(ProgType::sched_cls),
        .prototype = "struct nf_conn___init *bpf_skb_ct_alloc(struct __sk_buff *skb_ctx, struct bpf_sock_tuple "
                     "*bpf_tuple, u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz)",
        .since = {6, 0},
    },
    Kfunc{
        .name = "bpf_skb_ct_lookup",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = bit(ProgType::sched_cls),
        .prototype = "struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *skb_ctx, struct bpf_sock_tuple *bpf_tuple, "
                     "u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz)",
        .since = {5, 18},
    },
    Kfunc{
        .name = "bpf_xdp_ct_alloc",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = bit(ProgType::xdp),
        .prototype = "struct nf_conn___init *bpf_xdp_ct_alloc(struct xdp_md *xdp_ctx, struct bpf_sock_tuple "
                     "*bpf_tuple, u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz)",
        .since = {6, 0},
    },
    Kfunc{
        .name = "bpf_xdp_ct_lookup",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = bit(ProgType::xdp),
        .prototype = "struct nf_conn *bpf_xdp_ct_lookup(struct xdp_md *xdp_ctx, struct bpf_sock_tuple *bpf_tuple, u32 "
                     "tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz)",
        .since = {5, 18},
    },
};

}  // namespace

std::span<const Kfunc> conntrack_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
