// Lists, because nothing in the kernel's types says it.
#include "progtypes/attach_rules.hpp"

#include <cerrno>
#include <string>

#include "progtypes/common/names.hpp"
#include "progtypes/progtype.hpp"
#include "skep/abi.hpp"

namespace skep::progtypes {
namespace {

constexpr Names untraceable(R"(
___migrate_enable __rcu_read_lock __rcu_read_unlock migrate_disable migrate_enable preempt_count_add preempt_count_sub
rcu_read_unlock_strict
)");
constexpr Names without_return(R"(
__ia32_sys_exit __ia32_sys_exit_group __kunit_abort __module_put_and_kthread_exit __x64_sys_exit __x64_sys_exit_group
do_exit do_group_exit kthread_complete_and_exit kthread_exit kunit_try_catch_throw make_task_dead
)");
// Besides system calls and what decides for security modules.
constexpr Names modifiable(R"(
bpf_fentry_test1 bpf_modify_return_test bpf_modify_return_test2 bpf_modify_return_test_tp update_socket_protocol
)");
// bpf_d_path takes locks that other functions may be called under.
constexpr Names path_functions(R"(
dentry_open filp_close security_file_open security_file_permission security_inode_getattr security_path_truncate
vfs_fallocate vfs_getattr vfs_truncate
)");

constexpr Names iterators(R"(
bpf_link bpf_map bpf_map_elem bpf_prog bpf_sk_storage_map cgroup dmabuf ipv6_route kmem_cache ksym netlink sockmap
task task_file task_vma tcp udp unix
)");

constexpr Names unsupported_members(R"(
Qdisc_ops.attach Qdisc_ops.change Qdisc_ops.change_real_num_tx Qdisc_ops.change_tx_queue_len Qdisc_ops.dump
Qdisc_ops.dump_stats Qdisc_ops.egress_block_get Qdisc_ops.egress_block_set Qdisc_ops.ingress_block_get
Qdisc_ops.ingress_block_set Qdisc_ops.peek bpf_testmod_ops.unsupported_ops sched_ext_ops.sub_caps_updated
sched_ext_ops.sub_ecaps_updated tcp_congestion_ops.get_info
)");
// Of these tables only the members below are called where a program may sleep; of the others every member may.
constexpr Names tables_that_may_not_sleep("bpf_dummy_ops hid_bpf_ops sched_ext_ops sched_ext_ops_cid");
constexpr Names sleeping_members(R"(
bpf_dummy_ops.test_sleepable
hid_bpf_ops.hid_hw_output_report hid_bpf_ops.hid_hw_request hid_bpf_ops.hid_rdesc_fixup
sched_ext_ops.cgroup_exit sched_ext_ops.cgroup_init sched_ext_ops.cgroup_prep_move sched_ext_ops.cgroup_set_bandwidth
sched_ext_ops.cpu_offline sched_ext_ops.cpu_online sched_ext_ops.exit sched_ext_ops.init sched_ext_ops.init_cids
sched_ext_ops.init_task sched_ext_ops.sub_attach sched_ext_ops.sub_detach
sched_ext_ops_cid.cid_offline sched_ext_ops_cid.cid_online sched_ext_ops_cid.cpuctl_exit sched_ext_ops_cid.cpuctl_init
sched_ext_ops_cid.cpuctl_prep_move sched_ext_ops_cid.cpuctl_set_bandwidth sched_ext_ops_cid.exit sched_ext_ops_cid.init
sched_ext_ops_cid.init_cids sched_ext_ops_cid.init_task sched_ext_ops_cid.sub_attach sched_ext_ops_cid.sub_detach
)");

// The 32-bit entries "__ia32_sys_..." are not among them.
bool is_system_call(std::string_view function) {
  return function.starts_with("__x64_sys_") || function.starts_with("__x64_compat_sys_") ||
         function.starts_with("__arm64_sys_");
}

}  // namespace

bool is_untraceable(std::string_view function) {
  return untraceable.contains(function);
}

bool never_returns(std::string_view function) {
  return without_return.contains(function);
}

bool tracing_may_sleep(std::string_view function) {
  return is_system_call(function) || function == "bpf_fentry_test1";
}

bool fmod_ret_allowed(std::string_view function) {
  return is_system_call(function) || function.starts_with("security_") || modifiable.contains(function);
}

bool d_path_allowed(std::string_view function) {
  return path_functions.contains(function);
}

bool is_iterator(std::string_view function) {
  constexpr std::string_view prefix = "bpf_iter_";
  return function.starts_with(prefix) && iterators.contains(function.substr(prefix.size()));
}

bool is_faultable_tracepoint(std::string_view event) {
  return event == "sys_enter" || event == "sys_exit";
}

int unsupported_member(std::string_view table, std::string_view member, bool sleepable) {
  const std::string name = std::string(table) + "." + std::string(member);
  if (unsupported_members.contains(name)) return -enotsupp;
  if (sleepable && tables_that_may_not_sleep.contains(table) && !sleeping_members.contains(name)) return -EINVAL;
  return 0;
}

std::string_view shown_argument(const ProgramTraits& traits, unsigned argument, std::string_view declared) {
  if (traits.struct_ops_type == "tcp_congestion_ops" && declared == "sock") return "tcp_sock";
  // The list of packets to be freed, declared as a pointer to a pointer.
  const bool enqueues = traits.struct_ops_type == "Qdisc_ops" && traits.struct_ops_member == "enqueue";
  return enqueues && argument == 2 && declared.empty() ? "bpf_sk_buff_ptr" : "";
}

}  // namespace skep::progtypes
