// Calls about packets' headers, a network in which there is only loopback, and a machine in which there is nothing to
// observe: what they check and what they answer.
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "calls/call.hpp"
#include "runtime/context.hpp"
#include "runtime/facts.hpp"
#include "runtime/layouts.hpp"
#include "runtime/occasion.hpp"
#include "runtime/program.hpp"

namespace skep::calls {
namespace {

using runtime::CallEnv;
using runtime::CallResult;
namespace skb = runtime::layout::skb;

class Nothing final : public runtime::Services {
 public:
  std::uint64_t monotonic_ns() override { return 0; }
  std::uint64_t boot_ns() override { return 0; }
  std::uint64_t realtime_ns() override { return 0; }
  std::uint32_t random_u32() override { return 0; }
  std::uint64_t pid_tgid() override { return 0x500000006; }
  std::uint64_t uid_gid() override { return 0; }
  std::string_view comm() override { return ""; }
  unsigned cpu_count() override { return 2; }
  async::Executor& executor() override { std::abort(); }
  void trace_printk(std::string_view) override {}
  int read_memory(void*, std::uint64_t, std::size_t) override { return -EFAULT; }
  int write_memory(std::uint64_t, const void*, std::size_t) override { return -EFAULT; }
};

class Env final : public CallEnv {
 public:
  explicit Env(ProgType type) {
    runtime::Code code;
    code.type = type;
    code.insns = {{0xb7, 0, 0, 0, 0}, {0x95, 0, 0, 0, 0}};
    code.facts.resize(2);
    program_ = runtime::Program::make(std::move(code));
  }
  runtime::Services& services() override { return services_; }
  unsigned cpu() const override { return 1; }
  const runtime::Program& program() const override { return *program_; }
  void* context() const override { return given; }
  std::shared_ptr<const runtime::Program> shared_program() const override { return program_; }
  CallResult invoke(const runtime::Subprogram&, std::array<std::uint64_t, 5>, const runtime::Continuation&) override {
    std::abort();
  }
  CallResult sleep(runtime::SleepFn, const runtime::Continuation&) override { std::abort(); }
  CallResult tail_call(const runtime::Program&) override { std::abort(); }
  const runtime::InsnFacts& call_site() const override { return site_; }
  bool on_stack(std::uint64_t, std::uint64_t) const override { return false; }
  void* given = nullptr;

 private:
  Nothing services_;
  std::shared_ptr<runtime::Program> program_;
  runtime::InsnFacts site_;
};

constexpr std::uint16_t ip = 0x0008, ipv6 = 0xdd86;

// A packet of 54 bytes, each its own number, as a classifier sees it.
class Packets : public testing::Test {
 protected:
  Packets() {
    packet_.storage.resize(1024);
    packet_.begin = 256;
    packet_.end = packet_.begin + 54;
    packet_.link = packet_.begin;
    packet_.network = packet_.begin + 14;
    for (std::size_t i = 0; i < 54; ++i) packet_.storage[packet_.begin + i] = static_cast<std::uint8_t>(i);
    context_.header().packet = &packet_;
    context_.header().object = &occasion_;
    set_protocol(ip);
    env_.given = context_.address();
  }
  void set_protocol(std::uint16_t protocol) {
    context_.header().protocol = protocol;
    std::memcpy(static_cast<char*>(context_.address()) + skb::protocol, &protocol, 2);
  }
  std::uint32_t field(std::uint32_t offset) {
    std::uint32_t value;
    std::memcpy(&value, static_cast<char*>(context_.address()) + offset, 4);
    return value;
  }
  std::uint64_t skb() { return reinterpret_cast<std::uint64_t>(context_.address()); }
  template <typename... Args>
  std::int64_t call(std::string_view name, Args... args) {
    const std::array<std::uint64_t, 5> r = {static_cast<std::uint64_t>(args)...};
    const auto* const helper = find_helper(name);
    const CallFn fn = helper != nullptr ? helper->fn : find_kfunc(name)->fn;
    EXPECT_NE(fn, nullptr) << name;
    return static_cast<std::int64_t>(fn(env_, r[0], r[1], r[2], r[3], r[4]).value);
  }
  std::size_t length() const { return packet_.end - packet_.begin; }
  std::uint8_t byte(std::size_t i) const { return packet_.storage[packet_.begin + i]; }

