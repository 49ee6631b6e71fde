// What becomes of the operations of tests/loader/map_calls.bpf.c, which a program makes by calls on a map of each type,
// as in Linux 7.3.
#include <gtest/gtest.h>
#include <sched.h>

#include <fstream>
#include <sstream>
#include <string>

#include "loader/answers.hpp"

extern "C" void call_on_maps(FILE* to, const char* object, unsigned most);

namespace skep {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr unsigned most = 10'000;  // they take ten times as long
#else
constexpr unsigned most = 100'000;
#endif

class MapCalls : public testing::TestWithParam<Engine> {};

TEST_P(MapCalls, GiveWhatTheyGiveInLinux73) {
  KernelOptions options;
  options.cpus = 2;  // as the machine had that was asked
  options.engine = GetParam();
  std::string error;
  const auto kernel = Kernel::make(options, error);
  ASSERT_NE(kernel, nullptr) << error;
  std::istringstream ours(test::answers_of(*kernel, [](std::FILE* out) { call_on_maps(out, MAP_CALLS, most); }));
  std::ifstream theirs(CONFORMANCE_DIR "/map-calls-7.3.txt");
  std::string about, mine, wanted;
  int lines = 0;
  while (std::getline(theirs, wanted)) {
    if (!wanted.starts_with(' ')) about = wanted;
    if (wanted.starts_with("  after ") && std::stoul(wanted.substr(8)) > most) continue;
    ++lines;
    ASSERT_TRUE(std::getline(ours, mine)) << "no answer to " << about << wanted;
    EXPECT_EQ(mine, wanted) << about;
  }
  EXPECT_GT(lines, 20);
  EXPECT_FALSE(std::getline(ours, mine)) << mine;
}

INSTANTIATE_TEST_SUITE_P(Engines, MapCalls, testing::Values(Engine::interpreter, Engine::compiled),
                         [](const auto& engine) {
                           return engine.param == Engine::compiled ? "Compiled" : "Interpreted";
                         });

}  // namespace
}  // namespace skep
