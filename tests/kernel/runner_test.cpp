// Runners: turns of many runs do what as many test runs do, in every engine, and say what became of them.
#include "skep/runner.hpp"

#include "kernel/invoke.hpp"
#include "support/asm.hpp"
#include "support/commands.hpp"

namespace skep {
namespace {

using Bytes = std::vector<std::uint8_t>;

// Counts the runs in the packet, which a run of tc leaves as it is, and moves the start of a packet of xdp.
constexpr const char* counts_in_packet =
    "r2 = *(u32 *)(r1 +76); r3 = *(u32 *)(r1 +80); r4 = r2; r4 += 14; r0 = 0; if r4 > r3 goto +3;"
    "r0 = *(u8 *)(r2 +13); r0 += 1; *(u8 *)(r2 +13) = r0; exit";

class Runners : public testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    KernelOptions options;
    options.cpus = 2;
    options.host_btf = false;
    options.engine = GetParam();
    start(options);
  }
  void start(const KernelOptions& options) {
    std::string error;
    kernel = Kernel::make(options, error);
    if (kernel == nullptr) GTEST_SKIP() << error;
  }
  int load(ProgType type, const std::string& text) {
    test::Bpf bpf{*kernel, {}};
    const int fd = bpf.load(type, test::Assembler::assemble(text));
    EXPECT_GE(fd, 0) << bpf.log;
    return fd;
  }
  static Bytes frame() {
    Bytes bytes(64);
    bytes[12] = 8;
    return bytes;
  }
  std::unique_ptr<Kernel> kernel;
};

TEST_P(Runners, RunOnWhatTheRunBeforeLeft) {
  const int fd = load(ProgType::sched_cls, counts_in_packet);
  const Bytes packet = frame();
  auto runner = Runner::make(*kernel, fd, {.packet = packet});
  ASSERT_TRUE(runner) << runner.message();
  std::vector<std::uint32_t> results;
  for (int i = 0; i < 2; ++i)
    runner->turn([&](Runner::Turn& turn) {
      for (int n = 0; n < 3; ++n) results.push_back(turn.run());
      EXPECT_EQ(turn.packet()[13], results.back());
      EXPECT_EQ(turn.error(), 0);
    });
  EXPECT_EQ(runner->run(), 7U);
  EXPECT_THAT(results, testing::ElementsAre(1, 2, 3, 4, 5, 6));
  runner->turn([&](Runner::Turn& turn) {
    EXPECT_EQ(turn.packet(packet), 0);
    EXPECT_EQ(turn.run(), 1U) << "and the next packet is as new";
    EXPECT_EQ(turn.packet(Bytes(3)), -EINVAL);
    EXPECT_EQ(turn.run(), 2U) << "one that is refused changes nothing";
  });
}

TEST_P(Runners, GiveAFrameOfXdpAsTheRunBeforeLeftIt) {
  // bpf_xdp_adjust_head by 4; the length that is left.
  const int fd =
      load(ProgType::xdp, "r6 = r1; r2 = 4; call 44; r2 = *(u32 *)(r6 +0); r0 = *(u32 *)(r6 +4); r0 -= r2; exit");
  const Bytes packet = frame();
  auto runner = Runner::make(*kernel, fd, {.packet = packet});
  ASSERT_TRUE(runner) << runner.message();
  runner->turn([&](Runner::Turn& turn) {
    for (std::uint32_t i = 1; i < 4; ++i) EXPECT_EQ(turn.run(), 64 - 4 * i);
    EXPECT_EQ(turn.packet().size(), 52U);
    EXPECT_EQ(turn.packet(packet), 0);
    EXPECT_EQ(turn.run(), 60U) << "and the next frame is as new";
  });
}

TEST_P(Runners, TellWhereAPacketWasToGo) {
  const int fd = load(ProgType::xdp, "r1 = 3; r2 = 0; call 23; exit");
  const Bytes packet = frame();
  auto runner = Runner::make(*kernel, fd, {.packet = packet});
  ASSERT_TRUE(runner);
  runner->turn([&](Runner::Turn& turn) {
    EXPECT_EQ(turn.redirection().to, Redirection::To::nowhere);
    EXPECT_EQ(turn.run(), 4U);
    EXPECT_EQ(turn.redirection().device, 3U);
  });
}

