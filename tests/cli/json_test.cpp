// JSON text.
#include "cli/json.hpp"

#include <gtest/gtest.h>

namespace skep::cli {
namespace {

TEST(Json, EscapesWhatMustBe) {
  EXPECT_EQ(json_string("a\"b\\c\n\x01"), R"("a\"b\\c\n\u0001")");
}

TEST(Json, NestsObjectsAndLists) {
  JsonObject inner;
  inner.add("n", 1).add("yes", true);
  JsonObject outer;
  outer.add("text", "x").add("inner", inner).add("list", std::vector<std::string>{"a", "b"});
  outer.add("none", std::vector<JsonObject>{});
  EXPECT_EQ(outer.text(), R"({"text":"x","inner":{"n":1,"yes":true},"list":["a","b"],"none":[]})");
}

}  // namespace
}  // namespace skep::cli
