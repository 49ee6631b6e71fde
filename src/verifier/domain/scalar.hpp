// What is known of a 64-bit value that is not a pointer: which bits, and which ranges.
//
// A Scalar holds three descriptions of one unknown number x, and each is kept as narrow as the other two allow:
//   - a tristate number (tnum.hpp): bits of x that are known;
//   - an arc of 64-bit numbers (arc.hpp) that x lies on, from which the unsigned and the signed range both follow;
//   - an arc of 32-bit numbers that the low half of x lies on.
// x is in a Scalar if it is in all three. Every public operation leaves the three in step with each other, and gives a
// superset of what the concrete operation gives on the members. Where several supersets are possible, it is the one
// that Linux 7.3 chooses: the verifier's log prints these numbers, and programs are accepted or refused by them. Tested
// by tests/verifier/domain/.
#pragma once

#include <cstdint>

#include "verifier/domain/arc.hpp"
#include "verifier/domain/tnum.hpp"

namespace skep::verifier {

enum class AluOp : std::uint8_t { add, sub, mul, div, or_, and_, lsh, rsh, neg, mod, xor_, mov, arsh, sdiv, smod };
enum class CmpOp : std::uint8_t { eq, ne, lt, le, gt, ge, slt, sle, sgt, sge, set, nset };

class Scalar {
 public:
  // Anything at all.
  constexpr Scalar() = default;
  static constexpr Scalar unknown() { return Scalar(); }
  static constexpr Scalar constant(std::uint64_t v);
  // min..max inclusive, min <= max.
  static Scalar from_range_u64(std::uint64_t min, std::uint64_t max);
  static Scalar from_range_s64(std::int64_t min, std::int64_t max);
  // Of a low half only (the high half unknown).
  static Scalar from_range_u32(std::uint32_t min, std::uint32_t max);
  static Scalar from_range_s32(std::int32_t min, std::int32_t max);
  static Scalar from_var_off(const Tnum& bits);

  // What is known.
  constexpr std::uint64_t umin() const { return arc64_.umin(); }
  constexpr std::uint64_t umax() const { return arc64_.umax(); }
  constexpr std::int64_t smin() const { return arc64_.smin(); }
  constexpr std::int64_t smax() const { return arc64_.smax(); }
  constexpr std::uint32_t umin32() const { return arc32_.umin(); }
  constexpr std::uint32_t umax32() const { return arc32_.umax(); }
  constexpr std::int32_t smin32() const { return arc32_.smin(); }
  constexpr std::int32_t smax32() const { return arc32_.smax(); }
  constexpr const Tnum& var_off() const { return bits_; }
  constexpr const Arc64& arc64() const { return arc64_; }
  constexpr const Arc32& arc32() const { return arc32_; }

  constexpr bool is_const() const { return bits_.is_const(); }
  constexpr std::uint64_t const_value() const { return bits_.value; }
  constexpr bool is_const32() const { return bits_.subreg().is_const(); }
  constexpr std::uint32_t const_value32() const { return static_cast<std::uint32_t>(bits_.value); }
  constexpr bool is_unknown() const { return bits_.is_unknown() && arc64_.is_full() && arc32_.is_full(); }
  // No number fits the description: the path that led here cannot be taken.
  constexpr bool is_empty() const { return arc64_.is_empty() || arc32_.is_empty(); }
  constexpr bool contains(std::uint64_t x) const {
    return bits_.contains(x) && arc64_.contains(x) && arc32_.contains(static_cast<std::uint32_t>(x));
  }
  // Is all that `other` may be also something that this one may be? (What was found safe for this one is safe for
  // other.)
  constexpr bool covers(const Scalar& other) const;
  friend constexpr bool operator==(const Scalar&, const Scalar&) = default;

  // Learning: each narrows by what is given, and may leave the scalar empty.
  void set_umin(std::uint64_t min);
  void set_umax(std::uint64_t max);
  void set_smin(std::int64_t min);
  void set_smax(std::int64_t max);
  void set_umin32(std::uint32_t min);
  void set_umax32(std::uint32_t max);
  void set_smin32(std::int32_t min);
  void set_smax32(std::int32_t max);
  void intersect_var_off(const Tnum& bits);
  void intersect(const Scalar& other);

  // Forgetting.
  constexpr void set_unknown() { *this = Scalar(); }
  constexpr void set_const(std::uint64_t v) { *this = constant(v); }