  runtime::Packet packet_;
  runtime::Context context_{skb::size};
  runtime::Occasion occasion_;
  Env env_{ProgType::sched_cls};
};

TEST_F(Packets, RoomIsMadeAndTakenBetweenHeaders) {
  EXPECT_EQ(call("bpf_skb_adjust_room", skb(), 8, 0, 0), 0);  // behind the network header
  EXPECT_EQ(length(), 62U);
  EXPECT_EQ(byte(33), 33);
  EXPECT_EQ(byte(34), 0);
  EXPECT_EQ(byte(42), 34);
  EXPECT_EQ(field(skb::len), 62U);
  EXPECT_EQ(call("bpf_skb_adjust_room", skb(), -8, 0, 0), 0);
  EXPECT_EQ(byte(34), 34);
  EXPECT_EQ(call("bpf_skb_adjust_room", skb(), 20, 1, 2), 0);  // a tunnel's header behind the link's
  EXPECT_EQ(byte(13), 13);
  EXPECT_EQ(byte(14), 0);
  EXPECT_EQ(byte(34), 14);
}

TEST_F(Packets, RoomIsRefusedAsTheKernelDoes) {
  EXPECT_EQ(call("bpf_skb_adjust_room", skb(), 8, 0, 1 << 9), -EINVAL);
  EXPECT_EQ(call("bpf_skb_adjust_room", skb(), 0x1000, 0, 0), -EFAULT);
  EXPECT_EQ(call("bpf_skb_adjust_room", skb(), 8, 2, 0), -524);
  EXPECT_EQ(call("bpf_skb_adjust_room", skb(), -40, 1, 0), -524);  // nothing would be left of the header
  EXPECT_EQ(call("bpf_skb_adjust_room", skb(), 20, 1, 2 | 4), -EINVAL);
  EXPECT_EQ(call("bpf_skb_adjust_room", skb(), 8, 1, 128), -EINVAL);
  set_protocol(0x0608);
  EXPECT_EQ(call("bpf_skb_adjust_room", skb(), 8, 0, 0), -524);
  EXPECT_EQ(length(), 54U);
}

TEST_F(Packets, TheNetworkProtocolChanges) {
  EXPECT_EQ(call("bpf_skb_change_proto", skb(), ipv6, 1), -EINVAL);
  EXPECT_EQ(call("bpf_skb_change_proto", skb(), ip, 0), -524);
  EXPECT_EQ(call("bpf_skb_change_proto", skb(), ipv6, 0), 0);
  EXPECT_EQ(length(), 74U);
  EXPECT_EQ(field(skb::protocol), ipv6);
  EXPECT_EQ(byte(34), 14);
  EXPECT_EQ(call("bpf_skb_change_proto", skb(), ip, 0), 0);
  EXPECT_EQ(length(), 54U);
  EXPECT_EQ(byte(14), 14);
}

TEST_F(Packets, TagsOfVirtualNetworksStack) {
  EXPECT_EQ(call("bpf_skb_vlan_push", skb(), 0x0081, 5), 0);
  EXPECT_EQ(length(), 54U);
  EXPECT_EQ(field(24), 5U);
  EXPECT_EQ(call("bpf_skb_vlan_push", skb(), 0xa888, 6), 0);
  EXPECT_EQ(length(), 58U);
  EXPECT_EQ(byte(12), 0x81);
  EXPECT_EQ(byte(15), 5);
  EXPECT_EQ(call("bpf_skb_vlan_pop", skb()), 0);
  EXPECT_EQ(length(), 54U);
  EXPECT_EQ(field(24), 5U);
  EXPECT_EQ(call("bpf_skb_vlan_pop", skb()), 0);
  EXPECT_EQ(field(20), 0U);
  EXPECT_EQ(call("bpf_skb_vlan_pop", skb()), 0);
}

TEST_F(Packets, WhatIsNotedAboutThem) {
  EXPECT_NE(call("bpf_get_hash_recalc", skb()), 0);
  EXPECT_EQ(call("bpf_set_hash", skb(), 77), 0);
  EXPECT_EQ(call("bpf_get_hash_recalc", skb()), 77);
  EXPECT_EQ(call("bpf_set_hash_invalid", skb()), 0);
  EXPECT_NE(call("bpf_get_hash_recalc", skb()), 77);
  EXPECT_EQ(call("bpf_skb_set_tstamp", skb(), 5, 1), 0);
  EXPECT_EQ(call("bpf_skb_set_tstamp", skb(), 5, 0), -EINVAL);
  EXPECT_EQ(call("bpf_skb_set_tstamp", skb(), 0, 1), -EINVAL);
  EXPECT_EQ(call("bpf_skb_set_tstamp", skb(), 5, 3), -EINVAL);
  EXPECT_EQ(call("bpf_csum_level", skb(), 3), 0);
  EXPECT_EQ(call("bpf_csum_level", skb(), 0), -EACCES);
  EXPECT_EQ(call("bpf_csum_level", skb(), 4), -EINVAL);
  EXPECT_EQ(call("bpf_skb_change_head", skb(), 70000, 0), -EINVAL);
}

TEST_F(Packets, GoToLoopbackOrNowhere) {
  EXPECT_EQ(call("bpf_clone_redirect", skb(), 1, 0), 0);
  EXPECT_EQ(call("bpf_clone_redirect", skb(), 2, 0), -EINVAL);
  EXPECT_EQ(call("bpf_clone_redirect", skb(), 1, 2), -EINVAL);
  EXPECT_EQ(call("bpf_redirect_neigh", 2, 0, 0, 0), 7);
  EXPECT_EQ(call("bpf_redirect_neigh", 2, 0, 0, 1), 2);
  EXPECT_EQ(call("bpf_redirect_peer", 2, 1), 2);
  std::array<std::uint32_t, 16> route = {};
  const auto at = reinterpret_cast<std::uint64_t>(route.data());
  EXPECT_EQ(call("bpf_fib_lookup", skb(), at, 63, 0), -EINVAL);
  EXPECT_EQ(call("bpf_fib_lookup", skb(), at, 64, 0), -EAFNOSUPPORT);
  route[0] = 2;
  EXPECT_EQ(call("bpf_fib_lookup", skb(), at, 64, 0), -ENODEV);
  route[2] = 1;
  EXPECT_EQ(call("bpf_fib_lookup", skb(), at, 64, 0), 5);
}

TEST_F(Packets, WhatTheOccasionKnows) {
  occasion_.attach_cookie = 9;
  occasion_.returning = true;
  EXPECT_EQ(call("bpf_get_attach_cookie", skb()), 9);
  EXPECT_EQ(call("bpf_session_is_return", skb()), 1);
  EXPECT_EQ(call("bpf_seq_write", 0, reinterpret_cast<std::uint64_t>("hello"), 5), 0);
  EXPECT_EQ(occasion_.output, "hello");
  EXPECT_EQ(call("bpf_set_retval", -13), 0);
  EXPECT_EQ(call("bpf_get_retval"), -13);
  occasion_.setting = "net/ipv4/ip_forward";
  char name[32];
  const auto to = reinterpret_cast<std::uint64_t>(name);
  EXPECT_EQ(call("bpf_sysctl_get_name", skb(), to, sizeof name, 0), 19);
  EXPECT_EQ(call("bpf_sysctl_get_name", skb(), to, sizeof name, 1), 10);
  EXPECT_STREQ(name, "ip_forward");
  EXPECT_EQ(call("bpf_sysctl_get_name", skb(), to, 4, 1), -E2BIG);
  EXPECT_STREQ(name, "ip_");
  EXPECT_EQ(call("bpf_sysctl_get_new_value", skb(), to, sizeof name), -EINVAL);
  occasion_.wanted = "1";
  EXPECT_EQ(call("bpf_sysctl_set_new_value", skb(), reinterpret_cast<std::uint64_t>("22"), 2), 0);
  EXPECT_EQ(call("bpf_sysctl_get_new_value", skb(), to, sizeof name), 2);
  EXPECT_STREQ(name, "22");
  const std::uint32_t on = 1;
  std::uint32_t got = 0;
  EXPECT_EQ(call("bpf_setsockopt", skb(), 1, 36, reinterpret_cast<std::uint64_t>(&on), 4), 0);
  EXPECT_EQ(call("bpf_getsockopt", skb(), 1, 36, reinterpret_cast<std::uint64_t>(&got), 4), 0);
  EXPECT_EQ(got, 1U);
  EXPECT_EQ(call("bpf_setsockopt", skb(), 99, 36, reinterpret_cast<std::uint64_t>(&on), 4), -EINVAL);
}

// More of it is asked of Linux 7.3: tests/loader/call_questions.bpf.c.
TEST_F(Packets, GoIntoTunnels) {
  std::array<std::uint8_t, 44> key = {0x11, 0x22, 0x33, 0x44, 10, 20, 30, 40};
  key[28] = 7;  // its local address
  const auto to = reinterpret_cast<std::uint64_t>(key.data());
  std::array<std::uint8_t, 44> nothing{};
  EXPECT_EQ(call("bpf_skb_get_tunnel_key", skb(), reinterpret_cast<std::uint64_t>(nothing.data()), 28, 0), -EINVAL);
  EXPECT_EQ(call("bpf_skb_set_tunnel_opt", skb(), to, 8), -EINVAL) << "into none yet";
  EXPECT_EQ(call("bpf_skb_set_tunnel_key", skb(), to, 27, 0), -EINVAL);
  EXPECT_EQ(call("bpf_skb_set_tunnel_key", skb(), to, 44, 0), 0);
  EXPECT_EQ(call("bpf_skb_set_tunnel_opt", skb(), to, 8), 0);
  std::array<std::uint8_t, 44> read{};
  const auto into = reinterpret_cast<std::uint64_t>(read.data());
  EXPECT_EQ(call("bpf_skb_get_tunnel_key", skb(), into, 44, 0), 0);
  EXPECT_EQ(read[0], 0x11);
  EXPECT_EQ(read[4], 7) << "the ends are swapped";
  EXPECT_EQ(read[28], 10);
  EXPECT_EQ(call("bpf_skb_get_tunnel_opt", skb(), into, 44), 8);
  EXPECT_EQ(read[7], 40);
}

// Answers of a kernel that has no such thing.
TEST_F(Packets, WhatIsNotThereIsNotFound) {
  std::array<std::uint64_t, 8> buffer = {1, 1, 1};
  const auto to = reinterpret_cast<std::uint64_t>(buffer.data());
  EXPECT_EQ(call("bpf_get_stackid", skb(), 0, 0), -EFAULT);
  EXPECT_EQ(call("bpf_get_stackid", skb(), 0, 1 << 11), -EINVAL);
  EXPECT_EQ(call("bpf_get_stack", skb(), to, 24, 0), -EFAULT);
  EXPECT_EQ(buffer[0], 0U);
  EXPECT_EQ(call("bpf_send_signal", 9), -EPERM);
  EXPECT_EQ(call("bpf_send_signal", 65), -EINVAL);
  EXPECT_EQ(call("bpf_load_hdr_opt", skb(), to, 4, 0), -ENOMSG);
  EXPECT_EQ(call("bpf_get_current_cgroup_id"), 1);
  EXPECT_EQ(call("bpf_get_current_ancestor_cgroup_id", 0), 1);
  EXPECT_EQ(call("bpf_get_current_ancestor_cgroup_id", 1), 0);
  EXPECT_EQ(call("bpf_find_vma", 0, 0, 0, 0, 1), -EINVAL);
  EXPECT_EQ(call("bpf_bprm_opts_set", 0, 2), -EINVAL);
  EXPECT_EQ(call("bpf_skc_to_unix_sock", to), 0);
}

}  // namespace
}  // namespace skep::calls
