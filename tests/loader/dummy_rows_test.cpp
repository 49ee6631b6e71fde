// What Linux 7.3 answers about test runs of members of tables of operations: the questions of
// tests/conformance/dummy_rows.c.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "loader/answers.hpp"

extern "C" void ask_about_dummy_operations(FILE* to, const char* object);

namespace skep {
namespace {

class DummyRows : public testing::TestWithParam<Engine> {};

TEST_P(DummyRows, AreAnsweredAsLinux73Does) {
  std::string error;
  const auto kernel = Kernel::make({.engine = GetParam()}, error);
  ASSERT_NE(kernel, nullptr) << error;
  const std::string ours =
      test::answers_of(*kernel, [](std::FILE* out) { ask_about_dummy_operations(out, DUMMY_QUESTIONS); });
  std::ifstream file(CONFORMANCE_DIR "/dummy-7.3.txt");
  std::stringstream theirs;
  theirs << file.rdbuf();
  EXPECT_EQ(ours, theirs.str());
  EXPECT_GT(ours.size(), 500U);
}

INSTANTIATE_TEST_SUITE_P(Engines, DummyRows, testing::Values(Engine::interpreter, Engine::compiled),
                         [](const auto& engine) {
                           return engine.param == Engine::compiled ? "Compiled" : "Interpreted";
                         });

}  // namespace
}  // namespace skep
