// The extensible scheduler: CPUs, by their numbers and by those that a scheduler gives them, which are idle and how
// fast they are.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"
#include "calls/kfuncs/sched_ext_members.hpp"

namespace skep::calls::impl {
// impl/scheduler.cpp
CallFunction scx_bpf_cid_topo, scx_bpf_cpu_node, scx_bpf_cpuperf_cap, scx_bpf_get_idle_cpumask,
    scx_bpf_get_possible_cpumask, scx_bpf_now, scx_bpf_nr_cpu_ids, scx_bpf_nr_node_ids, scx_bpf_put_cpumask,
    scx_bpf_task_cpu, scx_without_effect, scx_without_number, scx_without_scheduler;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
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
};

}  // namespace

std::span<const Kfunc> sched_ext_cpu_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
