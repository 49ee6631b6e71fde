// A tristate number: for each of 64 bits, known to be 0, known to be 1, or unknown.
//
// A bit set in `mask` is unknown; of the others `value` tells which are set. So the number stands for the set of all v
// with (v & ~mask) == value, and value and mask never share a bit. Tristate numbers know about alignment and flags,
// which ranges (arc.hpp) do not; a Scalar (scalar.hpp) keeps both. Every operation gives a superset of what the
// operation gives on the members. Tested, exhaustively for small numbers, by tests/verifier/domain/tnum_test.cpp.
#pragma once

#include <bit>
#include <cstdint>

namespace skep::verifier {

struct Tnum {
  std::uint64_t value = 0, mask = 0;  // 0, known

  static constexpr Tnum constant(std::uint64_t v) { return {v, 0}; }
  static constexpr Tnum unknown() { return {0, ~std::uint64_t{0}}; }
  // The best tnum around min..max (unsigned, min <= max): the common leading bits are known.
  static constexpr Tnum range(std::uint64_t min, std::uint64_t max);

  constexpr bool is_const() const { return mask == 0; }
  constexpr bool is_unknown() const { return mask == ~std::uint64_t{0}; }
  constexpr bool contains(std::uint64_t v) const { return (v & ~mask) == value; }
  // Is every member of this one a member of `other`?
  constexpr bool is_subset_of(const Tnum& other) const {
    return (mask & ~other.mask) == 0 && (value & ~other.mask) == other.value;
  }
  // The least member greater than v; the greatest member if there is none.
  constexpr std::uint64_t next_after(std::uint64_t v) const;
  // Is every member a multiple of `size`, a power of two?
  constexpr bool is_aligned(std::uint64_t size) const { return ((value | mask) & (size - 1)) == 0; }
  constexpr std::uint64_t min() const { return value; }         // unsigned
  constexpr std::uint64_t max() const { return value | mask; }  // unsigned

  // Shifts by a known amount, less than the width. arshift fills with the sign bit of the low `bits` (32 or 64) and,
  // for 32, looks at and gives only the low half.
  constexpr Tnum lshift(unsigned shift) const { return {value << shift, mask << shift}; }
  constexpr Tnum rshift(unsigned shift) const { return {value >> shift, mask >> shift}; }
  constexpr Tnum arshift(unsigned shift, unsigned bits) const;

  // The low `bytes` bytes, zero-extended; the same, sign-extended to 64 bits.
  constexpr Tnum cast(unsigned bytes) const;
  constexpr Tnum sign_extend(unsigned bytes) const;
  // The low half alone; with the low half 0; with the low half replaced by that of `low`, or by a constant.
  constexpr Tnum subreg() const { return cast(4); }
  constexpr Tnum clear_subreg() const { return {value >> 32 << 32, mask >> 32 << 32}; }
  constexpr Tnum with_subreg(const Tnum& low) const;
  constexpr Tnum const_subreg(std::uint32_t v) const { return with_subreg(constant(v)); }
  // The low `bytes` bytes (2, 4, 8) in reversed order, zero-extended.
  constexpr Tnum bswap(unsigned bytes) const;

