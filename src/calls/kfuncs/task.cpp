// Tasks, cgroups, keys and signals: kernel objects with references.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/tasks.cpp
CallFunction bpf_task_acquire, bpf_task_from_pid, bpf_task_release;
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
    },
    Kfunc{
        .name = "bpf_cgroup_ancestor",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::rcu,
        .prog_types = generic,
        .prototype = "struct cgroup *bpf_cgroup_ancestor(struct cgroup *cgrp, int level)",
        .since = {6, 2},
    },
    Kfunc{
        .name = "bpf_cgroup_from_id",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = generic,
        .prototype = "struct cgroup *bpf_cgroup_from_id(u64 cgid)",
        .since = {6, 4},
    },
    Kfunc{
        .name = "bpf_cgroup_read_xattr",
        .flags = call_flag::rcu,
        .prog_types = everyone,
        .prototype =
            "int bpf_cgroup_read_xattr(struct cgroup *cgroup, const char *name__str, struct bpf_dynptr *value_p)",
    },
    Kfunc{
        .name = "bpf_cgroup_release",
        .flags = call_flag::release,
        .prog_types = generic,
        .prototype = "void bpf_cgroup_release(struct cgroup *cgrp)",
        .since = {6, 2},
        .destroys = {"cgroup"},
    },
    Kfunc{
        .name = "bpf_get_kmem_cache",
        .flags = call_flag::ret_untrusted,
        .prog_types = everyone,
        .prototype = "struct kmem_cache *bpf_get_kmem_cache(u64 addr)",
    },
    Kfunc{
        .name = "bpf_get_mem_cgroup",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::rcu,
        .prog_types = everyone,
        .prototype = "struct mem_cgroup *bpf_get_mem_cgroup(struct cgroup_subsys_state *css)",
    },
    Kfunc{
        .name = "bpf_get_root_mem_cgroup",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = everyone,
        .prototype = "struct mem_cgroup *bpf_get_root_mem_cgroup(void)",
    },
    Kfunc{
        .name = "bpf_key_put",
        .flags = call_flag::release,
        .prog_types = generic,
        .prototype = "void bpf_key_put(struct bpf_key *bkey)",
    },
    Kfunc{
        .name = "bpf_lookup_system_key",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = generic,
        .prototype = "struct bpf_key *bpf_lookup_system_key(u64 id)",
    },
    Kfunc{
        .name = "bpf_lookup_user_key",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::sleepable,
        .prog_types = generic,
        .prototype = "struct bpf_key *bpf_lookup_user_key(s32 serial, u64 flags)",
    },
    Kfunc{
        .name = "bpf_mem_cgroup_flush_stats",
        .flags = call_flag::sleepable,
        .prog_types = everyone,
        .prototype = "void bpf_mem_cgroup_flush_stats(struct mem_cgroup *memcg)",
    },
    Kfunc{
        .name = "bpf_mem_cgroup_memory_events",
        .prog_types = everyone,
        .prototype =
            "unsigned long bpf_mem_cgroup_memory_events(struct mem_cgroup *memcg, enum memcg_memory_event event)",
    },
    Kfunc{
        .name = "bpf_mem_cgroup_page_state",
        .prog_types = everyone,
        .prototype = "unsigned long bpf_mem_cgroup_page_state(struct mem_cgroup *memcg, int idx)",
    },
    Kfunc{
        .name = "bpf_mem_cgroup_usage",
        .prog_types = everyone,
        .prototype = "unsigned long bpf_mem_cgroup_usage(struct mem_cgroup *memcg)",
    },
    Kfunc{
        .name = "bpf_mem_cgroup_vm_events",
        .prog_types = everyone,
        .prototype = "unsigned long bpf_mem_cgroup_vm_events(struct mem_cgroup *memcg, enum vm_event_item event)",
    },
    Kfunc{
        .name = "bpf_put_mem_cgroup",
        .flags = call_flag::release,
        .prog_types = everyone,
        .prototype = "void bpf_put_mem_cgroup(struct mem_cgroup *memcg)",
    },
    Kfunc{
        .name = "bpf_send_signal_task",
        .prog_types = generic,
        .prototype = "int bpf_send_signal_task(struct task_struct *task, int sig, enum pid_type type, u64 value)",
        .since = {6, 14},
    },
    Kfunc{
        .name = "bpf_task_acquire",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::rcu,
        .prog_types = generic,
        .prototype = "struct task_struct *bpf_task_acquire(struct task_struct *p)",
        .since = {6, 2},
        .fn = impl::bpf_task_acquire,
    },
    Kfunc{
        .name = "bpf_task_from_pid",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = generic,
        .prototype = "struct task_struct *bpf_task_from_pid(s32 pid)",
        .since = {6, 2},
        .fn = impl::bpf_task_from_pid,
    },
    Kfunc{
        .name = "bpf_task_from_vpid",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = generic,
        .prototype = "struct task_struct *bpf_task_from_vpid(s32 vpid)",
        .since = {6, 14},
    },
    Kfunc{
        .name = "bpf_task_get_cgroup1",
        .flags = call_flag::acquire | call_flag::ret_null | call_flag::rcu,
        .prog_types = generic,
        .prototype = "struct cgroup *bpf_task_get_cgroup1(struct task_struct *task, int hierarchy_id)",
        .since = {6, 8},
    },
    Kfunc{
        .name = "bpf_task_release",
        .flags = call_flag::release,
        .prog_types = generic,
        .prototype = "void bpf_task_release(struct task_struct *p)",
        .since = {6, 2},
        .fn = impl::bpf_task_release,
        .destroys = {"task_struct"},
    },
    Kfunc{
        .name = "bpf_task_under_cgroup",
        .flags = call_flag::rcu,
        .prog_types = generic,
        .prototype = "long bpf_task_under_cgroup(struct task_struct *task, struct cgroup *ancestor)",
        .since = {6, 5},
    },
    Kfunc{
        .name = "bpf_verify_pkcs7_signature",
        .flags = call_flag::sleepable,
        .prog_types = generic,
        .prototype = "int bpf_verify_pkcs7_signature(const struct bpf_dynptr *data_p, const struct bpf_dynptr *sig_p, "
                     "struct bpf_key *trusted_keyring)",
    },
    Kfunc{
        .name = "crash_kexec",
        .flags = call_flag::destructive,
        .prog_types = generic,
        .prototype = "void crash_kexec(struct pt_regs *regs)",
    },
    Kfunc{
        .name = "css_rstat_flush",
        .flags = call_flag::sleepable,
        .prog_types = tracers,
        .prototype = "void css_rstat_flush(struct cgroup_subsys_state *css)",
    },
    Kfunc{
        .name = "css_rstat_updated",
        .prog_types = tracers,
        .prototype = "void css_rstat_updated(struct cgroup_subsys_state *css, int cpu)",
    },
};

}  // namespace

std::span<const Kfunc> task_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
