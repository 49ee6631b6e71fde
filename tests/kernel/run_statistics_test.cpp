// BPF_ENABLE_STATS: run_cnt and run_time_ns of programs, as 7.3 counts them.
#include <cerrno>

#include "support/asm.hpp"
#include "support/commands.hpp"

namespace skep {
namespace {

class RunStatisticsTest : public testing::Test {
 protected:
  RunStatisticsTest() { program = bpf.load(ProgType::xdp, test::Assembler::assemble("r0 = 2; exit")); }
  ~RunStatisticsTest() override {
    if (program >= 0) kernel->close(program);
  }

  int enable(std::uint32_t type = 0) {
    attr::EnableStats attr{type};
    return bpf.command(Command::enable_stats, attr);
  }
  void run(std::uint32_t repeat) {
    std::uint8_t packet[64] = {};
    attr::TestRun attr{};
    attr.prog_fd = static_cast<std::uint32_t>(program);
    attr.data_in = test::address_of(packet);
    attr.data_size_in = sizeof packet;
    attr.repeat = repeat;
    EXPECT_EQ(bpf.command(Command::prog_test_run, attr), 0);
  }
  int info_of(int fd, attr::ProgInfo& info) {
    attr::Info attr{};
    attr.bpf_fd = static_cast<std::uint32_t>(fd);
    attr.info = test::address_of(&info);
    attr.info_len = sizeof info;
    return bpf.command(Command::obj_get_info_by_fd, attr);
  }
  attr::ProgInfo info() {
    attr::ProgInfo info{};
    EXPECT_EQ(info_of(program, info), 0);
    return info;
  }

  std::unique_ptr<Kernel> kernel = test::make_kernel();
  test::Bpf bpf{*kernel, {}};
  int program = -1;
};

TEST_F(RunStatisticsTest, CountWhileSomebodyAsksForThem) {
  ASSERT_GE(program, 0) << bpf.log;
  run(3);
  EXPECT_EQ(info().run_cnt, 0U);
  EXPECT_EQ(info().run_time_ns, 0U);
  const int one = enable(), other = enable();
  ASSERT_GE(one, 0);
  ASSERT_GE(other, 0);
  run(10);
  EXPECT_EQ(info().run_cnt, 10U);
  EXPECT_GT(info().run_time_ns, 0U);
  kernel->close(one);
  run(1);
  EXPECT_EQ(info().run_cnt, 11U);
  kernel->close(other);
  run(5);
  EXPECT_EQ(info().run_cnt, 11U);
}

TEST_F(RunStatisticsTest, CountFiredLinks) {
  ASSERT_GE(program, 0) << bpf.log;
  const int statistics = enable();
  attr::LinkCreate attr{};
  attr.prog_fd = static_cast<std::uint32_t>(program);
  attr.target_fd = 1;
  attr.attach_type = static_cast<std::uint32_t>(AttachType::xdp);
  const int link = bpf.command(Command::link_create, attr);
  ASSERT_GE(link, 0);
  std::uint8_t packet[64] = {};
  int error = 0;
  EXPECT_EQ(kernel->fire(kernel->links().front().id, packet, sizeof packet, error), 2U);
  EXPECT_EQ(info().run_cnt, 1U);
  kernel->close(link);
  kernel->close(statistics);
}

TEST_F(RunStatisticsTest, AreRefusedOfOtherKinds) {
  EXPECT_EQ(enable(1), -EINVAL);
  struct {
    std::uint32_t type = 0, more = 1;
  } longer;
  EXPECT_EQ(kernel->bpf(static_cast<int>(Command::enable_stats), &longer, sizeof longer), -EINVAL);
}

TEST_F(RunStatisticsTest, DescriptorIsNoObject) {
  const int statistics = enable();
  ASSERT_GE(statistics, 0);
  attr::ProgInfo info{};
  EXPECT_EQ(info_of(statistics, info), -EINVAL);
  attr::Obj attr{};
  attr.pathname = test::address_of("/sys/fs/bpf/statistics");
  attr.bpf_fd = static_cast<std::uint32_t>(statistics);
  EXPECT_EQ(bpf.command(Command::obj_pin, attr), -EINVAL);
  EXPECT_EQ(kernel->close(statistics), 0);
}

}  // namespace
}  // namespace skep