  friend constexpr bool operator==(const Tnum&, const Tnum&) = default;
};

constexpr Tnum add(const Tnum& a, const Tnum& b);
constexpr Tnum sub(const Tnum& a, const Tnum& b);
constexpr Tnum mul(const Tnum& a, const Tnum& b);
constexpr Tnum neg(const Tnum& a);
constexpr Tnum and_(const Tnum& a, const Tnum& b);
constexpr Tnum or_(const Tnum& a, const Tnum& b);
constexpr Tnum xor_(const Tnum& a, const Tnum& b);

// Can the two have a member in common?
constexpr bool overlap(const Tnum& a, const Tnum& b) {
  return ((a.value ^ b.value) & ~(a.mask | b.mask)) == 0;
}
// What is known if the number is in both. They must overlap.
constexpr Tnum intersect(const Tnum& a, const Tnum& b);
// The best tnum around both.
constexpr Tnum union_(const Tnum& a, const Tnum& b);

// ---------------------------------------------------------------------------------------------------------------------

constexpr Tnum Tnum::range(std::uint64_t min, std::uint64_t max) {
  const unsigned varying = static_cast<unsigned>(std::bit_width(min ^ max));
  if (varying == 64) return unknown();
  const std::uint64_t low = (std::uint64_t{1} << varying) - 1;
  return {min & ~low, low};
}

// The least member not less than n = v + 1. From the topmost bit in which n breaks the pattern downward, the member's
// bits are the least possible, if n has a 0 where a 1 is due; else the lowest free 0 above it has to become 1 first.
constexpr std::uint64_t Tnum::next_after(std::uint64_t v) const {
  const std::uint64_t n = v + 1;
  if (n == 0 || n > max()) return max();
  const std::uint64_t wrong = (n ^ value) & ~mask;
  if (wrong == 0) return n;
  std::uint64_t pivot = std::bit_floor(wrong);
  if ((value & pivot) == 0) {
    const std::uint64_t free_zeros = mask & ~n & ~(pivot | (pivot - 1));
    pivot = free_zeros & (0 - free_zeros);
  }
  const std::uint64_t below = pivot - 1;
  return (n & ~below) | pivot | (value & below);
}

constexpr Tnum Tnum::cast(unsigned bytes) const {
  if (bytes >= 8) return *this;
  const std::uint64_t low = (std::uint64_t{1} << (8 * bytes)) - 1;
  return {value & low, mask & low};
}

// An unknown sign bit becomes unknown bits, a known one its copies: extending both words' signs does just that.
constexpr Tnum Tnum::sign_extend(unsigned bytes) const {
  if (bytes >= 8) return *this;
  return lshift(64 - 8 * bytes).arshift(64 - 8 * bytes, 64);
}

constexpr Tnum Tnum::arshift(unsigned shift, unsigned bits) const {
  if (bits == 32) {
    const auto v = static_cast<std::int32_t>(value), m = static_cast<std::int32_t>(mask);
    return {static_cast<std::uint32_t>(v >> shift), static_cast<std::uint32_t>(m >> shift)};
  }
  return {static_cast<std::uint64_t>(static_cast<std::int64_t>(value) >> shift),
          static_cast<std::uint64_t>(static_cast<std::int64_t>(mask) >> shift)};
}

constexpr Tnum Tnum::with_subreg(const Tnum& low) const {
  const Tnum high = clear_subreg(), half = low.subreg();
  return {high.value | half.value, high.mask | half.mask};
}

constexpr std::uint64_t reverse_bytes(std::uint64_t v, unsigned bytes) {
  std::uint64_t result = 0;
  for (unsigned i = 0; i < bytes; ++i) result = result << 8 | (v >> (8 * i) & 0xff);
  return result;
}

constexpr Tnum Tnum::bswap(unsigned bytes) const {
  return {reverse_bytes(value, bytes), reverse_bytes(mask, bytes)};
}

// The least sum adds no unknown bit, the greatest all of them. A bit in which the two sums differ had an unknown carry
// in.
constexpr Tnum add(const Tnum& a, const Tnum& b) {
  const std::uint64_t least = a.value + b.value, greatest = least + (a.mask + b.mask);
  const std::uint64_t unknown = (least ^ greatest) | a.mask | b.mask;
  return {least & ~unknown, unknown};
}

// As add: an unknown bit of `a` can only raise the difference, one of `b` only lower it.
constexpr Tnum sub(const Tnum& a, const Tnum& b) {
  const std::uint64_t base = a.value - b.value;
  const std::uint64_t unknown = ((base + a.mask) ^ (base - b.mask)) | a.mask | b.mask;
  return {base & ~unknown, unknown};
}

constexpr Tnum neg(const Tnum& a) {
  return sub(Tnum::constant(0), a);
}

constexpr Tnum and_(const Tnum& a, const Tnum& b) {
  const std::uint64_t ones = a.value & b.value;
  return {ones, a.max() & b.max() & ~ones};
}

constexpr Tnum or_(const Tnum& a, const Tnum& b) {
  const std::uint64_t ones = a.value | b.value;
  return {ones, (a.mask | b.mask) & ~ones};
}

constexpr Tnum xor_(const Tnum& a, const Tnum& b) {
  const std::uint64_t unknown = a.mask | b.mask;
  return {(a.value ^ b.value) & ~unknown, unknown};
}

constexpr Tnum intersect(const Tnum& a, const Tnum& b) {
  const std::uint64_t unknown = a.mask & b.mask;
  return {(a.value | b.value) & ~unknown, unknown};
}

constexpr Tnum union_(const Tnum& a, const Tnum& b) {
  const std::uint64_t unknown = a.mask | b.mask | (a.value ^ b.value);
  return {a.value & ~unknown, unknown};
}

// Long multiplication: for each bit of `a`, b's multiple is added, or not, or (an unknown bit) either of both.
constexpr Tnum mul(const Tnum& a, const Tnum& b) {
  Tnum rest = a, multiple = b, sum;
  while ((rest.value | rest.mask) != 0) {
    if (rest.value & 1) {
      sum = add(sum, multiple);
    } else if (rest.mask & 1) {
      sum = union_(sum, add(sum, multiple));
    }
    rest = rest.rshift(1);
    multiple = multiple.lshift(1);
  }
  return sum;
}

}  // namespace skep::verifier
