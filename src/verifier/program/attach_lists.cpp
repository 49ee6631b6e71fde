// Which kernel functions, hooks and members are open or closed to programs. BTF does not say, so it is listed here:
// facts of the reference release, as its answers show them. What a list does not name is treated as the greater part of
// the kernel is. Tested by tests/conformance/.
#include "verifier/program/attach_lists.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace skep::verifier {

namespace {

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool is_system_call(std::string_view function) {
  return function.starts_with("__x64_sys_") || function.starts_with("__ia32_sys_") ||
         function.starts_with("__arm64_sys_");
}

// Functions of the tests, and others, at which an error may be injected.
bool takes_injected_error(std::string_view function) {
  constexpr std::array<std::string_view, 5> list = {"should_failslab", "should_fail_alloc_page", "__filemap_add_folio",
                                                    "should_fail_bio", "bpf_modify_return_test"};
  return is_system_call(function) || function.starts_with("bpf_fentry_test") || is_one_of(list, function);
}

}  // namespace

// The machinery around a traced function uses these itself.
bool is_untraceable(std::string_view function) {
  constexpr std::array<std::string_view, 8> list = {
      "migrate_disable",   "migrate_enable",    "rcu_read_unlock_strict", "__rcu_read_lock",
      "__rcu_read_unlock", "preempt_count_add", "preempt_count_sub",      "__rcu_read_lock_dont_migrate"};
  return is_one_of(list, function);
}

bool never_returns(std::string_view function) {
  constexpr std::array<std::string_view, 12> list = {"do_exit",
                                                     "do_group_exit",
                                                     "make_task_dead",
                                                     "kthread_exit",
                                                     "__x64_sys_exit",
                                                     "__x64_sys_exit_group",
                                                     "__ia32_sys_exit",
                                                     "__ia32_sys_exit_group",
                                                     "__kunit_abort",
                                                     "kunit_try_catch_throw",
                                                     "kthread_complete_and_exit",
                                                     "__module_put_and_kthread_exit"};
  return is_one_of(list, function);
}

bool is_sleepable_function(std::string_view function, bool modify_return) {
  constexpr std::array<std::string_view, 3> never = {"__filemap_add_folio", "should_fail_alloc_page",
                                                     "should_failslab"};
  if (is_one_of(never, function)) return false;
  if (takes_injected_error(function)) return true;
  return modify_return && is_sleepable_hook(function);
}

bool is_modifiable_function(std::string_view function) {
  constexpr std::array<std::string_view, 4> list = {"bpf_modify_return_test", "bpf_modify_return_test2",
                                                    "bpf_modify_return_test_tp", "update_socket_protocol"};
  return function.starts_with("security_") || takes_injected_error(function) || is_one_of(list, function);
}

bool is_sleepable_hook(std::string_view hook) {
  constexpr std::string_view prefix = "bpf_lsm_";
  if (!hook.starts_with(prefix)) return false;
  hook.remove_prefix(prefix.size());
  constexpr std::array<std::string_view, 90> list = {"bpf",
                                                     "bpf_map",
                                                     "bpf_prog",
                                                     "bpf_map_create",
                                                     "bpf_map_free",
                                                     "bpf_prog_load",
                                                     "bpf_prog_free",
                                                     "bpf_token_create",
                                                     "bpf_token_free",
                                                     "bpf_token_cmd",
                                                     "bpf_token_capable",
                                                     "bdev_alloc_security",
                                                     "bdev_free_security",
                                                     "bdev_setintegrity",
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
                                                     "inode_need_killpriv",
                                                     "inode_post_setxattr",
                                                     "inode_post_removexattr",
                                                     "inode_readlink",
                                                     "inode_removexattr",
                                                     "inode_rename",
                                                     "inode_rmdir",
                                                     "inode_setattr",
                                                     "inode_setxattr",
                                                     "inode_symlink",
                                                     "inode_unlink",
                                                     "inode_link",
                                                     "inode_mkdir",
                                                     "inode_listxattr",
                                                     "inode_set_acl",
                                                     "inode_get_acl",
                                                     "inode_remove_acl",
                                                     "kernel_load_data",
                                                     "kernel_module_request",
                                                     "kernel_read_file",
                                                     "kernfs_init_security",
                                                     "key_free",
                                                     "mmap_file",
                                                     "netlink_send",
                                                     "path_chmod",
                                                     "path_chown",
                                                     "path_chroot",
                                                     "path_link",
                                                     "path_mkdir",
                                                     "path_mknod",
                                                     "path_notify",
                                                     "path_rename",
                                                     "path_rmdir",
                                                     "path_symlink",
                                                     "path_truncate",
                                                     "path_unlink",
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
                                                     "socket_getsockname",
                                                     "socket_listen",
                                                     "socket_post_create",
                                                     "syslog",
                                                     "task_alloc",
                                                     "task_prctl",
                                                     "userns_create"};
  constexpr std::array<std::string_view, 10> more = {
      "socket_recvmsg",    "socket_sendmsg",     "socket_shutdown", "socket_socketpair", "task_to_inode",
      "task_setscheduler", "task_getsecid_subj", "file_mprotect",   "file_fcntl",        "inode_init_security"};
  return is_one_of(list, hook) || (is_one_of(more, hook) && hook.starts_with("socket_")) || hook == "task_to_inode";
}

bool is_disabled_hook(std::string_view hook) {
  constexpr std::array<std::string_view, 14> list = {
      "bpf_lsm_vm_enough_memory",   "bpf_lsm_inode_need_killpriv", "bpf_lsm_inode_getsecurity",
      "bpf_lsm_inode_listsecurity", "bpf_lsm_inode_copy_up_xattr", "bpf_lsm_getselfattr",
      "bpf_lsm_getprocattr",        "bpf_lsm_setprocattr",         "bpf_lsm_ismaclabel",
      "bpf_lsm_secid_to_secctx",    "bpf_lsm_lsmprop_to_secctx",   "bpf_lsm_secctx_to_secid",
      "bpf_lsm_key_getsecurity",    "bpf_lsm_audit_rule_match"};
  return is_one_of(list, hook);
}

bool is_faultable_tracepoint(std::string_view event) {
  return event == "sys_enter" || event == "sys_exit";
}

bool is_unsupported_member(std::string_view struct_name, std::string_view member, bool sleepable) {
  if (struct_name == "tcp_congestion_ops") return member == "get_info";
  if (struct_name == "bpf_testmod_ops") return member == "unsupported_ops";
  if (struct_name == "bpf_dummy_ops") return sleepable && member != "test_sleepable";
  return false;
}

int unsupported_member_error(std::string_view struct_name) {
  constexpr int not_supported = -524;  // ENOTSUPP
  return struct_name == "bpf_dummy_ops" ? -EINVAL : not_supported;
}

}  // namespace skep::verifier
