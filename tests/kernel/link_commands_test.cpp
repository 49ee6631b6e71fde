// Links: what may be attached where, what a link becomes when it is updated or detached, and what fires.
#include <cerrno>

#include "support/commands.hpp"
#include "support/corpus.hpp"

namespace skep {
namespace {

std::vector<Insn> returns(std::int32_t value) {
  return {{0xb7, 0, 0, 0, value}, {0x95, 0, 0, 0, 0}};
}

class LinkCommands : public testing::Test {
 protected:
  int load(ProgType type, std::int32_t value) { return bpf.load(type, returns(value)); }
  int create(int program, AttachType attach) {
    attr::LinkCreate attr{};
    attr.prog_fd = static_cast<std::uint32_t>(program);
    attr.attach_type = static_cast<std::uint32_t>(attach);
    return bpf.command(Command::link_create, attr);
  }
  int update(int link, int program, std::uint32_t flags = 0, int old = 0) {
    attr::LinkUpdate attr{static_cast<std::uint32_t>(link), static_cast<std::uint32_t>(program), flags,
                          static_cast<std::uint32_t>(old)};
    return bpf.command(Command::link_update, attr);
  }
  int detach(int link) {
    attr::LinkDetach attr{static_cast<std::uint32_t>(link)};
    return bpf.command(Command::link_detach, attr);
  }
  std::uint32_t fire(int& error) {
    std::uint8_t context[64] = {};
    const auto links = kernel->links();
    return links.empty() ? ~0U : kernel->fire(links.back().id, context, sizeof context, error);
  }
  std::unique_ptr<Kernel> kernel = test::make_kernel();
  test::Bpf bpf{*kernel, {}};
};

TEST_F(LinkCommands, TheProgramsTypeMustFit) {
  const int xdp = load(ProgType::xdp, 2);
  EXPECT_EQ(create(xdp, AttachType::cgroup_device), -EINVAL);
  EXPECT_EQ(create(xdp, static_cast<AttachType>(1000)), -EINVAL);
  EXPECT_EQ(create(500, AttachType::xdp), -EBADF);
  EXPECT_EQ(create(bpf.map(MapType::array, 4, 8, 1), AttachType::xdp), -EINVAL) << "a map is no program";
  EXPECT_GE(create(xdp, AttachType::xdp), 0);
}

TEST_F(LinkCommands, TheHostSeesAndFiresThem) {
  const int link = create(load(ProgType::xdp, 2), AttachType::xdp);
  ASSERT_GE(link, 0);
  ASSERT_EQ(kernel->links().size(), 1U);
  EXPECT_EQ(kernel->links()[0].type, ProgType::xdp);
  int error = 0;
  EXPECT_EQ(fire(error), 2U);
  EXPECT_EQ(error, 0);
  kernel->close(link);
  EXPECT_TRUE(kernel->links().empty());
}

TEST_F(LinkCommands, AnUpdateChangesWhatRuns) {
  const int one = load(ProgType::xdp, 1), two = load(ProgType::xdp, 2);
  const int link = create(one, AttachType::xdp);
  constexpr std::uint32_t replace = 4;
  EXPECT_EQ(update(link, two, 1), -EINVAL) << "a flag that does not exist";
  EXPECT_EQ(update(link, two, 0, one), -EINVAL) << "an old program without the flag";
  EXPECT_EQ(update(link, one, replace, two), -EPERM) << "that is not the one attached";
  EXPECT_EQ(update(link, load(ProgType::socket_filter, 0)), -EINVAL) << "another type";
  EXPECT_EQ(update(link, two, replace, one), 0);
  int error = 0;
  EXPECT_EQ(fire(error), 2U);
}

TEST_F(LinkCommands, ADetachedLinkStaysAndDoesNothing) {
  const int program = load(ProgType::xdp, 1);
  const int link = create(program, AttachType::xdp);
  EXPECT_EQ(detach(link), 0);
  int error = 0;
  fire(error);
  EXPECT_EQ(error, -ENOENT);
  EXPECT_EQ(update(link, program), -ENOLINK);
  EXPECT_EQ(detach(link), 0);
  attr::LinkInfo info{};
  attr::Info request{static_cast<std::uint32_t>(link), sizeof info, test::address_of(&info)};
  EXPECT_EQ(bpf.command(Command::obj_get_info_by_fd, request), 0);
  EXPECT_EQ(info.prog_id, 0U);
}

TEST_F(LinkCommands, AttachedProgramsAreDetachedByTarget) {
  const int program = load(ProgType::cgroup_device, 1);
  attr::ProgAttach attr{};
  attr.target_fd = 7;
  attr.attach_bpf_fd = static_cast<std::uint32_t>(program);
  attr.attach_type = static_cast<std::uint32_t>(AttachType::cgroup_device);
  EXPECT_EQ(bpf.command(Command::prog_attach, attr), 0);
  EXPECT_EQ(kernel->links().size(), 1U);
  attr.target_fd = 8;
  EXPECT_EQ(bpf.command(Command::prog_detach, attr), -ENOENT);
  attr.target_fd = 7;
  EXPECT_EQ(bpf.command(Command::prog_detach, attr), 0);
  EXPECT_EQ(bpf.command(Command::prog_detach, attr), -ENOENT);
  EXPECT_TRUE(kernel->links().empty());
}

TEST_F(LinkCommands, TracepointsAreLookedUp) {
  attr::RawTracepoint attr{};
  attr.name = test::address_of("no_such_event");
  attr.prog_fd = static_cast<std::uint32_t>(load(ProgType::raw_tracepoint, 0));
  EXPECT_EQ(bpf.command(Command::raw_tracepoint_open, attr), -ENOENT);
  attr.name = 16;
  EXPECT_EQ(bpf.command(Command::raw_tracepoint_open, attr), -EFAULT);
  attr.prog_fd = static_cast<std::uint32_t>(load(ProgType::xdp, 0));
  EXPECT_EQ(bpf.command(Command::raw_tracepoint_open, attr), -EINVAL);
}

// A program that stores `size` bytes to the record of a writable tracepoint.
std::vector<Insn> writes_record(std::uint8_t size) {
  const auto store = static_cast<std::uint8_t>(size == 8 ? 0x7a : 0x62);
  return {{0x79, 1, 1, 0, 0}, {store, 1, 0, 0, 0}, {0xb7, 0, 0, 0, 0}, {0x95, 0, 0, 0, 0}};
}

TEST(WritableTracepoints, ThePromiseIsComparedWithTheRecord) {
  KernelOptions options;
  options.cpus = 1;
  options.btf_path = test::corpus_file("vmlinux.btf");
  if (!std::filesystem::exists(*options.btf_path)) GTEST_SKIP() << *options.btf_path << " is not there";
  std::string error;
  const auto kernel = Kernel::make(options, error);
  ASSERT_NE(kernel, nullptr) << error;
  test::Bpf bpf{*kernel, {}};
  const auto open = [&](const std::vector<Insn>& insns, const char* tracepoint) {
    attr::RawTracepoint attr{};
    attr.name = test::address_of(tracepoint);
    attr.prog_fd = static_cast<std::uint32_t>(bpf.load(ProgType::raw_tracepoint_writable, insns));
    return bpf.command(Command::raw_tracepoint_open, attr);
  };
  EXPECT_GE(open(writes_record(4), "bpf_test_finish"), 0);
  EXPECT_EQ(open(writes_record(8), "bpf_test_finish"), -EINVAL) << "its record is an int";
  EXPECT_EQ(open(writes_record(4), "sys_enter"), -EINVAL) << "it has none";
  EXPECT_GE(open(returns(0), "sys_enter"), 0);
}

}  // namespace
}  // namespace skep
