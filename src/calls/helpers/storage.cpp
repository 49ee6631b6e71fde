// Helpers of the storage maps: a value for each socket, inode, task or cgroup.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/tasks.cpp
CallFunction bpf_sk_storage_get, bpf_sk_storage_delete, bpf_task_storage_get, bpf_task_storage_delete;
// impl/tasks.cpp
CallFunction bpf_inode_storage_get, bpf_inode_storage_delete, bpf_cgrp_storage_get, bpf_cgrp_storage_delete;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 107,
        .name = "bpf_sk_storage_get",
        .ret = RetKind::map_value,
        .ret_flags = ret_flag::maybe_null,
        .args = {{{.kind = ArgKind::const_map},
                  {.kind = ArgKind::btf_id_sock_common},
                  {.kind = ArgKind::map_value, .flags = arg_flag::maybe_null},
                  {.kind = ArgKind::anything}}},
        .map_use = maps::map_use::of_socket,
        .special = Special::other_map_call,
        .since = {5, 2},
        .fn = impl::bpf_sk_storage_get,
        .signature = "void *bpf_sk_storage_get(void *map, void *sk, void *value, u64 flags)",
        .doc = {.summary = "Gives the storage of a socket, making it if asked."},
    },
    Helper{
        .id = 108,
        .name = "bpf_sk_storage_delete",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map}, {.kind = ArgKind::btf_id_sock_common}}},
        .map_use = maps::map_use::of_socket,
        .special = Special::other_map_call,
        .since = {5, 2},
        .fn = impl::bpf_sk_storage_delete,
        .signature = "long bpf_sk_storage_delete(void *map, void *sk)",
        .doc = {.summary = "Deletes the storage of a socket."},
    },
    Helper{
        .id = 145,
        .name = "bpf_inode_storage_get",
        .ret = RetKind::map_value,
        .ret_flags = ret_flag::maybe_null,
        .args = {{{.kind = ArgKind::const_map},
                  {.kind = ArgKind::btf_id, .flags = arg_flag::maybe_null, .btf_type = "inode"},
                  {.kind = ArgKind::map_value, .flags = arg_flag::maybe_null},
                  {.kind = ArgKind::anything}}},
        .map_use = maps::map_use::of_inode,
        .special = Special::other_map_call,
        .since = {5, 10},
        .fn = impl::bpf_inode_storage_get,
        .signature = "void *bpf_inode_storage_get(void *map, void *inode, void *value, u64 flags)",
        .doc = {.summary = "Gives the storage of an inode, making it if asked."},
    },
    Helper{
        .id = 146,
        .name = "bpf_inode_storage_delete",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map},
                  {.kind = ArgKind::btf_id, .flags = arg_flag::maybe_null, .btf_type = "inode"}}},
        .map_use = maps::map_use::of_inode,
        .special = Special::other_map_call,
        .since = {5, 10},
        .fn = impl::bpf_inode_storage_delete,
        .signature = "int bpf_inode_storage_delete(void *map, void *inode)",
        .doc = {.summary = "Deletes the storage of an inode."},
    },
    Helper{
        .id = 156,
        .name = "bpf_task_storage_get",
        .ret = RetKind::map_value,
        .ret_flags = ret_flag::maybe_null,
        .args = {{{.kind = ArgKind::const_map},
                  {.kind = ArgKind::btf_id, .flags = arg_flag::maybe_null, .btf_type = "task_struct"},
                  {.kind = ArgKind::map_value, .flags = arg_flag::maybe_null},
                  {.kind = ArgKind::anything}}},
        .map_use = maps::map_use::of_task,
        .special = Special::task_storage_get,
        .since = {5, 11},
        .fn = impl::bpf_task_storage_get,
        .signature = "void *bpf_task_storage_get(void *map, struct task_struct *task, void *value, u64 flags)",
        .doc = {.summary = "Gives the storage of a task, making it if asked.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 157,
        .name = "bpf_task_storage_delete",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map},
                  {.kind = ArgKind::btf_id, .flags = arg_flag::maybe_null, .btf_type = "task_struct"}}},
        .map_use = maps::map_use::of_task,
        .special = Special::other_map_call,
        .since = {5, 11},
        .fn = impl::bpf_task_storage_delete,
        .signature = "long bpf_task_storage_delete(void *map, struct task_struct *task)",
        .doc = {.summary = "Deletes the storage of a task.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 210,
        .name = "bpf_cgrp_storage_get",
        .ret = RetKind::map_value,
        .ret_flags = ret_flag::maybe_null,
        .args = {{{.kind = ArgKind::const_map},
                  {.kind = ArgKind::btf_id, .flags = arg_flag::maybe_null, .btf_type = "cgroup"},
                  {.kind = ArgKind::map_value, .flags = arg_flag::maybe_null},
                  {.kind = ArgKind::anything}}},
        .map_use = maps::map_use::of_cgroup,
        .special = Special::other_map_call,
        .since = {6, 2},
        .fn = impl::bpf_cgrp_storage_get,
        .signature = "void *bpf_cgrp_storage_get(void *map, struct cgroup *cgroup, void *value, u64 flags)",
        .doc = {.summary = "Gives the storage of a cgroup, making it if asked."},
    },
    Helper{
        .id = 211,
        .name = "bpf_cgrp_storage_delete",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map},
                  {.kind = ArgKind::btf_id, .flags = arg_flag::maybe_null, .btf_type = "cgroup"}}},
        .map_use = maps::map_use::of_cgroup,
        .special = Special::other_map_call,
        .since = {6, 2},
        .fn = impl::bpf_cgrp_storage_delete,
        .signature = "long bpf_cgrp_storage_delete(void *map, struct cgroup *cgroup)",
        .doc = {.summary = "Deletes the storage of a cgroup."},
    },
};

}  // namespace

std::span<const Helper> storage_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
