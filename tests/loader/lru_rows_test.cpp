// Which elements LRU maps keep of the sequences of tests/conformance/lru_rows.c, as in Linux 7.3.
#include <gtest/gtest.h>
#include <sched.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

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
  const KernelBinding binding(*kernel);
  char* text = nullptr;
  std::size_t size = 0;
  FILE* out = open_memstream(&text, &size);
  ask_lru_maps(out);
  std::fclose(out);
  std::istringstream ours(std::string(text, size));
  std::free(text);
  std::ifstream theirs(CONFORMANCE_DIR "/lru-7.3.txt");
  std::string about, mine, wanted;
  int lines = 0;
  for (; std::getline(theirs, wanted); ++lines) {
    if (!wanted.starts_with(' ')) about = wanted;
    ASSERT_TRUE(std::getline(ours, mine)) << "no answer to " << about << wanted;
    EXPECT_EQ(mine, wanted) << about;
  }
  EXPECT_GT(lines, 600);
  EXPECT_FALSE(std::getline(ours, mine)) << mine;
}

}  // namespace
}  // namespace skep
