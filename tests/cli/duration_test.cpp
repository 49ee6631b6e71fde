// Lengths of time as the command line has them.
#include "cli/duration.hpp"

#include <gtest/gtest.h>

namespace skep::cli {
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

}  // namespace
}  // namespace skep::cli
