// Which releases have rules, and what is said of one that has none.
#include "rules/rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace skep {
namespace {

TEST(Rules, AreFoundByTheirRelease) {
  ASSERT_FALSE(all_rules().empty());
  for (const Rules* rules : all_rules()) {
    std::string problem;
    EXPECT_EQ(rules_for(rules->release, problem), rules);
    EXPECT_EQ(problem, "");
  }
  EXPECT_TRUE(std::ranges::is_sorted(all_rules(), {}, &Rules::release));
  EXPECT_EQ(reference_rules().release, reference_release);
}

TEST(Rules, AReleaseWithoutThemIsNamedWithThoseThatHaveThem) {
  std::string problem;
  EXPECT_EQ(rules_for({6, 18}, problem), nullptr);
  EXPECT_EQ(problem, "there are no rules for Linux 6.18: choose a release that has them (7.3)");
  EXPECT_EQ(rules_for({}, problem), nullptr);
  EXPECT_EQ(rules_for(Release::never(), problem), nullptr);
}

TEST(Rules, SomethingExistsFromItsFirstReleaseUntilTheOneThatLacksIt) {
  Rules rules = reference_rules();
  rules.release = {6, 10};
  EXPECT_TRUE(rules.has({}));
  EXPECT_TRUE(rules.has({6, 9}));
  EXPECT_TRUE(rules.has({6, 10}));
  EXPECT_FALSE(rules.has({6, 11}));
  EXPECT_FALSE(rules.has({7, 0}));
  EXPECT_TRUE(rules.has({6, 9}, {6, 11}));
  EXPECT_FALSE(rules.has({6, 9}, {6, 10}));
}

}  // namespace
}  // namespace skep
