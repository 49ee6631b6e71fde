// What user space may write of the memory that it shares with programs.
#include <sys/mman.h>

#include <cerrno>

#include "skep/abi.hpp"
#include "support/commands.hpp"

namespace skep::test {
namespace {

constexpr std::size_t page = 4096;

class SharedMemory : public testing::Test {
 protected:
  // What mprotect() says about writing to a mapping that was made for reading.
  int unprotect(int fd, std::size_t length, std::uint64_t offset) {
    const std::int64_t at = kernel_->mmap(nullptr, length, PROT_READ, MAP_SHARED, fd, offset);
    EXPECT_GT(at, 0);
    if (at <= 0) return static_cast<int>(at);
    const int result = mprotect(reinterpret_cast<void*>(at), length, PROT_READ | PROT_WRITE) == 0 ? 0 : -errno;
    munmap(reinterpret_cast<void*>(at), length);
    return result;
  }
  std::unique_ptr<Kernel> kernel_ = make_kernel();
  Bpf bpf_{*kernel_, {}};
};

TEST_F(SharedMemory, OfARingThatIsMappedForReadingStaysSo) {
  const int ring = bpf_.map(MapType::ringbuf, 0, 0, page);
  ASSERT_GE(ring, 0);
  EXPECT_EQ(unprotect(ring, 3 * page, page), -EACCES);  // the producer's position, and the records with their headers
  // The consumer's page is its own to write.
  EXPECT_GT(kernel_->mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, ring, 0), 0);
  EXPECT_EQ(kernel_->mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, ring, page), -EPERM);
}

TEST_F(SharedMemory, OfConstantsThatTheVerifierHasReadStaysAsItWas) {
  const int constants = bpf_.map(MapType::array, 4, 8, 1, map_flag::mmapable | map_flag::rdonly_prog);
  ASSERT_GE(constants, 0);
  ASSERT_EQ(bpf_.update(constants, std::uint32_t{0}, std::uint64_t{7}), 0);
  attr::MapFreeze freeze{};
  freeze.map_fd = static_cast<std::uint32_t>(constants);
  ASSERT_EQ(bpf_.command(Command::map_freeze, freeze), 0);
  EXPECT_EQ(unprotect(constants, page, 0), -EACCES);
  EXPECT_LT(kernel_->mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, constants, 0), 0);
}

}  // namespace
}  // namespace skep::test
