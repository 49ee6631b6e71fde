// What a watch sees of a run.
#include "testbench/watch.hpp"

#include "testbench/support.hpp"

namespace skep::testbench {
namespace {

TEST(Watch, SeesRecordsLinesAndMaps) {
  const test::Bench bench;
  Watch watch(bench.kernel, bench.object);
  const std::array<std::uint8_t, 8> key = {32, 0, 0, 0, 10, 0, 0, 1};
  ASSERT_TRUE(bench.map("blocked").update(key, std::uint32_t{1}));
  watch.begin();
  ASSERT_TRUE(bench.program("filter").run({.packet = test::udp_packet()}));
  const Seen seen = watch.end();
  ASSERT_EQ(seen.records.size(), 1U);
  EXPECT_EQ(seen.records[0].map, "events");
  EXPECT_EQ(seen.records[0].text, R"({"saddr": 16777226, "reason": "REASON_BLOCKED", "device": "eth0"})");
  ASSERT_EQ(seen.lines.size(), 1U);
  EXPECT_EQ(seen.lines[0].text, "blocked, reason 1");
  EXPECT_EQ(seen.lines[0].program, "filter");
  std::vector<std::string> changed;
  for (const MapChanges& map : seen.maps) changed.push_back(shown_name(map.map));
  EXPECT_EQ(changed, (std::vector<std::string>{"totals", ".data", ".bss"}));
}

TEST(Watch, SeesOnlyWhatIsNewEachTime) {
  const test::Bench bench;
  Watch watch(bench.kernel, bench.object);
  ASSERT_TRUE(bench.program("mark").run({.packet = test::udp_packet()}));
  watch.begin();
  const Seen nothing = watch.end();
  EXPECT_TRUE(nothing.records.empty() && nothing.maps.empty() && nothing.lines.empty());
  ASSERT_TRUE(bench.program("mark").run({.packet = test::udp_packet()}));
  const Seen seen = watch.end();
  ASSERT_EQ(seen.records.size(), 1U);
  EXPECT_TRUE(seen.records[0].perf);
  EXPECT_EQ(seen.records[0].program, "mark");
}

TEST(Watch, EndsWithItself) {
  const test::Bench bench;
  {
    const Watch watch(bench.kernel, bench.object);
  }
  const auto ran = bench.program("mark").run({.packet = test::udp_packet()});
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->verdict, 2U) << "nobody takes the record any more";
}

}  // namespace
}  // namespace skep::testbench
