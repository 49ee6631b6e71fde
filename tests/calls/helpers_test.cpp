// The table of helpers: complete, consistent, and as the reference release has them in a few rows.
#include "calls/helpers/helpers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "calls/call.hpp"
#include "calls/helpers/ids.hpp"

namespace skep::calls {
namespace {

int specified_args(const Helper& helper) {
  int count = 0;
  while (count < 5 && helper.args[static_cast<std::size_t>(count)].kind != ArgKind::none) ++count;
  return count;
}

int declared_args(std::string_view signature) {
  const auto open = signature.find('(');
  const std::string_view list = signature.substr(open + 1, signature.rfind(')') - open - 1);
  if (list == "void") return 0;
  return 1 + static_cast<int>(std::ranges::count(list, ','));
}

TEST(Helpers, AreNumberedWithoutGapsFromOne) {
  std::uint32_t expected = 1;
  for (const Helper& helper : helpers()) EXPECT_EQ(helper.id, expected++) << helper.name;
  EXPECT_EQ(expected - 1, helper_count);
}

TEST(Helpers, AreFoundByNumberAndByName) {
  for (const Helper& helper : helpers()) {
    EXPECT_EQ(find_helper(helper.id), &helper);
    EXPECT_EQ(find_helper(helper.name), &helper);
  }
  EXPECT_EQ(find_helper(0U), nullptr);
  EXPECT_EQ(find_helper(helper_count + 1), nullptr);
  EXPECT_EQ(find_helper("bpf_no_such_helper"), nullptr);
}

TEST(Helpers, HaveEachASignatureASummaryAndARelease) {
  for (const Helper& helper : helpers()) {
    EXPECT_NE(helper.signature.find(std::string(helper.name) + "("), std::string_view::npos) << helper.name;
    EXPECT_FALSE(helper.doc.summary.empty()) << helper.name;
    EXPECT_LT(Release{}, helper.since) << helper.name;
    EXPECT_LE(helper.since, reference_release) << helper.name;
  }
}

TEST(Helpers, SpecifyAsManyArgumentsAsTheyDeclare) {
  for (const Helper& helper : helpers()) {
    if (helper.signature.find("...") != std::string_view::npos) continue;  // what follows the format is not checked
    if (helper.name == "bpf_get_branch_snapshot") continue;                // nor are its flags
    EXPECT_EQ(specified_args(helper), declared_args(helper.signature)) << helper.signature;
  }
}

TEST(Helpers, PairMemoryWithItsSize) {
  for (const Helper& helper : helpers()) {
    for (std::size_t i = 0; i < 5; ++i) {
      const ArgSpec& arg = helper.args[i];
      if (arg.kind == ArgKind::mem && (arg.flags & arg_flag::fixed_size) == 0) {
        ASSERT_LT(i, 4U) << helper.name;
        const ArgKind next = helper.args[i + 1].kind;
        EXPECT_TRUE(next == ArgKind::const_size || next == ArgKind::const_size_or_zero) << helper.name;
      }
      EXPECT_EQ(arg.size != 0, (arg.flags & arg_flag::fixed_size) != 0) << helper.name;
    }
  }
}

TEST(Helpers, NameTheTypeOfEachKernelObject) {
  for (const Helper& helper : helpers()) {
    if (helper.special == Special::kptr_xchg) continue;  // the type is the field's
    for (const ArgSpec& arg : helper.args) {
      if (arg.kind == ArgKind::btf_id) {
        EXPECT_FALSE(arg.btf_type.empty()) << helper.name;
      }
    }
    if (helper.ret == RetKind::btf_id) {
      EXPECT_FALSE(helper.ret_btf_type.empty()) << helper.name;
    }
  }
}

TEST(Helpers, TakeAMapBeforeItsKeyAndValue) {
  for (const Helper& helper : helpers()) {
    bool map = false;
    for (const ArgSpec& arg : helper.args) {
      if (arg.kind == ArgKind::const_map) map = true;
      if (arg.kind == ArgKind::map_key || arg.kind == ArgKind::map_value) {
        EXPECT_TRUE(map) << helper.name;
      }
    }
  }
}

struct Row {
  HelperId id;
  std::string_view name;
  bool gpl_only;
  bool sleeps;
  bool changes_packet;
};

class HelperRow : public testing::TestWithParam<Row> {};

TEST_P(HelperRow, IsAsTheReferenceHasIt) {
  const Row& row = GetParam();
  const Helper* helper = find_helper(static_cast<std::uint32_t>(row.id));
  ASSERT_NE(helper, nullptr);
  EXPECT_EQ(helper->name, row.name);
  EXPECT_EQ(helper->has(call_flag::gpl_only), row.gpl_only);
  EXPECT_EQ(helper->has(call_flag::sleepable), row.sleeps);
  EXPECT_EQ(helper->has(call_flag::changes_packet), row.changes_packet);
}

constexpr Row rows[] = {
    // id, name, GPL only, sleeps, changes the packet
    {HelperId::map_lookup_elem, "bpf_map_lookup_elem", false, false, false},
    {HelperId::probe_read, "bpf_probe_read", true, false, false},
    {HelperId::ktime_get_ns, "bpf_ktime_get_ns", false, false, false},
    {HelperId::trace_printk, "bpf_trace_printk", true, false, false},
    {HelperId::skb_store_bytes, "bpf_skb_store_bytes", false, false, true},
    {HelperId::skb_pull_data, "bpf_skb_pull_data", false, false, true},
    {HelperId::xdp_adjust_head, "bpf_xdp_adjust_head", false, false, true},
    {HelperId::fib_lookup, "bpf_fib_lookup", true, false, false},
    {HelperId::copy_from_user, "bpf_copy_from_user", false, true, false},
    {HelperId::copy_from_user_task, "bpf_copy_from_user_task", true, true, false},
    {HelperId::ima_inode_hash, "bpf_ima_inode_hash", false, true, false},
    {HelperId::timer_start, "bpf_timer_start", true, false, false},
    {HelperId::snprintf, "bpf_snprintf", true, false, false},
    {HelperId::snprintf_btf, "bpf_snprintf_btf", false, false, false},
    {HelperId::get_current_task_btf, "bpf_get_current_task_btf", true, false, false},
    {HelperId::cgrp_storage_delete, "bpf_cgrp_storage_delete", false, false, false},
};
INSTANTIATE_TEST_SUITE_P(Table, HelperRow, testing::ValuesIn(rows),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(HelperVariants, TakeOtherArgumentsInSomeTypes) {
  const auto first = [](HelperId id, ProgType type) {
    return find_helper(reference_rules(), static_cast<std::uint32_t>(id), type)->args[0].kind;
  };
  EXPECT_EQ(first(HelperId::get_socket_cookie, ProgType::sched_cls), ArgKind::ctx);
  EXPECT_EQ(first(HelperId::get_socket_cookie, ProgType::tracing), ArgKind::btf_id_sock_common);
  EXPECT_EQ(first(HelperId::setsockopt, ProgType::sock_ops), ArgKind::ctx);
  EXPECT_EQ(first(HelperId::setsockopt, ProgType::struct_ops), ArgKind::btf_id_sock_common);
  EXPECT_EQ(first(HelperId::get_cgroup_classid, ProgType::sched_cls), ArgKind::ctx);
  EXPECT_EQ(first(HelperId::get_cgroup_classid, ProgType::tracing), ArgKind::none);
}

TEST(Helpers, AllHaveABehavior) {
  for (const Helper& helper : helpers()) EXPECT_NE(helper.fn, nullptr) << helper.name;
  for (const auto& variant : helper_tables::variants())
    EXPECT_NE(variant.helper.fn, nullptr) << "a variant of " << variant.helper.name;
}

TEST(HelperVariants, NeverOverlap) {
  const auto variants = helper_tables::variants();
  for (std::size_t i = 0; i < variants.size(); ++i) {
    for (std::size_t j = i + 1; j < variants.size(); ++j) {
      if (variants[i].helper.id == variants[j].helper.id) {
        EXPECT_EQ(variants[i].prog_types & variants[j].prog_types, 0U) << variants[i].helper.name;
      }
    }
  }
}

TEST(Helpers, ExistFromTheirRelease) {
  constexpr std::uint32_t ktime_get_boot_ns = 125;
  Rules rules = reference_rules();
  EXPECT_EQ(find_helper(rules, ktime_get_boot_ns), find_helper(ktime_get_boot_ns));
  EXPECT_NE(find_helper(rules, ktime_get_boot_ns, ProgType::xdp), nullptr);
  rules.release = {5, 7};
  EXPECT_EQ(find_helper(rules, ktime_get_boot_ns), nullptr);
  EXPECT_EQ(find_helper(rules, ktime_get_boot_ns, ProgType::xdp), nullptr);
}

}  // namespace
}  // namespace skep::calls
