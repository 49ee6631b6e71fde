// The table of kfuncs: consistent, and callable by whom the reference release lets call them.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "calls/call.hpp"

namespace skep::calls {
namespace {

TEST(Kfuncs, AreSortedAndUnique) {
  const auto table = kfuncs();
  ASSERT_FALSE(table.empty());
  for (std::size_t i = 1; i < table.size(); ++i) EXPECT_LT(table[i - 1].name, table[i].name);
}

TEST(Kfuncs, AreFoundByName) {
  for (const Kfunc& kfunc : kfuncs()) EXPECT_EQ(find_kfunc(kfunc.name), &kfunc);
  EXPECT_EQ(find_kfunc("bpf_no_such_kfunc"), nullptr);
}

TEST(Kfuncs, HaveAPrototypeOfTheirName) {
  for (const Kfunc& kfunc : kfuncs()) {
    EXPECT_NE(kfunc.prototype.find(std::string(kfunc.name) + "("), std::string_view::npos) << kfunc.name;
  }
}

TEST(Kfuncs, HaveABehavior) {
  for (const Kfunc& kfunc : kfuncs()) EXPECT_NE(kfunc.fn, nullptr) << kfunc.name;
}

TEST(Kfuncs, GiveOrTakeReferencesThroughPointers) {
  for (const Kfunc& kfunc : kfuncs()) {
    const auto open = kfunc.prototype.find('(');
    const bool pointer_result = kfunc.prototype.substr(0, open).find('*') != std::string_view::npos;
    const bool pointer_argument = kfunc.prototype.substr(open).find('*') != std::string_view::npos;
    if (kfunc.flags & (call_flag::acquire | call_flag::ret_null)) {
      EXPECT_TRUE(pointer_result) << kfunc.name;
    }
    if (kfunc.flags & (call_flag::release | call_flag::rcu)) {
      EXPECT_TRUE(pointer_argument) << kfunc.name;
    }
  }
}

TEST(Kfuncs, OfIteratorsComeInThrees) {
  for (const Kfunc& kfunc : kfuncs()) {
    if (!(kfunc.flags & call_flag::iter_new)) continue;
    const std::string stem(kfunc.name.substr(0, kfunc.name.rfind('_')));
    const Kfunc* next = find_kfunc(stem + "_next");
    const Kfunc* destroy = find_kfunc(stem + "_destroy");
    ASSERT_TRUE(next != nullptr && destroy != nullptr) << stem;
    EXPECT_EQ(next->flags & (call_flag::iter_next | call_flag::ret_null), call_flag::iter_next | call_flag::ret_null);
    EXPECT_TRUE(destroy->flags & call_flag::iter_destroy);
  }
}

TEST(Kfuncs, OfWorkItemsAreProvidedToEveryType) {
  for (std::string_view name : {"bpf_wq_init", "bpf_wq_set_callback", "bpf_wq_set_callback_impl", "bpf_wq_start"}) {
    const Kfunc* kfunc = find_kfunc(name);
    ASSERT_NE(kfunc, nullptr) << name;
    EXPECT_TRUE(kfunc->provided);
    EXPECT_EQ(kfunc->prog_types, all_prog_types);
    EXPECT_FALSE(kfunc->doc.args.empty());
    EXPECT_FALSE(kfunc->doc.results.empty());
  }
}

TEST(Kfuncs, HaveTheFlagsThatTheReferenceShows) {
  using namespace call_flag;
  const auto flags = [](std::string_view name) { return find_kfunc(name)->flags; };
  EXPECT_EQ(flags("bpf_task_acquire"), acquire | ret_null | rcu);
  EXPECT_EQ(flags("bpf_task_release"), release);
  EXPECT_EQ(flags("bpf_task_from_pid"), acquire | ret_null);
  EXPECT_EQ(flags("bpf_get_task_exe_file"), acquire | ret_null);
  EXPECT_EQ(flags("bpf_send_signal_task"), 0U);
  EXPECT_EQ(flags("bpf_get_kmem_cache"), ret_untrusted);
  EXPECT_EQ(flags("bpf_cpumask_acquire"), acquire);
  EXPECT_EQ(flags("bpf_crypto_ctx_create"), acquire | ret_null | sleepable);
  EXPECT_EQ(flags("bpf_iter_task_new"), iter_new | rcu_protected);
  EXPECT_EQ(flags("scx_bpf_cpu_curr"), ret_null | rcu_protected);
  EXPECT_EQ(flags("scx_bpf_locked_rq"), ret_null);
}

struct Row {
  std::string_view name;
  ProgType type;
  bool allowed;
  AttachType attach_type = {};
  std::string_view table = {};
  std::string_view member = {};
};

class KfuncRow : public testing::TestWithParam<Row> {};

TEST_P(KfuncRow, MayBeCalledByWhomTheReferenceLetsCallIt) {
  const Row& row = GetParam();
  const Kfunc* kfunc = find_kfunc(row.name);
  ASSERT_NE(kfunc, nullptr);
  EXPECT_EQ(may_call(reference_rules(), *kfunc, row.type, row.attach_type, row.table, row.member), row.allowed);
}

constexpr Row rows[] = {
    {"bpf_rcu_read_lock", ProgType::socket_filter, true},
    {"bpf_rcu_read_lock", ProgType::kprobe, true},
    {"bpf_task_acquire", ProgType::tracing, true},
    {"bpf_task_acquire", ProgType::kprobe, false},
    {"bpf_task_acquire", ProgType::socket_filter, false},
    {"bpf_task_acquire", ProgType::xdp, true},
    {"bpf_obj_new_impl", ProgType::sched_cls, true},
    {"bpf_obj_new_impl", ProgType::sched_act, false},
    {"bpf_cpumask_create", ProgType::syscall, true},
    {"bpf_cpumask_create", ProgType::xdp, false},
    {"bpf_dynptr_from_skb", ProgType::netfilter, true},
    {"bpf_dynptr_from_skb", ProgType::xdp, false},
    {"bpf_dynptr_from_xdp", ProgType::xdp, true},
    {"bpf_dynptr_from_xdp", ProgType::sched_cls, false},
    {"bpf_crypto_ctx_create", ProgType::syscall, true},
    {"bpf_crypto_ctx_create", ProgType::xdp, false},
    {"bpf_crypto_encrypt", ProgType::xdp, true},
    {"bpf_path_d_path", ProgType::lsm, true},
    {"bpf_path_d_path", ProgType::tracing, false},
    {"bpf_sock_destroy", ProgType::tracing, true, AttachType::trace_iter},
    {"bpf_sock_destroy", ProgType::tracing, false, AttachType::trace_fentry},
    {"bpf_session_cookie", ProgType::kprobe, true, AttachType::trace_kprobe_session},
    {"bpf_session_cookie", ProgType::kprobe, false, AttachType::trace_kprobe_multi},
    {"bpf_fentry_test1", ProgType::tracing, false},
    {"bpf_xdp_ct_lookup", ProgType::xdp, true},
    {"bpf_xdp_ct_lookup", ProgType::sched_cls, false},
    {"scx_bpf_dsq_insert", ProgType::struct_ops, true, AttachType::struct_ops, "sched_ext_ops", "enqueue"},
    {"scx_bpf_dsq_insert", ProgType::struct_ops, false, AttachType::struct_ops, "sched_ext_ops", "tick"},
    {"scx_bpf_dsq_move_to_local", ProgType::struct_ops, true, AttachType::struct_ops, "sched_ext_ops", "dispatch"},
    {"scx_bpf_dsq_move_to_local", ProgType::struct_ops, false, AttachType::struct_ops, "tcp_congestion_ops", "init"},
    {"bpf_kfree_skb", ProgType::struct_ops, true, AttachType::struct_ops, "Qdisc_ops", "dequeue"},
    {"bpf_kfree_skb", ProgType::struct_ops, false, AttachType::struct_ops, "sched_ext_ops", "dispatch"},
    {"tcp_slow_start", ProgType::struct_ops, true, AttachType::struct_ops, "tcp_congestion_ops", "init"},
};
INSTANTIATE_TEST_SUITE_P(Table, KfuncRow, testing::ValuesIn(rows));

TEST(Kfuncs, ExistFromTheirReleaseUntilTheOneThatLacksThem) {
  Rules rules = reference_rules();
  Kfunc kfunc = *find_kfunc("bpf_wq_init");
  EXPECT_TRUE(may_call(rules, kfunc, ProgType::xdp, {}));
  rules.release = {6, 9};
  EXPECT_FALSE(may_call(rules, kfunc, ProgType::xdp, {}));
  rules.release = {6, 10};
  EXPECT_TRUE(may_call(rules, kfunc, ProgType::xdp, {}));
  kfunc.until = {6, 10};
  EXPECT_FALSE(may_call(rules, kfunc, ProgType::xdp, {}));
}

}  // namespace
}  // namespace skep::calls
