// Comparisons of scalars: whether the outcome is known, and what an outcome tells of the operands. See scalar.hpp.
#include <bit>
#include <cstdint>

#include "verifier/domain/scalar.hpp"

namespace skep::verifier {

CmpOp negate(CmpOp op) {
  switch (op) {
    case CmpOp::eq:
      return CmpOp::ne;
    case CmpOp::ne:
      return CmpOp::eq;
    case CmpOp::lt:
      return CmpOp::ge;
    case CmpOp::le:
      return CmpOp::gt;
    case CmpOp::gt:
      return CmpOp::le;
    case CmpOp::ge:
      return CmpOp::lt;
    case CmpOp::slt:
      return CmpOp::sge;
    case CmpOp::sle:
      return CmpOp::sgt;
    case CmpOp::sgt:
      return CmpOp::sle;
    case CmpOp::sge:
      return CmpOp::slt;
    case CmpOp::set:
      return CmpOp::nset;
    case CmpOp::nset:
      break;
  }
  return CmpOp::set;
}

CmpOp mirror(CmpOp op) {
  switch (op) {
    case CmpOp::lt:
      return CmpOp::gt;
    case CmpOp::le:
      return CmpOp::ge;
    case CmpOp::gt:
      return CmpOp::lt;
    case CmpOp::ge:
      return CmpOp::le;
    case CmpOp::slt:
      return CmpOp::sgt;
    case CmpOp::sle:
      return CmpOp::sge;
    case CmpOp::sgt:
      return CmpOp::slt;
    case CmpOp::sge:
      return CmpOp::sle;
    default:
      return op;
  }
}

namespace {

// An order of N-bit numbers: its ends, and the arc of all numbers from one to another.
template <unsigned N>
struct Unsigned {
  static constexpr auto min(const Arc<N>& arc) { return arc.umin(); }
  static constexpr auto max(const Arc<N>& arc) { return arc.umax(); }
  static constexpr typename Arc<N>::U least = 0, greatest = Arc<N>::all;
  static constexpr Arc<N> range(typename Arc<N>::U from, typename Arc<N>::U to) {
    return Arc<N>::from_unsigned(from, to);
  }
};
template <unsigned N>
struct Signed {
  static constexpr auto min(const Arc<N>& arc) { return arc.smin(); }
  static constexpr auto max(const Arc<N>& arc) { return arc.smax(); }
  static constexpr typename Arc<N>::S least = Arc<N>::as_signed(Arc<N>::sign),
                                      greatest = Arc<N>::as_signed(Arc<N>::sign - 1);
  static constexpr Arc<N> range(typename Arc<N>::S from, typename Arc<N>::S to) {
    return Arc<N>::from_signed(from, to);
  }
};

// Outcomes, as branch_taken gives them.
constexpr int always = 1, never = 0, either = -1;
constexpr int opposite(int taken) {
  return taken == either ? either : 1 - taken;
}

// a < b, or a <= b if not `strictly`.
template <typename Order, unsigned N>
int is_less(const Arc<N>& a, const Arc<N>& b, bool strictly) {
  if (strictly) return Order::max(a) < Order::min(b) ? always : Order::min(a) >= Order::max(b) ? never : either;
  return Order::max(a) <= Order::min(b) ? always : Order::min(a) > Order::max(b) ? never : either;
}

// By one of the orders. An arc around a hole (all but one number) has no bounds, and 7.3 looks at bounds alone.
bool lie_apart(const Arc32& a, const Arc32& b) {
  const auto below = [](const Arc32& x, const Arc32& y) { return x.umax() < y.umin() || x.smax() < y.smin(); };
  return below(a, b) || below(b, a);
}

// What the bits or the ranges by themselves tell of the outcome.
template <unsigned N>
int outcome(CmpOp op, const Tnum& abits, const Arc<N>& a, const Tnum& bbits, const Arc<N>& b) {
  switch (op) {
    case CmpOp::eq:
      if (abits.is_const() && bbits.is_const()) return abits.value == bbits.value;
      return overlap(abits, bbits) && !intersect(a, b).is_empty() ? either : never;
    case CmpOp::set: {
      if (!abits.is_const() && !bbits.is_const()) return either;
      const Tnum common = and_(abits, bbits);
      return common.value != 0 ? always : common.mask == 0 ? never : either;
    }
    case CmpOp::ne:
    case CmpOp::nset:
      return opposite(outcome<N>(negate(op), abits, a, bbits, b));
    case CmpOp::lt:
      return is_less<Unsigned<N>>(a, b, true);
    case CmpOp::le:
      return is_less<Unsigned<N>>(a, b, false);
    case CmpOp::slt:
      return is_less<Signed<N>>(a, b, true);
    case CmpOp::sle:
      return is_less<Signed<N>>(a, b, false);
    default:
      return outcome<N>(mirror(op), bbits, b, abits, a);
  }
}

// Narrows both by a < b, or a <= b if not `strictly`.
template <typename Order, unsigned N>
void order(Arc<N>& a, Arc<N>& b, bool strictly) {
  const auto low = Order::min(a), high = Order::max(b);
  if (strictly && (low == Order::greatest || high == Order::least)) {
    a = b = Arc<N>::empty();
    return;
  }
  a = intersect(Order::range(Order::least, high - strictly), a);
  b = intersect(Order::range(low + strictly, Order::greatest), b);
}

}  // namespace

// The parts of refine; of 64-bit numbers, or (N = 32) of low halves.
template <unsigned N>
struct Scalar::Refine {
  static Arc<N>& arc(Scalar& s) {
    if constexpr (N == 64) {
      return s.arc64_;
    } else {
      return s.arc32_;
    }
  }
  static Tnum bits(const Scalar& s) { return s.bits_.cast(N / 8); }
  static void set_bits(Scalar& s, const Tnum& bits) { s.bits_ = N == 64 ? bits : s.bits_.with_subreg(bits); }
  static typename Arc<N>::U const_value(const Scalar& s) { return static_cast<typename Arc<N>::U>(s.bits_.value); }

