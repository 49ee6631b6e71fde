// Files, paths and extended attributes, for security programs.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "bpf_get_dentry_xattr",
        .flags = call_flag::sleepable,
        .prog_types = bit(ProgType::lsm),
        .prototype =
            "int bpf_get_dentry_xattr(struct dentry *dentry, const char *name__str, struct bpf_dynptr *value_p)",
        .since = {6, 12},
    },
    Kfunc{
        .name = "bpf_get_file_xattr",
        .flags = call_flag::sleepable,
        .prog_types = bit(ProgType::lsm),
        .prototype = "int bpf_get_file_xattr(struct file *file, const char *name__str, struct bpf_dynptr *value_p)",
        .since = {6, 7},
    },
    Kfunc{
        .name = "bpf_get_fsverity_digest",
        .prog_types = bit(ProgType::lsm),
        .prototype = "int bpf_get_fsverity_digest(struct file *file, const struct bpf_dynptr *digest_p)",
        .since = {6, 7},
    },
    Kfunc{
        .name = "bpf_get_task_exe_file",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = bit(ProgType::lsm),
        .prototype = "struct file *bpf_get_task_exe_file(struct task_struct *task)",
        .since = {6, 12},
    },
    Kfunc{
        .name = "bpf_path_d_path",
        .prog_types = bit(ProgType::lsm),
        .prototype = "int bpf_path_d_path(const struct path *path, char *buf, size_t buf__sz)",
        .since = {6, 12},
    },
    Kfunc{
        .name = "bpf_put_file",
        .flags = call_flag::release,
        .prog_types = bit(ProgType::lsm),
        .prototype = "void bpf_put_file(struct file *file)",
        .since = {6, 12},
    },
    Kfunc{
        .name = "bpf_real_data_inode",
        .flags = call_flag::ret_null | call_flag::sleepable,
        .prog_types = bit(ProgType::lsm),
        .prototype = "struct inode *bpf_real_data_inode(struct file *file)",
    },
    Kfunc{
        .name = "bpf_remove_dentry_xattr",
        .flags = call_flag::sleepable,
        .prog_types = bit(ProgType::lsm),
        .prototype = "int bpf_remove_dentry_xattr(struct dentry *dentry, const char *name__str)",
    },
    Kfunc{
        .name = "bpf_set_dentry_xattr",
        .flags = call_flag::sleepable,
        .prog_types = bit(ProgType::lsm),
        .prototype = "int bpf_set_dentry_xattr(struct dentry *dentry, const char *name__str, const struct bpf_dynptr "
                     "*value_p, int flags)",
    },
};

}  // namespace

std::span<const Kfunc> filesystem_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
