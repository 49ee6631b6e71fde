// Every program type runs: from a described context, from a test run where 7.3 has one (else it answers 524), and from
// a link that the host fires. Each program of types.bpf.c reads its context and starts a work item, whose callback must
// be seen to run. The rows below are docs/program-types.md, which says for each type how it is run; with
// SKEP_UPDATE_PAGE=1 the test writes it.
#include <bpf/bpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "loader/object.hpp"
#include "skep/describe.hpp"
#include "skep/skep.hpp"

namespace skep {
namespace {

constexpr std::uint64_t a_minute = 60'000'000'000;

struct Row {
  const char *type, *program, *section;
  const char* described;  // the context, in JSON
  std::uint64_t seen;     // what the program reads then
  std::uint32_t verdict;
  int test_run;      // what PROG_TEST_RUN answers without a context
  bool work = true;  // it starts a work item (types that interrupt anything may not)
  const char* target = "";
  bool attaches = true;  // by its section, without more
};

// A packet whose first byte is 9.
const std::vector<std::uint8_t>& packet() {
  static const std::vector<std::uint8_t> bytes = [] {
    std::vector<std::uint8_t> all(64, 0);
    all[0] = 9;
    all[12] = 8;  // IPv4
    return all;
  }();
  return bytes;
}

constexpr const char* a_file =
    R"({"path": {"dentry": {"d_name": {"len": 6}}}, "file": {"f_flags": 32, "f_inode": {"i_ino": 8}}, "return": -3})";

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"socket_filter", "socket_filter_prog", "socket", R"({"mark": 1})", 51, 0, 0, true, "", false},
      {"sched_cls", "sched_cls_prog", "tc", R"({"mark": 1})", 65, 0, 0, true, "", false},
      {"sched_act", "sched_act_prog", "action", R"({"mark": 1})", 65, 0, 0, true, "", false},
      {"xdp", "xdp_prog", "xdp", R"({"data_end": 64, "ingress_ifindex": 1})", 10, 2, 0, true, "", false},
      {"cgroup_skb", "cgroup_skb_prog", "cgroup_skb/ingress", R"({"mark": 1})", 51, 1, 0, true, "", false},
      {"lwt_in", "lwt_in_prog", "lwt_in", R"({"mark": 1})", 51, 0, 0, true, "", false},
      {"lwt_out", "lwt_out_prog", "lwt_out", R"({"mark": 1})", 51, 0, 0, true, "", false},
      {"lwt_xmit", "lwt_xmit_prog", "lwt_xmit", R"({"mark": 1})", 51, 0, 0, true, "", false},
      {"lwt_seg6local", "lwt_seg6local_prog", "lwt_seg6local", R"({"mark": 1})", 51, 0, -enotsupp, true, "", false},
      {"sk_skb", "sk_skb_prog", "sk_skb/stream_verdict", R"({"priority": 1})", 51, 1, -enotsupp, true, "", false},
      {"netfilter", "netfilter_prog", "netfilter", R"({"hook": 1, "pf": 2})", 51, 1, 0, true, "", false},
      {"flow_dissector", "flow_dissector_prog", "flow_dissector", R"({"flow_keys": {"nhoff": 14}})", 23, 0, 0, true, "",
       false},
      {"cgroup_sock_addr", "cgroup_sock_addr_prog", "cgroup/connect4",
       R"({"user_ip4": "10.0.0.1", "user_port": 80, "sk": {"mark": 2}})", (std::uint64_t{80} << 32) + 0x0a000003, 1,
       -enotsupp, true, "", false},
      {"cgroup_sock", "cgroup_sock_prog", "cgroup/sock_create", R"({"family": 2, "protocol": 6})", 8, 1, -enotsupp,
       true, "", false},
      {"cgroup_sockopt", "cgroup_sockopt_prog", "cgroup/setsockopt",
       R"({"level": 1, "optval": [4], "sk": {"mark": 2}})", 7, 1, -enotsupp, true, "", false},
      {"cgroup_device", "cgroup_device_prog", "cgroup/dev", R"({"major": 1, "minor": 3})", 4, 1, -enotsupp, true, "",
       false},
      {"cgroup_sysctl", "cgroup_sysctl_prog", "cgroup/sysctl",
       R"({"write": 1, "file_pos": 2, "setting": "net/ipv4/ip_forward", "new_value": "1"})", 3, 1, -enotsupp, true, "",
       false},
      {"sock_ops", "sock_ops_prog", "sockops", R"({"op": 3, "remote_port": 80})", 83, 1, -enotsupp, true, "", false},
      {"sk_msg", "sk_msg_prog", "sk_msg", R"({"family": 2, "data": "A"})", 67, 1, -enotsupp, true, "", false},
      {"sk_lookup", "sk_lookup_prog", "sk_lookup", R"({"local_port": 22, "remote_port": 4000})", 4022, 1, -22, true, "",
       false},
      {"sk_reuseport", "sk_reuseport_prog", "sk_reuseport", R"({"hash": 5, "ip_protocol": 6})", 11, 1, -enotsupp, true,
       "", false},
      {"tracing (fentry)", "fentry_prog", "fentry/vfs_open", a_file, 38, 0, 0},
      {"tracing (fexit)", "fexit_prog", "fexit/vfs_open", a_file, 5, 0, 0},
      {"tracing (fmod_ret)", "fmod_ret_prog", "fmod_ret/bpf_modify_return_test", R"({"a": 7, "b": [1]})", 7, 3, 0},
      {"tracing (fsession)", "fsession_prog", "fsession/vfs_open", R"({"return": 0})", 20, 0, 0},
      {"tracing (tp_btf)", "tp_btf_prog", "tp_btf/sched_switch",
       R"({"preempt": true, "prev": {"pid": 40}, "next": {"real_parent": {"pid": 1}}})", 42, 0, -14},
      {"tracing (iter)", "iter_prog", "iter/task",
       R"({"task": [{"pid": 1, "comm": "init"}, {"pid": 2, "comm": "kthreadd"}]})", 2, 0, -14, true, "", false},
      {"lsm", "lsm_prog", "lsm/file_open", R"({"file": {"f_path": {"dentry": {"d_name": {"name": "passwd"}}}}})", 'p',
       static_cast<std::uint32_t>(-1), -enotsupp},
      {"struct_ops", "struct_ops_prog", "struct_ops/ssthresh", R"({"arg0": {"snd_cwnd": 10}})", 10, 2, -EOPNOTSUPP,
       true, "", false},
      {"syscall", "syscall_prog", "syscall", R"({"number": 77, "text": "hello"})", 77, 0, -22, true, "", false},
      {"kprobe", "kprobe_prog", "kprobe/vfs_open", R"({"arg2": 17})", 17, 0, -enotsupp, false, "vfs_open", false},
      {"kprobe (session)", "kprobe_session_prog", "kprobe.session/vfs_open", R"({"return": 6})", 6, 0, -enotsupp, false,
       "vfs_open", false},
      {"tracepoint", "tracepoint_prog", "tracepoint/sched/sched_switch", R"({"next_pid": 4, "prev_comm": "A"})", 69, 0,
       -enotsupp, false, "sched_switch", false},
      {"raw_tracepoint", "raw_tracepoint_prog", "raw_tp/sched_switch", R"({"prev": {"pid": 12}})", 12, 0, 0, false,
       "sched_switch"},
      {"perf_event", "perf_event_prog", "perf_event", R"({"sample_period": 100, "regs": {"ip": 11}})", 111, 0,
       -enotsupp, false, "", false},
  };
  return all;
}

