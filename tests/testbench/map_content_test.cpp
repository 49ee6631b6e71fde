// What maps hold and what changed in them, in words, and filled from words.
#include "testbench/map_content.hpp"

#include "testbench/support.hpp"

namespace skep::testbench {
namespace {

using test::Bench;

Status fill_with(const Map& map, const char* json) {
  std::string error;
  const auto value = describe::parse(json, error);
  EXPECT_TRUE(value) << error;
  return fill(map, *value);
}

TEST(MapContent, IsFilledAndReadBack) {
  const Bench bench;
  const Map flows = bench.map("flows");
  const char* const text = R"([{"key": {"saddr": 1, "port": 2, "unused": 0}, "value": {"packets": 3, "bytes": 4}},
 {"key": {"saddr": 2, "port": 2, "unused": 0}, "value": {"packets": 5, "bytes": 6}}])";
  ASSERT_TRUE(fill_with(flows, text)) << fill_with(flows, text).message();
  const Content content = content_of(flows);
  EXPECT_TRUE(content.listed);
  EXPECT_EQ(content_text(flows, content), text);
}

TEST(MapContent, OfATrieTakesPrefixes) {
  const Bench bench;
  const Map blocked = bench.map("blocked");
  ASSERT_TRUE(fill_with(blocked, R"({"10.0.0.0/8": "REASON_BLOCKED", "192.0.2.1/32": 2})"));
  EXPECT_EQ(content_of(blocked).elements.size(), 2U);
  EXPECT_NE(content_text(blocked, content_of(blocked))
                .find(R"({"key": {"length": 8, "address": [10, 0, 0, 0]}, "value": "REASON_BLOCKED"})"),
            std::string::npos)
      << content_text(blocked, content_of(blocked));
  EXPECT_FALSE(fill_with(blocked, R"({"10.0.0.0/33": 1})"));
  EXPECT_FALSE(fill_with(blocked, R"({"::/0": 1})"));
}

TEST(MapContent, OfAPerCpuMapIsSetForOneCpuOrAll) {
  const Bench bench;
  const Map totals = bench.map("totals");
  ASSERT_TRUE(fill_with(totals, R"([{"key": 1, "values": [{"cpu": 1, "value": 9}]}])"));
  EXPECT_EQ(content_text(totals, content_of(totals)),
            R"([{"key": 1, "values": [{"cpu": 0, "value": 0}, {"cpu": 1, "value": 9}]}])");
  ASSERT_TRUE(fill_with(totals, R"([{"key": 1, "value": 4}])"));
  EXPECT_EQ(content_text(totals, content_of(totals)),
            R"([{"key": 1, "values": [{"cpu": 0, "value": 4}, {"cpu": 1, "value": 4}]}])");
  EXPECT_FALSE(fill_with(totals, R"([{"key": 1, "values": [{"cpu": 2, "value": 9}]}])"));
}

TEST(MapContent, OfASectionIsItsVariables) {
  const Bench bench;
  const Map data = bench.map(".data");
  EXPECT_EQ(shown_name(data), ".data");
  const Content before = content_of(data);
  EXPECT_EQ(content_text(data, before), R"({"last_protocol": -1})");
  ASSERT_TRUE(fill_with(data, R"({"last_protocol": 6})"));
  EXPECT_EQ(change_lines(data, changes(before, content_of(data))), std::vector<std::string>{"last_protocol: -1 -> 6"});
  EXPECT_FALSE(fill_with(data, R"({"first_protocol": 6})"));
  EXPECT_FALSE(fill_with(bench.map(".rodata"), R"({"limit": 6})")) << "it is frozen";
}

TEST(MapContent, ChangesAreAddedRemovedAndOthers) {
  const Bench bench;
  const Map flows = bench.map("flows");
  ASSERT_TRUE(
      fill_with(flows, R"([{"key": {"saddr": 1}, "value": {}}, {"key": {"saddr": 256}, "value": {"bytes": 1}}])"));
  const Content before = content_of(flows);
  EXPECT_TRUE(changes(before, content_of(flows)).empty());
  ASSERT_TRUE(
      fill_with(flows, R"([{"key": {"saddr": 2}, "value": {}}, {"key": {"saddr": 256}, "value": {"bytes": 2}}])"));
  const std::array<std::uint32_t, 2> gone = {1, 0};
  ASSERT_TRUE(*flows.erase(gone));
  EXPECT_EQ(
      change_lines(flows, changes(before, content_of(flows))),
      (std::vector<std::string>{
          R"({"saddr": 1, "port": 0, "unused": 0}: removed {"packets": 0, "bytes": 0})",
          R"({"saddr": 2, "port": 0, "unused": 0}: added {"packets": 0, "bytes": 0})",
          R"({"saddr": 256, "port": 0, "unused": 0}: {"packets": 0, "bytes": 1} -> {"packets": 0, "bytes": 2})"}));
}

TEST(MapContent, OfSomeMapsCannotBeListed) {
  const Bench bench;
  for (const char* name : {"events", "samples"}) {
    EXPECT_FALSE(can_be_listed(bench.map(name))) << name;
    EXPECT_FALSE(content_of(bench.map(name)).listed) << name;
    EXPECT_FALSE(fill_with(bench.map(name), "[]")) << name;
  }
}

}  // namespace
}  // namespace skep::testbench
