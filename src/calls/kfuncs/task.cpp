// Tasks, cgroups, keys and signals: kernel objects with references.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/tasks.cpp
CallFunction bpf_task_acquire, bpf_task_from_pid, bpf_task_release;
// impl/cgroups.cpp
CallFunction bpf_cgroup_acquire, bpf_cgroup_ancestor, bpf_cgroup_from_id, bpf_cgroup_read_xattr, bpf_cgroup_release,
    bpf_get_mem_cgroup, bpf_get_root_mem_cgroup, bpf_mem_cgroup_flush_stats, bpf_mem_cgroup_memory_events,
    bpf_mem_cgroup_page_state, bpf_mem_cgroup_usage, bpf_mem_cgroup_vm_events, bpf_put_mem_cgroup, bpf_task_get_cgroup1,
    bpf_task_under_cgroup, css_rstat_flush, css_rstat_updated;
// impl/keys.cpp
CallFunction bpf_key_put, bpf_lookup_system_key, bpf_lookup_user_key, bpf_verify_pkcs7_signature;
// impl/task_iterators.cpp
CallFunction bpf_get_kmem_cache, bpf_send_signal_task, bpf_task_from_vpid, crash_kexec;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "bpf_cgroup_acquire",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::rcu,
        .prog_types = generic,
        .prototype = "struct cgroup *bpf_cgroup_acquire(struct cgroup *cgrp)",
        .since = {6, 2},
        .fn = impl::bpf_cgroup_acquire,
        .doc = {.summary = "Takes one more reference to a cgroup."},
    },
    Kfunc{
        .name = "bpf_cgroup_ancestor",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::rcu,
        .prog_types = generic,
        .prototype = "struct cgroup *bpf_cgroup_ancestor(struct cgroup *cgrp, int level)",
        .since = {6, 2},
        .fn = impl::bpf_cgroup_ancestor,
        .doc = {.summary = "Gives the cgroup above another at a level; NULL where there is none."},
    },
    Kfunc{
        .name = "bpf_cgroup_from_id",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = generic,
        .prototype = "struct cgroup *bpf_cgroup_from_id(u64 cgid)",
        .since = {6, 4},
        .fn = impl::bpf_cgroup_from_id,
        .doc = {.summary = "Finds a cgroup by its number; NULL where there is none.",
                .details = "There is the root, number 1."},
    },
    Kfunc{
        .name = "bpf_cgroup_read_xattr",
        .flags = call_flag::rcu,
        .prog_types = everyone,
        .prototype =
            "int bpf_cgroup_read_xattr(struct cgroup *cgroup, const char *name__str, struct bpf_dynptr *value_p)",
        .fn = impl::bpf_cgroup_read_xattr,
        .doc = {.summary = "Reads an extended attribute of a cgroup.",
                .details = "Cgroups have none here: -ENODATA, and -EPERM for a name that does not begin with "
                           "`user.`."},
    },
    Kfunc{
        .name = "bpf_cgroup_release",
        .flags = call_flag::release,
        .prog_types = generic,
        .prototype = "void bpf_cgroup_release(struct cgroup *cgrp)",
        .since = {6, 2},
        .fn = impl::bpf_cgroup_release,
        .doc = {.summary = "Gives up a reference to a cgroup."},
        .destroys = {"cgroup"},
    },
    Kfunc{
        .name = "bpf_get_kmem_cache",
        .flags = call_flag::ret_untrusted,
        .prog_types = everyone,
        .prototype = "struct kmem_cache *bpf_get_kmem_cache(u64 addr)",
        .fn = impl::bpf_get_kmem_cache,
        .doc = {.summary = "Gives the slab cache that memory of the kernel is from.",
                .details = "There are none here: NULL."},
    },
    Kfunc{
        .name = "bpf_get_mem_cgroup",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::rcu,
        .prog_types = everyone,
        .prototype = "struct mem_cgroup *bpf_get_mem_cgroup(struct cgroup_subsys_state *css)",
        .fn = impl::bpf_get_mem_cgroup,
        .doc = {.summary = "Gives the memory controller of a cgroup."},
    },
    Kfunc{
        .name = "bpf_get_root_mem_cgroup",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = everyone,
        .prototype = "struct mem_cgroup *bpf_get_root_mem_cgroup(void)",
        .fn = impl::bpf_get_root_mem_cgroup,
        .doc = {.summary = "Gives the memory controller of the root cgroup."},
    },
    Kfunc{
        .name = "bpf_key_put",
        .flags = call_flag::release,
        .prog_types = generic,
        .prototype = "void bpf_key_put(struct bpf_key *bkey)",
        .fn = impl::bpf_key_put,
        .doc = {.summary = "Gives up keys."},
    },
    Kfunc{
        .name = "bpf_lookup_system_key",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = generic,
        .prototype = "struct bpf_key *bpf_lookup_system_key(u64 id)",
        .fn = impl::bpf_lookup_system_key,
        .doc = {.summary = "Gives one of the keyrings that the kernel has built in: 0, 1, 2; NULL for another "
                           "number."},
    },
    Kfunc{
        .name = "bpf_lookup_user_key",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::sleepable,
        .prog_types = generic,
        .prototype = "struct bpf_key *bpf_lookup_user_key(s32 serial, u64 flags)",
        .fn = impl::bpf_lookup_user_key,
        .doc = {.summary = "Finds a key by its serial number.", .details = "There are none here: NULL."},
    },
    Kfunc{
        .name = "bpf_mem_cgroup_flush_stats",
        .flags = call_flag::sleepable,
        .prog_types = everyone,
        .prototype = "void bpf_mem_cgroup_flush_stats(struct mem_cgroup *memcg)",
        .fn = impl::bpf_mem_cgroup_flush_stats,
        .doc = {.summary = "Brings the counters of a memory controller up to date."},
    },
    Kfunc{
        .name = "bpf_mem_cgroup_memory_events",
        .prog_types = everyone,
        .prototype =
            "unsigned long bpf_mem_cgroup_memory_events(struct mem_cgroup *memcg, enum memcg_memory_event event)",
        .fn = impl::bpf_mem_cgroup_memory_events,
        .doc = {.summary = "Reads how often a memory controller has reached its limits.",
                .details = "Nothing is counted here: 0."},
    },
    Kfunc{
        .name = "bpf_mem_cgroup_page_state",
        .prog_types = everyone,
        .prototype = "unsigned long bpf_mem_cgroup_page_state(struct mem_cgroup *memcg, int idx)",
        .fn = impl::bpf_mem_cgroup_page_state,
        .doc = {.summary = "Reads how many pages of a kind a memory controller has counted.",
                .details = "Nothing is counted here: 0."},
    },
    Kfunc{
        .name = "bpf_mem_cgroup_usage",
        .prog_types = everyone,
        .prototype = "unsigned long bpf_mem_cgroup_usage(struct mem_cgroup *memcg)",
        .fn = impl::bpf_mem_cgroup_usage,
        .doc = {.summary = "Reads how much memory a memory controller has counted.",
                .details = "Nothing is counted here: 0."},
    },
    Kfunc{
        .name = "bpf_mem_cgroup_vm_events",
        .prog_types = everyone,
        .prototype = "unsigned long bpf_mem_cgroup_vm_events(struct mem_cgroup *memcg, enum vm_event_item event)",
        .fn = impl::bpf_mem_cgroup_vm_events,
        .doc = {.summary = "Reads how often something has happened to a memory controller's pages.",
                .details = "Nothing is counted here: 0."},
    },
    Kfunc{
        .name = "bpf_put_mem_cgroup",
        .flags = call_flag::release,
        .prog_types = everyone,
        .prototype = "void bpf_put_mem_cgroup(struct mem_cgroup *memcg)",
        .fn = impl::bpf_put_mem_cgroup,
        .doc = {.summary = "Gives up a reference to a memory controller."},
    },
    Kfunc{
        .name = "bpf_send_signal_task",
        .prog_types = generic,
        .prototype = "int bpf_send_signal_task(struct task_struct *task, int sig, enum pid_type type, u64 value)",
        .since = {6, 14},
        .fn = impl::bpf_send_signal_task,
        .doc = {.summary = "Sends a signal to a task.",
                .details = "Tasks are threads of this process, which no program ends: -EPERM; 0 for signal "
                           "0, -EINVAL for what is no signal."},
    },
    Kfunc{
        .name = "bpf_task_acquire",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::rcu,
        .prog_types = generic,
        .prototype = "struct task_struct *bpf_task_acquire(struct task_struct *p)",
        .since = {6, 2},
        .fn = impl::bpf_task_acquire,
        .doc = {.summary = "Takes one more reference to a task.", .example = "calls.bpf.c"},
    },
    Kfunc{
        .name = "bpf_task_from_pid",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = generic,
        .prototype = "struct task_struct *bpf_task_from_pid(s32 pid)",
        .since = {6, 2},
        .fn = impl::bpf_task_from_pid,
        .doc = {.summary = "Finds a task by its number; NULL where there is none.",
                .details = "The tasks are the threads of this process."},
    },
    Kfunc{
        .name = "bpf_task_from_vpid",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = generic,
        .prototype = "struct task_struct *bpf_task_from_vpid(s32 vpid)",
        .since = {6, 14},
        .fn = impl::bpf_task_from_vpid,
        .doc = {.summary = "Finds a task by its number in the namespace of the running one; NULL where there is "
                           "none.",
                .details = "The tasks are the threads of this process."},
    },
    Kfunc{
        .name = "bpf_task_get_cgroup1",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::rcu,
        .prog_types = generic,
        .prototype = "struct cgroup *bpf_task_get_cgroup1(struct task_struct *task, int hierarchy_id)",
        .since = {6, 8},
        .fn = impl::bpf_task_get_cgroup1,
        .doc = {.summary = "Gives the cgroup of a task in a hierarchy of the first version.",
                .details = "There are none here: NULL."},
    },
    Kfunc{
        .name = "bpf_task_release",
        .flags = call_flag::release,
        .prog_types = generic,
        .prototype = "void bpf_task_release(struct task_struct *p)",
        .since = {6, 2},
        .fn = impl::bpf_task_release,
        .doc = {.summary = "Gives up a reference to a task.", .example = "calls.bpf.c"},
        .destroys = {"task_struct"},
    },
    Kfunc{
        .name = "bpf_task_under_cgroup",
        .flags = call_flag::rcu,
        .prog_types = generic,
        .prototype = "long bpf_task_under_cgroup(struct task_struct *task, struct cgroup *ancestor)",
        .since = {6, 5},
        .fn = impl::bpf_task_under_cgroup,
        .doc = {.summary = "Whether a task is in a cgroup or below it."},
    },
    Kfunc{
        .name = "bpf_verify_pkcs7_signature",
        .flags = call_flag::sleepable,
        .prog_types = generic,
        .prototype = "int bpf_verify_pkcs7_signature(const struct bpf_dynptr *data_p, const struct bpf_dynptr *sig_p, "
                     "struct bpf_key *trusted_keyring)",
        .fn = impl::bpf_verify_pkcs7_signature,
        .doc = {.summary = "Verifies a signature by the keys of a keyring.",
                .details = "There are no keys here: -ENOKEY, and -EBADMSG for what is no signature."},
    },
    Kfunc{
        .name = "crash_kexec",
        .flags = call_flag::destructive,
        .prog_types = generic,
        .prototype = "void crash_kexec(struct pt_regs *regs)",
        .fn = impl::crash_kexec,
        .doc = {.summary = "Changes into the kernel that was loaded for the case of a crash.",
                .details = "None is loaded here: nothing happens."},
    },
    Kfunc{
        .name = "css_rstat_flush",
        .flags = call_flag::sleepable,
        .prog_types = tracers,
        .prototype = "void css_rstat_flush(struct cgroup_subsys_state *css)",
        .fn = impl::css_rstat_flush,
        .doc = {.summary = "Brings the counters of a cgroup up to date."},
    },
    Kfunc{
        .name = "css_rstat_updated",
        .prog_types = tracers,
        .prototype = "void css_rstat_updated(struct cgroup_subsys_state *css, int cpu)",
        .fn = impl::css_rstat_updated,
        .doc = {.summary = "Notes that a CPU has counted something for a cgroup."},
    },
};

}  // namespace

std::span<const Kfunc> task_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
