// Skep's answers to the questions of tests/conformance/map_oracle.c, line by line as Linux 7.3's: what batch commands
// do with maps of every type, how much of the caller's memory is a value, which maps may be inner maps.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
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
  std::istringstream ours(test::answers_of(*kernel, ask_kernel));
  std::ifstream theirs(CONFORMANCE_DIR "/map-commands-7.3.txt");
  std::string about, mine, wanted;
  int lines = 0;
  for (; std::getline(theirs, wanted); ++lines) {
    if (!wanted.starts_with(' ')) about = wanted;
    ASSERT_TRUE(std::getline(ours, mine)) << "no answer to " << about << wanted;
    EXPECT_EQ(mine, wanted) << about;
  }
  EXPECT_GT(lines, 200);
  EXPECT_FALSE(std::getline(ours, mine)) << mine;
}

}  // namespace
}  // namespace skep
