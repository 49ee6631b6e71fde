// Queueing disciplines.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/connections.cpp
CallFunction bpf_qdisc_bstats_update, bpf_qdisc_without_effect;
// impl/connections.cpp
CallFunction bpf_qdisc_skb_drop;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "bpf_qdisc_bstats_update",
        .prog_types = 0,
        .prototype = "void bpf_qdisc_bstats_update(struct Qdisc *sch, const struct sk_buff *skb)",
        .fn = impl::bpf_qdisc_bstats_update,
        .doc = {.summary = "Counts a packet that a queueing discipline has passed on.",
                .details = "It adds to `bstats` of the discipline."},
        .struct_ops = "tcp_congestion_ops.get_info Qdisc_ops.dequeue Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
                      "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
                      "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
                      "Qdisc_ops.egress_block_get sched_ext_ops.sub_caps_updated sched_ext_ops.sub_ecaps_updated "
                      "sched_ext_ops_cid.set_cmask sched_ext_ops_cid.sub_caps_updated",
    },
    Kfunc{
        .name = "bpf_qdisc_init_prologue",
        .prog_types = 0,
        .prototype = "int bpf_qdisc_init_prologue(struct Qdisc *sch, struct netlink_ext_ack *extack)",
        .fn = impl::bpf_qdisc_without_effect,
        .doc = {.summary = "What the kernel does before a queueing discipline is initialized; programs do not "
                           "call it themselves."},
        .struct_ops = "tcp_congestion_ops.get_info Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
                      "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
                      "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
                      "Qdisc_ops.egress_block_get sched_ext_ops.sub_caps_updated sched_ext_ops.sub_ecaps_updated "
                      "sched_ext_ops_cid.set_cmask sched_ext_ops_cid.sub_caps_updated",
    },
    Kfunc{
        .name = "bpf_qdisc_reset_destroy_epilogue",
        .prog_types = 0,
        .prototype = "void bpf_qdisc_reset_destroy_epilogue(struct Qdisc *sch)",
        .fn = impl::bpf_qdisc_without_effect,
        .doc = {.summary = "What the kernel does after a queueing discipline is reset or destroyed; programs do "
                           "not call it themselves."},
        .struct_ops = "tcp_congestion_ops.get_info Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
                      "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
                      "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
                      "Qdisc_ops.egress_block_get sched_ext_ops.sub_caps_updated sched_ext_ops.sub_ecaps_updated "
                      "sched_ext_ops_cid.set_cmask sched_ext_ops_cid.sub_caps_updated",
    },
    Kfunc{
        .name = "bpf_qdisc_skb_drop",
        .flags = call_flag::release,
        .prog_types = 0,
        .prototype = "void bpf_qdisc_skb_drop(struct sk_buff *skb, struct bpf_sk_buff_ptr *to_free_list)",
        .fn = impl::bpf_qdisc_skb_drop,
        .doc = {.summary = "Drops a packet."},
        .struct_ops = "tcp_congestion_ops.get_info Qdisc_ops.enqueue Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
                      "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
                      "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
                      "Qdisc_ops.egress_block_get sched_ext_ops.sub_caps_updated sched_ext_ops.sub_ecaps_updated "
                      "sched_ext_ops_cid.set_cmask sched_ext_ops_cid.sub_caps_updated",
    },
    Kfunc{
        .name = "bpf_qdisc_watchdog_schedule",
        .prog_types = 0,
        .prototype = "void bpf_qdisc_watchdog_schedule(struct Qdisc *sch, u64 expire, u64 delta_ns)",
        .fn = impl::bpf_qdisc_without_effect,
        .doc = {.summary = "Has the queueing discipline asked again later.",
                .details = "Nobody but the host asks a discipline here, so nothing happens; a host that plays a device "
                           "offers the call: see skep/host.hpp."},
        .struct_ops = "tcp_congestion_ops.get_info Qdisc_ops.enqueue Qdisc_ops.dequeue Qdisc_ops.peek Qdisc_ops.change "
                      "Qdisc_ops.attach Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump "
                      "Qdisc_ops.dump_stats Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set "
                      "Qdisc_ops.ingress_block_get Qdisc_ops.egress_block_get sched_ext_ops.sub_caps_updated "
                      "sched_ext_ops.sub_ecaps_updated sched_ext_ops_cid.set_cmask sched_ext_ops_cid.sub_caps_updated",
    },
};

}  // namespace

std::span<const Kfunc> qdisc_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