struct Item {
  std::uint64_t work[2], seen, ran;
};

class Types : public testing::TestWithParam<Row> {
 protected:
  void SetUp() override {
    KernelOptions options;
    options.cpus = 2;
    options.btf_path = TYPES_KERNEL;
    options.host_btf = false;
    auto made = make_kernel(options);
    ASSERT_TRUE(made) << made.message();
    kernel = *made;
    LoadOptions load;
    // Members of a table are loaded with the table, and so with everything.
    if (GetParam().program != std::string_view("struct_ops_prog")) load.programs = {GetParam().program};
    auto loaded = Object::load(kernel, TYPES_OBJECT, load);
    ASSERT_TRUE(loaded) << loaded.message();
    object = *loaded;
    auto found = object.program(GetParam().program);
    ASSERT_TRUE(found) << found.message();
    program = *found;
  }
  bool takes_packet() const {
    static const std::vector<std::string_view> types = {"socket_filter", "sched_cls", "sched_act", "xdp",
                                                        "cgroup_skb",    "lwt_in",    "lwt_out",   "lwt_xmit",
                                                        "lwt_seg6local", "sk_skb",    "netfilter", "flow_dissector"};
    return std::find(types.begin(), types.end(), GetParam().type) != types.end();
  }
  RunInput described() const {
    RunInput input;
    input.described = GetParam().described;
    input.target = GetParam().target;
    if (takes_packet()) input.packet = packet();
    return input;
  }
  // What the program saw, and that its callback has run.
  void expect_run(std::uint64_t times) {
    ASSERT_TRUE(kernel->drain(a_minute));
    if (!GetParam().work) {
      EXPECT_EQ(object.map("notes")->lookup<std::uint64_t>(std::uint32_t{0})->value_or(0), GetParam().seen);
      return;
    }
    const auto item = object.map("items")->lookup<Item>(std::uint32_t{0});
    ASSERT_TRUE(item && *item);
    EXPECT_EQ((*item)->seen, GetParam().seen);
    EXPECT_GE((*item)->ran, 1U);
    EXPECT_EQ(kernel->work().started, times);
    EXPECT_EQ(kernel->work().ran + kernel->work().merged, times);
  }
  std::uint64_t starts() const { return std::string_view(GetParam().program) == "fsession_prog" ? 2 : 1; }
  std::shared_ptr<Kernel> kernel;
  Object object;
  Program program;
};

