// Lengths of time as the command line has them.
#include "testbench/duration.hpp"

#include <gtest/gtest.h>

namespace skep::testbench {
namespace {

TEST(Duration, IsANumberWithAUnit) {
  EXPECT_EQ(parse_duration("60"), 60'000'000'000U);
  EXPECT_EQ(parse_duration("0"), 0U);
  EXPECT_EQ(parse_duration("1.5s"), 1'500'000'000U);
  EXPECT_EQ(parse_duration("200ms"), 200'000'000U);
  EXPECT_EQ(parse_duration("7us"), 7'000U);
  EXPECT_EQ(parse_duration("7ns"), 7U);
  EXPECT_EQ(parse_duration("2min"), 120'000'000'000U);
  EXPECT_EQ(parse_duration("1h"), 3'600'000'000'000U);
}

TEST(Duration, IsNothingElse) {
  for (const char* text : {"", "s", "-1", "1 s", "1x", "nan", "inf", "1e3", "99999999999999999999", "0x10", "1.s."})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Duration, IsShownInItsUnit) {
  EXPECT_EQ(duration_text(60'000'000'000), "60 s");
  EXPECT_EQ(duration_text(3'600'000'000'000), "3600 s");
  EXPECT_EQ(duration_text(1'500'000), "1.5 ms");
  EXPECT_EQ(duration_text(250), "0.25 us");
}

TEST(Clock, ShowsATimeSinceTheStartOrADate) {
  const auto start = parse_clock("90s");
  ASSERT_TRUE(start);
  EXPECT_EQ(start->monotonic_ns, 90'000'000'000U);
  EXPECT_EQ(start->realtime_ns, 1'767'225'600'000'000'000U);
  EXPECT_EQ(parse_clock("1970-01-02")->realtime_ns, 86'400'000'000'000U);
  EXPECT_EQ(parse_clock("2026-01-01T00:00:01Z")->realtime_ns, 1'767'225'601'000'000'000U);
  EXPECT_EQ(parse_clock("2024-02-29T23:59:59")->realtime_ns, 1'709'251'199'000'000'000U);
}

TEST(Clock, ShowsNothingElse) {
  for (const char* text : {"", "noon", "2026-02-29", "2026-13-01", "2026-01-01T24:00:00", "2026-01-01T12:00",
                           "26-01-01", "2026-01-01X", "1969-12-31"})
    EXPECT_FALSE(parse_clock(text)) << text;
}

}  // namespace
}  // namespace skep::testbench
