// Expected messages with regular expressions inside.
#include "cli/pattern.hpp"

#include <gtest/gtest.h>

namespace skep::cli {
namespace {

TEST(Pattern, EndsWhereTheMatchEnds) {
  struct Row {
    const char* text;
    std::size_t begin;
    const char* pattern;
    int end;  // -1: no match
  };
  const Row rows[] = {
      {"R1 !read_ok\n", 0, "!read_ok", 11},
      {"R1 !read_ok\n", 4, "!read_ok", -1},
      {"a b a", 1, "a", 5},
      {"off=12 (x)", 0, "off={{[0-9]+}} (x)", 10},
      {"off=z (x)", 0, "off={{[0-9]+}} (x)", -1},
      {"a.b", 0, "{{a}}.b", 3},
      {"axb", 0, "{{a}}.b", -1},
      {"one\ntwo", 0, "{{one$}}", 3},
      {"anything", 0, "{{(}}", -1},
      {"anything", 0, "any{{thing", -1},
  };
  for (const Row& row : rows) {
    const auto end = find_pattern(row.text, row.begin, row.pattern);
    EXPECT_EQ(end ? static_cast<int>(*end) : -1, row.end) << row.text << " / " << row.pattern;
  }
}

}  // namespace
}  // namespace skep::cli
