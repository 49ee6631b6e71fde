// How inputs become contexts and results come back, for each way in: test runs and links that the host fires.
#include "kernel/invoke.hpp"
#include "runtime/layouts.hpp"
#include "skep/describe.hpp"
#include "skep/runner.hpp"
#include "support/asm.hpp"
#include "support/commands.hpp"

namespace skep {
namespace {

namespace skb = runtime::layout::skb;
namespace xdp = runtime::layout::xdp;
using Bytes = std::vector<std::uint8_t>;

class Invocations : public testing::Test {
 protected:
  int load(ProgType type, const std::string& text) {
    const std::uint32_t flags = type == ProgType::syscall ? prog_flag::sleepable : 0;
    const int fd = bpf.load(type, test::Assembler::assemble(text), "GPL", flags);
    EXPECT_GE(fd, 0) << bpf.log;
    return fd;
  }
  // Runs it on `data`, which is replaced by what comes back.
  int run(int fd, Bytes& data, std::uint32_t& retval, Bytes* context = nullptr, std::uint32_t repeat = 0) {
    attr::TestRun attr{};
    attr.prog_fd = static_cast<std::uint32_t>(fd);
    attr.repeat = repeat;
    attr.data_in = test::address_of(data.data());
    attr.data_size_in = static_cast<std::uint32_t>(data.size());
    Bytes out(data.size() + 512);
    attr.data_out = test::address_of(out.data());
    attr.data_size_out = static_cast<std::uint32_t>(out.size());
    if (context != nullptr) {
      attr.ctx_in = attr.ctx_out = test::address_of(context->data());
      attr.ctx_size_in = attr.ctx_size_out = static_cast<std::uint32_t>(context->size());
    }
    const int error = bpf.command(Command::prog_test_run, attr);
    retval = attr.retval;
    if (error == 0) data.assign(out.begin(), out.begin() + attr.data_size_out);
    return error;
  }
  int run_syscall(int fd, Bytes& context) {
    attr::TestRun attr{};
    attr.prog_fd = static_cast<std::uint32_t>(fd);
    attr.ctx_in = context.empty() ? 0 : test::address_of(context.data());
    attr.ctx_size_in = static_cast<std::uint32_t>(context.size());
    const int error = bpf.command(Command::prog_test_run, attr);
    return error != 0 ? error : static_cast<int>(attr.retval);
  }
  std::uint32_t fire(int program, AttachType attach, void* bytes, std::size_t size, int& error) {
    attr::LinkCreate attr{};
    attr.prog_fd = static_cast<std::uint32_t>(program);
    attr.attach_type = static_cast<std::uint32_t>(attach);
    const int link = bpf.command(Command::link_create, attr);
    EXPECT_GE(link, 0);
    return kernel->fire(kernel->links().back().id, bytes, size, error);
  }
  static Bytes frame() {
    Bytes bytes(64);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i + 1);
    bytes[12] = 8;
    bytes[13] = 0;
    return bytes;
  }
  std::unique_ptr<Kernel> kernel = test::make_kernel();
  test::Bpf bpf{*kernel, {}};
};

constexpr const char* first_byte_of_xdp =
    "r2 = *(u32 *)(r1 +0); r3 = *(u32 *)(r1 +4); r4 = r2; r4 += 14; r0 = 0; if r4 > r3 goto +2;"
    "r0 = *(u8 *)(r2 +0); *(u8 *)(r2 +1) = 99; exit";

TEST_F(Invocations, TellWhereThePacketWasToGo) {
  Bytes packet = frame();
  std::uint32_t retval = 0;
  const int away = load(ProgType::xdp, "r1 = 3; r2 = 0; call 23; exit");
  ASSERT_EQ(run(away, packet, retval), 0);
  EXPECT_EQ(retval, 4U);
  EXPECT_EQ(Kernel::last_redirection().to, Redirection::To::device);
  EXPECT_EQ(Kernel::last_redirection().device, 3U);
  EXPECT_EQ(Kernel::last_redirection().text(), "device 3");
  const int stays = load(ProgType::xdp, "r1 = 3; r2 = 0; call 23; r0 = 2; exit");
  ASSERT_EQ(run(stays, packet, retval), 0);
  EXPECT_EQ(Kernel::last_redirection().to, Redirection::To::nowhere) << "it was asked for, and is not the verdict";
  const int back_in = load(ProgType::sched_cls, "r1 = 5; r2 = 1; call 23; exit");
  ASSERT_EQ(run(back_in, packet, retval), 0);
  EXPECT_EQ(retval, 7U);
  EXPECT_EQ(Kernel::last_redirection().text(), "device 5, as if it had come in there");
  const int peer = load(ProgType::sched_cls, "r1 = 6; r2 = 0; call 155; exit");
  ASSERT_EQ(run(peer, packet, retval), 0);
  EXPECT_EQ(Kernel::last_redirection().text(), "the peer of device 6");
  const int out_of_peer = load(ProgType::sched_cls, "r1 = 6; r2 = 2; call 155; exit");
  ASSERT_EQ(run(out_of_peer, packet, retval), 0);
  EXPECT_EQ(retval, 7U);
  EXPECT_EQ(Kernel::last_redirection().text(), "the peer of device 6, to be sent by it");
  const int no_packet = load(ProgType::syscall, "r0 = 7; exit");
  Bytes context;
  EXPECT_EQ(run_syscall(no_packet, context), 7);
  EXPECT_EQ(Kernel::last_redirection().to, Redirection::To::nowhere);
}

TEST_F(Invocations, ALinkOfXdpThatIsFiredSeesItsPacket) {
  const int fd = load(ProgType::xdp, first_byte_of_xdp);
  Bytes packet = frame();
  int error = -1;
  EXPECT_EQ(fire(fd, AttachType::xdp, packet.data(), packet.size(), error), 1U);
  EXPECT_EQ(error, 0);
  EXPECT_EQ(packet[1], 99) << "and what it wrote comes back";
  Bytes too_short(10);
  fire(fd, AttachType::xdp, too_short.data(), too_short.size(), error);
  EXPECT_EQ(error, -EINVAL) << "not even an Ethernet header";
}

TEST_F(Invocations, ATestRunOfXdpIsTheSame) {
  const int fd = load(ProgType::xdp, first_byte_of_xdp);
  Bytes packet = frame();
  std::uint32_t retval = 0;
  EXPECT_EQ(run(fd, packet, retval), 0);
  EXPECT_EQ(retval, 1U);
  EXPECT_EQ(packet[1], 99);
}

TEST_F(Invocations, MetadataOfXdpStandsInFrontOfThePacket) {
  const int fd = load(ProgType::xdp,
                      "r2 = *(u32 *)(r1 +8); r3 = *(u32 *)(r1 +0); r4 = r2; r4 += 4; r0 = 0;"
                      "if r4 > r3 goto +1; r0 = *(u8 *)(r2 +0); exit");
  Bytes packet = frame(), context(xdp::size);
  context[xdp::data] = 8;
  context[xdp::data_end] = 64;
  std::uint32_t retval = 0;
  EXPECT_EQ(run(fd, packet, retval, &context), 0);
  EXPECT_EQ(retval, 1U);
  EXPECT_EQ(packet.size(), 64U);
  context[xdp::data] = 6;
  EXPECT_EQ(run(fd, packet, retval, &context), -EINVAL) << "not a multiple of four";
}

TEST_F(Invocations, TypesWithoutALinkLayerSeeThePacketFromTheNetworkHeaderOn) {
  struct Case {
    ProgType type;
    bool link_layer;
  };
  for (const Case& c :
       {Case{ProgType::sched_cls, true}, Case{ProgType::sched_act, true}, Case{ProgType::socket_filter, false},
        Case{ProgType::cgroup_skb, false}, Case{ProgType::lwt_in, false}, Case{ProgType::lwt_out, false},
        Case{ProgType::lwt_xmit, false}}) {
    const bool cgroup = c.type == ProgType::cgroup_skb;  // returns 0 or 1 only
    const int fd = load(c.type, cgroup ? "r2 = *(u32 *)(r1 +0); r0 = 1; if r2 == 50 goto +1; r0 = 0; exit"
                                       : "r0 = *(u32 *)(r1 +0); exit");
    const Bytes given = frame();
    Bytes packet = given;
    std::uint32_t retval = 0;
    ASSERT_EQ(run(fd, packet, retval), 0) << static_cast<int>(c.type);
    EXPECT_EQ(retval, c.link_layer ? 64U : cgroup ? 1U : 50U) << static_cast<int>(c.type);
    Bytes expected = given;
    if (!c.link_layer) std::fill_n(expected.begin(), 14, std::uint8_t{0});
    EXPECT_EQ(packet, expected) << "what the program did not see comes back as zeros";
  }
}

TEST_F(Invocations, WhatLinuxDoesNotTestRunIsNotTestRunButRunsOtherwise) {
  for (const ProgType type : {ProgType::lwt_seg6local, ProgType::sk_skb}) {
    const int fd = load(type, "r0 = *(u32 *)(r1 +0); exit");
    Bytes packet = frame();
    std::uint32_t retval = 0;
    EXPECT_EQ(run(fd, packet, retval), -enotsupp) << static_cast<int>(type);
    const DescribedRun described{.packet = packet};
    DescribedResult result;
    EXPECT_EQ(run_described(*kernel, fd, described, result), 0) << static_cast<int>(type);
    EXPECT_EQ(result.verdict, 50U) << "as much as it sees of it";
    auto runner = Runner::make(*kernel, fd, {.packet = packet});
    ASSERT_TRUE(runner) << runner.message();
    EXPECT_EQ(runner->run(), 50U);
  }
}

TEST_F(Invocations, ARepeatedRunOfXdpGetsWhatTheOneBeforeLeft) {
  // bpf_xdp_adjust_tail by -20, and what is left.
  const int fd =
      load(ProgType::xdp, "r6 = r1; r2 = -20; call 65; r0 = *(u32 *)(r6 +4); r1 = *(u32 *)(r6 +0); r0 -= r1; exit");
  Bytes packet = frame();
  std::uint32_t retval = 0;
  EXPECT_EQ(run(fd, packet, retval, nullptr, 2), 0);
  EXPECT_EQ(retval, 24U);
  EXPECT_EQ(packet.size(), 24U);
}

TEST_F(Invocations, AContextOfASyscallThatIsSmallerThanItsUseIsRefused) {
  const int reads = load(ProgType::syscall, "r0 = *(u64 *)(r1 +16); exit");
  for (const std::size_t size : {0U, 8U, 16U, 23U}) {
    Bytes context(size);
    EXPECT_EQ(run_syscall(reads, context), -EINVAL) << size;
  }
  Bytes context(24);
  context[16] = 7;
  EXPECT_EQ(run_syscall(reads, context), 7);
  // … also through a variable offset, and by a call's memory.
  const int indexed =
      load(ProgType::syscall, "r2 = *(u32 *)(r1 +0); r2 &= 31; r1 += r2; *(u8 *)(r1 +4) = 5; r0 = 0; exit");
  Bytes small(35), enough(36);
  EXPECT_EQ(run_syscall(indexed, small), -EINVAL);
  EXPECT_EQ(run_syscall(indexed, enough), 0);
  EXPECT_EQ(enough[4], 5) << "what the program wrote is the caller's";
  const int filled = load(ProgType::syscall, "r2 = 16; call 16; r0 = 0; exit");
  Bytes fifteen(15), sixteen(16);
  EXPECT_EQ(run_syscall(filled, fifteen), -EINVAL);
  EXPECT_EQ(run_syscall(filled, sixteen), 0);
  const int none = load(ProgType::syscall, "r0 = 3; exit");
  Bytes empty;
  EXPECT_EQ(run_syscall(none, empty), 3);
}

TEST_F(Invocations, AProgramThatIsJumpedToHasRoomForAllThatItUses) {
  const int programs = bpf.map(MapType::prog_array, 4, 4, 1);
  const int target = load(ProgType::syscall, "r2 = 7; *(u64 *)(r1 +32000) = r2; r0 = *(u64 *)(r1 +32000); exit");
  const int jumps = load(ProgType::syscall, "r2 = map " + std::to_string(programs) + "; r3 = 0; call 12; r0 = 2; exit");
  ASSERT_EQ(bpf.update(programs, 0, target), 0);
  std::uint32_t key = 0, id = 0;
  EXPECT_EQ(bpf.element(Command::map_lookup_elem, programs, &key, &id), 0);
  EXPECT_NE(id, 0U) << "user space reads the program's id";
  Bytes none, some(8);
  EXPECT_EQ(run_syscall(jumps, none), 7);
  EXPECT_EQ(run_syscall(jumps, some), 7);
  EXPECT_EQ(some, Bytes(8)) << "what lies behind the caller's context is nobody's";
}

TEST_F(Invocations, APacketHasComeFromNoDeviceAndHoldsItsHeader) {
  const int from = load(ProgType::sched_cls, "r0 = *(u32 *)(r1 +36); exit");
  const int on = load(ProgType::sched_cls, "r0 = *(u32 *)(r1 +40); exit");
  std::uint32_t retval = 99;
  Bytes packet = frame(), context(skb::size);
  EXPECT_EQ(run(from, packet, retval, &context), 0);
  EXPECT_EQ(retval, 0U);
  EXPECT_EQ(run(on, packet, retval, &context), 0);
  EXPECT_EQ(retval, 1U);
  // The smallest frame of each Ethernet type, as 7.3 has it.
  for (const auto& [type, size] : {std::pair{0x0800, 34U}, std::pair{0x86dd, 54U}, std::pair{0x0806, 14U}}) {
    Bytes enough(size);
    enough[12] = static_cast<std::uint8_t>(type >> 8);
    enough[13] = static_cast<std::uint8_t>(type);
    Bytes less(enough.begin(), enough.end() - 1);
    EXPECT_EQ(run(on, enough, retval), 0) << type;
    EXPECT_EQ(run(on, less, retval), -EINVAL) << type;
  }
}

TEST_F(Invocations, WhatOfAPacketIsBehindTheContextsEndIsInFragments) {
  const int length = load(ProgType::xdp, "r2 = *(u32 *)(r1 +0); r0 = *(u32 *)(r1 +4); r0 -= r2; exit");
  std::uint32_t retval = 99;
  Bytes packet = frame(), context(xdp::size);
  context[4] = 20;
  EXPECT_EQ(run(length, packet, retval, &context), 0);
  EXPECT_EQ(retval, 20U);
  EXPECT_EQ(packet, frame());
  EXPECT_EQ(context[4], 20);
  context = Bytes(xdp::size);
  context[4] = 65;
  EXPECT_EQ(run(length, packet, retval, &context), -EINVAL);
  // A context that is only asked for is one of zeros.
  attr::TestRun attr{};
  attr.prog_fd = static_cast<std::uint32_t>(length);
  attr.data_in = test::address_of(packet.data());
  attr.data_size_in = static_cast<std::uint32_t>(packet.size());
  attr.ctx_out = test::address_of(context.data());
  attr.ctx_size_out = static_cast<std::uint32_t>(context.size());
  EXPECT_EQ(bpf.command(Command::prog_test_run, attr), 0);
  EXPECT_EQ(attr.retval, 0U);
  EXPECT_EQ(context, Bytes(xdp::size));
}

TEST_F(Invocations, MoreBytesThanAnyInputHasAreRefused) {
  const int fd = load(ProgType::xdp, "r0 = 1; exit");
  Bytes packet((1 << 16) + 1);
  int error = 0;
  fire(fd, AttachType::xdp, packet.data(), packet.size(), error);
  EXPECT_EQ(error, -E2BIG);
}

TEST_F(Invocations, BytesOfTheHostAreNeverTakenForPointers) {
  // cgroup_sock_addr's sk is a socket that the verifier trusts.
  test::Bpf loader{*kernel, {}};
  loader.log.assign(1 << 16, 0);
  const auto insns = test::Assembler::assemble("r2 = *(u64 *)(r1 +64); r0 = *(u32 *)(r2 +4); r0 &= 1; exit");
  attr::ProgLoad load{};
  load.prog_type = static_cast<std::uint32_t>(ProgType::cgroup_sock_addr);
  load.expected_attach_type = static_cast<std::uint32_t>(AttachType::cgroup_inet4_connect);
  load.insns = test::address_of(insns.data());
  load.insn_cnt = static_cast<std::uint32_t>(insns.size());
  load.license = test::address_of("GPL");
  load.log_buf = test::address_of(loader.log.data());
  load.log_size = static_cast<std::uint32_t>(loader.log.size());
  load.log_level = 1;
  const int fd = loader.command(Command::prog_load, load);
  ASSERT_GE(fd, 0) << loader.log;
  std::string said;
  kernel->on_log([&](std::string_view line) { said = line; });
  Bytes context(72, 0x41);
  int error = 0;
  fire(fd, AttachType::cgroup_inet4_connect, context.data(), context.size(), error);
  EXPECT_EQ(error, -EOPNOTSUPP);
  EXPECT_THAT(said, testing::HasSubstr("pointers"));
}

}  // namespace
}  // namespace skep
