// The front door itself: sizes of structures, unknown commands, and who owns which descriptor.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "support/commands.hpp"

namespace skep {
namespace {

const std::vector<Insn> returns_two = {{0xb7, 0, 0, 0, 2}, {0x95, 0, 0, 0, 0}};

class FrontDoor : public testing::Test {
 protected:
  std::unique_ptr<Kernel> kernel = test::make_kernel();
  test::Bpf bpf{*kernel, {}};
};

TEST_F(FrontDoor, StructuresOfOtherSizes) {
  std::array<std::uint8_t, 8192> bytes{};
  auto& attr = *reinterpret_cast<attr::MapCreate*>(bytes.data());
  attr.map_type = static_cast<std::uint32_t>(MapType::array);
  attr.key_size = 4;
  attr.value_size = 4;
  attr.max_entries = 1;
  const int create = static_cast<int>(Command::map_create);
  EXPECT_GE(kernel->bpf(create, bytes.data(), 20), 0) << "an older caller's structure is shorter";
  EXPECT_GE(kernel->bpf(create, bytes.data(), 4096), 0) << "a newer caller's is longer, and zero";
  EXPECT_EQ(kernel->bpf(create, bytes.data(), 4097), -E2BIG);
  bytes[200] = 1;
  EXPECT_EQ(kernel->bpf(create, bytes.data(), 256), -E2BIG) << "something that 7.3 does not know";
  bytes[200] = 0;
  bytes[100] = 1;
  EXPECT_EQ(kernel->bpf(create, bytes.data(), 168), -EINVAL) << "behind the command's last field";
  EXPECT_EQ(kernel->bpf(create, reinterpret_cast<void*>(16), 72), -EFAULT);
}

TEST(KernelMake, RefusesWhatCannotBeInOneLine) {
  struct Case {
    KernelOptions options;
    const char* says;
  };
  std::vector<Case> cases(4);
  for (Case& c : cases) c.options.host_btf = false;
  cases[0].options.release = {6, 18};
  cases[0].says = "there are no rules for Linux 6.18";
  cases[1].options.cpus = 4'000'000'000U;
  cases[1].says = "1 to 8192 virtual CPUs";
  cases[2].options.cpus = 0;
  cases[2].says = "1 to 8192 virtual CPUs";
  cases[3].options.pumped = true;
  cases[3].options.stepping_seed = 1;
  cases[3].says = "exclude each other";
  for (const Case& c : cases) {
    std::string error;
    EXPECT_EQ(Kernel::make(c.options, error), nullptr);
    EXPECT_THAT(error, testing::HasSubstr(c.says));
  }
}

TEST_F(FrontDoor, CommandsThatDoNotExist) {
  attr::MapFreeze attr{};
  EXPECT_EQ(kernel->bpf(1000, &attr, sizeof attr), -EINVAL);
  std::string logged;
  kernel->on_log([&](std::string_view line) { logged = line; });
  EXPECT_EQ(kernel->bpf(static_cast<int>(Command::iter_create), &attr, sizeof attr), -EOPNOTSUPP);
  EXPECT_THAT(logged, testing::HasSubstr("33"));
}

TEST_F(FrontDoor, DescriptorsAreRealAndTheirOwners) {
  const int fd = bpf.map(MapType::array, 4, 8, 1);
  ASSERT_GE(fd, 0);
  EXPECT_GE(fcntl(fd, F_GETFD), 0);
  EXPECT_EQ(kernel_of(fd), kernel.get());
  const auto other = test::make_kernel();
  test::Bpf other_bpf{*other, {}};
  std::uint64_t value = 0;
  EXPECT_EQ(other_bpf.lookup(fd, 0U, value), -EINVAL) << "another Kernel does not know it";
  EXPECT_EQ(kernel->close(fd), 0);
  EXPECT_EQ(kernel->close(fd), -EBADF);
  EXPECT_EQ(kernel_of(fd), nullptr);
  EXPECT_LT(fcntl(fd, F_GETFD), 0);
}

TEST_F(FrontDoor, ADuplicateKeepsTheMap) {
  const int fd = bpf.map(MapType::array, 4, 8, 1);
  ASSERT_EQ(bpf.update(fd, 0U, std::uint64_t{5}), 0);
  const int copy = kernel->duplicate(fd, 0, true);
  ASSERT_GE(copy, 0);
  EXPECT_EQ(kernel->close(fd), 0);
  std::uint64_t value = 0;
  EXPECT_EQ(bpf.lookup(copy, 0U, value), 0);
  EXPECT_EQ(value, 5U);
}

TEST_F(FrontDoor, IdsAreFoundWhileTheObjectLives) {
  const int fd = bpf.map(MapType::array, 4, 8, 1, 0, "found");
  attr::GetId ids{};
  ASSERT_EQ(bpf.command(Command::map_get_next_id, ids), 0);
  attr::MapInfo info{};
  attr::Info request{static_cast<std::uint32_t>(fd), sizeof info, test::address_of(&info)};
  ASSERT_EQ(bpf.command(Command::obj_get_info_by_fd, request), 0);
  EXPECT_EQ(info.id, ids.next_id);
  EXPECT_STREQ(info.name, "found");
  attr::GetId by_id{ids.next_id, 0, 0, 0};
  const int again = bpf.command(Command::map_get_fd_by_id, by_id);
  EXPECT_GE(again, 0);
  kernel->close(fd);
  kernel->close(again);
  EXPECT_EQ(bpf.command(Command::map_get_fd_by_id, by_id), -ENOENT);
}

TEST_F(FrontDoor, PinsKeepObjects) {
  const int fd = bpf.map(MapType::array, 4, 8, 1);
  const char path[] = "/sys/fs/bpf/a map";
  attr::Obj pin{test::address_of(path), static_cast<std::uint32_t>(fd), 0, 0};
  EXPECT_EQ(bpf.command(Command::obj_pin, pin), 0);
  EXPECT_EQ(bpf.command(Command::obj_pin, pin), -EEXIST);
  ASSERT_EQ(bpf.update(fd, 0U, std::uint64_t{5}), 0);
  kernel->close(fd);
  attr::Obj get{test::address_of(path), 0, 0, 0};
  const int again = bpf.command(Command::obj_get, get);
  ASSERT_GE(again, 0);
  std::uint64_t value = 0;
  EXPECT_EQ(bpf.lookup(again, 0U, value), 0);
  EXPECT_EQ(value, 5U);
  EXPECT_TRUE(kernel->unpin(path));
  EXPECT_FALSE(kernel->unpin(path));
  EXPECT_EQ(bpf.command(Command::obj_get, get), -ENOENT);
}

TEST_F(FrontDoor, ProgramsLoadAndRun) {
  const int fd = bpf.load(ProgType::socket_filter, returns_two);
  ASSERT_GE(fd, 0) << bpf.log;
  std::uint8_t packet[64] = {};
  attr::TestRun run{};
  run.prog_fd = static_cast<std::uint32_t>(fd);
  run.data_in = test::address_of(packet);
  run.data_size_in = sizeof packet;
  ASSERT_EQ(bpf.command(Command::prog_test_run, run), 0);
  EXPECT_EQ(run.retval, 2U);
  run.data_size_in = 13;
  EXPECT_EQ(bpf.command(Command::prog_test_run, run), -EINVAL) << "shorter than an Ethernet header";
}

TEST_F(FrontDoor, ARefusedProgramLeavesItsLog) {
  const std::vector<Insn> reads_r3 = {{0xbf, 0, 3, 0, 0}, {0x95, 0, 0, 0, 0}};
  EXPECT_EQ(bpf.load(ProgType::socket_filter, reads_r3), -EACCES);
  EXPECT_THAT(bpf.log, testing::HasSubstr("R3 !read_ok"));
  EXPECT_EQ(kernel->last_load().message, "R3 !read_ok");
}

TEST_F(FrontDoor, LoadRefusesWhatTheKernelRefuses) {
  const std::vector<Insn> none;
  EXPECT_EQ(bpf.load(ProgType::socket_filter, none), -E2BIG);
  EXPECT_EQ(bpf.load(static_cast<ProgType>(1000), returns_two), -EINVAL);
}

}  // namespace
}  // namespace skep