TEST_P(Runners, SayThatARunWasStoppedAndGoOn) {
  const int fd = load(ProgType::sched_cls, "again: may_goto out; goto again\n out: r0 = 5; exit");
  const Bytes packet = frame();
  const RunLimitsScope limits({.instructions = 1000});
  auto runner = Runner::make(*kernel, fd, {.packet = packet});
  ASSERT_TRUE(runner) << runner.message();
  for (int i = 0; i < 2; ++i)
    runner->turn([&](Runner::Turn& turn) {
      for (int n = 0; n < 2; ++n) {
        EXPECT_EQ(turn.run(), 0U);
        EXPECT_EQ(turn.error(), -ETIME);
      }
    });
  EXPECT_EQ(runner->error(), -ETIME);
}

TEST_P(Runners, CountWhileSomebodyAsksForStatistics) {
  const int fd = load(ProgType::xdp, "r0 = 2; exit");
  const Bytes packet = frame();
  auto runner = Runner::make(*kernel, fd, {.packet = packet});
  ASSERT_TRUE(runner);
  test::Bpf bpf{*kernel, {}};
  attr::EnableStats enable{};
  ASSERT_GE(bpf.command(Command::enable_stats, enable), 0);
  runner->turn([](Runner::Turn& turn) {
    for (int i = 0; i < 5; ++i) turn.run();
  });
  attr::ProgInfo info{};
  attr::Info attr{};
  attr.bpf_fd = static_cast<std::uint32_t>(fd);
  attr.info = test::address_of(&info);
  attr.info_len = sizeof info;
  ASSERT_EQ(bpf.command(Command::obj_get_info_by_fd, attr), 0);
  EXPECT_EQ(info.run_cnt, 5U);
}

TEST_P(Runners, KeepTheProgramAndAreMoved) {
  const int fd = load(ProgType::xdp, "r0 = 2; exit");
  const Bytes packet = frame();
  auto made = Runner::make(*kernel, fd, {.packet = packet});
  ASSERT_TRUE(made);
  Runner runner = std::move(*made);
  kernel->close(fd);
  EXPECT_EQ(runner.run(), 2U);
}

TEST_P(Runners, AreRefusedWhatTestRunsAreRefused) {
  const int fd = load(ProgType::xdp, "r0 = 2; exit");
  const auto none = Runner::make(*kernel, 12345);
  EXPECT_EQ(none.error(), EBADF);
  const auto too_short = Runner::make(*kernel, fd, {.packet = Bytes(3)});
  EXPECT_EQ(too_short.error(), EINVAL);
  EXPECT_THAT(too_short.message(), testing::HasSubstr("xdp programs do not take such a packet"));
  const int probe = load(ProgType::kprobe, "r0 = 0; exit");
  EXPECT_EQ(Runner::make(*kernel, probe).error(), EOPNOTSUPP);
}

TEST_P(Runners, LetNoExceptionOut) {
  const int fd = load(ProgType::xdp, "r0 = 2; exit");
  std::string told;
  kernel->on_log([&](std::string_view line) { told += line; });
  const Bytes packet = frame();
  auto runner = Runner::make(*kernel, fd, {.packet = packet});
  ASSERT_TRUE(runner);
  runner->turn([](Runner::Turn&) { throw std::runtime_error("no"); });
  EXPECT_THAT(told, testing::HasSubstr("a turn of a runner"));
  EXPECT_EQ(runner->run(), 2U) << "the CPU is free again";
}

INSTANTIATE_TEST_SUITE_P(, Runners, testing::Values(Engine::interpreter, Engine::compiled, Engine::automatic),
                         [](const auto& test) {
                           switch (test.param) {
                             case Engine::interpreter:
                               return "interpreter";
                             case Engine::compiled:
                               return "compiled";
                             default:
                               return "automatic";
                           }
                         });

TEST(SteppedRunners, GoOneInstructionAtATime) {
  KernelOptions options;
  options.host_btf = false;
  options.stepping_seed = 5;
  std::string error;
  const auto kernel = Kernel::make(options, error);
  ASSERT_NE(kernel, nullptr) << error;
  test::Bpf bpf{*kernel, {}};
  const int fd = bpf.load(ProgType::sched_cls, test::Assembler::assemble(counts_in_packet));
  Bytes packet(64);
  auto runner = Runner::make(*kernel, fd, {.packet = packet});
  ASSERT_TRUE(runner) << runner.message();
  runner->turn([](Runner::Turn& turn) {
    EXPECT_EQ(turn.run(), 1U);
    EXPECT_EQ(turn.run(), 2U);
  });
  EXPECT_EQ(runner->run(), 3U);
}

}  // namespace
}  // namespace skep
