// Test runs of tracing programs: the kernel's functions for them, and what programs around those functions see.
#include <cerrno>
#include <cstdio>
#include <fstream>

#include "btf/module_builder.hpp"
#include "support/asm.hpp"
#include "support/commands.hpp"

namespace skep {
namespace {

// A Kernel whose types have the functions.
class TracingRuns : public testing::Test {
 protected:
  TracingRuns() {
    btf::ModuleBuilder builder(nullptr);
    std::string error;
    for (const char* type : {"typedef unsigned int u32", "typedef unsigned long long u64"})
      EXPECT_TRUE(builder.add_typedef(type, error)) << error;
    for (const char* function : {"int bpf_fentry_test1(int a)", "int bpf_fentry_test2(int a, u64 b)",
                                 "int bpf_modify_return_test(int a, int *b)",
                                 "int bpf_modify_return_test2(int a, int *b, short c, int d, void *e, char f, int g)"})
      EXPECT_TRUE(builder.add_traced_function(function, error)) << error;
    const std::vector<std::uint8_t> raw = builder.finish();
    const std::string path = testing::TempDir() + "test_run_functions.btf";
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(raw.data()), static_cast<std::streamsize>(raw.size()));
    btf::ParseError problem;
    types = btf::Btf::parse(raw, nullptr, true, problem);
    EXPECT_TRUE(types) << problem.message;
    KernelOptions options;
    options.cpus = 1;
    options.btf_path = path;
    kernel = Kernel::make(options, error);
    EXPECT_NE(kernel, nullptr) << error;
    std::remove(path.c_str());
    bpf = std::make_unique<test::Bpf>(test::Bpf{*kernel, {}});
    seen = bpf->map(MapType::array, 4, 8 * 4, 1);
    EXPECT_GE(seen, 0);
  }
  ~TracingRuns() override {
    for (const int fd : open) kernel->close(fd);
    kernel->close(seen);
  }

  // A program attached to `function`, or not. In its text "SEEN" is the map's value.
  int program(AttachType how, const char* function, std::string text, bool attach = true) {
    for (auto at = text.find("SEEN"); at != std::string::npos; at = text.find("SEEN"))
      text.replace(at, 4, "map_value " + std::to_string(seen) + " + 0");
    const std::vector<Insn> insns = test::Assembler::assemble(text);
    std::string log(1 << 16, 0);
    attr::ProgLoad attr{};
    attr.prog_type = static_cast<std::uint32_t>(ProgType::tracing);
    attr.expected_attach_type = static_cast<std::uint32_t>(how);
    attr.attach_btf_id = types->find(function, btf::Kind::func);
    attr.insns = test::address_of(insns.data());
    attr.insn_cnt = static_cast<std::uint32_t>(insns.size());
    attr.license = test::address_of("GPL");
    attr.log_buf = test::address_of(log.data());
    attr.log_size = static_cast<std::uint32_t>(log.size());
    attr.log_level = 1;
    const int fd = bpf->command(Command::prog_load, attr);
    EXPECT_GE(fd, 0) << log.c_str();
    open.push_back(fd);
    if (!attach) return fd;
    attr::RawTracepoint link{};
    link.prog_fd = static_cast<std::uint32_t>(fd);
    open.push_back(bpf->command(Command::raw_tracepoint_open, link));
    EXPECT_GE(open.back(), 0);
    return fd;
  }
  int run(int fd, std::uint32_t& retval) {
    attr::TestRun attr{};
    attr.prog_fd = static_cast<std::uint32_t>(fd);
    const int error = bpf->command(Command::prog_test_run, attr);
    retval = attr.retval;
    return error;
  }
  std::array<std::uint64_t, 4> what_was_seen() {
    std::array<std::uint64_t, 4> values = {};
    EXPECT_EQ(bpf->lookup(seen, 0U, values), 0);
    return values;
  }

