// The extensible scheduler: queues of tasks, the tasks in them, and the scheduler itself. CPUs are in
// sched_ext_cpus.cpp.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"
#include "calls/kfuncs/sched_ext_members.hpp"

namespace skep::calls::impl {
// impl/scheduler.cpp
CallFunction bpf_iter_scx_dsq_new, scx_bpf_create_dsq, scx_bpf_dsq_nr_queued, scx_bpf_dump_bstr, scx_bpf_error_bstr,
    scx_bpf_events, scx_bpf_exit_bstr, scx_bpf_task_cgroup, scx_bpf_task_running, scx_without_effect,
    scx_without_scheduler;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

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
