// Soundness: whatever an instruction makes of numbers is in what the domain makes of the scalars that they are in; and
// no branch that a number takes is held impossible.
#include <gtest/gtest.h>

#include "verifier/domain/scalar.hpp"
#include "verifier/domain/scalar_samples.hpp"

namespace skep::verifier {
namespace {

constexpr AluOp alu_ops[] = {AluOp::add,  AluOp::sub, AluOp::mul,  AluOp::div,  AluOp::or_,
                             AluOp::and_, AluOp::lsh, AluOp::rsh,  AluOp::neg,  AluOp::mod,
                             AluOp::xor_, AluOp::mov, AluOp::arsh, AluOp::sdiv, AluOp::smod};
constexpr CmpOp cmp_ops[] = {CmpOp::eq,  CmpOp::ne,  CmpOp::lt,  CmpOp::le,  CmpOp::gt,  CmpOp::ge,
                             CmpOp::slt, CmpOp::sle, CmpOp::sgt, CmpOp::sge, CmpOp::set, CmpOp::nset};

// What the instruction computes (RFC 9669).
template <typename U, typename S>
U compute(AluOp op, U x, U y) {
  constexpr unsigned width = sizeof(U) * 8;
  const S sx = static_cast<S>(x), sy = static_cast<S>(y);
  switch (op) {
    case AluOp::add:
      return x + y;
    case AluOp::sub:
      return x - y;
    case AluOp::mul:
      return x * y;
    case AluOp::div:
      return y == 0 ? 0 : x / y;
    case AluOp::mod:
      return y == 0 ? x : x % y;
    case AluOp::sdiv:
      return y == 0 ? 0 : sy == -1 ? 0 - x : static_cast<U>(sx / sy);
    case AluOp::smod:
      return y == 0 ? x : sy == -1 ? 0 : static_cast<U>(sx % sy);
    case AluOp::or_:
      return x | y;
    case AluOp::and_:
      return x & y;
    case AluOp::xor_:
      return x ^ y;
    case AluOp::lsh:
      return x << (y % width);
    case AluOp::rsh:
      return x >> (y % width);
    case AluOp::arsh:
      return static_cast<U>(sx >> (y % width));
    case AluOp::neg:
      return 0 - x;
    case AluOp::mov:
      return y;
  }
  return 0;
}

template <typename U, typename S>
bool compare(CmpOp op, U x, U y) {
  const S sx = static_cast<S>(x), sy = static_cast<S>(y);
  switch (op) {
    case CmpOp::eq:
      return x == y;
    case CmpOp::ne:
      return x != y;
    case CmpOp::lt:
      return x < y;
    case CmpOp::le:
      return x <= y;
    case CmpOp::gt:
      return x > y;
    case CmpOp::ge:
      return x >= y;
    case CmpOp::slt:
      return sx < sy;
    case CmpOp::sle:
      return sx <= sy;
    case CmpOp::sgt:
      return sx > sy;
    case CmpOp::sge:
      return sx >= sy;
    case CmpOp::set:
      return (x & y) != 0;
    case CmpOp::nset:
      return (x & y) == 0;
  }
  return false;
}

std::uint64_t compute(AluOp op, std::uint64_t x, std::uint64_t y, bool is64) {
  if (is64) return compute<std::uint64_t, std::int64_t>(op, x, y);
  return compute<std::uint32_t, std::int32_t>(op, static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y));
}

bool compare(CmpOp op, std::uint64_t x, std::uint64_t y, bool is64) {
  if (is64) return compare<std::uint64_t, std::int64_t>(op, x, y);
  return compare<std::uint32_t, std::int32_t>(op, static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y));
}

void check_alu(const Sample& a, const Sample& b) {
  for (const AluOp op : alu_ops) {
    for (const bool is64 : {true, false}) {
      Scalar result = a.scalar;
      alu(op, result, b.scalar, is64);
      for (const auto x : a.members) {
        for (const auto y : b.members) {
          ASSERT_TRUE(result.contains(compute(op, x, y, is64)))
              << "operation " << static_cast<int>(op) << (is64 ? ", 64 bits, " : ", 32 bits, ") << std::hex << x << ", "
              << y;
        }
      }
    }
  }
}

