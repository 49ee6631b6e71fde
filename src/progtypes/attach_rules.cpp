// Which functions of the kernel tracing and security programs may be attached to, and in what way.
#include "progtypes/attach_rules.hpp"

#include <algorithm>
#include <array>

namespace skep::progtypes {
namespace {

// All lists are sorted, and without the prefix bpf_lsm_.
constexpr auto sleepable_hooks = std::to_array<std::string_view>({"bdev_alloc_security",
                                                                  "bdev_setintegrity",
                                                                  "bpf",
                                                                  "bpf_map",
                                                                  "bpf_map_create",
                                                                  "bpf_map_free",
                                                                  "bpf_prog",
                                                                  "bpf_prog_load",
                                                                  "bpf_token_capable",
                                                                  "bpf_token_cmd",
                                                                  "bpf_token_create",
                                                                  "bpf_token_free",
                                                                  "bprm_check_security",
                                                                  "bprm_committed_creds",
                                                                  "bprm_committing_creds",
                                                                  "bprm_creds_for_exec",
                                                                  "bprm_creds_from_file",
                                                                  "capget",
                                                                  "capset",
                                                                  "cred_prepare",
                                                                  "file_ioctl",
                                                                  "file_lock",
                                                                  "file_open",
                                                                  "file_post_open",
                                                                  "file_receive",
                                                                  "inode_create",
                                                                  "inode_free_security",
                                                                  "inode_getattr",
                                                                  "inode_getxattr",
                                                                  "inode_mknod",
                                                                  "inode_post_removexattr",
                                                                  "inode_post_setxattr",
                                                                  "inode_readlink",
                                                                  "inode_removexattr",
                                                                  "inode_rename",
                                                                  "inode_rmdir",
                                                                  "inode_setattr",
                                                                  "inode_setxattr",
                                                                  "inode_symlink",
                                                                  "inode_unlink",
                                                                  "kernel_module_request",
                                                                  "kernel_read_file",
                                                                  "kernfs_init_security",
                                                                  "mmap_file",
                                                                  "netlink_send",
                                                                  "path_chmod",
                                                                  "path_chown",
                                                                  "path_link",
                                                                  "path_mkdir",
                                                                  "path_notify",
                                                                  "path_rename",
                                                                  "path_rmdir",
                                                                  "path_symlink",
                                                                  "path_truncate",
                                                                  "path_unlink",
                                                                  "release_secctx",
                                                                  "sb_alloc_security",
                                                                  "sb_eat_lsm_opts",
                                                                  "sb_kern_mount",
                                                                  "sb_mount",
                                                                  "sb_remount",
                                                                  "sb_set_mnt_opts",
                                                                  "sb_show_options",
                                                                  "sb_statfs",
                                                                  "sb_umount",
                                                                  "settime",
                                                                  "socket_accept",
                                                                  "socket_bind",
                                                                  "socket_connect",
                                                                  "socket_create",
                                                                  "socket_getpeername",
                                                                  "socket_getpeersec_dgram",
                                                                  "socket_getsockname",
                                                                  "socket_getsockopt",
                                                                  "socket_listen",
                                                                  "socket_post_create",
                                                                  "socket_recvmsg",
                                                                  "socket_sendmsg",
                                                                  "socket_shutdown",
                                                                  "socket_socketpair",
                                                                  "syslog",
                                                                  "task_alloc",
                                                                  "task_prctl",
                                                                  "task_setscheduler",
                                                                  "userns_create"});
constexpr auto disabled_hooks = std::to_array<std::string_view>(
    {"audit_rule_match", "file_alloc_security", "getprocattr", "getselfattr", "inode_copy_up_xattr",
     "inode_getsecurity", "inode_listsecurity", "inode_need_killpriv", "ismaclabel", "key_getsecurity", "setprocattr",
     "vm_enough_memory", "xfrm_decode_session"});
constexpr auto boolean_hooks =
    std::to_array<std::string_view>({"audit_rule_known", "inode_xattr_skipcap", "xfrm_state_pol_flow_match"});
constexpr auto path_functions = std::to_array<std::string_view>(
    {"dentry_open", "filp_close", "security_file_open", "security_file_permission", "security_inode_getattr",
     "security_path_truncate", "vfs_fallocate", "vfs_getattr", "vfs_truncate"});

template <typename List>
bool has_hook(const List& list, std::string_view function) {
  constexpr std::string_view prefix = "bpf_lsm_";
  return function.starts_with(prefix) && std::ranges::binary_search(list, function.substr(prefix.size()));
}

bool is_system_call(std::string_view function) {
  return function.starts_with("__x64_sys_") || function.starts_with("__x64_compat_sys_");
}

}  // namespace

bool lsm_hook_sleepable(std::string_view function) {
  return has_hook(sleepable_hooks, function);
}
bool lsm_hook_disabled(std::string_view function) {
  return has_hook(disabled_hooks, function);
}
bool lsm_hook_boolean(std::string_view function) {
  return has_hook(boolean_hooks, function);
}
bool tracing_may_sleep(std::string_view function) {
  return is_system_call(function) || function == "bpf_fentry_test1";
}
bool d_path_allowed(std::string_view function) {
  return std::ranges::binary_search(path_functions, function);
}
bool fmod_ret_allowed(std::string_view function) {
  // These do not return.
  if (function == "__x64_sys_exit" || function == "__x64_sys_exit_group") return false;
  return is_system_call(function) || function.starts_with("security_") || function == "bpf_fentry_test1" ||
         function == "update_socket_protocol" || function.starts_with("bpf_modify_return_test");
}

}  // namespace skep::progtypes
