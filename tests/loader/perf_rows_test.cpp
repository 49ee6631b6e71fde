// What Linux 7.3 answers about perf event arrays, their events and rings: the questions of
// tests/conformance/perf_rows.c.
#include <gtest/gtest.h>
#include <sched.h>

#include <string>

#include "loader/answers.hpp"

extern "C" void ask_about_perf_events(FILE* to, const char* object);

namespace skep {
namespace {

class PerfRows : public testing::TestWithParam<Engine> {};

TEST_P(PerfRows, AreAnsweredAsLinux73Does) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  if (!CPU_ISSET(0, &allowed) || !CPU_ISSET(1, &allowed)) GTEST_SKIP() << "the questions need the CPUs 0 and 1";
  KernelOptions options;
  options.cpus = 2;  // as the machine had that was asked
  options.engine = GetParam();
  std::string error;
  const auto kernel = Kernel::make(options, error);
  ASSERT_NE(kernel, nullptr) << error;
  test::expect_answers(test::answers_of(*kernel, [](std::FILE* out) { ask_about_perf_events(out, PERF_QUESTIONS); }),
                       CONFORMANCE_DIR "/perf-7.3.txt", 100);
}

INSTANTIATE_TEST_SUITE_P(Engines, PerfRows, testing::Values(Engine::interpreter, Engine::compiled),
                         [](const auto& engine) {
                           return engine.param == Engine::compiled ? "Compiled" : "Interpreted";
                         });

}  // namespace
}  // namespace skep
