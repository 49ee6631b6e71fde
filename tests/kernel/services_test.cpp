// Random numbers of programs: each CPU's its own, and the same in every Kernel.
#include "kernel/services.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include "kernel/impl.hpp"

namespace skep {
namespace {

class Draw final : public async::Job {
 public:
  explicit Draw(KernelServices& services) : services_(services) {}
  async::Progress advance(unsigned, std::uint64_t) override {
    drawn = services_.random_u32();
    return async::Progress::finished;
  }
  void sleep_off_cpu() override {}
  std::uint32_t drawn = 0;

 private:
  KernelServices& services_;
};

// What is not mapped is an error; the caller's own stack, others' and the heap are read and written alike.
TEST(Services, CopyFromAndToAnywhereInTheProcess) {
  std::array<std::uint8_t, 37> on_stack = {};
  std::vector<std::uint8_t> on_heap(on_stack.size());
  std::array<std::uint8_t, 37> got = {};
  for (const std::size_t size : {1U, 7U, 8U, 23U, 36U}) {
    for (std::uint8_t* place : {on_stack.data() + 1, on_heap.data() + 1}) {
      for (std::size_t i = 0; i < 37; ++i) got[i] = static_cast<std::uint8_t>(i * 7 + size);
      const auto address = reinterpret_cast<std::uint64_t>(place);
      ASSERT_EQ(copy_to_user(address, got.data(), size), 0);
      EXPECT_EQ(std::memcmp(place, got.data(), size), 0);
      got.fill(0);
      ASSERT_EQ(copy_from_user(got.data(), address, size), 0);
      EXPECT_EQ(std::memcmp(place, got.data(), size), 0);
      EXPECT_EQ(got[size], 0) << "and not more";
    }
  }
  std::thread other([&] {
    const auto address = reinterpret_cast<std::uint64_t>(on_stack.data());
    EXPECT_EQ(copy_from_user(got.data(), address, on_stack.size()), 0);
    EXPECT_EQ(got, on_stack);
  });
  other.join();
  // Beyond the upper end of a stack that has nothing behind it.
  constexpr std::size_t room = 1 << 22;  // sanitizers need some of it
  auto* const memory =
      static_cast<std::uint8_t*>(mmap(nullptr, 2 * room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(memory, MAP_FAILED);
  ASSERT_EQ(munmap(memory + room, room), 0);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstack(&attributes, memory, room), 0);
  pthread_t thread{};
  const auto body = [](void* end) -> void* {
    const auto beyond = reinterpret_cast<std::uint64_t>(end);
    std::array<std::uint8_t, 16> copy = {};
    EXPECT_EQ(copy_from_user(copy.data(), beyond - 8, 8), 0);
    EXPECT_EQ(copy_from_user(copy.data(), beyond - 8, 16), -EFAULT);
    EXPECT_EQ(copy_to_user(beyond - 8, copy.data(), 16), -EFAULT);
    EXPECT_EQ(copy_from_user(copy.data(), beyond, 1), -EFAULT);
    EXPECT_EQ(copy_from_user(copy.data(), ~std::uint64_t{0} - 3, 16), -EFAULT) << "round the end of memory";
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, body, memory + room), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  munmap(memory, room);
}

TEST(Services, GiveEachCpuRandomNumbersOfItsOwn) {
  std::array<std::array<std::uint32_t, 6>, 2> drawn = {};
  for (auto& numbers : drawn) {
    KernelOptions options;
    options.cpus = 2;
    options.host_btf = false;
    std::string error;
    const auto kernel = Kernel::make(options, error);
    ASSERT_NE(kernel, nullptr) << error;
    Draw draw(*kernel->impl().services);
    for (std::size_t i = 0; i < 4; ++i) {
      kernel->impl().executor->run_on(i % 2, draw);
      numbers[i] = draw.drawn;
    }
    for (std::size_t i = 4; i < 6; ++i) numbers[i] = kernel->impl().services->random_u32();
  }
  EXPECT_EQ(drawn[0], drawn[1]) << "of one Kernel and the next";
  EXPECT_EQ(std::set<std::uint32_t>(drawn[0].begin(), drawn[0].end()).size(), drawn[0].size());
}

}  // namespace
}  // namespace skep
