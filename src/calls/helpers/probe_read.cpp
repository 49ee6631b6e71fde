// Helpers that copy from or to memory that may fault: of the kernel, of the current process, of a task.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/memory.cpp
CallFunction bpf_probe_read, bpf_probe_write_user, bpf_probe_read_str, bpf_probe_read_user, bpf_probe_read_kernel,
    bpf_probe_read_user_str, bpf_probe_read_kernel_str, bpf_copy_from_user, bpf_copy_from_user_task;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 4,
        .name = "bpf_probe_read",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::any_address | call_flag::gpl_only,
        .since = {4, 1},
        .fn = impl::bpf_probe_read,
        .signature = "long bpf_probe_read(void *dst, u32 size, const void *unsafe_ptr)",
        .doc = {.summary = "Copies from kernel or user memory, wherever the address belongs."},
    },
    Helper{
        .id = 36,
        .name = "bpf_probe_write_user",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::anything},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size}}},
        .flags = call_flag::any_address | call_flag::gpl_only,
        .since = {4, 8},
        .fn = impl::bpf_probe_write_user,
        .signature = "long bpf_probe_write_user(void *dst, const void *src, u32 len)",
        .doc = {.summary = "Writes into the memory of the current process."},
    },
    Helper{
        .id = 45,
        .name = "bpf_probe_read_str",
        .ret = RetKind::length,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::any_address | call_flag::gpl_only,
        .since = {4, 11},
        .fn = impl::bpf_probe_read_str,
        .signature = "long bpf_probe_read_str(void *dst, u32 size, const void *unsafe_ptr)",
        .doc = {.summary = "Copies a string from kernel or user memory."},
    },
    Helper{
        .id = 112,
        .name = "bpf_probe_read_user",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::any_address | call_flag::gpl_only,
        .since = {5, 5},
        .fn = impl::bpf_probe_read_user,
        .signature = "long bpf_probe_read_user(void *dst, u32 size, const void *unsafe_ptr)",
        .doc = {.summary = "Copies from user memory.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 113,
        .name = "bpf_probe_read_kernel",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::any_address | call_flag::gpl_only,
        .since = {5, 5},
        .fn = impl::bpf_probe_read_kernel,
        .signature = "long bpf_probe_read_kernel(void *dst, u32 size, const void *unsafe_ptr)",
        .doc = {.summary = "Copies from kernel memory.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 114,
        .name = "bpf_probe_read_user_str",
        .ret = RetKind::length,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::any_address | call_flag::gpl_only,
        .since = {5, 5},
        .fn = impl::bpf_probe_read_user_str,
        .signature = "long bpf_probe_read_user_str(void *dst, u32 size, const void *unsafe_ptr)",
        .doc = {.summary = "Copies a string from user memory.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 115,
        .name = "bpf_probe_read_kernel_str",
        .ret = RetKind::length,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::any_address | call_flag::gpl_only,
        .since = {5, 5},
        .fn = impl::bpf_probe_read_kernel_str,
        .signature = "long bpf_probe_read_kernel_str(void *dst, u32 size, const void *unsafe_ptr)",
        .doc = {.summary = "Copies a string from kernel memory.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 148,
        .name = "bpf_copy_from_user",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::any_address | call_flag::sleepable,
        .special = Special::copy_from_user,
        .since = {5, 10},
        .fn = impl::bpf_copy_from_user,
        .signature = "long bpf_copy_from_user(void *dst, u32 size, const void *user_ptr)",
        .doc = {.summary = "Copies from user memory, paging it in.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 191,
        .name = "bpf_copy_from_user_task",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::btf_id, .btf_type = "task_struct"},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::any_address | call_flag::gpl_only | call_flag::sleepable,
        .since = {5, 18},
        .fn = impl::bpf_copy_from_user_task,
        .signature = "long bpf_copy_from_user_task(void *dst, u32 size, const void *user_ptr, struct task_struct *tsk, "
                     "u64 flags)",
        .doc = {.summary = "Copies from the memory of a task."},
    },
};

}  // namespace

std::span<const Helper> probe_read_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
