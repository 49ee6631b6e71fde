// Where profilers find the names of compiled functions.
#include "engine/llvm/perf_map.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "engine/llvm/compiled.hpp"
#include "engine/llvm/object.hpp"
#include "support/run.hpp"

namespace skep {
namespace {

struct Line {
  std::uint64_t begin = 0, size = 0;
  std::string name;
};
std::vector<Line> lines_of(const std::string& path) {
  std::vector<Line> lines;
  std::ifstream file(path);
  for (std::string text; std::getline(file, text);) {
    Line line;
    std::istringstream words(text);
    words >> std::hex >> line.begin >> line.size >> line.name;
    lines.push_back(line);
  }
  return lines;
}

TEST(PerfMap, NamesEachFunctionWhereItIsAskedFor) {
  if (!test::has_compiler()) GTEST_SKIP() << "built without LLVM";
  const std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  unlink(path.c_str());
  const char* const text = "call f; r0 += 1; exit\nf: if r1 == 77 goto f; r0 = r1; exit";
  static_cast<void>(test::make_program(text, {}, test::unoptimized));
  EXPECT_TRUE(lines_of(path).empty()) << "nobody wants it";
  setenv("SKEP_PERF_MAP", "1", 1);
  const auto program = test::make_program(text, {}, test::unoptimized);
  unsetenv("SKEP_PERF_MAP");
  const auto lines = lines_of(path);
  unlink(path.c_str());
  ASSERT_EQ(lines.size(), 2U);
  const auto entry = reinterpret_cast<std::uint64_t>(engine::native::Compiled::of(*program).code()->functions[0]);
  EXPECT_EQ(lines[0].name, "test:f0");
  EXPECT_EQ(lines[0].begin, entry);
  EXPECT_EQ(lines[1].name, "test:f1");
  EXPECT_GE(lines[1].begin, entry + lines[0].size);
  EXPECT_GT(lines[1].size, 0U);
}

TEST(PerfMap, UnderstandsNoOtherFiles) {
  EXPECT_TRUE(engine::native::functions_of({}).empty());
  const std::string text = "no object file at all, though it is longer than the header of one would have to be";
  EXPECT_TRUE(engine::native::functions_of(text).empty());
  std::string object(64, '\0');
  object.replace(0, 4, "\177ELF");
  object[60] = 1;  // a section, which is not there
  EXPECT_TRUE(engine::native::functions_of(object).empty());
}

}  // namespace
}  // namespace skep
