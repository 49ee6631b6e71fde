// A timer that is pinned to its CPU, started by a member of a table that the driver calls on each of the CPUs.
#include <gtest/gtest.h>

#include <array>

#include "drivers/kernel_struct.hpp"
#include "skep/limits.hpp"
#include "skep/skep.hpp"
#include "skep/testing.hpp"

namespace skep::test {
namespace {

TEST(PinnedTimer, RunsOnTheCpuOnWhichItWasStarted) {
  constexpr unsigned cpus = 4;
  constexpr std::uint64_t delay = 1'000'000;
  KernelOptions options;
  options.cpus = cpus;
  options.clock_ns = 1'000'000'000;
  auto kernel = make_kernel(options);
  ASSERT_TRUE(kernel) << kernel.message();
  auto object = Object::load(*kernel, DRIVER_OBJECTS "/pinned.bpf.o");
  ASSERT_TRUE(object) << object.message();
  auto attached = object->map("pins")->attach();
  ASSERT_TRUE(attached) << attached.message();
  const KernelStruct connection(**kernel, "tcp_sock", "{}");
  const StructOps ops(*kernel, "pins");
  const auto counters = object->map(".bss");
  std::uint32_t times = 0;
  for (unsigned round = 0; round < 3 * cpus; ++round) {
    const unsigned cpu = (round * 3 + 1) % cpus;
    const RunCpuScope there(cpu);
    const auto on = ops.call("ssthresh", {connection.address()});
    ASSERT_TRUE(on) << on.message();
    EXPECT_EQ(*on, cpu);
    for (int shot = 0; shot < 3; ++shot) {
      ASSERT_TRUE(advance_clock(**kernel, delay));
      const auto counted = counters->lookup<std::array<std::uint32_t, 2>>(std::uint32_t{0});
      ASSERT_TRUE(counted) << counted.message();
      EXPECT_EQ((**counted)[0], ++times);
      EXPECT_EQ((**counted)[1], cpu);
    }
  }
}

}  // namespace
}  // namespace skep::test
