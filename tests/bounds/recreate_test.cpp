// A run holds off grace periods to its end. What it makes and gives up again, a hundred thousand times, must not pile
// up until then, whoever runs the work that it starts.
#include <malloc.h>

#include "bounds/support.hpp"
#include "rcu/rcu.hpp"

namespace skep::test {
namespace {

struct Case {
  const char* program;
  const char* executor;
};

class Recreated : public testing::TestWithParam<Case> {};

TEST_P(Recreated, DoesNotPileUpInALongRun) {
  constexpr std::uint64_t most = 24 << 20;  // without reuse work needs twice that, and timers three times
  KernelOptions options;
  options.pumped = std::string_view(GetParam().executor) == "pumped";
  if (std::string_view(GetParam().executor) == "steps") options.stepping_seed = 1;
  Bounded b(options, "recreate");
  const std::uint64_t before = b.kernel->memory().used;
  const auto run = b.run(GetParam().program);
  ASSERT_TRUE(run) << run.message();
  EXPECT_EQ(run->verdict, 0U);
  EXPECT_LT(b.kernel->memory().peak, before + most);
  // And of what is not counted there is none left either.
  const WorkStatistics work = b.kernel->work();
  EXPECT_LE(work.ran + work.cancelled, work.started);
  EXPECT_TRUE(b.kernel->drain(a_minute));
  rcu::barrier();
  EXPECT_LT(b.kernel->memory().used, before + (1 << 20));
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const char* executor : {"threads", "pumped", "steps"})
    for (const char* program : {"work", "timer", "task"}) all.push_back({program, executor});
  for (const char* program : {"callback", "route", "object", "kept", "mask", "storage"})
    all.push_back({program, "threads"});
  return all;
}
INSTANTIATE_TEST_SUITE_P(Runs, Recreated, testing::ValuesIn(cases()),
                         [](const auto& one) { return fmt::format("{}_{}", one.param.program, one.param.executor); });

}  // namespace
}  // namespace skep::test