void check_branches(const Sample& a, const Sample& b) {
  for (const CmpOp op : cmp_ops) {
    for (const bool is64 : {true, false}) {
      const int taken = branch_taken(op, a.scalar, b.scalar, is64);
      Scalar if_true_a = a.scalar, if_true_b = b.scalar;
      refine(op, if_true_a, if_true_b, is64);
      for (const auto x : a.members) {
        for (const auto y : b.members) {
          const bool holds = compare(op, x, y, is64);
          ASSERT_NE(taken, holds ? 0 : 1) << "comparison " << static_cast<int>(op) << std::hex << ' ' << x << ", " << y;
          ASSERT_EQ(compare(negate(op), x, y, is64), !holds);
          ASSERT_EQ(compare(mirror(op), y, x, is64), holds);
          if (!holds) continue;
          ASSERT_TRUE(if_true_a.contains(x) && if_true_b.contains(y))
              << "comparison " << static_cast<int>(op) << (is64 ? ", 64 bits, " : ", 32 bits, ") << std::hex << x
              << ", " << y;
        }
      }
    }
  }
}

void for_pairs(const std::vector<Sample>& samples, std::size_t stride, auto&& check) {
  for (std::size_t i = 0; i < samples.size(); ++i) {
    for (std::size_t j = i % stride; j < samples.size(); j += stride) {
      check(samples[i], samples[j]);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(ScalarSoundnessTest, ArithmeticAroundLandmarks) {
  for_pairs(landmark_samples(), 7, check_alu);
}
TEST(ScalarSoundnessTest, ArithmeticOnRandomScalars) {
  for_pairs(random_samples(1, 400), 3, check_alu);
}
TEST(ScalarSoundnessTest, BranchesAroundLandmarks) {
  for_pairs(landmark_samples(), 7, check_branches);
}
TEST(ScalarSoundnessTest, BranchesOnRandomScalars) {
  for_pairs(random_samples(2, 400), 3, check_branches);
}

TEST(ScalarSoundnessTest, MovesOfOneScalar) {
  auto samples = landmark_samples();
  for (const Sample& sample : random_samples(3, 2000)) samples.push_back(sample);
  for (const Sample& sample : samples) {
    const auto expect_holds = [&sample](auto&& change, auto&& concrete) {
      Scalar s = sample.scalar;
      change(s);
      for (const auto x : sample.members) ASSERT_TRUE(s.contains(concrete(x))) << std::hex << x;
    };
    using S64 = std::int64_t;
    using U64 = std::uint64_t;
    expect_holds([](Scalar& s) { s.zero_extend32(); }, [](U64 x) { return U64{static_cast<std::uint32_t>(x)}; });
    expect_holds([](Scalar& s) { s.truncate_to_size(1); }, [](U64 x) { return x & 0xff; });
    expect_holds([](Scalar& s) { s.truncate_to_size(2); }, [](U64 x) { return x & 0xffff; });
    expect_holds([](Scalar& s) { s.truncate_to_size(4); }, [](U64 x) { return x & 0xffff'ffff; });
    expect_holds([](Scalar& s) { s.truncate_to_size(8); }, [](U64 x) { return x; });
    expect_holds([](Scalar& s) { s.sign_extend_from(1); },
                 [](U64 x) { return static_cast<U64>(S64{static_cast<std::int8_t>(x)}); });
    expect_holds([](Scalar& s) { s.sign_extend_from(2); },
                 [](U64 x) { return static_cast<U64>(S64{static_cast<std::int16_t>(x)}); });
    expect_holds([](Scalar& s) { s.sign_extend_from(4); },
                 [](U64 x) { return static_cast<U64>(S64{static_cast<std::int32_t>(x)}); });
    expect_holds([](Scalar& s) { s.sign_extend32_from(1); },
                 [](U64 x) { return U64{static_cast<std::uint32_t>(static_cast<std::int8_t>(x))}; });
    expect_holds([](Scalar& s) { s.sign_extend32_from(2); },
                 [](U64 x) { return U64{static_cast<std::uint32_t>(static_cast<std::int16_t>(x))}; });
    expect_holds([](Scalar& s) { s.byte_swap(2); },
                 [](U64 x) { return U64{__builtin_bswap16(static_cast<std::uint16_t>(x))}; });
    expect_holds([](Scalar& s) { s.byte_swap(4); },
                 [](U64 x) { return U64{__builtin_bswap32(static_cast<std::uint32_t>(x))}; });
    expect_holds([](Scalar& s) { s.byte_swap(8); }, [](U64 x) { return U64{__builtin_bswap64(x)}; });
  }
}

TEST(ScalarSoundnessTest, JoinAndCover) {
  const auto samples = random_samples(4, 300);
  for_pairs(samples, 2, [](const Sample& a, const Sample& b) {
    const Scalar both = join(a.scalar, b.scalar);
    for (const auto x : a.members) ASSERT_TRUE(both.contains(x));
    for (const auto x : b.members) ASSERT_TRUE(both.contains(x));
    if (!a.scalar.covers(b.scalar)) return;
    for (const auto x : b.members) ASSERT_TRUE(a.scalar.contains(x));
  });
}

}  // namespace
}  // namespace skep::verifier
