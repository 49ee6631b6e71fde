// The extensible scheduler.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/scheduler.cpp
CallFunction bpf_iter_scx_dsq_new, scx_bpf_cid_topo, scx_bpf_cpu_node, scx_bpf_cpuperf_cap, scx_bpf_create_dsq,
    scx_bpf_dsq_nr_queued, scx_bpf_dump_bstr, scx_bpf_error_bstr, scx_bpf_events, scx_bpf_exit_bstr,
    scx_bpf_get_idle_cpumask, scx_bpf_get_possible_cpumask, scx_bpf_now, scx_bpf_nr_cpu_ids, scx_bpf_nr_node_ids,
    scx_bpf_put_cpumask, scx_bpf_task_cgroup, scx_bpf_task_cpu, scx_bpf_task_running, scx_without_effect,
    scx_without_number, scx_without_scheduler;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

// Which members of struct_ops may call: besides those named, the members of other tables that 7.3 filters nothing for.

// Where tasks are enqueued or dispatched.
constexpr std::string_view enqueuing =
    "tcp_congestion_ops.get_info Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
    "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
    "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
    "Qdisc_ops.egress_block_get sched_ext_ops.select_cpu sched_ext_ops.enqueue sched_ext_ops.dispatch "
    "sched_ext_ops.sub_caps_updated sched_ext_ops.sub_ecaps_updated sched_ext_ops_cid.select_cid "
    "sched_ext_ops_cid.enqueue sched_ext_ops_cid.dispatch sched_ext_ops_cid.set_cmask "
    "sched_ext_ops_cid.sub_caps_updated sched_ext_ops_cid.sub_ecaps_updated";

// Where CPUs are selected, and outside of the hot paths.
constexpr std::string_view selecting_cpu =
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
constexpr std::string_view either_scheduler =
    "tcp_congestion_ops.get_info Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
    "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
    "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
    "Qdisc_ops.egress_block_get sched_ext_ops sched_ext_ops_cid";

// Any member of a scheduler that thinks in CPUs.
constexpr std::string_view cpu_scheduler =
    "tcp_congestion_ops.get_info Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
    "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
    "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
    "Qdisc_ops.egress_block_get sched_ext_ops sched_ext_ops_cid.set_cmask "
    "sched_ext_ops_cid.sub_caps_updated";

// Where tasks are dispatched.
constexpr std::string_view dispatching =
    "tcp_congestion_ops.get_info Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
    "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
    "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
    "Qdisc_ops.egress_block_get sched_ext_ops.dispatch sched_ext_ops.sub_caps_updated "
    "sched_ext_ops.sub_ecaps_updated sched_ext_ops_cid.dispatch sched_ext_ops_cid.set_cmask "
    "sched_ext_ops_cid.sub_caps_updated sched_ext_ops_cid.sub_ecaps_updated";