  // Moves and loads. Only the low half, zero-extended (a 32-bit move).
  void zero_extend32();
  // Only the low `bytes` bytes (1, 2, 4, 8): zero-extended (a narrow load), or sign-extended to 64 bits (a load or
  // move).
  void truncate_to_size(unsigned bytes);
  void sign_extend_from(unsigned bytes);
  // The low `bytes` bytes (1, 2), sign-extended to 32 bits, then zero-extended (a 32-bit move).
  void sign_extend32_from(unsigned bytes);
  // bswap16/32/64: the low `bytes` bytes reversed, zero-extended. Also to_be on this little-endian machine.
  void byte_swap(unsigned bytes);
  // The sum with a constant, its range and its bits as they come, not narrowed by each other: of packet pointers that
  // lie a constant apart, all that is compared is told by their greatest offsets, which must stay that far apart.
  void shift_by(std::uint64_t constant);
  // to_le on this little-endian machine.
  void to_le(unsigned bytes) { truncate_to_size(bytes); }
  void to_be(unsigned bytes) { byte_swap(bytes); }

 private:
  friend struct ScalarOps;
  template <unsigned N>
  struct Refine;
  friend void refine(CmpOp op, Scalar& a, Scalar& b, bool is64);
  constexpr Scalar(const Tnum& bits, const Arc64& arc64, const Arc32& arc32)
      : bits_(bits), arc64_(arc64), arc32_(arc32) {}
  friend Scalar join(const Scalar& a, const Scalar& b);
  void learn(const Arc64& arc);
  void learn(const Arc32& arc);
  void sync();
  void make_empty();
  void narrow_arcs();
  void narrow_bits();

  Tnum bits_ = Tnum::unknown();
  Arc64 arc64_ = Arc64::full();
  Arc32 arc32_ = Arc32::full();
};
static_assert(sizeof(Scalar) == 40);

// Arithmetic: dst = dst OP src. With is64 false on the low halves, the result zero-extended. neg ignores src; mov
// copies it. A shift whose amount is unknown or not less than the width, and a division by an unknown number, make all
// 64 bits unknown, in 32-bit operations too. Left to the caller: where x is known to be -1 or 0, 7.3 walks on from `x
// &= C` and `x |= C` twice, once for each.
void alu(AluOp op, Scalar& dst, const Scalar& src, bool is64);

// Comparisons: x OP y, on the low halves if is64 is false. set: (x & y) != 0; nset: (x & y) == 0.
// 1: always true, 0: never, -1: may be either.
int branch_taken(CmpOp op, const Scalar& a, const Scalar& b, bool is64);
// Narrows both by the knowledge that a OP b is true (a and b must be two objects). If that cannot be, one of them at
// least ends up empty wherever 7.3 notices it; branch_taken has then said so before.
void refine(CmpOp op, Scalar& a, Scalar& b, bool is64);
// not (a OP b)  =  a negate(OP) b;   a OP b  =  b mirror(OP) a.
CmpOp negate(CmpOp op);
CmpOp mirror(CmpOp op);

// All that either may be (and possibly more).
Scalar join(const Scalar& a, const Scalar& b);

// ---------------------------------------------------------------------------------------------------------------------

constexpr Scalar Scalar::constant(std::uint64_t v) {
  return Scalar(Tnum::constant(v), Arc64::constant(v), Arc32::constant(static_cast<std::uint32_t>(v)));
}

constexpr bool Scalar::covers(const Scalar& other) const {
  return other.bits_.is_subset_of(bits_) && arc64_.covers(other.arc64_) && arc32_.covers(other.arc32_);
}

inline Scalar Scalar::from_range_u64(std::uint64_t min, std::uint64_t max) {
  Scalar s;
  s.learn(Arc64::from_unsigned(min, max));
  return s;
}

inline Scalar Scalar::from_range_s64(std::int64_t min, std::int64_t max) {
  Scalar s;
  s.learn(Arc64::from_signed(min, max));
  return s;
}

inline Scalar Scalar::from_range_u32(std::uint32_t min, std::uint32_t max) {
  Scalar s;
  s.learn(Arc32::from_unsigned(min, max));
  return s;
}

inline Scalar Scalar::from_range_s32(std::int32_t min, std::int32_t max) {
  Scalar s;
  s.learn(Arc32::from_signed(min, max));
  return s;
}

inline Scalar Scalar::from_var_off(const Tnum& bits) {
  Scalar s;
  s.intersect_var_off(bits);
  return s;
}

}  // namespace skep::verifier
