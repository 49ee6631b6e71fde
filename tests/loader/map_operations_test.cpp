// What becomes of the operations of tests/conformance/map_operations.c on a map of each type, as in Linux 7.3.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "skep/kernel.hpp"

extern "C" void operate_on_maps(FILE* to, unsigned most);

namespace skep {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr unsigned most = 10'000;  // they take ten times as long
#else
constexpr unsigned most = 100'000;
#endif

// What is said of more operations than were made is left out.
bool is_about(const std::string& line) {
  if (most == 100'000 || !line.starts_with(' ')) return true;
  return line.starts_with("  after ") && std::stoul(line.substr(8)) <= most;
}

TEST(MapOperations, GiveWhatTheyGiveInLinux73) {
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
  operate_on_maps(out, most);
  std::fclose(out);
  std::istringstream ours(std::string(text, size));
  std::free(text);
  std::ifstream theirs(CONFORMANCE_DIR "/map-operations-7.3.txt");
  std::string about, mine, wanted;
  int lines = 0;
  while (std::getline(theirs, wanted)) {
    if (!wanted.starts_with(' ')) about = wanted;
    if (!is_about(wanted)) continue;
    ++lines;
    do ASSERT_TRUE(std::getline(ours, mine)) << "no answer to " << about << wanted;
    while (!is_about(mine));
    EXPECT_EQ(mine, wanted) << about;
  }
  EXPECT_GT(lines, 50);
  while (std::getline(ours, mine)) EXPECT_FALSE(is_about(mine)) << mine;
}

}  // namespace
}  // namespace skep
