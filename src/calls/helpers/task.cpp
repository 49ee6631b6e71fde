// Helpers about the current task.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/environment.cpp
CallFunction bpf_get_current_pid_tgid, bpf_get_current_uid_gid, bpf_get_current_comm;
// impl/tasks.cpp
CallFunction bpf_get_current_task, bpf_get_current_task_btf;
// impl/observation.cpp
CallFunction bpf_send_signal, bpf_send_signal_thread, bpf_get_ns_current_pid_tgid;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 14,
        .name = "bpf_get_current_pid_tgid",
        .ret = RetKind::integer,
        .flags = call_flag::in_signal_handlers,
        .since = {4, 2},
        .fn = impl::bpf_get_current_pid_tgid,
        .signature = "u64 bpf_get_current_pid_tgid(void)",
        .doc = {.summary = "Gives the process and thread number.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 15,
        .name = "bpf_get_current_uid_gid",
        .ret = RetKind::integer,
        .since = {4, 2},
        .fn = impl::bpf_get_current_uid_gid,
        .signature = "u64 bpf_get_current_uid_gid(void)",
        .doc = {.summary = "Gives the user and group number.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 16,
        .name = "bpf_get_current_comm",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write}, {.kind = ArgKind::const_size}}},
        .since = {4, 2},
        .fn = impl::bpf_get_current_comm,
        .signature = "long bpf_get_current_comm(void *buf, u32 size_of_buf)",
        .doc = {.summary = "Copies the name of the current task.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 35,
        .name = "bpf_get_current_task",
        .ret = RetKind::integer,
        .flags = call_flag::gpl_only,
        .since = {4, 8},
        .fn = impl::bpf_get_current_task,
        .signature = "u64 bpf_get_current_task(void)",
        .doc = {.summary = "Gives the address of the current task.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 109,
        .name = "bpf_send_signal",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::anything}}},
        .since = {5, 3},
        .fn = impl::bpf_send_signal,
        .signature = "long bpf_send_signal(u32 sig)",
        .doc = {.summary = "Sends a signal to the current process."},
    },
    Helper{
        .id = 117,
        .name = "bpf_send_signal_thread",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::anything}}},
        .since = {5, 6},
        .fn = impl::bpf_send_signal_thread,
        .signature = "long bpf_send_signal_thread(u32 sig)",
        .doc = {.summary = "Sends a signal to the current thread."},
    },
    Helper{
        .id = 120,
        .name = "bpf_get_ns_current_pid_tgid",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::anything},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size}}},
        .since = {5, 7},
        .fn = impl::bpf_get_ns_current_pid_tgid,
        .signature = "long bpf_get_ns_current_pid_tgid(u64 dev, u64 ino, struct bpf_pidns_info *nsdata, u32 size)",
        .doc = {.summary = "Gives the process and thread number in a given namespace."},
    },
    Helper{
        .id = 158,
        .name = "bpf_get_current_task_btf",
        .ret = RetKind::btf_id,
        .ret_flags = ret_flag::trusted,
        .ret_btf_type = "task_struct",
        .flags = call_flag::gpl_only,
        .special = Special::current_task_btf,
        .since = {5, 11},
        .fn = impl::bpf_get_current_task_btf,
        .signature = "struct task_struct *bpf_get_current_task_btf(void)",
        .doc = {.summary = "Gives the current task.", .example = "calls.bpf.c"},
    },
};

}  // namespace

std::span<const Helper> task_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
