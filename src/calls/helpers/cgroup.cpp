// Helpers about cgroups, and those of programs that are attached to one.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/observation.cpp
CallFunction bpf_get_cgroup_classid, bpf_skb_under_cgroup, bpf_current_task_under_cgroup, bpf_skb_cgroup_id,
    bpf_get_current_cgroup_id, bpf_skb_ancestor_cgroup_id, bpf_get_current_ancestor_cgroup_id, bpf_sk_cgroup_id,
    bpf_sk_ancestor_cgroup_id, bpf_skb_cgroup_classid;
// impl/occasion.cpp
CallFunction bpf_sysctl_get_name, bpf_sysctl_get_current_value, bpf_sysctl_get_new_value, bpf_sysctl_set_new_value,
    bpf_get_retval, bpf_set_retval;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 17,
        .name = "bpf_get_cgroup_classid",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}}},
        .since = {4, 3},
        .fn = impl::bpf_get_cgroup_classid,
        .signature = "u32 bpf_get_cgroup_classid(struct sk_buff *skb)",
        .doc = {.summary = "Gives the network class of the packet's or the current cgroup."},
    },
    Helper{
        .id = 33,
        .name = "bpf_skb_under_cgroup",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}, {.kind = ArgKind::const_map}, {.kind = ArgKind::anything}}},
        .map_use = maps::map_use::cgroup_test,
        .special = Special::other_map_call,
        .since = {4, 8},
        .fn = impl::bpf_skb_under_cgroup,
        .signature = "long bpf_skb_under_cgroup(struct sk_buff *skb, void *map, u32 index)",
        .doc = {.summary = "Says whether a packet's socket is below a cgroup."},
    },
    Helper{
        .id = 37,
        .name = "bpf_current_task_under_cgroup",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map}, {.kind = ArgKind::anything}}},
        .map_use = maps::map_use::cgroup_test,
        .special = Special::other_map_call,
        .since = {4, 9},
        .fn = impl::bpf_current_task_under_cgroup,
        .signature = "long bpf_current_task_under_cgroup(void *map, u32 index)",
        .doc = {.summary = "Says whether the current task is below a cgroup."},
    },
    Helper{
        .id = 79,
        .name = "bpf_skb_cgroup_id",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}}},
        .since = {4, 18},
        .fn = impl::bpf_skb_cgroup_id,
        .signature = "u64 bpf_skb_cgroup_id(struct sk_buff *skb)",
        .doc = {.summary = "Gives the cgroup of a packet's socket."},
    },
    Helper{
        .id = 80,
        .name = "bpf_get_current_cgroup_id",
        .ret = RetKind::integer,
        .since = {4, 18},
        .fn = impl::bpf_get_current_cgroup_id,
        .signature = "u64 bpf_get_current_cgroup_id(void)",
        .doc = {.summary = "Gives the cgroup of the current task."},
    },
    Helper{
        .id = 83,
        .name = "bpf_skb_ancestor_cgroup_id",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}, {.kind = ArgKind::anything}}},
        .since = {4, 19},
        .fn = impl::bpf_skb_ancestor_cgroup_id,
        .signature = "u64 bpf_skb_ancestor_cgroup_id(struct sk_buff *skb, int ancestor_level)",
        .doc = {.summary = "Gives an ancestor of the cgroup of a packet's socket."},
    },
    Helper{
        .id = 101,
        .name = "bpf_sysctl_get_name",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size},
                  {.kind = ArgKind::anything}}},
        .since = {5, 2},
        .fn = impl::bpf_sysctl_get_name,
        .signature = "long bpf_sysctl_get_name(struct bpf_sysctl *ctx, char *buf, unsigned long buf_len, u64 flags)",
        .doc = {.summary = "Copies the name of the accessed setting."},
    },
    Helper{
        .id = 102,
        .name = "bpf_sysctl_get_current_value",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size}}},
        .since = {5, 2},
        .fn = impl::bpf_sysctl_get_current_value,
        .signature = "long bpf_sysctl_get_current_value(struct bpf_sysctl *ctx, char *buf, unsigned long buf_len)",
        .doc = {.summary = "Copies the present value of the accessed setting."},
    },
    Helper{
        .id = 103,
        .name = "bpf_sysctl_get_new_value",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size}}},
        .since = {5, 2},
        .fn = impl::bpf_sysctl_get_new_value,
        .signature = "long bpf_sysctl_get_new_value(struct bpf_sysctl *ctx, char *buf, unsigned long buf_len)",
        .doc = {.summary = "Copies the value that is being written."},
    },
    Helper{
        .id = 104,
        .name = "bpf_sysctl_set_new_value",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size}}},
        .since = {5, 2},
        .fn = impl::bpf_sysctl_set_new_value,
        .signature = "long bpf_sysctl_set_new_value(struct bpf_sysctl *ctx, const char *buf, unsigned long buf_len)",
        .doc = {.summary = "Replaces the value that is being written."},
    },
    Helper{
        .id = 123,
        .name = "bpf_get_current_ancestor_cgroup_id",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::anything}}},
        .since = {5, 7},
        .fn = impl::bpf_get_current_ancestor_cgroup_id,
        .signature = "u64 bpf_get_current_ancestor_cgroup_id(int ancestor_level)",
        .doc = {.summary = "Gives an ancestor of the current task's cgroup."},
    },
    Helper{
        .id = 128,
        .name = "bpf_sk_cgroup_id",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::btf_id_sock_common}}},
        .since = {5, 8},
        .fn = impl::bpf_sk_cgroup_id,
        .signature = "u64 bpf_sk_cgroup_id(void *sk)",
        .doc = {.summary = "Gives the cgroup of a socket."},
    },
    Helper{
        .id = 129,
        .name = "bpf_sk_ancestor_cgroup_id",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::btf_id_sock_common}, {.kind = ArgKind::anything}}},
        .since = {5, 8},
        .fn = impl::bpf_sk_ancestor_cgroup_id,
        .signature = "u64 bpf_sk_ancestor_cgroup_id(void *sk, int ancestor_level)",
        .doc = {.summary = "Gives an ancestor of the cgroup of a socket."},
    },
    Helper{
        .id = 151,
        .name = "bpf_skb_cgroup_classid",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}}},
        .since = {5, 10},
        .fn = impl::bpf_skb_cgroup_classid,
        .signature = "u64 bpf_skb_cgroup_classid(struct sk_buff *skb)",
        .doc = {.summary = "Gives the network class of a packet's socket."},
    },
    Helper{
        .id = 186,
        .name = "bpf_get_retval",
        .ret = RetKind::errno_,
        .since = {5, 18},
        .fn = impl::bpf_get_retval,
        .signature = "int bpf_get_retval(void)",
        .doc = {.summary = "Gives the result that the system call would have now."},
    },
    Helper{
        .id = 187,
        .name = "bpf_set_retval",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::anything}}},
        .special = Special::set_retval,
        .since = {5, 18},
        .fn = impl::bpf_set_retval,
        .signature = "int bpf_set_retval(int retval)",
        .doc = {.summary = "Sets the result of the system call."},
    },
};

}  // namespace

std::span<const Helper> cgroup_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
