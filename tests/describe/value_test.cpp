// JSON as a tree, and what is no such tree.
#include "describe/value.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skep::describe {
namespace {

TEST(Value, HoldsWhatTheTextSays) {
  std::string error;
  const auto value = parse(R"({"a": -1, "b": [true, null, "x"], "c": 18446744073709551615})", error);
  ASSERT_TRUE(value) << error;
  ASSERT_TRUE(value->is(Value::Kind::fields));
  EXPECT_TRUE(value->field("a")->negative);
  EXPECT_EQ(value->field("a")->number, ~std::uint64_t{0});
  EXPECT_FALSE(value->field("c")->negative);
  EXPECT_EQ(value->field("c")->number, ~std::uint64_t{0});
  const Value& list = *value->field("b");
  ASSERT_EQ(list.items.size(), 3U);
  EXPECT_EQ(list.items[0].number, 1U);
  EXPECT_TRUE(list.items[1].is(Value::Kind::null));
  EXPECT_EQ(list.items[2].text, "x");
  EXPECT_EQ(value->field("d"), nullptr);
}

TEST(Value, RefusesWhatItCannotHold) {
  const std::pair<std::string, const char*> texts[] = {
      {"", "JSON"},
      {"{", "JSON"},
      {"{\"a\": 1} 2", "JSON"},
      {"1.5", "whole number"},
      {"[1e3]", "whole number"},
      {"18446744073709551616", "whole number"},
      {R"({"a": 1, "a": 2})", "twice"},
      {std::string(101, '[') + std::string(101, ']'), "too deep"},
      {std::string(1'000'000, '['), "too deep"},
  };
  for (const auto& [text, said] : texts) {
    std::string error;
    EXPECT_FALSE(parse(text, error)) << text.substr(0, 20);
    EXPECT_THAT(error, testing::HasSubstr(said)) << text.substr(0, 20);
  }
  std::string error;
  EXPECT_TRUE(parse(std::string(100, '[') + std::string(100, ']'), error)) << error;
}

}  // namespace
}  // namespace skep::describe
