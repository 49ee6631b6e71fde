// Files, paths and extended attributes, for security programs.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/files.cpp
CallFunction bpf_get_dentry_xattr, bpf_get_file_xattr, bpf_get_fsverity_digest, bpf_get_task_exe_file, bpf_path_d_path,
    bpf_put_file, bpf_real_data_inode, bpf_remove_dentry_xattr, bpf_set_dentry_xattr;
}  // namespace skep::calls::impl

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
        .fn = impl::bpf_get_dentry_xattr,
        .doc = {.summary = "Reads an extended attribute of a directory entry.",
                .details = "Files have none here: -ENODATA, and -EPERM for a name that neither begins with "
                           "`user.` nor with `security.bpf.`."},
    },
    Kfunc{
        .name = "bpf_get_file_xattr",
        .flags = call_flag::sleepable,
        .prog_types = bit(ProgType::lsm),
        .prototype = "int bpf_get_file_xattr(struct file *file, const char *name__str, struct bpf_dynptr *value_p)",
        .since = {6, 7},
        .fn = impl::bpf_get_file_xattr,
        .doc = {.summary = "Reads an extended attribute of a file.",
                .details = "Files have none here: -ENODATA, and -EPERM for a name that neither begins with "
                           "`user.` nor with `security.bpf.`."},
    },
    Kfunc{
        .name = "bpf_get_fsverity_digest",
        .prog_types = bit(ProgType::lsm),
        .prototype = "int bpf_get_fsverity_digest(struct file *file, const struct bpf_dynptr *digest_p)",
        .since = {6, 7},
        .fn = impl::bpf_get_fsverity_digest,
        .doc = {.summary = "Reads the digest by which a file's contents are verified.",
                .details = "Files have none here: -ENODATA, and -EINVAL where there is no room for one."},
    },
    Kfunc{
        .name = "bpf_get_task_exe_file",
        .flags = call_flag::acquire | call_flag::ret_null,
        .prog_types = bit(ProgType::lsm),
        .prototype = "struct file *bpf_get_task_exe_file(struct task_struct *task)",
        .since = {6, 12},
        .fn = impl::bpf_get_task_exe_file,
        .doc = {.summary = "Gives the file that a task executes."},
    },
    Kfunc{
        .name = "bpf_path_d_path",
        .prog_types = bit(ProgType::lsm),
        .prototype = "int bpf_path_d_path(const struct path *path, char *buf, size_t buf__sz)",
        .since = {6, 12},
        .fn = impl::bpf_path_d_path,
        .doc = {.summary = "Writes the name of a path, and gives its length with the zero; -ENAMETOOLONG where "
                           "it does not fit."},
    },
    Kfunc{
        .name = "bpf_put_file",
        .flags = call_flag::release,
        .prog_types = bit(ProgType::lsm),
        .prototype = "void bpf_put_file(struct file *file)",
        .since = {6, 12},
        .fn = impl::bpf_put_file,
        .doc = {.summary = "Gives up a reference to a file."},
    },
    Kfunc{
        .name = "bpf_real_data_inode",
        .flags = call_flag::ret_null | call_flag::sleepable,
        .prog_types = bit(ProgType::lsm),
        .prototype = "struct inode *bpf_real_data_inode(struct file *file)",
        .fn = impl::bpf_real_data_inode,
        .doc = {.summary = "Gives the inode that has a file's data."},
    },
    Kfunc{
        .name = "bpf_remove_dentry_xattr",
        .flags = call_flag::sleepable,
        .prog_types = bit(ProgType::lsm),
        .prototype = "int bpf_remove_dentry_xattr(struct dentry *dentry, const char *name__str)",
        .fn = impl::bpf_remove_dentry_xattr,
        .doc = {.summary = "Removes an extended attribute of a directory entry.",
                .details = "There is nowhere to keep them here: -EOPNOTSUPP, and -EPERM for a name that does "
                           "not begin with `security.bpf.`."},
    },
    Kfunc{
        .name = "bpf_set_dentry_xattr",
        .flags = call_flag::sleepable,
        .prog_types = bit(ProgType::lsm),
        .prototype = "int bpf_set_dentry_xattr(struct dentry *dentry, const char *name__str, const struct bpf_dynptr "
                     "*value_p, int flags)",
        .fn = impl::bpf_set_dentry_xattr,
        .doc = {.summary = "Sets an extended attribute of a directory entry.",
                .details = "There is nowhere to keep them here: -EOPNOTSUPP, and -EPERM for a name that does "
                           "not begin with `security.bpf.`."},
    },
};

}  // namespace

std::span<const Kfunc> filesystem_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
