// Skep's answers to the questions of tests/conformance/map_oracle.c, line by line as Linux 7.3's: what batch commands
// do with maps of every type, how much of the caller's memory is a value, which maps may be inner maps.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>

#include "loader/answers.hpp"
#include "skep/kernel.hpp"

extern "C" void ask_kernel(FILE* to);

namespace skep {
namespace {

TEST(MapOracle, AnswersAsLinux73) {
  KernelOptions options;
  options.cpus = 2;  // as the machine had that was asked
  std::string error;
  const auto kernel = Kernel::make(options, error);
  ASSERT_NE(kernel, nullptr) << error;
  test::expect_answers(test::answers_of(*kernel, ask_kernel), CONFORMANCE_DIR "/map-commands-7.3.txt", 200);
}

}  // namespace
}  // namespace skep
