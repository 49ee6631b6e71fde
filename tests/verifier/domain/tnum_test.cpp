// Tristate numbers: every operation, on every pair of numbers of five trits, holds all results on the members.
#include "verifier/domain/tnum.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace skep::verifier {
namespace {

constexpr unsigned bits = 5;

std::vector<Tnum> all_tnums(unsigned width) {
  std::vector<Tnum> all;
  for (std::uint64_t mask = 0; mask < 1u << width; ++mask) {
    for (std::uint64_t value = 0; value < 1u << width; ++value) {
      if ((value & mask) == 0) all.push_back({value, mask});
    }
  }
  return all;
}

std::vector<std::uint64_t> members(const Tnum& t) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t v = t.min(); v <= t.max(); ++v) {
    if (t.contains(v)) all.push_back(v);
  }
  return all;
}

TEST(TnumTest, EveryBinaryOperationIsSound) {
  struct Case {
    const char* name;
    Tnum (*abstract)(const Tnum&, const Tnum&);
    std::uint64_t (*concrete)(std::uint64_t, std::uint64_t);
  };
  const Case cases[] = {
      {"add", [](const Tnum& a, const Tnum& b) { return add(a, b); },
       [](std::uint64_t a, std::uint64_t b) { return a + b; }},
      {"sub", [](const Tnum& a, const Tnum& b) { return sub(a, b); },
       [](std::uint64_t a, std::uint64_t b) { return a - b; }},
      {"mul", [](const Tnum& a, const Tnum& b) { return mul(a, b); },
       [](std::uint64_t a, std::uint64_t b) { return a * b; }},
      {"and", [](const Tnum& a, const Tnum& b) { return and_(a, b); },
       [](std::uint64_t a, std::uint64_t b) { return a & b; }},
      {"or", [](const Tnum& a, const Tnum& b) { return or_(a, b); },
       [](std::uint64_t a, std::uint64_t b) { return a | b; }},
      {"xor", [](const Tnum& a, const Tnum& b) { return xor_(a, b); },
       [](std::uint64_t a, std::uint64_t b) { return a ^ b; }},
  };
  const auto all = all_tnums(4);
  for (const Case& c : cases) {
    for (const Tnum& a : all) {
      for (const Tnum& b : all) {
        const Tnum result = c.abstract(a, b);
        ASSERT_EQ(result.value & result.mask, 0u) << c.name;
        for (const auto x : members(a)) {
          for (const auto y : members(b))
            ASSERT_TRUE(result.contains(c.concrete(x, y))) << c.name << ' ' << x << ' ' << y;
        }
      }
    }
  }
}

TEST(TnumTest, SetOperationsAreExact) {
  const auto all = all_tnums(4);
  for (const Tnum& a : all) {
    for (const Tnum& b : all) {
      bool common = false, subset = true;
      for (std::uint64_t v = 0; v < 16; ++v) {
        const bool in_a = a.contains(v), in_b = b.contains(v);
        common |= in_a && in_b;
        subset &= !in_a || in_b;
        if (in_a || in_b) {
          EXPECT_TRUE(union_(a, b).contains(v));
        }
        if (overlap(a, b)) {
          EXPECT_EQ(intersect(a, b).contains(v), in_a && in_b);
        }
      }
      EXPECT_EQ(overlap(a, b), common);
      EXPECT_EQ(a.is_subset_of(b), subset);
    }
  }
}

TEST(TnumTest, TheNextMemberIsTheLeastGreaterOne) {
  for (const Tnum& t : all_tnums(bits)) {
    for (std::uint64_t v = 0; v < 1u << bits; ++v) {
      std::uint64_t expected = v + 1;
      while (expected < t.max() && !t.contains(expected)) ++expected;
      if (expected > t.max()) expected = t.max();
      EXPECT_EQ(t.next_after(v), expected) << t.value << '/' << t.mask << " after " << v;
    }
  }
}

TEST(TnumTest, ARangeHoldsItsNumbers) {
  for (std::uint64_t min = 0; min < 1u << bits; ++min) {
    for (std::uint64_t max = min; max < 1u << bits; ++max) {
      for (std::uint64_t v = min; v <= max; ++v) EXPECT_TRUE(Tnum::range(min, max).contains(v));
    }
  }
  EXPECT_EQ(Tnum::range(8, 11), (Tnum{8, 3}));
  EXPECT_TRUE(Tnum::range(0, UINT64_MAX).is_unknown());
}

TEST(TnumTest, UnaryOperationsActOnEachMember) {
  for (const Tnum& low : all_tnums(4)) {
    // The same pattern in the lowest bits, at a byte's sign, and at a word's sign.
    for (const unsigned place : {0u, 4u, 12u, 28u, 60u}) {
      const Tnum t = low.lshift(place);
      for (const auto m : members(low)) {
        const std::uint64_t v = m << place;
        EXPECT_TRUE(neg(t).contains(0 - v));
        EXPECT_TRUE(t.rshift(3).contains(v >> 3));
        EXPECT_TRUE(t.arshift(3, 64).contains(static_cast<std::uint64_t>(static_cast<std::int64_t>(v) >> 3)));
        EXPECT_TRUE(t.arshift(3, 32).contains(static_cast<std::uint32_t>(static_cast<std::int32_t>(v) >> 3)));
        EXPECT_TRUE(t.sign_extend(1).contains(static_cast<std::uint64_t>(std::int64_t{static_cast<std::int8_t>(v)})));
        EXPECT_TRUE(t.sign_extend(4).contains(static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(v)})));
        EXPECT_TRUE(t.cast(2).contains(v & 0xffff));
        EXPECT_TRUE(t.bswap(4).contains(__builtin_bswap32(static_cast<std::uint32_t>(v))));
        EXPECT_TRUE(t.bswap(8).contains(__builtin_bswap64(v)));
        EXPECT_TRUE(t.const_subreg(7).contains((v & ~std::uint64_t{UINT32_MAX}) | 7));
      }
    }
  }
}

TEST(TnumTest, Alignment) {
  EXPECT_TRUE((Tnum{8, 0x30}.is_aligned(8)));
  EXPECT_FALSE((Tnum{8, 0x30}.is_aligned(16)));
  EXPECT_FALSE((Tnum{8, 4}.is_aligned(8)));
}

}  // namespace
}  // namespace skep::verifier
