// What a host function is told of memory, by the names in its prototype. Calls end to end: tests/api/program_test.cpp.
#include "kernel/host_calls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <stdexcept>
#include <string>

#include "support/commands.hpp"

namespace skep {
namespace {

using testing::ElementsAre;

TEST(SizeArguments, StandBehindTheirMemoryAndAreNamedSo) {
  EXPECT_THAT(size_arguments("int f(void)"), ElementsAre(-1, -1, -1, -1, -1));
  EXPECT_THAT(size_arguments("int f(void *mem, int mem__sz)"), ElementsAre(1, -1, -1, -1, -1));
  EXPECT_THAT(size_arguments("int f(int a, const u8 *mem , u32 mem__szk, void *other,u32 other__sz )"),
              ElementsAre(-1, 2, -1, 4, -1));
  EXPECT_THAT(size_arguments("int f(int __sz)"), ElementsAre(-1, -1, -1, -1, -1));
  EXPECT_THAT(size_arguments("no prototype"), ElementsAre(-1, -1, -1, -1, -1));
}

std::uint64_t second_size(const HostCall& call) {
  if (call[0] == 99) throw std::runtime_error("ninety-nine");
  return call.sizes[1];
}

TEST(HostCallee, GivesSizesOfMemoryThatIsThere) {
  const auto kernel = test::make_kernel();
  const HostKfunc kfunc = {"int f(int a, void *mem, u32 mem__sz)", 0, all_program_types, second_size};
  const calls::Kfunc entry = {.name = "f"};
  const auto callee = make_host_callee(kfunc, entry, *kernel);
  EXPECT_EQ(callee->call({1, 0x1000, 24, 0, 0}), 24U);
  EXPECT_EQ(callee->call({1, 0, 24, 0, 0}), 0U);  // null: __nullable
}

TEST(HostCallee, AnExceptionIsAnErrorOrNull) {
  const auto kernel = test::make_kernel();
  std::string said;
  kernel->on_log([&](std::string_view line) { said = line; });
  const HostKfunc number = {"int f(int a)", 0, all_program_types, second_size};
  const calls::Kfunc f = {.name = "f"}, g = {.name = "g"};
  EXPECT_EQ(make_host_callee(number, f, *kernel)->call({99}), static_cast<std::uint64_t>(std::int64_t{-EFAULT}));
  EXPECT_EQ(said, "f of the host threw an exception, which goes no further: ninety-nine");
  const HostKfunc pointer = {"struct foo *g(int a)", 0, all_program_types, second_size};
  EXPECT_EQ(make_host_callee(pointer, g, *kernel)->call({99}), 0U);
}

}  // namespace
}  // namespace skep
