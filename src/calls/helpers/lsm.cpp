// Helpers of security programs.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/observation.cpp
CallFunction bpf_bprm_opts_set, bpf_ima_inode_hash, bpf_ima_file_hash;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 159,
        .name = "bpf_bprm_opts_set",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::btf_id, .btf_type = "linux_binprm"}, {.kind = ArgKind::anything}}},
        .since = {5, 11},
        .fn = impl::bpf_bprm_opts_set,
        .signature = "long bpf_bprm_opts_set(struct linux_binprm *bprm, u64 flags)",
        .doc = {.summary = "Sets options of a program that is being executed."},
    },
    Helper{
        .id = 161,
        .name = "bpf_ima_inode_hash",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::btf_id, .btf_type = "inode"},
                  {.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size}}},
        .flags = call_flag::sleepable,
        .since = {5, 11},
        .fn = impl::bpf_ima_inode_hash,
        .signature = "long bpf_ima_inode_hash(struct inode *inode, void *dst, u32 size)",
        .doc = {.summary = "Copies the integrity hash of an inode."},
    },
    Helper{
        .id = 193,
        .name = "bpf_ima_file_hash",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::btf_id, .btf_type = "file"},
                  {.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size}}},
        .flags = call_flag::sleepable,
        .since = {5, 18},
        .fn = impl::bpf_ima_file_hash,
        .signature = "long bpf_ima_file_hash(struct file *file, void *dst, u32 size)",
        .doc = {.summary = "Copies the integrity hash of a file."},
    },
};

}  // namespace

std::span<const Helper> lsm_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
