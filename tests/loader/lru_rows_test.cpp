// Which elements LRU maps keep of the sequences of tests/conformance/lru_rows.c, as in Linux 7.3.
#include <gtest/gtest.h>
#include <sched.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "loader/answers.hpp"
#include "skep/kernel.hpp"

extern "C" void ask_lru_maps(FILE* to);

namespace skep {
namespace {

TEST(LruMaps, KeepWhatTheyKeepInLinux73) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  if (!CPU_ISSET(0, &allowed) || !CPU_ISSET(1, &allowed)) GTEST_SKIP() << "the sequences need the CPUs 0 and 1";
  KernelOptions options;
  options.cpus = 2;  // as the machine had that was asked
  options.host_btf = false;
  std::string error;
  const auto kernel = Kernel::make(options, error);
  ASSERT_NE(kernel, nullptr) << error;
  test::expect_answers(test::answers_of(*kernel, ask_lru_maps), CONFORMANCE_DIR "/lru-7.3.txt", 600);
}

}  // namespace
}  // namespace skep
