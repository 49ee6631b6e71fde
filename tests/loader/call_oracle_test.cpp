// Skep's answers to the questions of tests/loader/call_questions.bpf.c, line by line as Linux 7.3's: what calls
// answer to programs that can be test-run.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <string>

#include "loader/answers.hpp"
#include "skep/kernel.hpp"

extern "C" void ask_calls(const char* path, FILE* to);

namespace skep {
namespace {

TEST(CallOracle, AnswersAsLinux73) {
  KernelOptions options;
  options.cpus = 2;  // as the machine had that was asked
  options.host_memory = HostMemory::open;
  std::string error;
  const auto kernel = Kernel::make(options, error);
  ASSERT_NE(kernel, nullptr) << error;
  test::expect_answers(test::answers_of(*kernel, [](std::FILE* out) { ask_calls(CALL_QUESTIONS, out); }),
                       CONFORMANCE_DIR "/calls-7.3.txt", 30);
}

}  // namespace
}  // namespace skep
