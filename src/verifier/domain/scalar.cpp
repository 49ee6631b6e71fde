// How the three descriptions that a Scalar holds are kept in step, and how a Scalar is narrowed, moved and cut. See
// scalar.hpp.
#include "verifier/domain/scalar.hpp"

#include <limits>

namespace skep::verifier {
namespace {

// The members of a tnum lie from its least to its greatest. If the top bit is unknown that is so for both readings,
// unsigned and signed, and the two arcs are equally long; the signed one is taken.
template <unsigned N>
Arc<N> members(const Tnum& bits) {
  using U = typename Arc<N>::U;
  const auto value = static_cast<U>(bits.value), mask = static_cast<U>(bits.mask);
  return Arc<N>::of(value | (mask & Arc<N>::sign), mask);
}

}  // namespace

void Scalar::make_empty() {
  arc64_ = Arc64::empty();
  arc32_ = Arc32::empty();
}

// What the bits tell of the ranges. If of the numbers that the bits allow one alone lies in the range, that is the
// number. (Where none does, on a path that cannot be taken, the greatest is settled on, as 7.3 does: also the one
// number that is left, if it is not 0.)
void Scalar::narrow_arcs() {
  arc32_ = verifier::intersect(arc32_, members<32>(bits_));
  arc64_ = verifier::intersect(arc64_, members<64>(bits_));
  if (is_const() && const_value() != 0 && arc64_.is_empty()) *this = constant(const_value());
  if (is_empty() || is_const()) return;
  const std::uint64_t least = umin(), greatest = umax();
  const std::uint64_t next = bits_.next_after(least);
  if (bits_.contains(least)) {
    if (next > greatest) *this = constant(least);
  } else if (next == bits_.max() || (next <= greatest && bits_.next_after(next) > greatest)) {
    *this = constant(next);
  }
}

// What the ranges tell of the bits. They may contradict each other only on a path that cannot be taken.
void Scalar::narrow_bits() {
  const Tnum bits = verifier::intersect(bits_, Tnum::range(umin(), umax()));
  bits_ = bits.with_subreg(verifier::intersect(bits.subreg(), Tnum::range(umin32(), umax32())));
}

void Scalar::sync() {
  if (is_empty()) return make_empty();
  // What is most often so is in step at once: a number, and nothing known of a number of either width.
  if (is_const() && contains(const_value())) {
    *this = constant(const_value());
    return;
  }
  if (is_unknown() ||
      (bits_ == Tnum::unknown().subreg() && arc64_ == Arc64::between(0, Arc32::all) && arc32_.is_full()))
    return;
  narrow_arcs();
  arc32_ = verifier::intersect(low_halves(arc64_), arc32_);
  arc64_ = trim_to_low_halves(arc64_, arc32_);
  if (is_empty()) return make_empty();
  narrow_bits();
  if (is_const() && arc32_.contains(const_value32())) {
    *this = constant(const_value());
    return;
  }
  narrow_arcs();
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
  arc64_ = verifier::intersect(arc, arc64_);
  sync();
}

void Scalar::learn(const Arc32& arc) {
  arc32_ = verifier::intersect(arc, arc32_);
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

namespace {

// The numbers of an arc, sign-extended from their low `bytes` bytes: a range if the bytes above are the same for all
// and so is the sign, else all that fits.
template <unsigned N>
Arc<N> sign_extend(const Arc<N>& arc, unsigned bytes) {
  using S = typename Arc<N>::S;
  const unsigned width = 8 * bytes, shift = N - width;
  const auto extend = [shift](S v) { return static_cast<S>(static_cast<typename Arc<N>::U>(v) << shift) >> shift; };
  const S first = extend(arc.smin()), last = extend(arc.smax());
  if (arc.smin() >> width == arc.smax() >> width && (first < 0) == (last < 0)) return Arc<N>::from_signed(first, last);
  return Arc<N>::from_signed(std::numeric_limits<S>::min() >> shift, std::numeric_limits<S>::max() >> shift);
}

}  // namespace

void Scalar::sign_extend_from(unsigned bytes) {
  if (bytes >= 8 || is_empty()) return;
  if (is_const()) {
    *this = constant(bits_.sign_extend(bytes).value);
    return;
  }
  *this = Scalar(Tnum::unknown(), sign_extend(arc64_, bytes), Arc32::full());
  sync();
}

void Scalar::sign_extend32_from(unsigned bytes) {
  if (is_empty()) return;
  if (is_const32()) {
    *this = constant(static_cast<std::uint32_t>(bits_.sign_extend(bytes).value));
    return;
  }
  *this = Scalar(Tnum::unknown().subreg(), Arc64::between(0, Arc32::all), sign_extend(arc32_, bytes));
  sync();
}

void Scalar::shift_by(std::uint64_t constant) {
  if (is_empty()) return;
  bits_ = add(bits_, Tnum::constant(constant));
  arc64_ = verifier::intersect(add(arc64_, Arc64::constant(constant)), members<64>(bits_));
  arc32_ = members<32>(bits_);
}

void Scalar::byte_swap(unsigned bytes) {
  if (is_empty()) return;
  bits_ = bits_.bswap(bytes);
  arc64_ = Arc64::full();
  arc32_ = Arc32::full();
  sync();
}

}  // namespace skep::verifier