TEST_P(Types, RunsAsDescribed) {
  const auto result = program.run(described());
  ASSERT_TRUE(result) << result.message();
  EXPECT_EQ(result->verdict, GetParam().verdict);
  expect_run(starts());
}

TEST_P(Types, GetAPacketWhereNobodyGivesOne) {
  if (!takes_packet()) GTEST_SKIP() << "it takes none";
  RunInput input = described();
  input.packet = {};
  const auto result = program.run(input);
  ASSERT_TRUE(result) << result.message();
}

// Where 7.3 has no test run it answers 524, and so does bpf(2) here.
TEST_P(Types, TestRunsAnswerAsTheKernel) {
  LIBBPF_OPTS(bpf_test_run_opts, options);
  const bool with_packet = takes_packet() && GetParam().test_run == 0;
  if (with_packet) {
    options.data_in = packet().data();
    options.data_size_in = static_cast<__u32>(packet().size());
  }
  const KernelBinding binding(*kernel);
  EXPECT_EQ(bpf_prog_test_run_opts(program.fd(), &options), GetParam().test_run);
  if (!with_packet) return;
  ASSERT_TRUE(kernel->drain(a_minute));
  EXPECT_GE((*object.map("items")->lookup<Item>(std::uint32_t{0}))->ran, 1U);
}

TEST_P(Types, ALinkFiresIt) {
  if (!GetParam().attaches) GTEST_SKIP() << "its section does not say where";
  const auto link = program.attach();
  ASSERT_TRUE(link) << link.message();
  const auto result = link->fire(described());
  ASSERT_TRUE(result) << result.message();
  EXPECT_EQ(result->verdict, GetParam().verdict);
  expect_run(starts());
}

INSTANTIATE_TEST_SUITE_P(All, Types, testing::ValuesIn(rows()),
                         [](const auto& info) { return std::string(info.param.program); });

class OneType : public testing::Test {
 protected:
  Program load(const char* name) {
    KernelOptions options;
    options.cpus = 2;
    options.btf_path = TYPES_KERNEL;
    options.host_btf = false;
    kernel = *make_kernel(options);
    LoadOptions load;
    load.programs = {name};
    auto loaded = Object::load(kernel, TYPES_OBJECT, load);
    EXPECT_TRUE(loaded) << loaded.message();
    object = *loaded;
    return *object.program(name);
  }
  std::shared_ptr<Kernel> kernel;
  Object object;
};

// With the arguments of the kernel's own test functions.
TEST_F(OneType, TheTestFunctionsRunWhatIsAttached) {
  const Program fentry = load("fentry_test_prog");
  const auto link = fentry.attach();
  ASSERT_TRUE(link) << link.message();
  ASSERT_TRUE(fentry.run());
  ASSERT_TRUE(kernel->drain(a_minute));
  const auto item = object.map("items")->lookup<Item>(std::uint32_t{0});
  EXPECT_EQ((*item)->seen, 1U);
  EXPECT_EQ((*item)->ran, 1U);
}

