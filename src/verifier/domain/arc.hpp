// A range of N-bit numbers, taken around the circle: from `start` on, `extent` further numbers, modulo 2^N.
//
// One arc says at once what a number is as unsigned and as signed: the circle has two cuts, between 2^N - 1 and 0 and
// between 2^(N-1) - 1 and 2^(N-1), and an arc that crosses one of them still has tight ends on the other reading.
// Adding turns the arc, so nothing is lost when a range crosses zero. What would be two separate arcs is approximated
// by one around both. N is a parameter so that tests can try all arcs of a small N; the verifier uses 64 and 32. Tested
// by tests/verifier/domain/arc_test.cpp.
#pragma once

#include <algorithm>
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
  static constexpr Arc empty() { return Arc(all, all); }
  static constexpr Arc constant(U v) { return Arc(v & all, 0); }
  // From `first` onward to `last`, inclusive, crossing a cut if last is before first. Never empty.
  static constexpr Arc between(U first, U last) { return of(first, last - first); }
  static constexpr Arc of(U start, U extent) {
    extent &= all;
    return extent == all ? full() : Arc(start & all, extent);
  }
  // All numbers between two bounds, as unsigned or as signed ones; empty if min is greater.
  static constexpr Arc from_unsigned(U min, U max) { return min <= max ? between(min, max) : empty(); }
  static constexpr Arc from_signed(S min, S max) {
    return min <= max ? between(static_cast<U>(min), static_cast<U>(max)) : empty();
  }

  constexpr bool is_full() const { return extent_ == all && start_ == 0; }
  constexpr bool is_empty() const { return extent_ == all && start_ != 0; }
  constexpr bool is_const() const { return extent_ == 0; }
  constexpr U start() const { return start_; }
  constexpr U end() const { return (start_ + extent_) & all; }
  constexpr U extent() const { return extent_; }
  constexpr bool contains(U v) const { return ((v - start_) & all) <= extent_ && !is_empty(); }
  // Is every member of `other` one of this?
  constexpr bool covers(const Arc& other) const {
    if (is_full() || other.is_empty()) return true;
    const U ahead = (other.start_ - start_) & all;  // how far into this one the other begins
    return !is_empty() && ahead <= extent_ && other.extent_ <= extent_ - ahead;
  }

  // The tightest unsigned and signed bounds: those of the whole type if the arc crosses the cut.
  constexpr bool crosses_zero() const { return end() < start_; }
  constexpr bool crosses_sign() const { return (end() ^ sign) < (start_ ^ sign); }
  constexpr U umin() const { return crosses_zero() ? 0 : start_; }
  constexpr U umax() const { return crosses_zero() ? all : end(); }
  constexpr S smin() const { return as_signed(crosses_sign() ? sign : start_); }
  constexpr S smax() const { return as_signed(crosses_sign() ? sign - 1 : end()); }
  static constexpr S as_signed(U v) { return static_cast<S>(static_cast<U>(v << spare)) >> spare; }

  friend constexpr bool operator==(const Arc&, const Arc&) = default;

 private:
  constexpr Arc(U start, U extent) : start_(start), extent_(extent) {}
  U start_, extent_;  // extent `all`: the full circle if start is 0, else empty
};

// Numbers in both. If those are two separate arcs, the shorter of the two operands is the best single arc around them;
// of equally long ones, that which starts lower.
template <unsigned N>
constexpr Arc<N> intersect(const Arc<N>& a, const Arc<N>& b) {
  using U = typename Arc<N>::U;
  if (a.is_empty() || b.is_empty()) return Arc<N>::empty();
  const U ahead = (b.start() - a.start()) & Arc<N>::all;  // b begins this far after a
  const U room = Arc<N>::all - ahead;                     // from there on, until a begins again
  if (ahead > a.extent()) {
    if (b.extent() <= room) return Arc<N>::empty();
    return Arc<N>::of(a.start(), std::min(b.extent() - room - 1, a.extent()));
  }
  if (b.extent() > room) {
    return a.extent() < b.extent() || (a.extent() == b.extent() && a.start() < b.start()) ? a : b;
  }
  return Arc<N>::of(b.start(), std::min(b.extent(), a.extent() - ahead));
}

// Without `v`, where one arc can say so.
template <unsigned N>
constexpr Arc<N> without(const Arc<N>& arc, typename Arc<N>::U v) {
  return intersect(Arc<N>::of(v + 1, Arc<N>::all - 1), arc);
}

// The shortest arc around both.
template <unsigned N>
constexpr Arc<N> join(const Arc<N>& a, const Arc<N>& b) {
  if (a.covers(b)) return a;
  if (b.covers(a)) return b;
  const auto around = [](const Arc<N>& from, const Arc<N>& to) {
    const auto ahead = (to.start() - from.start()) & Arc<N>::all;
    return to.extent() >= Arc<N>::all - ahead ? Arc<N>::full() : Arc<N>::of(from.start(), ahead + to.extent());
  };
  const Arc<N> forward = around(a, b), backward = around(b, a);
  return forward.extent() <= backward.extent() ? forward : backward;
}

// Sums and differences of members; the full circle if they may be any number.
template <unsigned N>
constexpr Arc<N> add(const Arc<N>& a, const Arc<N>& b) {
  if (a.is_empty() || b.is_empty()) return Arc<N>::empty();
  if (b.extent() >= Arc<N>::all - a.extent()) return Arc<N>::full();
  return Arc<N>::of(a.start() + b.start(), a.extent() + b.extent());
}
template <unsigned N>
constexpr Arc<N> neg(const Arc<N>& a) {
  return a.is_empty() ? a : Arc<N>::of(0 - a.end(), a.extent());
}
template <unsigned N>
constexpr Arc<N> sub(const Arc<N>& a, const Arc<N>& b) {
  return add(a, neg(b));
}

using Arc64 = Arc<64>;
using Arc32 = Arc<32>;

// What an arc of 64-bit numbers says of their low halves.
constexpr Arc32 low_halves(const Arc64& arc) {
  if (arc.is_empty()) return Arc32::empty();
  if (arc.extent() >= Arc32::all) return Arc32::full();
  return Arc32::of(static_cast<std::uint32_t>(arc.start()), static_cast<std::uint32_t>(arc.extent()));
}

// Cuts off both ends of `arc` those numbers whose low halves are not in `low`.
constexpr Arc64 trim_to_low_halves(const Arc64& arc, const Arc32& low) {
  if (arc.is_empty() || low.is_empty()) return Arc64::empty();
  const auto first = static_cast<std::uint32_t>(arc.start()), last = static_cast<std::uint32_t>(arc.end());
  const std::uint32_t skip_front = low.contains(first) ? 0 : low.start() - first;
  const std::uint32_t skip_back = low.contains(last) ? 0 : last - low.end();
  if (skip_front > arc.extent() || skip_back > arc.extent() - skip_front) return Arc64::empty();
  return Arc64::of(arc.start() + skip_front, arc.extent() - skip_front - skip_back);
}

}  // namespace skep::verifier