  static void equal(Scalar& a, Scalar& b) {
    if (!overlap(bits(a), bits(b))) return a.make_empty(), b.make_empty();
    const Tnum common = verifier::intersect(bits(a), bits(b));
    set_bits(a, common);
    set_bits(b, common);
    arc(a) = arc(b) = verifier::intersect(arc(a), arc(b));
    settle(a);
    settle(b);
  }

  // Bits that agree on one number other than 0 are believed even where it lies outside the range, as 7.3 does: the path
  // cannot be taken, and is walked.
  static void settle(Scalar& s) {
    if (s.is_const() && s.const_value() != 0 && !arc(s).is_empty()) s = Scalar::constant(s.const_value());
  }

  static void not_equal(Scalar& a, const Scalar& b) {
    if (bits(b).is_const()) arc(a) = without(arc(a), const_value(b));
  }

  // (a & mask) != 0: one bit alone must be set; of several it is not known which.
  static void any_set(Scalar& a, const Scalar& mask) {
    if (!bits(mask).is_const() || !std::has_single_bit(const_value(mask))) return;
    a.bits_ = or_(a.bits_, Tnum::constant(const_value(mask)));
  }

  static void all_clear(Scalar& a, const Scalar& mask) {
    if (!bits(mask).is_const()) return;
    a.arc64_ = Arc64::full();
    a.arc32_ = Arc32::full();
    a.bits_ = and_(a.bits_, Tnum::constant(~std::uint64_t{const_value(mask)}));
  }

  static void apply(CmpOp op, Scalar& a, Scalar& b) {
    switch (op) {
      case CmpOp::eq:
        equal(a, b);
        break;
      case CmpOp::ne:
        not_equal(a, b);
        not_equal(b, a);
        break;
      case CmpOp::set:
        if (!bits(a).is_const() && !bits(b).is_const()) return;
        any_set(a, b);
        any_set(b, a);
        break;
      case CmpOp::nset:
        if (!bits(a).is_const() && !bits(b).is_const()) return;
        all_clear(a, b);
        all_clear(b, a);
        break;
      case CmpOp::lt:
        order<Unsigned<N>>(arc(a), arc(b), true);
        break;
      case CmpOp::le:
        order<Unsigned<N>>(arc(a), arc(b), false);
        break;
      case CmpOp::slt:
        order<Signed<N>>(arc(a), arc(b), true);
        break;
      case CmpOp::sle:
        order<Signed<N>>(arc(a), arc(b), false);
        break;
      default:
        return apply(mirror(op), b, a);
    }
    a.sync();
    b.sync();
  }
};

void refine(CmpOp op, Scalar& a, Scalar& b, bool is64) {
  if (a.is_empty() || b.is_empty()) return;
  is64 ? Scalar::Refine<64>::apply(op, a, b) : Scalar::Refine<32>::apply(op, a, b);
}

int branch_taken(CmpOp op, const Scalar& a, const Scalar& b, bool is64) {
  const int known = is64 ? outcome<64>(op, a.var_off(), a.arc64(), b.var_off(), b.arc64())
                         : outcome<32>(op, a.var_off().subreg(), a.arc32(), b.var_off().subreg(), b.arc32());
  if (known != either) return known;
  // Whole numbers are not equal if the bounds of their low halves lie apart.
  if (is64 && (op == CmpOp::eq || op == CmpOp::ne) && lie_apart(a.arc32(), b.arc32()))
    return op == CmpOp::ne ? always : never;
  // Ranges and bits together may still exclude one of the outcomes.
  const auto impossible = [&](CmpOp assumed) {
    Scalar x = a, y = b;
    refine(assumed, x, y, is64);
    return x.is_empty() || y.is_empty();
  };
  if (impossible(op)) return never;
  return impossible(negate(op)) ? always : either;
}

}  // namespace skep::verifier
