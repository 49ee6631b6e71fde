// Lists, because nothing in the kernel's types says it. Each is one text, in alphabetical order, so that it can be
// read.
#include "progtypes/lsm_hooks.hpp"

#include "progtypes/common/names.hpp"

namespace skep::progtypes {
namespace {

constexpr std::string_view prefix = "bpf_lsm_";

constexpr Names not_hooks(R"(
find_cgroup_shim func_proto get_retval_range has_d_inode_locked hook_returns_errno init is_sleepable_hook
is_trusted verify_prog
)");
constexpr Names disabled(R"(
audit_rule_match file_alloc_security getprocattr getselfattr inode_copy_up_xattr inode_getsecurity
inode_listsecurity inode_need_killpriv ismaclabel key_getsecurity setprocattr vm_enough_memory
xfrm_decode_session
)");
constexpr Names sleepable(R"(
bdev_alloc_security bdev_setintegrity bpf bpf_map bpf_map_create bpf_map_free bpf_prog bpf_prog_load
bpf_token_capable bpf_token_cmd bpf_token_create bpf_token_free bprm_check_security bprm_committed_creds
bprm_committing_creds bprm_creds_for_exec bprm_creds_from_file capget capset cred_prepare file_ioctl file_lock
file_open file_post_open file_receive inode_create inode_free_security inode_getattr inode_getxattr inode_mknod
inode_need_killpriv inode_post_removexattr inode_post_setxattr inode_readlink inode_removexattr inode_rename
inode_rmdir inode_setattr inode_setxattr inode_symlink inode_unlink kernel_module_request kernel_read_file
kernfs_init_security mmap_file netlink_send path_chmod path_chown path_link path_mkdir path_notify path_rename
path_rmdir path_symlink path_truncate path_unlink release_secctx sb_alloc_security sb_eat_lsm_opts sb_kern_mount
sb_mount sb_remount sb_set_mnt_opts sb_show_options sb_statfs sb_umount settime socket_accept socket_bind
socket_connect socket_create socket_getpeername socket_getpeersec_dgram socket_getsockname socket_getsockopt
socket_listen socket_post_create socket_recvmsg socket_sendmsg socket_shutdown socket_socketpair syslog
task_alloc task_prctl task_setscheduler userns_create
)");
constexpr Names boolean(R"(
audit_rule_known inode_xattr_skipcap xfrm_state_pol_flow_match
)");
constexpr Names untrusted(R"(
bdev_alloc_security bdev_free_security bpf_map_free bpf_prog_free file_free_security sk_alloc_security
sk_free_security task_free
)");
constexpr Names own_socket(R"(
inet_conn_established inet_csk_clone sock_graft socket_post_create socket_socketpair
)");

bool lists(const Names& names, std::string_view function) {
  return function.starts_with(prefix) && names.contains(function.substr(prefix.size()));
}

}  // namespace

bool is_lsm_hook(std::string_view function) {
  return function.starts_with(prefix) && !lists(not_hooks, function);
}
bool lsm_hook_disabled(std::string_view function) {
  return lists(disabled, function);
}
bool lsm_hook_sleepable(std::string_view function) {
  return lists(sleepable, function);
}
bool lsm_hook_boolean(std::string_view function) {
  return lists(boolean, function);
}
bool lsm_hook_untrusted(std::string_view function) {
  return lists(untrusted, function);
}
bool lsm_hook_owns_socket(std::string_view function) {
  return lists(own_socket, function);
}

}  // namespace skep::progtypes
