// Precision: the numbers that Linux 7.3 prints for small programs. An expectation is written as the log writes it.
#include "verifier/domain/scalar.hpp"

#include <gtest/gtest.h>

namespace skep::verifier {
namespace {

// The bounds that a log would not print are those of the type.
struct Printed {
  std::int64_t smin = INT64_MIN, smax = INT64_MAX;
  std::uint64_t umin = 0, umax = UINT64_MAX;
  std::int32_t smin32 = INT32_MIN, smax32 = INT32_MAX;
  std::uint32_t umin32 = 0, umax32 = UINT32_MAX;
  Tnum var_off = Tnum::unknown();
};

void expect_prints(const Scalar& s, const Printed& p) {
  EXPECT_EQ(s.smin(), p.smin);
  EXPECT_EQ(s.smax(), p.smax);
  EXPECT_EQ(s.umin(), p.umin);
  EXPECT_EQ(s.umax(), p.umax);
  EXPECT_EQ(s.smin32(), p.smin32);
  EXPECT_EQ(s.smax32(), p.smax32);
  EXPECT_EQ(s.umin32(), p.umin32);
  EXPECT_EQ(s.umax32(), p.umax32);
  EXPECT_EQ(s.var_off().value, p.var_off.value);
  EXPECT_EQ(s.var_off().mask, p.var_off.mask);
}

void expect_small(const Scalar& s, std::uint32_t min, std::uint32_t max, Tnum var_off) {
  const auto smin = static_cast<std::int32_t>(min), smax = static_cast<std::int32_t>(max);
  expect_prints(s, {smin, smax, min, max, smin, smax, min, max, var_off});
}

// A register as instructions change it; the scalar that stays when a branch is not taken, or is.
struct Reg {
  Scalar s;
  Reg& op(AluOp op, const Scalar& src, bool is64 = true) { return alu(op, s, src, is64), *this; }
  Reg& op(AluOp o, std::int64_t imm, bool is64 = true) {
    return op(o, Scalar::constant(static_cast<std::uint64_t>(imm)), is64);
  }
  Reg& unless(CmpOp c, std::int64_t imm, bool is64 = true) { return when(negate(c), imm, is64); }
  Reg& when(CmpOp c, std::int64_t imm, bool is64 = true) {
    Scalar src = Scalar::constant(static_cast<std::uint64_t>(imm));
    refine(c, s, src, is64);
    return *this;
  }
};

TEST(ScalarTest, AnUnknownScalarPrintsNothing) {
  expect_prints(Scalar::unknown(), {});
  EXPECT_TRUE(Scalar::unknown().is_unknown());
}

TEST(ScalarTest, AConstantIsKnownInEveryWay) {
  const Scalar s = Scalar::constant(static_cast<std::uint64_t>(-5));
  EXPECT_TRUE(s.is_const() && s.is_const32());
  EXPECT_EQ(s.smin(), -5);
  EXPECT_EQ(s.smax32(), -5);
  EXPECT_EQ(s.umin32(), 0xffff'fffb);
}

TEST(ScalarTest, ALowHalfBoundsTheWholeOnBothReadings) {
  // if w0 == 0
  expect_prints(
      Reg{}.when(CmpOp::eq, 0, false).s,
      {.smax = 0x7fff'ffff'0000'0000, .smin32 = 0, .smax32 = 0, .umax32 = 0, .var_off = {0, 0xffff'ffff'0000'0000}});
  // if w6 < 0x32e
  expect_prints(Reg{}.when(CmpOp::lt, 0x32e, false).s, {.umax = 0xffff'ffff'0000'032d,
                                                        .smin32 = 0,
                                                        .smax32 = 813,
                                                        .umax32 = 813,
                                                        .var_off = {0, 0xffff'ffff'0000'03ff}});
}

TEST(ScalarTest, BitsNotSet) {
  // if r6 & 0x3e is not taken
  expect_prints(Reg{}.unless(CmpOp::set, 0x3e).s,
                {.smax = 0x7fff'ffff'ffff'ffc1, .smax32 = 0x7fff'ffc1, .var_off = {0, 0xffff'ffff'ffff'ffc1}});
}

TEST(ScalarTest, ArithmeticOfLowHalves) {
  // w6 &= -16
  expect_prints(
      Reg{}.op(AluOp::and_, -16, false).s,
      {.smin = 0, .smax = 0xffff'fff0, .umax = 0xffff'fff0, .umax32 = 0xffff'fff0, .var_off = {0, 0xffff'fff0}});
  // w6 <<= 20
  expect_prints(
      Reg{}.op(AluOp::lsh, 20, false).s,
      {.smin = 0, .smax = 0xfff0'0000, .umax = 0xfff0'0000, .umax32 = 0xfff0'0000, .var_off = {0, 0xfff0'0000}});
}

TEST(ScalarTest, AShiftByTooMuchOrByAnUnknownAmountForgetsAll) {
  for (const AluOp op : {AluOp::lsh, AluOp::rsh, AluOp::arsh}) {
    EXPECT_TRUE(Reg{Scalar::constant(1)}.op(op, 64).s.is_unknown());
    EXPECT_TRUE(Reg{Scalar::constant(1)}.op(op, 32, false).s.is_unknown());
    EXPECT_TRUE(Reg{Scalar::constant(1)}.op(op, Scalar::from_range_u64(1, 2)).s.is_unknown());
  }
}

TEST(ScalarTest, Products) {
  Reg a = Reg{}.op(AluOp::and_, 0xf).op(AluOp::sub, 10), b = Reg{}.op(AluOp::and_, 0xf).op(AluOp::sub, 20);
  expect_prints(a.op(AluOp::mul, b.s).s, {.smin = -100, .smax = 200, .smin32 = -100, .smax32 = 200});
  a = Reg{}.op(AluOp::and_, 0xf).op(AluOp::sub, 1'000'000'000);
  b = Reg{}.op(AluOp::and_, 0xf).op(AluOp::sub, 2'000'000'000);
  expect_prints(a.op(AluOp::mul, b.s).s, {.smin = 0x1bc16d5cd4927ee1,
                                          .smax = 0x1bc16d674ec80000,
                                          .umin = 0x1bc16d5cd4927ee1,
                                          .umax = 0x1bc16d674ec80000,
                                          .smax32 = 0x7ffffeff,
                                          .var_off = {0x1bc16d4000000000, 0x3ffffffeff}});
  a = Reg{}.op(AluOp::and_, 0xa).op(AluOp::sub, 0x7fff);
  b = Reg{}.op(AluOp::and_, 0xf).op(AluOp::sub, 0x7fff);
  expect_small(a.op(AluOp::mul, b.s).s, 0x3ff280b0, 0x3fff0001, {0x3ff00000, 0xf81ff});
}

TEST(ScalarTest, SumsAndDifferencesAcrossACut) {
  Scalar s = Scalar::from_range_u64(0xa000'0000'0000'0000, UINT64_MAX), copy = s;
  alu(AluOp::add, s, copy, true);
  expect_prints(s, {.umin = 0x4000'0000'0000'0000, .umax = 0xffff'ffff'ffff'fffe});
  s = Scalar::constant(0);
  alu(AluOp::sub, s, Scalar::from_range_u64(0x8000'0000'0000'0000, UINT64_MAX), true);
  expect_prints(s, {.umin = 1, .umax = 0x8000'0000'0000'0000});
}

TEST(ScalarTest, QuotientsAndRemainders) {
  const Scalar byte = Reg{}.op(AluOp::and_, 8).op(AluOp::or_, 1).s;  // 1 or 9
  expect_small(Reg{byte}.op(AluOp::div, 3).s, 0, 3, {0, 3});
  EXPECT_EQ(Reg{byte}.op(AluOp::div, 0).s, Scalar::constant(0));
  expect_small(Reg{byte}.op(AluOp::mod, 3).s, 0, 2, {0, 3});
  expect_small(Reg{byte}.op(AluOp::mod, 10).s, 1, 9, {1, 8});
  EXPECT_EQ(Reg{byte}.op(AluOp::mod, 0).s, byte);

  const Scalar mixed = Scalar::from_range_s64(-8, 10);
  expect_prints(Reg{mixed}.op(AluOp::sdiv, 3).s, {.smin = -2, .smax = 3, .smin32 = -2, .smax32 = 3});
  expect_prints(Reg{mixed}.op(AluOp::sdiv, -3).s, {.smin = -3, .smax = 2, .smin32 = -3, .smax32 = 2});
  expect_prints(Reg{mixed}.op(AluOp::smod, 3).s, {.smin = -2, .smax = 2, .smin32 = -2, .smax32 = 2});
  expect_prints(Reg{mixed}.op(AluOp::smod, -11).s, {.smin = -8, .smax = 10, .smin32 = -8, .smax32 = 10});
  EXPECT_EQ(Reg{mixed}.op(AluOp::smod, -1).s, Scalar::constant(0));
  EXPECT_TRUE(Reg{}.op(AluOp::sdiv, -1).s.is_unknown());
  EXPECT_EQ(Reg{Scalar::constant(1ull << 63)}.op(AluOp::sdiv, -1).s, Scalar::constant(1ull << 63));
}

TEST(ScalarTest, OneNumberAloneFitsBitsAndRange) {
  const Scalar flags = Reg{}.op(AluOp::or_, 0xe0).op(AluOp::and_, 0xf0).s;  // 0xe0 or 0xf0
  EXPECT_EQ(Reg{flags}.unless(CmpOp::eq, 0xe0).s, Scalar::constant(0xf0));
  EXPECT_EQ(Reg{flags}.unless(CmpOp::eq, 0xf0).s, Scalar::constant(0xe0));
  EXPECT_EQ(Reg{}.unless(CmpOp::set, 0xf).unless(CmpOp::gt, 0x7df).unless(CmpOp::lt, 0x7cf).s, Scalar::constant(2000));
}

TEST(ScalarTest, ASignedAndAnUnsignedRange) {
  Scalar s = Reg{}.s;
  s.sign_extend_from(1);
  Scalar one_overlap = s;
  one_overlap.set_umax(0xffff'ffff'ffff'ff00);
  expect_small(one_overlap, 0, 127, {0, 127});
  Scalar two_overlaps = s;
  two_overlaps.set_umax(0xffff'ffff'ffff'ff80);
  expect_prints(two_overlaps, {.smin = -128, .smax = 127, .smin32 = -128, .smax32 = 127});
}

TEST(ScalarTest, OneOfTwoArcsIsTheShorter) {
  Reg r = Reg{}.unless(CmpOp::lt, 2, false).unless(CmpOp::gt, 3, false).unless(CmpOp::sgt, 2);
  EXPECT_EQ(r.s.smin(), static_cast<std::int64_t>(0x8000'0000'0000'0002));
  EXPECT_EQ(r.s.smax(), 2);
  EXPECT_EQ(r.unless(CmpOp::gt, 19).s, Scalar::constant(2));
}

TEST(ScalarTest, LoadsAndExtensions) {
  Scalar s = Scalar::unknown();
  s.truncate_to_size(1);
  expect_small(s, 0, 255, {0, 255});
  s = Scalar::from_range_u64(5, 70'000);
  s.sign_extend32_from(2);
  expect_prints(s, {.smin = 0,
                    .smax = 0xffff'ffff,
                    .umax = 0xffff'ffff,
                    .smin32 = -32768,
                    .smax32 = 32767,
                    .var_off = {0, 0xffff'ffff}});
  s = Scalar::from_range_u64(5, 100);
  s.sign_extend_from(1);
  expect_small(s, 5, 100, {0, 127});
  s = Scalar::from_range_u64(0, 255);
  s.byte_swap(8);
  expect_prints(s, {.smax = 0x7f00'0000'0000'0000,
                    .umax = UINT64_MAX,
                    .smin32 = 0,
                    .smax32 = 0,
                    .umax32 = 0,
                    .var_off = {0, 0xff00'0000'0000'0000}});
}

TEST(ScalarTest, KnownOutcomes) {
  const Scalar digit = Scalar::from_range_u64(1, 9), even = Reg{}.op(AluOp::and_, -2).s;
  const auto taken = [](CmpOp op, const Scalar& a, std::uint64_t b) {
    return branch_taken(op, a, Scalar::constant(b), true);
  };
  EXPECT_EQ(taken(CmpOp::lt, digit, 10), 1);
  EXPECT_EQ(taken(CmpOp::gt, digit, 9), 0);
  EXPECT_EQ(taken(CmpOp::ge, digit, 5), -1);
  EXPECT_EQ(taken(CmpOp::ne, digit, 0), 1);
  EXPECT_EQ(taken(CmpOp::sgt, digit, static_cast<std::uint64_t>(-1)), 1);
  EXPECT_EQ(taken(CmpOp::eq, even, 7), 0);
  EXPECT_EQ(taken(CmpOp::set, even, 1), 0);
  EXPECT_EQ(taken(CmpOp::nset, even, 1), 1);
  EXPECT_EQ(taken(CmpOp::set, even, 2), -1);
  // Two operands of which neither is constant: bits alone decide nothing.
  EXPECT_EQ(branch_taken(CmpOp::set, even, Scalar::from_range_u64(0, 1), true), -1);
}

TEST(ScalarTest, WhatCannotBeIsEmpty) {
  EXPECT_TRUE(Reg{Scalar::from_range_u64(1, 9)}.when(CmpOp::gt, 9).s.is_empty());
  EXPECT_TRUE(Reg{Scalar::constant(3)}.when(CmpOp::eq, 4).s.is_empty());
  Scalar s = Scalar::from_range_u64(1, 9);
  s.set_umin(10);
  EXPECT_TRUE(s.is_empty());
}

TEST(ScalarTest, ComparingTellsOfBothOperands) {
  Scalar a = Scalar::from_range_u64(0, 100), b = Scalar::from_range_u64(20, 50);
  refine(CmpOp::gt, a, b, true);
  EXPECT_EQ(a.umin(), 21u);
  EXPECT_EQ(a.umax(), 100u);
  refine(CmpOp::eq, a, b, true);
  EXPECT_EQ(a, b);
  EXPECT_EQ(a.umax(), 50u);
}

TEST(ScalarTest, CoveringNeedsEveryPart) {
  const Scalar wide = Scalar::from_range_u64(0, 255), even = Reg{wide}.op(AluOp::and_, 0xfe).s;
  EXPECT_TRUE(wide.covers(even));
  EXPECT_FALSE(even.covers(wide));
  EXPECT_TRUE(Scalar::unknown().covers(wide));
  EXPECT_FALSE(Scalar::constant(1).covers(Scalar::constant(2)));
}

}  // namespace
}  // namespace skep::verifier
