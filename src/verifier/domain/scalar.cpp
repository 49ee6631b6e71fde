// How the three descriptions that a Scalar holds are kept in step, and how a Scalar is narrowed, moved and cut. See
// scalar.hpp.
#include "verifier/domain/scalar.hpp"

#include <algorithm>

namespace skep::verifier {
namespace {

// The members of `bits`, read as unsigned numbers, lie from its least to its greatest; read as signed ones, likewise.
Arc64 narrow(const Arc64& arc, const Tnum& bits) {
  const Arc64 as_unsigned = Arc64::between(bits.min(), bits.max());
  const Arc64 as_signed =
      Arc64::between(bits.value | (bits.mask & Arc64::sign), bits.max() & ~(bits.mask & Arc64::sign));
  return intersect(intersect(arc, as_unsigned), as_signed);
}

Arc32 narrow(const Arc32& arc, const Tnum& bits) {
  const auto value = static_cast<std::uint32_t>(bits.value), mask = static_cast<std::uint32_t>(bits.mask);
  const Arc32 as_unsigned = Arc32::between(value, value | mask);
  const Arc32 as_signed = Arc32::between(value | (mask & Arc32::sign), (value | mask) & ~(mask & Arc32::sign));
  return intersect(intersect(arc, as_unsigned), as_signed);
}

}  // namespace

void Scalar::make_empty() {
  arc64_ = Arc64::empty();
  arc32_ = Arc32::empty();
}

void Scalar::sync() {
  if (is_empty()) return make_empty();
  arc32_ = narrow(arc32_, bits_);
  arc64_ = narrow(arc64_, bits_);
  arc32_ = verifier::intersect(arc32_, low_halves(arc64_));
  arc64_ = trim_to_low_halves(arc64_, arc32_);
  if (is_empty()) return make_empty();
  const Tnum range64 = Tnum::range(umin(), umax()), range32 = Tnum::range(umin32(), umax32());
  if (!overlap(bits_, range64)) return make_empty();
  const Tnum bits = verifier::intersect(bits_, range64);
  if (!overlap(bits.subreg(), range32)) return make_empty();
  bits_ = bits.with_subreg(verifier::intersect(bits.subreg(), range32));
  arc32_ = narrow(arc32_, bits_);
  arc64_ = narrow(arc64_, bits_);
  if (is_empty()) return make_empty();
}

void Scalar::set_umin(std::uint64_t min) {
  learn(Arc64::from_unsigned(min, Arc64::all));
}
void Scalar::set_umax(std::uint64_t max) {
  learn(Arc64::from_unsigned(0, max));
}
void Scalar::set_smin(std::int64_t min) {
  learn(Arc64::from_signed(min, INT64_MAX));
}
void Scalar::set_smax(std::int64_t max) {
  learn(Arc64::from_signed(INT64_MIN, max));
}
void Scalar::set_umin32(std::uint32_t min) {
  learn(Arc32::from_unsigned(min, Arc32::all));
}
void Scalar::set_umax32(std::uint32_t max) {
  learn(Arc32::from_unsigned(0, max));
}
void Scalar::set_smin32(std::int32_t min) {
  learn(Arc32::from_signed(min, INT32_MAX));
}
void Scalar::set_smax32(std::int32_t max) {
  learn(Arc32::from_signed(INT32_MIN, max));
}

void Scalar::learn(const Arc64& arc) {
  arc64_ = verifier::intersect(arc64_, arc);
  sync();
}

void Scalar::learn(const Arc32& arc) {
  arc32_ = verifier::intersect(arc32_, arc);
  sync();
}

void Scalar::intersect_var_off(const Tnum& bits) {
  if (!overlap(bits_, bits)) return make_empty();
  bits_ = verifier::intersect(bits_, bits);
  sync();
}

void Scalar::intersect(const Scalar& other) {
  if (!overlap(bits_, other.bits_)) return make_empty();
  bits_ = verifier::intersect(bits_, other.bits_);
  arc64_ = verifier::intersect(arc64_, other.arc64_);
  arc32_ = verifier::intersect(arc32_, other.arc32_);
  sync();
}

Scalar join(const Scalar& a, const Scalar& b) {
  if (a.is_empty()) return b;
  if (b.is_empty()) return a;
  Scalar result(union_(a.bits_, b.bits_), join(a.arc64_, b.arc64_), join(a.arc32_, b.arc32_));
  result.sync();
  return result;
}

void Scalar::zero_extend32() {
  if (is_empty()) return;
  bits_ = bits_.subreg();
  arc64_ = Arc64::between(umin32(), umax32());
  sync();
}

// A number whose higher bytes are the same for all members keeps its range; else only the width is known.
void Scalar::truncate_to_size(unsigned bytes) {
  if (bytes >= 8 || is_empty()) return;
  const std::uint64_t low = (std::uint64_t{1} << (8 * bytes)) - 1;
  const bool same_above = (umin() & ~low) == (umax() & ~low);
  arc64_ = same_above ? Arc64::between(umin() & low, umax() & low) : Arc64::between(0, low);
  bits_ = bits_.cast(bytes);
  if (bytes < 4) arc32_ = Arc32::full();
  sync();
}

void Scalar::sign_extend_from(unsigned bytes) {
  if (bytes >= 8 || is_empty()) return;
  const unsigned shift = 64 - 8 * bytes;
  const auto extend = [shift](std::int64_t v) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(v) << shift) >> shift;
  };
  const std::uint64_t high = ~std::uint64_t{0} << (8 * bytes);
  const auto same_above = (static_cast<std::uint64_t>(smin()) & high) == (static_cast<std::uint64_t>(smax()) & high);
  Arc64 arc =
      Arc64::between(static_cast<std::uint64_t>(INT64_MIN >> shift), static_cast<std::uint64_t>(INT64_MAX >> shift));
  if (same_above) {
    const std::int64_t x = extend(smin()), y = extend(smax());
    arc = Arc64::from_signed(std::min(x, y), std::max(x, y));
  }
  arc64_ = arc;
  if (bytes < 4) arc32_ = Arc32::full();
  bits_ = bits_.sign_extend(bytes);
  sync();
}

void Scalar::sign_extend32_from(unsigned bytes) {
  sign_extend_from(bytes);
  zero_extend32();
}

void Scalar::byte_swap(unsigned bytes) {
  if (is_empty()) return;
  bits_ = bits_.bswap(bytes);
  arc64_ = Arc64::full();
  arc32_ = Arc32::full();
  sync();
}

}  // namespace skep::verifier
