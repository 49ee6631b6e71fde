// Random numbers of programs: each CPU's its own, and the same in every Kernel.
#include "kernel/services.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

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
