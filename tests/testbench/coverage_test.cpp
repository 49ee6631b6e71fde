// Which lines ran, which did not, and which cannot.
#include "api/coverage.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "testbench/support.hpp"

namespace skep::api {
namespace test = testbench::test;
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class CoverageTest : public testing::Test {
 protected:
  void SetUp() override { coverage.attach(*bench.kernel); }
  void TearDown() override { observe_runs(*bench.kernel, nullptr); }
  void collect() {
    coverage.note(*bench.kernel, bench.object);
    coverage.collect();
  }
  const FileCoverage& file() const {
    for (const auto& [name, file] : coverage.files())
      if (name.ends_with("bench.bpf.c")) return file;
    ADD_FAILURE() << "the object's source is not among the files";
    return nothing;
  }
  std::size_t lines_that_ran() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(file().lines, [](const auto& line) { return line.second != 0; }));
  }
  test::Bench bench;
  Coverage coverage;
  const FileCoverage nothing;
};

TEST_F(CoverageTest, LinesThatRanAreCounted) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(bench.program("grow").run({.packet = test::udp_packet()}));
  collect();
  const auto& grow = file().functions.at("grow");
  EXPECT_EQ(grow.calls, 3U);
  EXPECT_EQ(file().functions.at("filter").calls, 0U);
  EXPECT_EQ(file().lines.lower_bound(grow.line)->second, 3U);
  EXPECT_GT(file().lines.size(), 20U) << "programs that did not run count, too";
  EXPECT_LT(lines_that_ran(), 10U);
}

TEST_F(CoverageTest, BranchesHaveTwoSides) {
  ASSERT_TRUE(bench.program("filter").run({.packet = test::udp_packet()}));
  collect();
  std::uint64_t one_side = 0, none = 0;
  for (const auto& [place, branch] : file().branches) {
    one_side += (branch.taken != 0) != (branch.not_taken != 0) ? 1 : 0;
    none += branch.taken == 0 && branch.not_taken == 0 ? 1 : 0;
  }
  EXPECT_GT(one_side, 2U);
  EXPECT_GT(none, 0U) << "those of programs that did not run";
}

TEST_F(CoverageTest, WhatConstantsMakeImpossibleIsToldApart) {
  collect();
  const std::size_t before = file().impossible.size();
  test::Bench other({.globals = {{"may_grow", "0"}}});
  Coverage alone;
  alone.note(*other.kernel, other.object);
  alone.collect();
  const auto& files = alone.files();
  const auto found = std::ranges::find_if(files, [](const auto& one) { return one.first.ends_with("bench.bpf.c"); });
  ASSERT_NE(found, files.end());
  EXPECT_GT(found->second.impossible.size(), before);
  for (const std::uint32_t line : found->second.impossible) EXPECT_FALSE(found->second.lines.contains(line)) << line;
  EXPECT_THAT(alone.lcov(""), HasSubstr("# the verifier proved that this cannot happen: "));
  EXPECT_THAT(alone.summary(), Contains(HasSubstr("cannot happen: ")));
}

TEST_F(CoverageTest, ATracefileIsReadAgain) {
  ASSERT_TRUE(bench.program("filter").run({.packet = test::udp_packet()}));
  collect();
  const std::string text = coverage.lcov("");
  EXPECT_THAT(text, HasSubstr("\nFNDA:1,filter\n"));
  Coverage again;
  ASSERT_TRUE(again.add_lcov(text));
  EXPECT_EQ(again.lcov(""), text);
  ASSERT_TRUE(again.add_lcov(text));
  EXPECT_THAT(again.lcov(""), HasSubstr("\nFNDA:2,filter\n"));
  EXPECT_FALSE(Coverage().add_lcov("DA:1,1\n"));
}

TEST_F(CoverageTest, RunsAddUp) {
  collect();
  const std::size_t none = lines_that_ran();
  ASSERT_TRUE(bench.program("grow").run({.packet = test::udp_packet()}));
  collect();
  const std::size_t some = lines_that_ran();
  ASSERT_TRUE(bench.program("mark").run({.packet = test::udp_packet()}));
  collect();
  EXPECT_EQ(none, 0U);
  EXPECT_GT(some, none);
  EXPECT_GT(lines_that_ran(), some);
}

}  // namespace
}  // namespace skep::api
