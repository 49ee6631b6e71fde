// TOML as a tree, and what of it is refused, with its line.
#include "testbench/toml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testbench/map_content.hpp"

namespace skep::testbench {
namespace {

TEST(Toml, BecomesTheSameTreeAsJson) {
  std::string error;
  const auto value =
      parse_toml("a = -1\nb = [true, 'x', {c = 0x10}]\n[d.e]\nf = \"g\"\n[[h]]\n[[h]]\ni = 1\n", "file", error);
  ASSERT_TRUE(value) << error;
  EXPECT_EQ(json_of(*value), R"({"a": -1, "b": [1, "x", {"c": 16}], "d": {"e": {"f": "g"}}, "h": [{}, {"i": 1}]})");
}

TEST(Toml, IsRefusedWithItsLine) {
  for (const char* text : {"a = 1\nb =", "a = 1\nb = 1.5", "a = 1\nb = 2026-01-01", "a = 1\na = 2"}) {
    std::string error;
    EXPECT_FALSE(parse_toml(text, "name.toml", error)) << text;
    EXPECT_THAT(error, testing::StartsWith("name.toml:2: ")) << text;
  }
}

}  // namespace
}  // namespace skep::testbench
