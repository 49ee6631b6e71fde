// What becomes of the operations of tests/loader/map_calls.bpf.c, which a program makes by calls on a map of each type,
// as in Linux 7.3.
#include <gtest/gtest.h>
#include <sched.h>

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
  test::expect_answers(test::answers_of(*kernel, [](std::FILE* out) { call_on_maps(out, MAP_CALLS, most); }),
                       CONFORMANCE_DIR "/map-calls-7.3.txt", 20, [](const std::string& line) {
                         return !line.starts_with("  after ") || std::stoul(line.substr(8)) <= most;
                       });
}

INSTANTIATE_TEST_SUITE_P(Engines, MapCalls, testing::Values(Engine::interpreter, Engine::compiled),
                         [](const auto& engine) {
                           return engine.param == Engine::compiled ? "Compiled" : "Interpreted";
                         });

}  // namespace
}  // namespace skep
