// A range of N-bit numbers, taken around the circle: from `start` on, `extent` further numbers, modulo 2^N.
//
// One arc says at once what a number is as unsigned and as signed: the circle has two cuts, between 2^N - 1 and 0 and
// between 2^(N-1) - 1 and 2^(N-1), and an arc that crosses one of them still has tight ends on the other reading.
// Adding turns the arc, so nothing is lost when a range crosses zero. A result that would be two separate arcs is
// approximated by one around both. N is a parameter so that tests can try all arcs of a small N; the verifier uses 64
// and 32. Tested by tests/verifier/domain/arc_test.cpp.
#pragma once

#include <cstdint>
#include <type_traits>

namespace skep::verifier {

template <unsigned N>
class Arc {
 public:
  using U = std::conditional_t<(N > 32), std::uint64_t, std::uint32_t>;
  using S = std::make_signed_t<U>;
  static constexpr unsigned spare = sizeof(U) * 8 - N;
  static constexpr U all = static_cast<U>(~U{0}) >> spare;
  static constexpr U sign = U{1} << (N - 1);

  static constexpr Arc full() { return Arc(0, all); }
  static constexpr Arc empty() { return Arc(1, all); }
  static constexpr Arc constant(U v) { return Arc(v & all, 0); }
  // From `first` onward to `last`, inclusive, crossing a cut if last < first. All the way around is the full circle.
  static constexpr Arc between(U first, U last) { return of(first, last - first); }
  static constexpr Arc of(U start, U extent) {
    extent &= all;
    return extent == all ? full() : Arc(start & all, extent);
  }

  constexpr bool is_full() const { return extent_ == all && start_ == 0; }
  constexpr bool is_empty() const { return extent_ == all && start_ != 0; }
  constexpr bool is_const() const { return extent_ == 0; }
  constexpr U start() const { return start_; }
  constexpr U end() const { return (start_ + extent_) & all; }
  constexpr U extent() const { return extent_; }
  constexpr bool contains(U v) const { return ((v - start_) & all) <= extent_ && !is_empty(); }

  // The tightest unsigned and signed bounds: those of the whole type if the arc crosses the cut.
  constexpr bool crosses_zero() const { return end() < start_; }
  constexpr bool crosses_sign() const { return (end() ^ sign) < (start_ ^ sign); }
  constexpr U umin() const { return crosses_zero() ? 0 : start_; }
  constexpr U umax() const { return crosses_zero() ? all : end(); }
  constexpr S smin() const { return signed_value(crosses_sign() ? sign : start_); }
  constexpr S smax() const { return signed_value(crosses_sign() ? sign - 1 : end()); }
  static constexpr S signed_value(U v) { return static_cast<S>(static_cast<U>(v << spare)) >> spare; }

  friend constexpr bool operator==(const Arc&, const Arc&) = default;

 private:
  constexpr Arc(U start, U extent) : start_(start), extent_(extent) {}
  U start_, extent_;  // extent all: the full circle with start 0, else empty
};

using Arc64 = Arc<64>;
using Arc32 = Arc<32>;

}  // namespace skep::verifier