TEST_F(OneType, AWritableTracepointHasItsRecord) {
  const auto result = load("raw_tracepoint_writable_prog").run();
  ASSERT_TRUE(result) << result.message();
  EXPECT_EQ(result->verdict, 5U);
}

TEST_F(OneType, AnIteratorWritesALineAnObject) {
  const auto result = load("iter_prog").run({.described = R"({"task": [{"pid": 1, "comm": "init"}, {"pid": 2}]})"});
  ASSERT_TRUE(result) << result.message();
  EXPECT_EQ(result->output, "1 init\n2 \n");
}

TEST_F(OneType, WhatWasReadAndNotDescribedIsNamed) {
  const Program program = load("fentry_prog");
  const auto some = program.run({.described = R"({"file": {"f_flags": 1}})"});
  ASSERT_TRUE(some) << some.message();
  EXPECT_THAT(some->not_given, testing::ElementsAre("path.dentry"));
  EXPECT_THAT(program.run({.described = a_file})->not_given, testing::IsEmpty());
}

TEST_F(OneType, MistakesAreNamed) {
  const Program program = load("fentry_prog");
  const std::pair<const char*, const char*> mistakes[] = {
      {"{", "JSON"},
      {R"({"fiel": {}})", "fiel"},
      {R"({"file": {"f_flag": 1}})", "f_flag"},
      {R"({"file": null})", "never null"},
      {R"({"file": {"f_flags": 4294967296}})", "does not fit"},
      {R"({"file": {"f_flags": 1.5}})", "whole number"},
      {R"({"file": {"$ref": "nobody"}})", "nobody"},
      {R"({"file": {}, "file": {}})", "twice"},
  };
  for (const auto& [text, said] : mistakes) {
    const auto result = program.run({.described = text});
    ASSERT_FALSE(result) << text;
    EXPECT_EQ(result.error(), EINVAL) << text;
    EXPECT_THAT(result.message(), testing::HasSubstr(said)) << text;
  }
}

TEST_F(OneType, ObjectsMayLeadToEachOther) {
  const auto result = load("tp_btf_prog").run({.described = R"({"next": {"real_parent": {"$ref": "me"}},
                                                 "prev": {"$name": "me", "pid": 21}})"});
  ASSERT_TRUE(result) << result.message();
  ASSERT_TRUE(kernel->drain(a_minute));
  EXPECT_EQ((*object.map("items")->lookup<Item>(std::uint32_t{0}))->seen, 42U);
}

// Their test runs take other structs than their programs see. 7.3 gives back 56 bytes of keys, and the context.
TEST_F(OneType, LookupsAndDissectorsHaveTestRuns) {
  const auto run = [&](const char* name, bpf_test_run_opts& options) {
    const Program program = load(name);
    const KernelBinding binding(*kernel);
    return bpf_prog_test_run_opts(program.fd(), &options);
  };
  std::uint8_t keys[128] = {};
  LIBBPF_OPTS(bpf_test_run_opts, dissect, .data_in = packet().data(), .data_out = keys,
              .data_size_in = static_cast<__u32>(packet().size()), .data_size_out = sizeof keys);
  EXPECT_EQ(run("flow_dissector_prog", dissect), 0);
  EXPECT_EQ(dissect.data_size_out, 56U);
  EXPECT_EQ(keys[0], 14);
  EXPECT_EQ(keys[2], 34);
  std::uint32_t lookup[18] = {}, left[18] = {};
  lookup[2] = 2;    // family
  lookup[15] = 22;  // local_port
  LIBBPF_OPTS(bpf_test_run_opts, look, .ctx_in = lookup, .ctx_out = left, .ctx_size_in = sizeof lookup,
              .ctx_size_out = sizeof left);
  EXPECT_EQ(run("sk_lookup_prog", look), 0);
  EXPECT_EQ(look.retval, 1U);
  EXPECT_EQ(look.ctx_size_out, 72U);
  EXPECT_EQ(left[15], 22U);
  lookup[15] = 0x10000;
  EXPECT_EQ(run("sk_lookup_prog", look), -ERANGE);
  lookup[15] = 22;
  lookup[2] = 1;
  EXPECT_EQ(run("sk_lookup_prog", look), -EAFNOSUPPORT);
  lookup[2] = 2;
  lookup[16] = 1;  // the device is not asked for
  EXPECT_EQ(run("sk_lookup_prog", look), -EINVAL);
}

