// Helpers of syscall programs, which act as user space does.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/types.cpp
CallFunction bpf_btf_find_by_name_kind, bpf_kallsyms_lookup_name, bpf_sys_bpf, bpf_sys_close;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 166,
        .name = "bpf_sys_bpf",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::anything},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size}}},
        .flags = call_flag::sleepable,
        .since = {5, 14},
        .fn = impl::bpf_sys_bpf,
        .signature = "long bpf_sys_bpf(u32 cmd, void *attr, u32 attr_size)",
        .doc = {.summary = "Makes a bpf system call.",
                .details =
                    "Maps can be created, frozen and found. Commands that lead to memory of the caller's (elements, "
                    "programs, types, links) are -EPERM unless the host has opened all of its memory."},
    },
    Helper{
        .id = 167,
        .name = "bpf_btf_find_by_name_kind",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::sleepable,
        .since = {5, 14},
        .fn = impl::bpf_btf_find_by_name_kind,
        .signature = "long bpf_btf_find_by_name_kind(char *name, int name_sz, u32 kind, int flags)",
        .doc = {.summary = "Finds a type of the kernel by its name."},
    },
    Helper{
        .id = 168,
        .name = "bpf_sys_close",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::anything}}},
        .flags = call_flag::sleepable,
        .since = {5, 14},
        .fn = impl::bpf_sys_close,
        .signature = "long bpf_sys_close(u32 fd)",
        .doc = {.summary = "Closes a file descriptor."},
    },
    Helper{
        .id = 179,
        .name = "bpf_kallsyms_lookup_name",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::mem,
                   .flags = arg_flag::fixed_size | arg_flag::uninit | arg_flag::write | arg_flag::aligned,
                   .size = 8}}},
        .since = {5, 16},
        .fn = impl::bpf_kallsyms_lookup_name,
        .signature = "long bpf_kallsyms_lookup_name(const char *name, int name_sz, int flags, u64 *res)",
        .doc = {.summary = "Finds the address of a kernel symbol."},
    },
};

}  // namespace

std::span<const Helper> syscall_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