// Where tasks are dispatched, and outside of the hot paths.
constexpr std::string_view moving =
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

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "__scx_bpf_dsq_insert_vtime",
        .flags = call_flag::rcu,
        .prog_types = 0,
        .prototype =
            "bool __scx_bpf_dsq_insert_vtime(struct task_struct *p, struct scx_bpf_dsq_insert_vtime_args *args)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Queues a task by its virtual time.",
                .details = "Without a scheduler, as here: false; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = enqueuing,
    },
    Kfunc{
        .name = "__scx_bpf_select_cpu_and",
        .flags = call_flag::rcu,
        .prog_types = bit(ProgType::syscall),
        .prototype = "s32 __scx_bpf_select_cpu_and(struct task_struct *p, const struct cpumask *cpus_allowed, struct "
                     "scx_bpf_select_cpu_and_args *args)",
        .fn = impl::scx_without_scheduler,
        .doc = {.summary = "Chooses a CPU for a task among some.",
                .details = "Without a scheduler, as here: -ENODEV; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops = selecting_cpu,
    },
    Kfunc{
        .name = "bpf_iter_scx_dsq_destroy",
        .flags = call_flag::iter_destroy,
        .prog_types = tracers_and_syscall,
        .prototype = "void bpf_iter_scx_dsq_destroy(struct bpf_iter_scx_dsq *it)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Ends an iteration over the tasks of a queue.",
                .details = "Without a scheduler, as here, nothing happens; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "bpf_iter_scx_dsq_new",
        .flags = call_flag::iter_new | call_flag::rcu_protected,
        .prog_types = tracers_and_syscall,
        .prototype = "int bpf_iter_scx_dsq_new(struct bpf_iter_scx_dsq *it, u64 dsq_id, u64 flags)",
        .fn = impl::bpf_iter_scx_dsq_new,
        .doc = {.summary = "Begins an iteration over the tasks of a queue.",
                .details = "Without a scheduler, as here: -ENODEV; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "bpf_iter_scx_dsq_next",
        .flags = call_flag::ret_null | call_flag::iter_next,
        .prog_types = tracers_and_syscall,
        .prototype = "struct task_struct *bpf_iter_scx_dsq_next(struct bpf_iter_scx_dsq *it)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Gives the next task of a queue, or NULL.",
                .details = "Without a scheduler, as here: NULL; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_cid_curr",
        .flags = call_flag::ret_null | call_flag::rcu_protected,
        .prog_types = tracers_and_syscall,
        .prototype = "struct task_struct *scx_bpf_cid_curr(s32 cid)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Gives the task that runs on a CPU, by the CPU's dense number.",
                .details = "Without a scheduler, as here: NULL; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_cid_override",
        .prog_types = 0,
        .prototype = "void scx_bpf_cid_override(const s32 __arena *cpu_to_cid__arena, u32 cpu_to_cid_cnt, const s32 "
                     "__arena *shard_start__arena, u32 shard_start_cnt)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Says which dense number each CPU has.",
                .details = "Without a scheduler, as here, nothing happens; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = "sched_ext_ops_cid",
    },
    Kfunc{
        .name = "scx_bpf_cid_to_cpu",
        .prog_types = tracers_and_syscall,
        .prototype = "s32 scx_bpf_cid_to_cpu(s32 cid)",
        .fn = impl::scx_without_number,
        .doc = {.summary = "Gives the CPU of a dense number.",
                .details = "Without a scheduler, as here: -EINVAL; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_cid_topo",
        .prog_types = tracers_and_syscall,
        .prototype = "void scx_bpf_cid_topo(s32 cid, struct scx_cid_topo *out, size_t out__sz)",
        .fn = impl::scx_bpf_cid_topo,
        .doc = {.summary = "Says where in the machine a CPU is, by its dense number.",
                .details = "Without a scheduler, as here, all fields are -1; a host that plays the scheduler offers "
                           "the call: see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_cidperf_cap",
        .prog_types = tracers_and_syscall,
        .prototype = "u32 scx_bpf_cidperf_cap(s32 cid)",
        .fn = impl::scx_bpf_cpuperf_cap,
        .doc = {.summary = "Gives the capacity of a CPU, by its dense number.",
                .details = "Without a scheduler, as here: 1024; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_cidperf_cur",
        .prog_types = tracers_and_syscall,
        .prototype = "u32 scx_bpf_cidperf_cur(s32 cid)",
        .fn = impl::scx_bpf_cpuperf_cap,
        .doc = {.summary = "Gives the current performance of a CPU, by its dense number.",
                .details = "Without a scheduler, as here: 1024; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_cidperf_set",
        .prog_types = tracers_and_syscall,
        .prototype = "s32 scx_bpf_cidperf_set(s32 cid, u32 perf)",
        .fn = impl::scx_without_scheduler,
        .doc = {.summary = "Sets the wanted performance of a CPU, by its dense number.",
                .details = "Without a scheduler, as here: -ENODEV; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_cpu_curr",
        .flags = call_flag::ret_null | call_flag::rcu_protected,
        .prog_types = tracers_and_syscall,
        .prototype = "struct task_struct *scx_bpf_cpu_curr(s32 cpu)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Gives the task that runs on a CPU.",
                .details = "Without a scheduler, as here: NULL; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_cpu_node",
        .prog_types = tracers_and_syscall,
        .prototype = "s32 scx_bpf_cpu_node(s32 cpu)",
        .fn = impl::scx_bpf_cpu_node,
        .doc = {.summary = "Gives the memory node of a CPU.",
                .details = "Without a scheduler, as here: -1; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_cpu_to_cid",
        .prog_types = tracers_and_syscall,
        .prototype = "s32 scx_bpf_cpu_to_cid(s32 cpu)",
        .fn = impl::scx_without_number,
        .doc = {.summary = "Gives the dense number of a CPU.",
                .details = "Without a scheduler, as here: -EINVAL; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_cpuperf_cap",
        .prog_types = tracers_and_syscall,
        .prototype = "u32 scx_bpf_cpuperf_cap(s32 cpu)",
        .fn = impl::scx_bpf_cpuperf_cap,
        .doc = {.summary = "Gives the capacity of a CPU.",
                .details = "Without a scheduler, as here: 1024; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_cpuperf_cur",
        .prog_types = tracers_and_syscall,
        .prototype = "u32 scx_bpf_cpuperf_cur(s32 cpu)",
        .fn = impl::scx_bpf_cpuperf_cap,
        .doc = {.summary = "Gives the current performance of a CPU.",
                .details = "Without a scheduler, as here: 1024; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_cpuperf_set",
        .prog_types = tracers_and_syscall,
        .prototype = "void scx_bpf_cpuperf_set(s32 cpu, u32 perf)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Sets the wanted performance of a CPU.",
                .details = "Without a scheduler, as here, nothing happens; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_create_dsq",
        .flags = call_flag::sleepable,
        .prog_types = bit(ProgType::syscall),
        .prototype = "s32 scx_bpf_create_dsq(u64 dsq_id, s32 node)",
        .fn = impl::scx_bpf_create_dsq,
        .doc = {.summary = "Makes a queue of tasks.",
                .details = "Without a scheduler, as here: -ENODEV; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops =
            "tcp_congestion_ops.get_info Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
            "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
            "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
            "Qdisc_ops.egress_block_get sched_ext_ops.init_task sched_ext_ops.dump sched_ext_ops.cgroup_init "
            "sched_ext_ops.cgroup_exit sched_ext_ops.cgroup_prep_move sched_ext_ops.cgroup_cancel_move "
            "sched_ext_ops.cgroup_set_weight sched_ext_ops.cgroup_set_bandwidth sched_ext_ops.cgroup_set_idle "
            "sched_ext_ops.sub_attach sched_ext_ops.sub_detach sched_ext_ops.sub_caps_updated "
            "sched_ext_ops.sub_ecaps_updated sched_ext_ops.cpu_online sched_ext_ops.cpu_offline "
            "sched_ext_ops.init_cids sched_ext_ops.init sched_ext_ops.exit sched_ext_ops_cid.set_cmask "
            "sched_ext_ops_cid.init_task sched_ext_ops_cid.dump sched_ext_ops_cid.cpuctl_init "
            "sched_ext_ops_cid.cpuctl_exit sched_ext_ops_cid.cpuctl_prep_move sched_ext_ops_cid.cpuctl_cancel_move "
            "sched_ext_ops_cid.cpuctl_set_weight sched_ext_ops_cid.cpuctl_set_bandwidth "
            "sched_ext_ops_cid.cpuctl_set_idle sched_ext_ops_cid.sub_attach sched_ext_ops_cid.sub_detach "
            "sched_ext_ops_cid.sub_caps_updated sched_ext_ops_cid.cid_online sched_ext_ops_cid.cid_offline "
            "sched_ext_ops_cid.init_cids sched_ext_ops_cid.init sched_ext_ops_cid.exit",
    },
    Kfunc{
        .name = "scx_bpf_destroy_dsq",
        .prog_types = tracers_and_syscall,
        .prototype = "void scx_bpf_destroy_dsq(u64 dsq_id)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Destroys a queue of tasks.",
                .details = "Without a scheduler, as here, nothing happens; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_dispatch_cancel",
        .prog_types = 0,
        .prototype = "void scx_bpf_dispatch_cancel(void)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Takes the last insertion of a dispatch back.",
                .details = "Without a scheduler, as here, nothing happens; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = dispatching,
    },
    Kfunc{
        .name = "scx_bpf_dispatch_nr_slots",
        .prog_types = 0,
        .prototype = "u32 scx_bpf_dispatch_nr_slots(void)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "How many tasks a dispatch may still insert.",
                .details = "Without a scheduler, as here: 0; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = dispatching,
    },
    Kfunc{
        .name = "scx_bpf_dsq_insert",
        .flags = call_flag::rcu,
        .prog_types = 0,
        .prototype = "void scx_bpf_dsq_insert(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Queues a task, first in first out.",
                .details = "Without a scheduler, as here, nothing happens; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = enqueuing,
    },
    Kfunc{
        .name = "scx_bpf_dsq_insert___v2",
        .flags = call_flag::rcu,
        .prog_types = 0,
        .prototype = "bool scx_bpf_dsq_insert___v2(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Queues a task, first in first out; whether it was queued.",
                .details = "Without a scheduler, as here: false; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = enqueuing,
    },
    Kfunc{
        .name = "scx_bpf_dsq_insert_vtime",
        .flags = call_flag::rcu,
        .prog_types = 0,
        .prototype =
            "void scx_bpf_dsq_insert_vtime(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime, u64 enq_flags)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Queues a task by its virtual time.",
                .details = "Without a scheduler, as here, nothing happens; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = enqueuing,
    },
    Kfunc{
        .name = "scx_bpf_dsq_move",
        .flags = call_flag::rcu,
        .prog_types = bit(ProgType::syscall),
        .prototype = "bool scx_bpf_dsq_move(struct bpf_iter_scx_dsq *it__iter, struct task_struct *p, u64 dsq_id, u64 "
                     "enq_flags)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Moves a task from the queue that is iterated to another.",
                .details = "Without a scheduler, as here: false; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = moving,
    },
    Kfunc{
        .name = "scx_bpf_dsq_move_set_slice",
        .flags = call_flag::rcu,
        .prog_types = bit(ProgType::syscall),
        .prototype = "void scx_bpf_dsq_move_set_slice(struct bpf_iter_scx_dsq *it__iter, u64 slice)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Sets the time slice of the task that is moved next.",
                .details = "Without a scheduler, as here, nothing happens; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = moving,
    },
    Kfunc{
        .name = "scx_bpf_dsq_move_set_vtime",
        .flags = call_flag::rcu,
        .prog_types = bit(ProgType::syscall),
        .prototype = "void scx_bpf_dsq_move_set_vtime(struct bpf_iter_scx_dsq *it__iter, u64 vtime)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Sets the virtual time of the task that is moved next.",
                .details = "Without a scheduler, as here, nothing happens; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = moving,
    },
    Kfunc{
        .name = "scx_bpf_dsq_move_to_local",
        .prog_types = 0,
        .prototype = "bool scx_bpf_dsq_move_to_local(u64 dsq_id)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Moves a task from a queue to that of the CPU that is dispatched to.",
                .details = "Without a scheduler, as here: false; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = dispatching,
    },
    Kfunc{
        .name = "scx_bpf_dsq_move_to_local___v2",
        .prog_types = 0,
        .prototype = "bool scx_bpf_dsq_move_to_local___v2(u64 dsq_id, u64 enq_flags)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Moves a task from a queue to that of the CPU that is dispatched to.",
                .details = "Without a scheduler, as here: false; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = dispatching,
    },
    Kfunc{
        .name = "scx_bpf_dsq_move_vtime",
        .flags = call_flag::rcu,
        .prog_types = bit(ProgType::syscall),
        .prototype = "bool scx_bpf_dsq_move_vtime(struct bpf_iter_scx_dsq *it__iter, struct task_struct *p, u64 "
                     "dsq_id, u64 enq_flags)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Moves a task from the queue that is iterated to another, by its virtual time.",
                .details = "Without a scheduler, as here: false; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = moving,
    },
    Kfunc{
        .name = "scx_bpf_dsq_nr_queued",
        .prog_types = tracers_and_syscall,
        .prototype = "s32 scx_bpf_dsq_nr_queued(u64 dsq_id)",
        .fn = impl::scx_bpf_dsq_nr_queued,
        .doc = {.summary = "Counts the tasks of a queue.",
                .details = "Without a scheduler, as here: -ENODEV; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_dsq_peek",
        .flags = call_flag::ret_null | call_flag::rcu_protected,
        .prog_types = tracers_and_syscall,
        .prototype = "struct task_struct *scx_bpf_dsq_peek(u64 dsq_id)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Gives the first task of a queue, which stays in it.",
                .details = "Without a scheduler, as here: NULL; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_dsq_reenq",
        .prog_types = tracers_and_syscall,
        .prototype = "void scx_bpf_dsq_reenq(u64 dsq_id, u64 reenq_flags)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Queues the tasks of a queue anew.",
                .details = "Without a scheduler, as here, nothing happens; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_dump_bstr",
        .prog_types = tracers_and_syscall,
        .prototype = "void scx_bpf_dump_bstr(char *fmt, long unsigned long *data, u32 data__sz)",
        .fn = impl::scx_bpf_dump_bstr,
        .doc = {.summary = "Adds text to the dump of a scheduler's state.",
                .details = "Without a scheduler, as here, the text goes to the trace; a host that plays the scheduler "
                           "offers the call: see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_error_bstr",
        .prog_types = tracers_and_syscall,
        .prototype = "void scx_bpf_error_bstr(char *fmt, long unsigned long *data, u32 data__sz)",
        .fn = impl::scx_bpf_error_bstr,
        .doc = {.summary = "Ends the scheduler with an error.",
                .details = "Without a scheduler, as here, the text goes to the trace; a host that plays the scheduler "
                           "offers the call: see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_events",
        .prog_types = tracers_and_syscall,
        .prototype = "void scx_bpf_events(struct scx_event_stats *events, size_t events__sz)",
        .fn = impl::scx_bpf_events,
        .doc = {.summary = "Reads the counters of a scheduler's events.",
                .details = "Without a scheduler, as here, all counts are 0; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_exit_bstr",
        .prog_types = tracers_and_syscall,
        .prototype = "void scx_bpf_exit_bstr(s64 exit_code, char *fmt, long unsigned long *data, u32 data__sz)",
        .fn = impl::scx_bpf_exit_bstr,
        .doc = {.summary = "Ends the scheduler with a code.",
                .details = "Without a scheduler, as here, the text goes to the trace; a host that plays the scheduler "
                           "offers the call: see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_get_idle_cpumask",
        .flags = call_flag::acquire,
        .prog_types = tracers_and_syscall,
        .prototype = "const struct cpumask *scx_bpf_get_idle_cpumask(void)",
        .fn = impl::scx_bpf_get_idle_cpumask,
        .doc = {.summary = "Gives the mask of idle CPUs.",
                .details = "Without a scheduler, as here, the set is empty; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_get_idle_cpumask_node",
        .flags = call_flag::acquire,
        .prog_types = tracers_and_syscall,
        .prototype = "const struct cpumask *scx_bpf_get_idle_cpumask_node(s32 node)",
        .fn = impl::scx_bpf_get_idle_cpumask,
        .doc = {.summary = "Gives the mask of idle CPUs of a memory node.",
                .details = "Without a scheduler, as here, the set is empty; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_get_idle_smtmask",
        .flags = call_flag::acquire,
        .prog_types = tracers_and_syscall,
        .prototype = "const struct cpumask *scx_bpf_get_idle_smtmask(void)",
        .fn = impl::scx_bpf_get_idle_cpumask,
        .doc = {.summary = "Gives the mask of CPUs whose whole core is idle.",
                .details = "Without a scheduler, as here, the set is empty; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_get_idle_smtmask_node",
        .flags = call_flag::acquire,
        .prog_types = tracers_and_syscall,
        .prototype = "const struct cpumask *scx_bpf_get_idle_smtmask_node(s32 node)",
        .fn = impl::scx_bpf_get_idle_cpumask,
        .doc = {.summary = "Gives the mask of CPUs of a memory node whose whole core is idle.",
                .details = "Without a scheduler, as here, the set is empty; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_get_online_cpumask",
        .flags = call_flag::acquire,
        .prog_types = tracers_and_syscall,
        .prototype = "const struct cpumask *scx_bpf_get_online_cpumask(void)",
        .fn = impl::scx_bpf_get_possible_cpumask,
        .doc = {.summary = "Gives the mask of CPUs that are online.",
                .details = "A host that plays the scheduler may offer the call: see skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_get_possible_cpumask",
        .flags = call_flag::acquire,
        .prog_types = tracers_and_syscall,
        .prototype = "const struct cpumask *scx_bpf_get_possible_cpumask(void)",
        .fn = impl::scx_bpf_get_possible_cpumask,
        .doc = {.summary = "Gives the mask of CPUs that may be there.",
                .details = "A host that plays the scheduler may offer the call: see skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_kick_cid",
        .prog_types = tracers_and_syscall,
        .prototype = "void scx_bpf_kick_cid(s32 cid, u64 flags)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Wakes a CPU, by its dense number.",
                .details = "Without a scheduler, as here, nothing happens; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_kick_cpu",
        .prog_types = tracers_and_syscall,
        .prototype = "void scx_bpf_kick_cpu(s32 cpu, u64 flags)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Wakes a CPU.",
                .details = "Without a scheduler, as here, nothing happens; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_locked_rq",
        .flags = call_flag::ret_null,
        .prog_types = tracers_and_syscall,
        .prototype = "struct rq *scx_bpf_locked_rq(void)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Gives the run queue that is locked.",
                .details = "Without a scheduler, as here: NULL; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_now",
        .prog_types = tracers_and_syscall,
        .prototype = "u64 scx_bpf_now(void)",
        .fn = impl::scx_bpf_now,
        .doc = {.summary = "Gives the time, quickly.", .details = "The clock of bpf_ktime_get_ns()."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_nr_cids",
        .prog_types = tracers_and_syscall,
        .prototype = "u32 scx_bpf_nr_cids(void)",
        .fn = impl::scx_bpf_nr_cpu_ids,
        .doc = {.summary = "How many dense numbers of CPUs there are.",
                .details = "A host that plays the scheduler may offer the call: see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_nr_cpu_ids",
        .prog_types = tracers_and_syscall,
        .prototype = "u32 scx_bpf_nr_cpu_ids(void)",
        .fn = impl::scx_bpf_nr_cpu_ids,
        .doc = {.summary = "How many numbers of CPUs there are.",
                .details = "A host that plays the scheduler may offer the call: see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_nr_node_ids",
        .prog_types = tracers_and_syscall,
        .prototype = "u32 scx_bpf_nr_node_ids(void)",
        .fn = impl::scx_bpf_nr_node_ids,
        .doc = {.summary = "How many numbers of memory nodes there are.", .details = "There is one."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_nr_online_cids",
        .prog_types = tracers_and_syscall,
        .prototype = "u32 scx_bpf_nr_online_cids(void)",
        .fn = impl::scx_bpf_nr_cpu_ids,
        .doc = {.summary = "How many CPUs are online.",
                .details = "A host that plays the scheduler may offer the call: see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_online_cmask",
        .prog_types = tracers_and_syscall,
        .prototype = "const void __arena *scx_bpf_online_cmask(void)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Gives the mask of dense numbers of the CPUs that are online.",
                .details = "Without a scheduler, as here: NULL; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_pick_any_cpu",
        .flags = call_flag::rcu,
        .prog_types = tracers_and_syscall,
        .prototype = "s32 scx_bpf_pick_any_cpu(const struct cpumask *cpus_allowed, u64 flags)",
        .fn = impl::scx_without_scheduler,
        .doc = {.summary = "Takes an idle CPU of a mask, or any.",
                .details = "Without a scheduler, as here: -ENODEV; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_pick_any_cpu_node",
        .flags = call_flag::rcu,
        .prog_types = tracers_and_syscall,
        .prototype = "s32 scx_bpf_pick_any_cpu_node(const struct cpumask *cpus_allowed, s32 node, u64 flags)",
        .fn = impl::scx_without_scheduler,
        .doc = {.summary = "Takes an idle CPU of a mask and a memory node, or any.",
                .details = "Without a scheduler, as here: -ENODEV; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_pick_idle_cpu",
        .flags = call_flag::rcu,
        .prog_types = tracers_and_syscall,
        .prototype = "s32 scx_bpf_pick_idle_cpu(const struct cpumask *cpus_allowed, u64 flags)",
        .fn = impl::scx_without_scheduler,
        .doc = {.summary = "Takes an idle CPU of a mask.",
                .details = "Without a scheduler, as here: -ENODEV; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_pick_idle_cpu_node",
        .flags = call_flag::rcu,
        .prog_types = tracers_and_syscall,
        .prototype = "s32 scx_bpf_pick_idle_cpu_node(const struct cpumask *cpus_allowed, s32 node, u64 flags)",
        .fn = impl::scx_without_scheduler,
        .doc = {.summary = "Takes an idle CPU of a mask and a memory node.",
                .details = "Without a scheduler, as here: -ENODEV; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_put_cpumask",
        .flags = call_flag::release | call_flag::rcu,
        .prog_types = tracers_and_syscall,
        .prototype = "void scx_bpf_put_cpumask(const struct cpumask *cpumask)",
        .fn = impl::scx_bpf_put_cpumask,
        .doc = {.summary = "Gives up a mask of CPUs.",
                .details = "A host that plays the scheduler may offer the call: see skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_put_idle_cpumask",
        .flags = call_flag::release | call_flag::rcu,
        .prog_types = tracers_and_syscall,
        .prototype = "void scx_bpf_put_idle_cpumask(const struct cpumask *idle_mask)",
        .fn = impl::scx_bpf_put_cpumask,
        .doc = {.summary = "Gives up a mask of idle CPUs.",
                .details = "A host that plays the scheduler may offer the call: see skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_reenqueue_local",
        .prog_types = 0,
        .prototype = "u32 scx_bpf_reenqueue_local(void)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Queues the tasks of the CPU's own queue anew.",
                .details = "Without a scheduler, as here: 0; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = "tcp_congestion_ops.get_info Qdisc_ops.peek Qdisc_ops.change Qdisc_ops.attach "
                      "Qdisc_ops.change_tx_queue_len Qdisc_ops.change_real_num_tx Qdisc_ops.dump Qdisc_ops.dump_stats "
                      "Qdisc_ops.ingress_block_set Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get "
                      "Qdisc_ops.egress_block_get sched_ext_ops.sub_caps_updated sched_ext_ops.sub_ecaps_updated "
                      "sched_ext_ops.cpu_release sched_ext_ops_cid.set_cmask sched_ext_ops_cid.sub_caps_updated",
    },
    Kfunc{
        .name = "scx_bpf_reenqueue_local___v2",
        .prog_types = tracers_and_syscall,
        .prototype = "void scx_bpf_reenqueue_local___v2(void)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Queues the tasks of the CPU's own queue anew.",
                .details = "Without a scheduler, as here, nothing happens; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_select_cpu_and",
        .flags = call_flag::rcu,
        .prog_types = bit(ProgType::syscall),
        .prototype = "s32 scx_bpf_select_cpu_and(struct task_struct *p, s32 prev_cpu, u64 wake_flags, const struct "
                     "cpumask *cpus_allowed, u64 flags)",
        .fn = impl::scx_without_scheduler,
        .doc = {.summary = "Chooses a CPU for a task among some.",
                .details = "Without a scheduler, as here: -ENODEV; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops = selecting_cpu,
    },
    Kfunc{
        .name = "scx_bpf_select_cpu_dfl",
        .flags = call_flag::rcu,
        .prog_types = bit(ProgType::syscall),
        .prototype = "s32 scx_bpf_select_cpu_dfl(struct task_struct *p, s32 prev_cpu, u64 wake_flags, bool *is_idle)",
        .fn = impl::scx_without_scheduler,
        .doc = {.summary = "Chooses a CPU for a task as the kernel itself would.",
                .details = "Without a scheduler, as here: -ENODEV; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops = selecting_cpu,
    },
    Kfunc{
        .name = "scx_bpf_sub_caps",
        .prog_types = tracers_and_syscall,
        .prototype = "s32 scx_bpf_sub_caps(u64 cgroup_id, u64 caps, struct scx_cmask __arena *out__arena)",
        .fn = impl::scx_without_scheduler,
        .doc = {.summary = "Reads what a scheduler below this one may do.",
                .details = "Without a scheduler, as here: -ENODEV; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops = "sched_ext_ops_cid",
    },
    Kfunc{
        .name = "scx_bpf_sub_dispatch",
        .prog_types = 0,
        .prototype = "bool scx_bpf_sub_dispatch(u64 cgroup_id)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Has a scheduler below this one dispatch.",
                .details = "Without a scheduler, as here: false; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = dispatching,
    },
    Kfunc{
        .name = "scx_bpf_sub_grant",
        .prog_types = tracers_and_syscall,
        .prototype = "s32 scx_bpf_sub_grant(u64 cgroup_id, u64 caps, const struct scx_cmask __arena *cmask__arena, "
                     "struct scx_cmask __arena *denied_out__arena__nullable)",
        .fn = impl::scx_without_scheduler,
        .doc = {.summary = "Lets a scheduler below this one do something on some CPUs.",
                .details = "Without a scheduler, as here: -ENODEV; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops = "sched_ext_ops_cid",
    },
    Kfunc{
        .name = "scx_bpf_sub_kill_bstr",
        .prog_types = tracers_and_syscall,
        .prototype = "s32 scx_bpf_sub_kill_bstr(u64 cgroup_id, char *fmt, long unsigned long *data, u32 data__sz)",
        .fn = impl::scx_without_scheduler,
        .doc = {.summary = "Ends a scheduler below this one.",
                .details = "Without a scheduler, as here: -ENODEV; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_sub_revoke",
        .prog_types = tracers_and_syscall,
        .prototype = "void scx_bpf_sub_revoke(u64 cgroup_id, u64 caps, const struct scx_cmask __arena *cmask__arena)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "No longer lets a scheduler below this one do something on some CPUs.",
                .details = "Without a scheduler, as here, nothing happens; a host that plays the scheduler offers the "
                           "call: see skep/host.hpp."},
        .struct_ops = "sched_ext_ops_cid",
    },
    Kfunc{
        .name = "scx_bpf_task_cgroup",
        .flags = call_flag::acquire | call_flag::rcu,
        .prog_types = tracers_and_syscall,
        .prototype = "struct cgroup *scx_bpf_task_cgroup(struct task_struct *p)",
        .fn = impl::scx_bpf_task_cgroup,
        .doc = {.summary = "Gives the cgroup by which a task is scheduled.",
                .details = "Without a scheduler, as here, all tasks are in the root cgroup; a host that plays the "
                           "scheduler offers the call: see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_task_cid",
        .flags = call_flag::rcu,
        .prog_types = tracers_and_syscall,
        .prototype = "s32 scx_bpf_task_cid(const struct task_struct *p)",
        .fn = impl::scx_without_number,
        .doc = {.summary = "Gives the dense number of the CPU that a task is on.",
                .details = "Without a scheduler, as here: -EINVAL; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_task_cpu",
        .flags = call_flag::rcu,
        .prog_types = tracers_and_syscall,
        .prototype = "s32 scx_bpf_task_cpu(const struct task_struct *p)",
        .fn = impl::scx_bpf_task_cpu,
        .doc = {.summary = "Gives the CPU that a task is on.",
                .details = "A host that plays the scheduler may offer the call: see skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_task_running",
        .flags = call_flag::rcu,
        .prog_types = tracers_and_syscall,
        .prototype = "bool scx_bpf_task_running(const struct task_struct *p)",
        .fn = impl::scx_bpf_task_running,
        .doc = {.summary = "Whether a task runs now.",
                .details = "A host that plays the scheduler may offer the call: see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_task_set_dsq_vtime",
        .flags = call_flag::rcu,
        .prog_types = tracers_and_syscall,
        .prototype = "bool scx_bpf_task_set_dsq_vtime(struct task_struct *p, u64 vtime)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Sets the virtual time of a task.",
                .details = "Without a scheduler, as here: false; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_task_set_slice",
        .flags = call_flag::rcu,
        .prog_types = tracers_and_syscall,
        .prototype = "bool scx_bpf_task_set_slice(struct task_struct *p, u64 slice)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Sets what is left of a task's time slice.",
                .details = "Without a scheduler, as here: false; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_test_and_clear_cpu_idle",
        .prog_types = tracers_and_syscall,
        .prototype = "bool scx_bpf_test_and_clear_cpu_idle(s32 cpu)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Takes a CPU that is idle, and says whether it was.",
                .details = "Without a scheduler, as here: false; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = cpu_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_this_cid",
        .prog_types = tracers_and_syscall,
        .prototype = "s32 scx_bpf_this_cid(void)",
        .fn = impl::scx_without_number,
        .doc = {.summary = "Gives the dense number of the CPU that the program runs on.",
                .details = "Without a scheduler, as here: -EINVAL; a host that plays the scheduler offers the call: "
                           "see skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
    Kfunc{
        .name = "scx_bpf_tid_to_task",
        .flags = call_flag::ret_null | call_flag::rcu_protected,
        .prog_types = tracers_and_syscall,
        .prototype = "struct task_struct *scx_bpf_tid_to_task(u64 tid)",
        .fn = impl::scx_without_effect,
        .doc = {.summary = "Finds a task by its number in the scheduler.",
                .details = "Without a scheduler, as here: NULL; a host that plays the scheduler offers the call: see "
                           "skep/host.hpp."},
        .struct_ops = either_scheduler,
    },
};

}  // namespace

std::span<const Kfunc> sched_ext_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
