// "Who may call" and "What the verifier says" of docs/work-queues.md, each row by its name: a program that the verifier
// takes, or refuses with these words. What Linux 7.3 says of a hundred more is in tests/conformance/wq-verdicts.txt;
// the types of programs that need something to be attached to are there too (and in attach-*).
#include "work/machine.hpp"

namespace skep::test {
namespace {

constexpr const char* loads = "";

// What the verifier says of one program of verdict_rows.bpf.c, loaded alone.
template <typename Prepare>
std::string verdict(const std::string& name, Prepare&& prepare) {
  const auto kernel = make_work_kernel({});
  const KernelBinding binding(*kernel);
  libbpf_set_print(say_nothing);
  const ObjectPtr object(bpf_object__open_file((std::string(WORK_OBJECTS) + "/verdict_rows.bpf.o").c_str(), nullptr));
  if (!object) return "cannot be opened";
  bpf_program* program = nullptr;
  bpf_program* wanted = nullptr;
  bpf_object__for_each_program(program, object.get()) {
    const bool is_it = name == bpf_program__name(program);
    bpf_program__set_autoload(program, is_it);
    if (is_it) wanted = program;
  }
  if (wanted == nullptr) return "there is no program " + name;
  std::vector<char> log(1 << 16);
  bpf_program__set_log_level(wanted, 1);
  bpf_program__set_log_buf(wanted, log.data(), log.size());
  prepare(*kernel, wanted);
  return bpf_object__load(object.get()) == 0 ? loads : std::string(log.data());
}
std::string verdict(const std::string& name) {
  return verdict(name, [](Kernel&, bpf_program*) {});
}

#define REFUSED(ROW, WORDS)                                       \
  TEST(Verdicts, ROW) {                                           \
    EXPECT_THAT(verdict("bad_" #ROW), testing::HasSubstr(WORDS)); \
  }

REFUSED(not_a_map, "pointer in R2 isn't map pointer")
REFUSED(other_map, "workqueue pointer in R1 map_uid=0 doesn't match map pointer in R2 map_uid=0")
REFUSED(not_in_a_value, "R1 doesn't point to a map value")
REFUSED(null_argument, "Possibly NULL pointer passed to trusted R1")
REFUSED(wrong_offset, "off 0 doesn't point to 'struct bpf_wq' that is at 8")
REFUSED(variable_offset, "R1 doesn't have constant offset. bpf_wq has to be at the constant offset")
REFUSED(value_without_item, "map 'mp' has no valid bpf_wq")
REFUSED(direct_access, "bpf_wq cannot be accessed directly by load/store")
REFUSED(not_a_function, "R2 expected pointer to func")
REFUSED(global_callback, "callback function not static")
REFUSED(callback_result, "At async callback return the register R0 has smin=1 smax=1 should have been in [0, 0]")
REFUSED(callback_key, "write to change key R2 not allowed")
REFUSED(under_spin_lock, "function calls are not allowed while holding a lock")
REFUSED(sleeps, "sleepable helper bpf_copy_from_user#148 in non-sleepable prog")

TEST(Verdicts, callback_entry) {
  EXPECT_EQ(verdict("ok_callback_entry"), loads);
  EXPECT_THAT(verdict("bad_callback_entry"), testing::HasSubstr("R4 !read_ok"));
}
TEST(Verdicts, callback_sleepable) {
  EXPECT_EQ(verdict("ok_callback_sleepable"), loads);
}
TEST(Verdicts, callback_stack) {
  EXPECT_EQ(verdict("ok_callback_stack"), loads);
}
TEST(Verdicts, callback_sections) {
  EXPECT_THAT(verdict("bad_callback_sections"),
              testing::HasSubstr("sleepable helper bpf_copy_from_user#148 in rcu_read_lock region"));
  EXPECT_THAT(verdict("bad_callback_sections_preempt"),
              testing::HasSubstr("sleepable helper bpf_copy_from_user#148 in non-preemptible region"));
}
TEST(Verdicts, callback_may) {
  EXPECT_EQ(verdict("ok_callback_may"), loads);
  EXPECT_EQ(verdict("ok_callback_may_lock"), loads);
}

// By number: the enumerations of Debian 12's headers do not go as far.
std::string as(std::uint32_t type, std::uint32_t attach = BPF_CGROUP_INET_INGRESS, std::uint32_t flags = 0) {
  return verdict("caller", [&](Kernel&, bpf_program* program) {
    bpf_program__set_type(program, static_cast<bpf_prog_type>(type));
    bpf_program__set_expected_attach_type(program, static_cast<bpf_attach_type>(attach));
    bpf_program__set_flags(program, flags);
  });
}

TEST(Verdicts, caller_types) {
  for (const auto type :
       {BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SCHED_ACT, BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SOCKET_FILTER,
        BPF_PROG_TYPE_CGROUP_SKB, BPF_PROG_TYPE_CGROUP_DEVICE, BPF_PROG_TYPE_LWT_IN, BPF_PROG_TYPE_LWT_OUT,
        BPF_PROG_TYPE_LWT_XMIT, BPF_PROG_TYPE_LWT_SEG6LOCAL, BPF_PROG_TYPE_FLOW_DISSECTOR})
    EXPECT_EQ(as(type), loads) << type;
  EXPECT_EQ(as(BPF_PROG_TYPE_SYSCALL, BPF_CGROUP_INET_INGRESS, BPF_F_SLEEPABLE), loads);
  EXPECT_EQ(as(BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE), loads);
  EXPECT_EQ(as(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT), loads);
  EXPECT_EQ(as(BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL), loads);
  EXPECT_EQ(as(BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT), loads);
  EXPECT_EQ(as(BPF_PROG_TYPE_SK_SKB, BPF_SK_SKB_STREAM_VERDICT), loads);
  EXPECT_EQ(as(BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT), loads);
  EXPECT_EQ(as(BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP), loads);
  EXPECT_EQ(as(BPF_PROG_TYPE_SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT), loads);
  EXPECT_EQ(as(BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS), loads);
  constexpr std::uint32_t netfilter = 32, at_netfilter = 45;
  EXPECT_EQ(as(netfilter, at_netfilter), loads);
}

TEST(Verdicts, caller_tracing) {
  for (const auto type :
       {BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_TRACEPOINT, BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_PROG_TYPE_PERF_EVENT})
    EXPECT_EQ(as(type), loads) << type;
}

TEST(Verdicts, caller_licence) {
  const std::string path = std::string(WORK_OBJECTS) + "/verdict_rows_proprietary.bpf.o";
  const auto kernel = make_work_kernel({});
  const KernelBinding binding(*kernel);
  libbpf_set_print(say_nothing);
  const ObjectPtr object(bpf_object__open_file(path.c_str(), nullptr));
  ASSERT_NE(object, nullptr);
  bpf_program* program = nullptr;
  std::vector<char> log(1 << 16);
  bpf_object__for_each_program(program, object.get()) {
    bpf_program__set_autoload(program, std::string_view("caller") == bpf_program__name(program));
    bpf_program__set_log_buf(program, log.data(), log.size());
    bpf_program__set_log_level(program, 1);
  }
  EXPECT_NE(bpf_object__load(object.get()), 0);
  EXPECT_THAT(log.data(), testing::HasSubstr("cannot call kernel function from non-GPL compatible program"));
}

}  // namespace
}  // namespace skep::test
