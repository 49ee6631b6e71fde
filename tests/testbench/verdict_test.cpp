// Results of programs by name, and back.
#include "testbench/verdict.hpp"

#include <gtest/gtest.h>

namespace skep::testbench {
namespace {

TEST(Verdict, HasAName) {
  EXPECT_EQ(verdict_text(ProgType::xdp, 1), "XDP_DROP");
  EXPECT_EQ(verdict_text(ProgType::sched_cls, static_cast<std::uint32_t>(-1)), "TC_ACT_UNSPEC");
  EXPECT_EQ(verdict_text(ProgType::lwt_xmit, 7), "BPF_REDIRECT");
  EXPECT_EQ(verdict_text(ProgType::netfilter, 1), "NF_ACCEPT");
  EXPECT_EQ(verdict_text(ProgType::cgroup_skb, 0), "reject");
  EXPECT_EQ(verdict_text(ProgType::kprobe, 3), "3");
  EXPECT_EQ(verdict_text(ProgType::xdp, static_cast<std::uint32_t>(-5)), "-5");
  EXPECT_EQ(verdict_with_number(ProgType::xdp, 2), "XDP_PASS (2)");
}

TEST(Verdict, IsReadAsANameOrANumber) {
  EXPECT_EQ(verdict_of(ProgType::xdp, "XDP_TX"), 3U);
  EXPECT_EQ(verdict_of(ProgType::sched_cls, "TC_ACT_UNSPEC"), 0xffffffffU);
  EXPECT_EQ(verdict_of(ProgType::sched_cls, "-1"), 0xffffffffU);
  EXPECT_EQ(verdict_of(ProgType::xdp, "0x10"), 16U);
  EXPECT_EQ(verdict_of(ProgType::xdp, "TC_ACT_OK"), std::nullopt);
}

TEST(Verdict, SaysWhetherThePacketGoesOn) {
  EXPECT_TRUE(goes_on(ProgType::xdp, 2));
  EXPECT_TRUE(goes_on(ProgType::sched_cls, static_cast<std::uint32_t>(-1)));
  EXPECT_FALSE(goes_on(ProgType::xdp, 0));
  EXPECT_FALSE(goes_on(ProgType::xdp, 77)) << "an unknown result of XDP is an error";
  EXPECT_FALSE(goes_on(ProgType::socket_filter, 0));
  EXPECT_TRUE(goes_on(ProgType::socket_filter, 60));
}

}  // namespace
}  // namespace skep::testbench
