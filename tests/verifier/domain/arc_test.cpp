// Arcs: all pairs of arcs on a circle of 16 numbers.
#include "verifier/domain/arc.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <vector>

namespace skep::verifier {
namespace {

using Arc4 = Arc<4>;

std::vector<Arc4> all_arcs() {
  std::vector<Arc4> all = {Arc4::empty()};
  for (unsigned start = 0; start < 16; ++start) {
    for (unsigned extent = 0; extent < 16; ++extent) all.push_back(Arc4::of(start, extent));
  }
  return all;
}

// The set of members, a bit each.
unsigned members(const Arc4& arc) {
  unsigned set = 0;
  for (unsigned v = 0; v < 16; ++v) set |= static_cast<unsigned>(arc.contains(v)) << v;
  return set;
}

TEST(ArcTest, EndsBoundTheMembersOnBothReadings) {
  for (const Arc4& arc : all_arcs()) {
    const unsigned set = members(arc);
    EXPECT_EQ(arc.is_empty(), set == 0);
    EXPECT_EQ(arc.is_full(), set == 0xffff);
    if (arc.is_empty()) continue;
    EXPECT_EQ(std::popcount(set), static_cast<int>(arc.extent()) + 1);
    EXPECT_EQ(arc.umin(), static_cast<unsigned>(std::countr_zero(set)));
    EXPECT_EQ(arc.umax(), static_cast<unsigned>(std::bit_width(set)) - 1);
    int smin = 7, smax = -8;
    for (int v = -8; v < 8; ++v) {
      if (!arc.contains(static_cast<unsigned>(v) & 15)) continue;
      smin = std::min(smin, v);
      smax = std::max(smax, v);
    }
    EXPECT_EQ(arc.smin(), smin);
    EXPECT_EQ(arc.smax(), smax);
  }
}

TEST(ArcTest, PairsOfArcs) {
  for (const Arc4& a : all_arcs()) {
    for (const Arc4& b : all_arcs()) {
      const unsigned in_a = members(a), in_b = members(b);
      EXPECT_EQ(a.covers(b), (in_b & ~in_a) == 0);

      const unsigned both = members(intersect(a, b));
      EXPECT_EQ(both & in_a & in_b, in_a & in_b);
      EXPECT_EQ(intersect(a, b), intersect(b, a));
      // No number is lost, and none gained but between two separate arcs: then it is one of the operands.
      if (both != (in_a & in_b)) {
        EXPECT_TRUE(both == in_a || both == in_b);
      }

      const unsigned either = members(join(a, b));
      EXPECT_EQ(either & (in_a | in_b), in_a | in_b);

      unsigned sums = 0, differences = 0;
      for (unsigned x = 0; x < 16; ++x) {
        for (unsigned y = 0; y < 16; ++y) {
          if (!a.contains(x) || !b.contains(y)) continue;
          sums |= 1u << ((x + y) & 15);
          differences |= 1u << ((x - y) & 15);
        }
      }
      EXPECT_EQ(members(add(a, b)), sums);
      EXPECT_EQ(members(sub(a, b)), differences);
    }
  }
}

TEST(ArcTest, WithoutANumber) {
  for (const Arc4& arc : all_arcs()) {
    for (unsigned v = 0; v < 16; ++v) {
      const unsigned left = members(without(arc, v)), expected = members(arc) & ~(1u << v);
      const bool at_an_end = arc.is_full() || v == arc.start() || v == arc.end() || !arc.contains(v);
      EXPECT_EQ(left & expected, expected);
      if (at_an_end) {
        EXPECT_EQ(left, expected);
      }
    }
  }
}

TEST(ArcTest, OfTwoEquallyLongArcsTheLowerIsKept) {
  const Arc32 as_unsigned = Arc32::from_unsigned(0, 0xfffffff0), as_signed = Arc32::from_signed(INT32_MIN, 0x7ffffff0);
  EXPECT_EQ(intersect(as_signed, as_unsigned), as_unsigned);
}

TEST(ArcTest, LowHalves) {
  EXPECT_EQ(low_halves(Arc64::between(5, 9)), Arc32::between(5, 9));
  EXPECT_EQ(low_halves(Arc64::between(0xffff'fffe, 0x1'0000'0003)), Arc32::between(0xffff'fffe, 3));
  EXPECT_TRUE(low_halves(Arc64::between(0, 0xffff'ffff)).is_full());
  EXPECT_TRUE(low_halves(Arc64::between(7, 0x1'0000'0006)).is_full());

  EXPECT_EQ(trim_to_low_halves(Arc64::between(0x1'0000'0000, 0x3'0000'0100), Arc32::between(0x10, 0x20)),
            Arc64::between(0x1'0000'0010, 0x3'0000'0020));
  EXPECT_TRUE(trim_to_low_halves(Arc64::between(0x1'0000'0000, 0x1'0000'000f), Arc32::between(0x10, 0x20)).is_empty());
  EXPECT_TRUE(trim_to_low_halves(Arc64::between(0x30, 0x50), Arc32::between(0x10, 0x20)).is_empty());
}

}  // namespace
}  // namespace skep::verifier
