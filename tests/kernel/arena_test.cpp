// Arenas through the front door: the place of a mapping, and programs that share pages with user space.
#include <sys/mman.h>

#include <cerrno>

#include "support/asm.hpp"
#include "support/commands.hpp"

namespace skep {
namespace {

constexpr std::uint32_t page = 4096;

class Arenas : public testing::Test {
 protected:
  int arena(std::uint32_t pages) {
    attr::MapCreate attr{};
    attr.map_type = static_cast<std::uint32_t>(MapType::arena);
    attr.max_entries = pages;
    attr.map_flags = map_flag::mmapable;
    return bpf.command(Command::map_create, attr);
  }
  std::unique_ptr<Kernel> kernel = test::make_kernel();
  test::Bpf bpf{*kernel, {}};
};

// The upper halves of all addresses in an arena are the same, however large it is.
TEST_F(Arenas, AreMappedWithinOneWindow) {
  for (const std::uint32_t pages : {1U, 16U, 1U << 19, 1U << 20}) {
    const int fd = arena(pages);
    ASSERT_GE(fd, 0);
    const std::size_t length = std::size_t{pages} * page;
    const std::int64_t at = kernel->mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ASSERT_GT(at, 0) << pages;
    const auto first = static_cast<std::uint64_t>(at);
    EXPECT_EQ(first >> 32, (first + length - 1) >> 32) << pages;
    reinterpret_cast<volatile char*>(at)[length - 1] = 1;
    munmap(reinterpret_cast<void*>(at), length);
    kernel->close(fd);
  }
}

TEST_F(Arenas, AreSharedByProgramsAndUserSpace) {
  const int fd = arena(4);
  ASSERT_GE(fd, 0);
  const std::int64_t at = kernel->mmap(nullptr, 4 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ASSERT_GT(at, 0);
  auto* const memory = reinterpret_cast<volatile std::uint32_t*>(at);
  memory[0] = 40;
  // r0 = memory[0] + memory of a page that nobody has; memory[1] = r0 + 1
  const std::string text = "r1 = map_value " + std::to_string(fd) +
                           " + 0\nr1 = addr_space_cast(r1, 0, 1)\nr0 = *(u32 *)(r1 +0)\nr2 = *(u32 *)(r1 +8192)\n"
                           "r0 += r2\nr2 = r0\nr2 += 1\n*(u32 *)(r1 +4) = r2\n*(u32 *)(r1 +8192) = r2\nexit";
  const int program = bpf.load(ProgType::raw_tracepoint, test::Assembler::assemble(text));
  ASSERT_GE(program, 0) << bpf.log.c_str();
  attr::TestRun run{};
  run.prog_fd = static_cast<std::uint32_t>(program);
  ASSERT_EQ(bpf.command(Command::prog_test_run, run), 0);
  EXPECT_EQ(run.retval, 40U);
  EXPECT_EQ(memory[1], 41U);

  char text_of_errors[512] = {};
  attr::StreamRead read{};
  read.prog_fd = static_cast<std::uint32_t>(program);
  read.stream_id = 2;
  read.stream_buf = test::address_of(text_of_errors);
  read.stream_buf_len = sizeof text_of_errors - 1;
  EXPECT_GT(bpf.command(Command::prog_stream_read_by_fd, read), 0);
  EXPECT_THAT(text_of_errors, testing::HasSubstr("ERROR: Arena READ access at unmapped address 0x"));
  EXPECT_THAT(text_of_errors, testing::HasSubstr("ERROR: Arena WRITE access at unmapped address 0x"));
  EXPECT_EQ(bpf.command(Command::prog_stream_read_by_fd, read), 0) << "all was taken";
  read.stream_id = 3;
  EXPECT_EQ(bpf.command(Command::prog_stream_read_by_fd, read), -ENOENT);
  munmap(reinterpret_cast<void*>(at), 4 * page);
  kernel->close(program);
  kernel->close(fd);
}

}  // namespace
}  // namespace skep
