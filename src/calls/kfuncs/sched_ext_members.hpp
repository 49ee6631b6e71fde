// Which members of struct_ops tables may make the calls of the extensible scheduler. For sched_ext.cpp and
// sched_ext_cpus.cpp; tested by tests/calls/kfuncs_test.cpp.
#pragma once

#include <string_view>

namespace skep::calls::kfunc_tables {

// Which members of struct_ops may call: besides those named, the members of other tables that 7.3 filters nothing for.

// Where tasks are enqueued or dispatched.
inline constexpr std::string_view enqueuing =
    "tcp_congestion_ops.get_info Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
    "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
    "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
    "Qdisc_ops.egress_block_get sched_ext_ops.select_cpu sched_ext_ops.enqueue sched_ext_ops.dispatch "
    "sched_ext_ops.sub_caps_updated sched_ext_ops.sub_ecaps_updated sched_ext_ops_cid.select_cid "
    "sched_ext_ops_cid.enqueue sched_ext_ops_cid.dispatch sched_ext_ops_cid.set_cmask "
    "sched_ext_ops_cid.sub_caps_updated sched_ext_ops_cid.sub_ecaps_updated";

// Where CPUs are selected, and outside of the hot paths.
inline constexpr std::string_view selecting_cpu =
    "tcp_congestion_ops.get_info Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
    "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
    "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
    "Qdisc_ops.egress_block_get sched_ext_ops.select_cpu sched_ext_ops.enqueue sched_ext_ops.init_task "
    "sched_ext_ops.dump sched_ext_ops.cgroup_init sched_ext_ops.cgroup_exit "
    "sched_ext_ops.cgroup_prep_move sched_ext_ops.cgroup_cancel_move sched_ext_ops.cgroup_set_weight "
    "sched_ext_ops.cgroup_set_bandwidth sched_ext_ops.cgroup_set_idle sched_ext_ops.sub_attach "
    "sched_ext_ops.sub_detach sched_ext_ops.sub_caps_updated sched_ext_ops.sub_ecaps_updated "
    "sched_ext_ops.cpu_online sched_ext_ops.cpu_offline sched_ext_ops.init_cids sched_ext_ops.init "
    "sched_ext_ops.exit sched_ext_ops_cid.set_cmask sched_ext_ops_cid.sub_caps_updated";

// Any member of a scheduler of either kind.
inline constexpr std::string_view either_scheduler =
    "tcp_congestion_ops.get_info Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
    "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
    "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
    "Qdisc_ops.egress_block_get sched_ext_ops sched_ext_ops_cid";

// Any member of a scheduler that thinks in CPUs.
inline constexpr std::string_view cpu_scheduler =
    "tcp_congestion_ops.get_info Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
    "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
    "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
    "Qdisc_ops.egress_block_get sched_ext_ops sched_ext_ops_cid.set_cmask "
    "sched_ext_ops_cid.sub_caps_updated";

// Where tasks are dispatched.
inline constexpr std::string_view dispatching =
    "tcp_congestion_ops.get_info Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
    "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
    "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
    "Qdisc_ops.egress_block_get sched_ext_ops.dispatch sched_ext_ops.sub_caps_updated "
    "sched_ext_ops.sub_ecaps_updated sched_ext_ops_cid.dispatch sched_ext_ops_cid.set_cmask "
    "sched_ext_ops_cid.sub_caps_updated sched_ext_ops_cid.sub_ecaps_updated";

// Where tasks are dispatched, and outside of the hot paths.
inline constexpr std::string_view moving =
    "tcp_congestion_ops.get_info Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
    "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
    "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
    "Qdisc_ops.egress_block_get sched_ext_ops.dispatch sched_ext_ops.init_task sched_ext_ops.dump "
    "sched_ext_ops.cgroup_init sched_ext_ops.cgroup_exit sched_ext_ops.cgroup_prep_move "
    "sched_ext_ops.cgroup_cancel_move sched_ext_ops.cgroup_set_weight sched_ext_ops.cgroup_set_bandwidth "
    "sched_ext_ops.cgroup_set_idle sched_ext_ops.sub_attach sched_ext_ops.sub_detach "
    "sched_ext_ops.sub_caps_updated sched_ext_ops.sub_ecaps_updated sched_ext_ops.cpu_online "
    "sched_ext_ops.cpu_offline sched_ext_ops.init_cids sched_ext_ops.init sched_ext_ops.exit "
    "sched_ext_ops_cid.dispatch sched_ext_ops_cid.set_cmask sched_ext_ops_cid.init_task "
    "sched_ext_ops_cid.dump sched_ext_ops_cid.cpuctl_init sched_ext_ops_cid.cpuctl_exit "
    "sched_ext_ops_cid.cpuctl_prep_move sched_ext_ops_cid.cpuctl_cancel_move "
    "sched_ext_ops_cid.cpuctl_set_weight sched_ext_ops_cid.cpuctl_set_bandwidth "
    "sched_ext_ops_cid.cpuctl_set_idle sched_ext_ops_cid.sub_attach sched_ext_ops_cid.sub_detach "
    "sched_ext_ops_cid.sub_caps_updated sched_ext_ops_cid.sub_ecaps_updated sched_ext_ops_cid.cid_online "
    "sched_ext_ops_cid.cid_offline sched_ext_ops_cid.init_cids sched_ext_ops_cid.init "
    "sched_ext_ops_cid.exit";

}  // namespace skep::calls::kfunc_tables