// The program really calls what replaces its function, as long as that is attached.
TEST_F(OneType, AnExtensionTakesTheFunctionsPlace) {
  const Program asks = load("asks");
  const auto verdict = [&] { return asks.run({.packet = packet()})->verdict; };
  EXPECT_EQ(verdict(), 2U);
  const KernelBinding binding(*kernel);
  const loader::KeepWarnings quiet;
  std::string error;
  const loader::ObjectPtr extension = loader::open_object(TYPES_REPLACEMENT, error);
  ASSERT_NE(extension, nullptr) << error;
  bpf_program* const replacement = bpf_object__find_program_by_name(extension.get(), "replacement");
  ASSERT_EQ(bpf_program__set_attach_target(replacement, asks.fd(), "answer"), 0);
  ASSERT_EQ(bpf_object__load(extension.get()), 0) << loader::take_first_warning();
  EXPECT_EQ(verdict(), 2U) << "loaded, not attached";
  // What a prog array leads to cannot be extended, and what is extended no array leads to.
  const int programs = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "programs", 4, 4, 1, nullptr);
  ASSERT_GE(programs, 0);
  const int first = 0, target = asks.fd();
  ASSERT_EQ(bpf_map_update_elem(programs, &first, &target, 0), 0);
  EXPECT_EQ(bpf_program__attach(replacement), nullptr);
  EXPECT_EQ(errno, EBUSY);
  ASSERT_EQ(bpf_map_delete_elem(programs, &first), 0);
  bpf_link* const link = bpf_program__attach(replacement);
  ASSERT_NE(link, nullptr) << loader::take_first_warning();
  EXPECT_EQ(verdict(), 40U);
  EXPECT_EQ(bpf_program__attach(replacement), nullptr);
  EXPECT_EQ(errno, EBUSY);
  EXPECT_EQ(bpf_map_update_elem(programs, &first, &target, 0), -EBUSY);
  bpf_link__destroy(link);
  EXPECT_EQ(bpf_map_update_elem(programs, &first, &target, 0), 0);
  (*kernel).close(programs);
  EXPECT_EQ(verdict(), 2U);
}

// ---- docs/program-types.md

std::string page() {
  std::ostringstream text;
  text << "# Program types\n\n"
          "Made by the test `types` (tests/types/), which runs every row. Each program reads its context and starts a "
          "work\n"
          "item, if programs of its type may have one, and the callback is seen to run.\n\n"
          "- *described*: `skep run --ctx JSON`, `RunInput::described`, `run_described`, and a link that is fired with "
          "a\n"
          "  description. What is not described reads zero, and the report says which of it was read.\n"
          "- *test run*: what PROG_TEST_RUN answers, as Linux 7.3: 0, or the errno. -524: the kernel has none, and\n"
          "  `skep run` runs the program as described. For tracing, the kernel's test functions are called, and what "
          "is\n"
          "  attached to them runs; -22: without a context; -14: not for this attachment.\n\n"
          "| type | section | context as described | test run | work items |\n| --- | --- | --- | --- | --- |\n";
  for (const Row& row : rows())
    text << "| " << row.type << " | `" << row.section << "` | `" << row.described << "` | " << row.test_run << " | "
         << (row.work ? "yes" : "no") << " |\n";
  text << "\nAn extension (freplace) is run by the program whose function it replaces. lirc_mode2 and\n"
          "raw_tracepoint_writable programs are described as their relatives are: the sample as a number, arguments by "
          "name.\n";
  return text.str();
}

TEST(ProgramTypesPage, SaysWhatIsTested) {
  if (std::getenv("SKEP_UPDATE_PAGE") != nullptr) std::ofstream(TYPES_PAGE) << page();
  std::ifstream file(TYPES_PAGE);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), page());
}

}  // namespace
}  // namespace skep
