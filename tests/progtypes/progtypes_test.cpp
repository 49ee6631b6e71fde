// The program types: rows of what the reference release answered when it was asked, and what holds for all of them.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "calls/helpers/ids.hpp"
#include "progtypes/attach_rules.hpp"
#include "progtypes/common/names.hpp"
#include "progtypes/lsm_hooks.hpp"
#include "progtypes/progtype.hpp"

namespace skep::progtypes {
namespace {

using calls::HelperId;

TEST(ProgramTypes, AreListedInTheOrderOfTheirNumbers) {
  unsigned number = 1;
  std::set<std::string_view> names;
  for (const ProgTypeDef* type : all()) {
    EXPECT_EQ(static_cast<unsigned>(type->type), number++);
    EXPECT_TRUE(names.insert(type->name).second) << type->name;
    EXPECT_EQ(find(type->type), type);
    EXPECT_EQ(find(type->name), type);
  }
  EXPECT_EQ(number - 1, 32U);
  EXPECT_EQ(find(ProgType::unspec), nullptr);
  EXPECT_EQ(find("no_such_type"), nullptr);
}

TEST(ProgramTypes, LetNoOneReachOutsideTheirContext) {
  for (const ProgTypeDef* type : all()) {
    if (type->context_access == nullptr) continue;
    EXPECT_FALSE(type->context_access(-4, 4, false, {}).allowed) << type->name;
    if (type->context_size == 0) continue;
    const auto end = static_cast<std::int32_t>(type->context_size);
    EXPECT_FALSE(type->context_access(end, 4, false, {}).allowed) << type->name;
    EXPECT_FALSE(type->context_access(end - 2, 4, false, {}).allowed) << type->name;
  }
}

struct Access {
  ProgType type;
  std::int32_t offset;
  std::uint32_t size;
  bool write;
  bool allowed;
  CtxField field = CtxField::scalar;
  AttachType attach_type = {};
};

class ContextRow : public testing::TestWithParam<Access> {};

TEST_P(ContextRow, IsAsTheReferenceHasIt) {
  const Access& row = GetParam();
  const CtxAccess access =
      find(row.type)->context_access(row.offset, row.size, row.write, {.attach_type = row.attach_type});
  EXPECT_EQ(access.allowed, row.allowed);
  EXPECT_EQ(access.field, row.field);
}

using enum CtxField;
constexpr bool read = false, write = true, yes = true, no = false;
constexpr Access accesses[] = {
    {ProgType::xdp, 0, 4, read, yes, packet},
    {ProgType::xdp, 0, 8, read, no},
    {ProgType::xdp, 0, 2, read, no},
    {ProgType::xdp, 4, 4, read, yes, packet_end},
    {ProgType::xdp, 20, 4, read, no},
    {ProgType::xdp, 20, 4, read, yes, scalar, AttachType::xdp_devmap},
    {ProgType::xdp, 16, 4, write, no},
    {ProgType::sched_cls, 76, 4, read, yes, packet},
    {ProgType::sched_cls, 8, 4, write, yes},
    {ProgType::sched_cls, 8, 2, write, no},
    {ProgType::sched_cls, 9, 1, read, yes},
    {ProgType::sched_cls, 48, 8, write, yes},
    {ProgType::sched_cls, 52, 8, write, no},
    {ProgType::sched_cls, 140, 4, read, yes, packet_meta},
    {ProgType::sched_cls, 168, 8, read, yes, sock_common_or_null},
    {ProgType::sched_cls, 180, 1, read, yes},
    {ProgType::sched_cls, 180, 4, read, no},
    {ProgType::sched_act, 72, 4, write, yes},
    {ProgType::socket_filter, 76, 4, read, no},
    {ProgType::socket_filter, 48, 1, write, yes},
    {ProgType::socket_filter, 8, 4, write, no},
    {ProgType::cgroup_skb, 92, 4, read, yes},
    {ProgType::cgroup_skb, 92, 2, read, no},
    {ProgType::cgroup_skb, 152, 8, write, yes},
    {ProgType::sk_skb, 8, 4, read, no},
    {ProgType::sk_skb, 48, 4, write, no},
    {ProgType::flow_dissector, 144, 8, read, yes, flow_keys},
    {ProgType::flow_dissector, 0, 4, read, no},
    {ProgType::sk_reuseport, 20, 2, read, yes},
    {ProgType::sk_reuseport, 20, 1, read, no},
    {ProgType::sk_lookup, 0, 8, read, yes, socket_or_null},
    {ProgType::sock_ops, 4, 4, write, yes},
    {ProgType::sock_ops, 8, 4, write, no},
    {ProgType::sock_ops, 184, 8, read, yes, socket_or_null},
    {ProgType::cgroup_sock, 24, 4, read, no, scalar, AttachType::cgroup_inet_sock_create},
    {ProgType::cgroup_sock, 24, 4, read, yes, scalar, AttachType::cgroup_inet4_post_bind},
    {ProgType::cgroup_sock, 28, 4, read, no, scalar, AttachType::cgroup_inet4_post_bind},
    {ProgType::cgroup_sock_addr, 4, 4, write, yes, scalar, AttachType::cgroup_inet4_connect},
    {ProgType::cgroup_sock_addr, 8, 8, write, no, scalar, AttachType::cgroup_inet4_connect},
    {ProgType::cgroup_sock_addr, 8, 8, write, yes, scalar, AttachType::cgroup_inet6_connect},
    {ProgType::cgroup_sock_addr, 44, 8, read, no, scalar, AttachType::cgroup_udp6_sendmsg},
    {ProgType::cgroup_sock_addr, 48, 8, read, yes, scalar, AttachType::cgroup_udp6_sendmsg},
    {ProgType::cgroup_sockopt, 24, 4, write, no, scalar, AttachType::cgroup_getsockopt},
    {ProgType::cgroup_sockopt, 24, 4, write, yes, scalar, AttachType::cgroup_setsockopt},
    {ProgType::tracepoint, 0, 8, read, no},
    {ProgType::tracepoint, 8, 8, read, yes},
    {ProgType::kprobe, 160, 8, write, yes},
    {ProgType::kprobe, 168, 8, read, no},
    {ProgType::raw_tracepoint_writable, 0, 8, read, yes, tp_buffer},
    {ProgType::perf_event, 0, 4, read, no},
    {ProgType::perf_event, 168, 4, read, yes},
    {ProgType::netfilter, 8, 8, read, yes, btf_pointer},
};
INSTANTIATE_TEST_SUITE_P(Table, ContextRow, testing::ValuesIn(accesses));

struct Call {
  ProgType type;
  HelperId helper;
  bool allowed;
  AttachType attach_type = {};
  std::string_view function = {};
};

class AllowanceRow : public testing::TestWithParam<Call> {};

TEST_P(AllowanceRow, IsAllowedWhereTheReferenceAllowsIt) {
  const Call& row = GetParam();
  const ProgramTraits traits{.attach_type = row.attach_type, .attach_function = row.function};
  EXPECT_EQ(find(row.type)->helper_allowed(static_cast<std::uint32_t>(row.helper), traits), row.allowed);
}

constexpr Call helper_calls[] = {
    {ProgType::socket_filter, HelperId::skb_load_bytes, yes},
    {ProgType::socket_filter, HelperId::skb_store_bytes, no},
    {ProgType::sched_cls, HelperId::skb_store_bytes, yes},
    {ProgType::sched_cls, HelperId::xdp_adjust_head, no},
    {ProgType::xdp, HelperId::xdp_adjust_head, yes},
    {ProgType::xdp, HelperId::get_socket_cookie, no},
    {ProgType::netfilter, HelperId::perf_event_output, no},
    {ProgType::netfilter, HelperId::map_lookup_elem, yes},
    {ProgType::kprobe, HelperId::probe_read, yes},
    {ProgType::xdp, HelperId::probe_read, no},
    {ProgType::xdp, HelperId::probe_read_kernel, yes},
    {ProgType::syscall, HelperId::sys_bpf, yes},
    {ProgType::tracing, HelperId::sys_bpf, no},
    {ProgType::tracing, HelperId::get_func_ret, yes, AttachType::trace_fexit},
    {ProgType::tracing, HelperId::get_func_ret, no, AttachType::trace_raw_tp},
    {ProgType::tracing, HelperId::seq_write, yes, AttachType::trace_iter},
    {ProgType::tracing, HelperId::seq_write, no, AttachType::trace_fentry},
    {ProgType::tracing, HelperId::setsockopt, yes, AttachType::trace_iter, "bpf_iter_tcp"},
    {ProgType::tracing, HelperId::setsockopt, no, AttachType::trace_iter, "bpf_iter_task"},
    {ProgType::lsm, HelperId::get_attach_cookie, yes, AttachType::lsm_mac, "bpf_lsm_file_open"},
    {ProgType::lsm, HelperId::get_attach_cookie, no, AttachType::lsm_cgroup, "bpf_lsm_file_open"},
    {ProgType::lsm, HelperId::set_retval, yes, AttachType::lsm_cgroup, "bpf_lsm_socket_bind"},
    {ProgType::cgroup_sock_addr, HelperId::bind, yes, AttachType::cgroup_inet4_connect},
    {ProgType::cgroup_sock_addr, HelperId::bind, no, AttachType::cgroup_inet4_bind},
    {ProgType::cgroup_sock_addr, HelperId::set_retval, no, AttachType::cgroup_udp4_recvmsg},
    {ProgType::cgroup_sock, HelperId::setsockopt, yes, AttachType::cgroup_inet_sock_create},
    {ProgType::cgroup_sock, HelperId::setsockopt, no, AttachType::cgroup_inet4_post_bind},
};
INSTANTIATE_TEST_SUITE_P(Table, AllowanceRow, testing::ValuesIn(helper_calls));

ReturnRange range(ProgType type, AttachType attach_type, std::string_view function = {}) {
  return find(type)->return_range(ProgramTraits{.attach_type = attach_type, .attach_function = function});
}

TEST(ReturnRanges, AreThoseOfTheReference) {
  EXPECT_EQ(range(ProgType::cgroup_skb, AttachType::cgroup_inet_ingress).max, 1);
  EXPECT_EQ(range(ProgType::cgroup_skb, AttachType::cgroup_inet_egress).max, 3);
  EXPECT_EQ(range(ProgType::cgroup_sock_addr, AttachType::cgroup_inet4_bind).max, 3);
  EXPECT_EQ(range(ProgType::cgroup_sock_addr, AttachType::cgroup_udp4_recvmsg).min, 1);
  EXPECT_EQ(range(ProgType::tracing, AttachType::trace_fentry).max, 0);
  EXPECT_FALSE(range(ProgType::tracing, AttachType::modify_return).checked);
  EXPECT_FALSE(range(ProgType::tracing, AttachType::trace_raw_tp).checked);
  EXPECT_EQ(range(ProgType::lsm, AttachType::lsm_mac, "bpf_lsm_file_open").min, -4095);
  EXPECT_EQ(range(ProgType::lsm, AttachType::lsm_mac, "bpf_lsm_inode_xattr_skipcap").max, 1);
  EXPECT_TRUE(range(ProgType::kprobe, AttachType::trace_kprobe_session).checked);
  EXPECT_FALSE(range(ProgType::kprobe, AttachType::trace_kprobe_multi).checked);
  EXPECT_EQ(find(ProgType::xdp)->return_range, nullptr);
}

TEST(AttachTypes, AreCheckedWhereTheTypeDependsOnThem) {
  EXPECT_EQ(find(ProgType::cgroup_skb)->check_attach_type(AttachType::cgroup_inet_egress), 0);
  EXPECT_NE(find(ProgType::cgroup_skb)->check_attach_type(AttachType::xdp), 0);
  EXPECT_NE(find(ProgType::sk_lookup)->check_attach_type(AttachType{}), 0);
  EXPECT_EQ(find(ProgType::sk_reuseport)->check_attach_type(AttachType{}), 0);
  EXPECT_NE(find(ProgType::syscall)->check_attach_type(AttachType::xdp), 0);
}

TEST(AttachRules, AreThoseOfTheReference) {
  EXPECT_TRUE(lsm_hook_sleepable("bpf_lsm_file_open"));
  EXPECT_FALSE(lsm_hook_sleepable("bpf_lsm_task_free"));
  EXPECT_FALSE(lsm_hook_sleepable("file_open"));
  EXPECT_TRUE(lsm_hook_disabled("bpf_lsm_vm_enough_memory"));
  EXPECT_FALSE(lsm_hook_disabled("bpf_lsm_file_open"));
  EXPECT_TRUE(tracing_may_sleep("__x64_sys_getpgid"));
  EXPECT_FALSE(tracing_may_sleep("vfs_read"));
  EXPECT_TRUE(fmod_ret_allowed("security_file_open"));
  EXPECT_FALSE(fmod_ret_allowed("__ia32_sys_getpgid"));
  EXPECT_TRUE(never_returns("__x64_sys_exit"));
  EXPECT_TRUE(d_path_allowed("filp_close"));
  EXPECT_FALSE(d_path_allowed("vfs_read"));
}

TEST(Names, AreFoundWholeOnly) {
  constexpr Names names("one two_three\nfour");
  EXPECT_TRUE(names.contains("one"));
  EXPECT_TRUE(names.contains("two_three"));
  EXPECT_TRUE(names.contains("four"));
  EXPECT_FALSE(names.contains("two"));
  EXPECT_FALSE(names.contains("three"));
  EXPECT_FALSE(names.contains("fou"));
  EXPECT_FALSE(names.contains("our"));
  EXPECT_FALSE(names.contains(""));
}

TEST(HelpersRefusedHere, SayWhy) {
  const auto d_path = static_cast<std::uint32_t>(HelperId::d_path);
  const auto refused = [&](ProgType type, ProgramTraits traits) { return find(type)->helper_refused(d_path, traits); };
  EXPECT_EQ(refused(ProgType::tracing, {.attach_type = AttachType::trace_fentry, .attach_function = "vfs_read"}),
            "helper call is not allowed in probe");
  EXPECT_EQ(refused(ProgType::tracing, {.attach_type = AttachType::trace_fentry, .attach_function = "vfs_getattr"}),
            "");
  EXPECT_EQ(refused(ProgType::lsm, {.attach_type = AttachType::lsm_mac, .attach_function = "bpf_lsm_file_open"}), "");
  const auto storage = [&](AttachType type, std::string_view function) {
    return find(ProgType::tracing)
        ->helper_refused(static_cast<std::uint32_t>(HelperId::sk_storage_get),
                         {.attach_type = type, .attach_function = function});
  };
  EXPECT_EQ(storage(AttachType::trace_fentry, "security_socket_bind"), "");
  EXPECT_EQ(storage(AttachType::trace_fexit, "bpf_sk_storage_free"), "helper call is not allowed in probe");
  EXPECT_EQ(storage(AttachType::modify_return, "security_socket_bind"), "helper call is not allowed in probe");
}

}  // namespace
}  // namespace skep::progtypes