  std::shared_ptr<const btf::Btf> types;
  std::unique_ptr<Kernel> kernel;
  std::unique_ptr<test::Bpf> bpf;
  int seen = -1;
  std::vector<int> open;
};

using Values = std::array<std::uint64_t, 4>;

TEST_F(TracingRuns, AProgramThatIsNotAttachedIsNotRun) {
  const int fd =
      program(AttachType::trace_fentry, "bpf_fentry_test1", "r2 = SEEN\n*(u64 *)(r2 +0) = 1\nr0 = 0\nexit", false);
  std::uint32_t retval = 9;
  EXPECT_EQ(run(fd, retval), 0);
  EXPECT_EQ(retval, 0U);
  EXPECT_EQ(what_was_seen()[0], 0U);
}

TEST_F(TracingRuns, EntryProgramsSeeArguments) {
  const int fd = program(AttachType::trace_fentry, "bpf_fentry_test2",
                         "r2 = SEEN\nr3 = *(u64 *)(r1 +0)\n*(u64 *)(r2 +0) = r3\nr3 = *(u64 *)(r1 +8)\n"
                         "*(u64 *)(r2 +8) = r3\nr0 = 0\nexit");
  std::uint32_t retval = 9;
  EXPECT_EQ(run(fd, retval), 0);
  EXPECT_EQ(retval, 0U);
  EXPECT_EQ(what_was_seen(), (Values{2, 3, 0, 0}));
}

TEST_F(TracingRuns, ExitProgramsSeeTheResult) {
  const int fd = program(AttachType::trace_fexit, "bpf_fentry_test2",
                         "r2 = SEEN\nr3 = *(u64 *)(r1 +8)\n*(u64 *)(r2 +0) = r3\nr3 = *(u64 *)(r1 +16)\n"
                         "*(u64 *)(r2 +8) = r3\nr0 = 0\nexit");
  std::uint32_t retval = 9;
  EXPECT_EQ(run(fd, retval), 0);
  EXPECT_EQ(what_was_seen(), (Values{3, 5, 0, 0}));
}

TEST_F(TracingRuns, ArgumentsAreAskedForByNumber) {
  // bpf_get_func_arg_cnt, bpf_get_func_arg of the second and of the third, bpf_get_func_ret.
  const int fd = program(AttachType::trace_fexit, "bpf_fentry_test2",
                         "r6 = r1\nr7 = SEEN\ncall 185\n*(u64 *)(r7 +0) = r0\n"
                         "r1 = r6\nr2 = 1\nr3 = r10\nr3 += -8\ncall 183\nr1 = *(u64 *)(r10 -8)\n"
                         "*(u64 *)(r7 +8) = r1\n"
                         "r1 = r6\nr2 = 2\nr3 = r10\nr3 += -8\ncall 183\n*(u64 *)(r7 +16) = r0\n"
                         "r1 = r6\nr2 = r10\nr2 += -8\ncall 184\nr1 = *(u64 *)(r10 -8)\n*(u64 *)(r7 +24) = r1\n"
                         "r0 = 0\nexit");
  std::uint32_t retval = 9;
  EXPECT_EQ(run(fd, retval), 0);
  EXPECT_EQ(what_was_seen(), (Values{2, 3, static_cast<std::uint64_t>(-EINVAL), 5}));
}

TEST_F(TracingRuns, ProgramsAreToldWhereTheyAre) {
  // bpf_get_func_ip, and bpf_get_func_ret with what was in its place before.
  const std::string text =
      "r6 = r1\nr7 = SEEN\ncall 173\n*(u64 *)(r7 +0) = r0\nr1 = 77\n*(u64 *)(r10 -8) = r1\nr1 = r6\nr2 = r10\n"
      "r2 += -8\ncall 184\n*(u64 *)(r7 +8) = r0\nr1 = *(u64 *)(r10 -8)\n*(u64 *)(r7 +16) = r1\nr0 = 0\nexit";
  const auto address = [&](const std::string& function) {
    const std::string symbols = kernel->symbols();
    const auto at = symbols.find(" T " + function + "\n");
    EXPECT_NE(at, std::string::npos);
    return std::stoull(symbols.substr(at - 16, 16), nullptr, 16);
  };
  const int entry = program(AttachType::trace_fentry, "bpf_fentry_test1", text);
  std::uint32_t retval = 9;
  EXPECT_EQ(run(entry, retval), 0);
  EXPECT_EQ(what_was_seen(), (Values{address("bpf_fentry_test1"), static_cast<std::uint64_t>(-EOPNOTSUPP), 77, 0}))
      << "there is no result yet";
  const int exit = program(AttachType::trace_fexit, "bpf_fentry_test2", text);
  EXPECT_EQ(run(exit, retval), 0);
  EXPECT_EQ(what_was_seen(), (Values{address("bpf_fentry_test2"), 0, 5, 0}));
  const int modifies = program(AttachType::modify_return, "bpf_modify_return_test", text);
  EXPECT_EQ(run(modifies, retval), 0);
  EXPECT_EQ(what_was_seen(), (Values{address("bpf_modify_return_test"), 0, 0, 0}));
}

// The kernel's own test says: 2 side effects and 33 without interference, none and twice the error with it.
TEST_F(TracingRuns, ReturnValuesAreModified) {
  std::uint32_t retval = 0;
  const int idle = program(AttachType::modify_return, "bpf_modify_return_test", "r0 = 0\nexit", false);
  EXPECT_EQ(run(idle, retval), 0);
  EXPECT_EQ(retval, 2U << 16 | 33U);
  program(AttachType::modify_return, "bpf_modify_return_test", "r0 = -22\nexit");
  program(AttachType::modify_return, "bpf_modify_return_test2", "r0 = -22\nexit");
  program(AttachType::trace_fexit, "bpf_modify_return_test",
          "r2 = SEEN\nr3 = *(u64 *)(r1 +16)\n*(u64 *)(r2 +0) = r3\nr0 = 0\nexit");
  EXPECT_EQ(run(idle, retval), 0);
  EXPECT_EQ(retval, static_cast<std::uint16_t>(-44));
  EXPECT_EQ(static_cast<std::int32_t>(what_was_seen()[0]), -22);
}

TEST_F(TracingRuns, OptionsAreRefused) {
  attr::TestRun attr{};
  attr.prog_fd =
      static_cast<std::uint32_t>(program(AttachType::trace_fentry, "bpf_fentry_test1", "r0 = 0\nexit", false));
  attr.cpu = 1;
  EXPECT_EQ(bpf->command(Command::prog_test_run, attr), -EINVAL);
}

}  // namespace
}  // namespace skep
