// Arithmetic on scalars: what each instruction makes of what is known of its operands. See scalar.hpp.
//
// An operation is computed on each of the three descriptions of a scalar by itself, and the results are then brought in
// step. A 32-bit operation reads and makes low halves only; its result is zero-extended at the end.
#include <algorithm>
#include <limits>

#include "verifier/domain/scalar.hpp"

namespace skep::verifier {
namespace {

template <unsigned N>
using U = typename Arc<N>::U;
template <unsigned N>
using S = typename Arc<N>::S;

// The low N bits.
template <unsigned N>
constexpr Tnum low_bits(const Tnum& bits) {
  return bits.cast(N / 8);
}

template <unsigned N>
constexpr Arc<N> arc_and(const Arc<N>& a, const Arc<N>& b, const Tnum& result) {
  return Arc<N>::from_unsigned(static_cast<U<N>>(result.value), std::min(a.umax(), b.umax()));
}

template <unsigned N>
constexpr Arc<N> arc_or(const Arc<N>& a, const Arc<N>& b, const Tnum& result) {
  return Arc<N>::from_unsigned(std::max(a.umin(), b.umin()), static_cast<U<N>>(result.max()));
}

template <unsigned N>
constexpr Arc<N> arc_xor(const Tnum& result) {
  return Arc<N>::from_unsigned(static_cast<U<N>>(result.min()), static_cast<U<N>>(result.max()));
}

// Products of the least and of the greatest members, unless they overflow: read once as unsigned and once as signed
// numbers.
template <unsigned N>
constexpr Arc<N> arc_mul(const Arc<N>& a, const Arc<N>& b) {
  Arc<N> result = Arc<N>::full();
  U<N> umin, umax;
  if (!__builtin_mul_overflow(a.umax(), b.umax(), &umax)) {
    umin = a.umin() * b.umin();
    result = Arc<N>::from_unsigned(umin, umax);
  }
  S<N> p[4];
  if (!__builtin_mul_overflow(a.smin(), b.smin(), &p[0]) && !__builtin_mul_overflow(a.smin(), b.smax(), &p[1]) &&
      !__builtin_mul_overflow(a.smax(), b.smin(), &p[2]) && !__builtin_mul_overflow(a.smax(), b.smax(), &p[3])) {
    result =
        intersect(result, Arc<N>::from_signed(std::min({p[0], p[1], p[2], p[3]}), std::max({p[0], p[1], p[2], p[3]})));
  }
  return result;
}

template <unsigned N>
constexpr Arc<N> arc_lsh(const Arc<N>& a, unsigned shift) {
  if (a.umax() > U<N>{1} << (N - 1 - shift)) return Arc<N>::full();
  return Arc<N>::from_unsigned(a.umin() << shift, a.umax() << shift);
}

template <unsigned N>
constexpr Arc<N> arc_rsh(const Arc<N>& a, unsigned shift) {
  return Arc<N>::from_unsigned(a.umin() >> shift, a.umax() >> shift);
}

template <unsigned N>
constexpr Arc<N> arc_arsh(const Arc<N>& a, unsigned shift) {
  return Arc<N>::from_signed(a.smin() >> shift, a.smax() >> shift);
}

// Division by 0 gives 0.
template <unsigned N>
constexpr Arc<N> arc_div(const Arc<N>& a, U<N> divisor) {
  if (divisor == 0) return Arc<N>::constant(0);
  return Arc<N>::from_unsigned(a.umin() / divisor, a.umax() / divisor);
}

template <unsigned N>
constexpr Arc<N> arc_sdiv(const Arc<N>& a, S<N> divisor) {
  if (divisor == 0) return Arc<N>::constant(0);
  if (divisor == -1) {
    if (a.smin() != std::numeric_limits<S<N>>::min()) return Arc<N>::from_signed(-a.smax(), -a.smin());
    return a.is_const() ? a : Arc<N>::full();
  }
  const S<N> x = a.smin() / divisor, y = a.smax() / divisor;
  return Arc<N>::from_signed(std::min(x, y), std::max(x, y));
}

}  // namespace

struct ScalarOps {
  template <unsigned N>
  static const Arc<N>& arc(const Scalar& s) {
    if constexpr (N == 64) {
      return s.arc64_;
    } else {
      return s.arc32_;
    }
  }

  // A result of all three descriptions (64-bit), or of the low halves' two (32-bit).
  static void set64(Scalar& dst, const Tnum& bits, const Arc64& arc64, const Arc32& arc32) {
    dst = Scalar(bits, arc64, arc32);
    dst.sync();
  }
  static void set32(Scalar& dst, const Tnum& bits, const Arc32& arc32) {
    dst = Scalar(bits.subreg(), Arc64::between(0, Arc32::all), arc32);
    dst.sync();
  }

  template <unsigned N>
  static void set(Scalar& dst, const Tnum& bits, const Arc<N>& arc, const Arc32& arc32) {
    if constexpr (N == 64) {
      set64(dst, bits, arc, arc32);
    } else {
      set32(dst, bits, arc);
    }
  }

  // A result of which `arc_op` tells the arcs of both widths.
  static void both(Scalar& dst, bool is64, const Tnum& bits, auto&& arc_op) {
    const Arc32 arc32 = arc_op.template operator()<32>();
    if (is64) {
      set64(dst, bits, arc_op.template operator()<64>(), arc32);
    } else {
      set32(dst, bits, arc32);
    }
  }

  // Low halves moved up to the high half.
  static Arc64 lift(const Arc32& low) {
    return Arc64::from_signed(std::int64_t{low.smin()} * (std::int64_t{1} << 32),
                              std::int64_t{low.smax()} * (std::int64_t{1} << 32));
  }

  template <unsigned N>
  static void shift(AluOp op, Scalar& dst, const Scalar& src) {
    if (!src.is_const() || src.const_value() >= N) return dst.set_unknown();
    const auto amount = static_cast<unsigned>(src.const_value());
    const Tnum bits = low_bits<N>(dst.bits_);
    const Arc<N>& a = arc<N>(dst);
    if (op == AluOp::lsh) {
      const Arc32 low = amount < 32 ? arc_lsh<32>(dst.arc32_, amount) : Arc32::full();
      Arc<N> whole = arc_lsh<N>(a, amount);
      if constexpr (N == 64) {
        if (amount == 32) whole = intersect(whole, lift(dst.arc32_));
      }
      set<N>(dst, bits.lshift(amount), whole, low);
    } else if (op == AluOp::rsh) {
      set<N>(dst, bits.rshift(amount), arc_rsh<N>(a, amount), Arc32::full());
    } else {
      set<N>(dst, bits.arshift(amount, N), arc_arsh<N>(a, amount), Arc32::full());
    }
  }

  template <unsigned N>
  static void divide(AluOp op, Scalar& dst, const Scalar& src) {
    const Tnum divisor_bits = low_bits<N>(src.bits_);
    if (!divisor_bits.is_const()) return dst.set_unknown();
    const auto divisor = static_cast<U<N>>(divisor_bits.value);
    const Arc<N>& a = arc<N>(dst);
    if (op == AluOp::div) {
      set<N>(dst, Tnum::unknown(), arc_div<N>(a, divisor), Arc32::full());
    } else {
      set<N>(dst, Tnum::unknown(), arc_sdiv<N>(a, static_cast<S<N>>(divisor)), Arc32::full());
    }
  }

  // The remainder is less than the divisor, and never beyond the dividend. A dividend that is less stays as it is, as
  // it does if the divisor is 0.
  template <unsigned N>
  static void modulo(AluOp op, Scalar& dst, const Scalar& src) {
    const Tnum divisor_bits = low_bits<N>(src.bits_);
    if (!divisor_bits.is_const()) return dst.set_unknown();
    const auto divisor = static_cast<U<N>>(divisor_bits.value);
    const Arc<N>& a = arc<N>(dst);
    if (op == AluOp::mod) {
      if (divisor == 0 || a.umax() < divisor) {
        if (N == 32) dst.zero_extend32();
        return;
      }
      set<N>(dst, Tnum::unknown(), Arc<N>::from_unsigned(0, std::min(a.umax(), divisor - 1)), Arc32::full());
    } else {
      const U<N> size = static_cast<S<N>>(divisor) < 0 ? U<N>{0} - divisor : divisor;
      const auto limit = static_cast<S<N>>(size - 1);  // of the remainder's size
      if (divisor == 0 || (a.smin() >= -limit && a.smax() <= limit)) {
        if (N == 32) dst.zero_extend32();
        return;
      }
      const S<N> least = a.smin() >= 0 ? 0 : a.smax() <= 0 ? std::max(a.smin(), static_cast<S<N>>(-limit)) : -limit;
      const S<N> greatest = a.smax() <= 0 ? 0 : a.smin() >= 0 ? std::min(a.smax(), limit) : limit;
      set<N>(dst, Tnum::unknown(), Arc<N>::from_signed(least, greatest), Arc32::full());
    }
  }
};

void alu(AluOp op, Scalar& dst, const Scalar& src, bool is64) {
  const Scalar a = dst, b = src;
  if (a.is_empty() || b.is_empty()) {
    dst = a.is_empty() ? a : b;
    return;
  }
  const Tnum abits = is64 ? a.var_off() : a.var_off().subreg(), bbits = is64 ? b.var_off() : b.var_off().subreg();
  switch (op) {
    case AluOp::add:
      return ScalarOps::both(dst, is64, add(abits, bbits),
                             [&]<unsigned N>() { return add(ScalarOps::arc<N>(a), ScalarOps::arc<N>(b)); });
    case AluOp::sub:
      return ScalarOps::both(dst, is64, sub(abits, bbits),
                             [&]<unsigned N>() { return sub(ScalarOps::arc<N>(a), ScalarOps::arc<N>(b)); });
    case AluOp::neg:
      return ScalarOps::both(dst, is64, neg(abits), [&]<unsigned N>() { return neg(ScalarOps::arc<N>(a)); });
    case AluOp::mul:
      return ScalarOps::both(dst, is64, mul(abits, bbits),
                             [&]<unsigned N>() { return arc_mul<N>(ScalarOps::arc<N>(a), ScalarOps::arc<N>(b)); });
    case AluOp::and_: {
      const Tnum bits = and_(abits, bbits);
      return ScalarOps::both(dst, is64, bits, [&]<unsigned N>() {
        return arc_and<N>(ScalarOps::arc<N>(a), ScalarOps::arc<N>(b), low_bits<N>(bits));
      });
    }
    case AluOp::or_: {
      const Tnum bits = or_(abits, bbits);
      return ScalarOps::both(dst, is64, bits, [&]<unsigned N>() {
        return arc_or<N>(ScalarOps::arc<N>(a), ScalarOps::arc<N>(b), low_bits<N>(bits));
      });
    }
    case AluOp::xor_: {
      const Tnum bits = xor_(abits, bbits);
      return ScalarOps::both(dst, is64, bits, [&]<unsigned N>() { return arc_xor<N>(low_bits<N>(bits)); });
    }
    case AluOp::lsh:
    case AluOp::rsh:
    case AluOp::arsh:
      return is64 ? ScalarOps::shift<64>(op, dst, b) : ScalarOps::shift<32>(op, dst, b);
    case AluOp::div:
    case AluOp::sdiv:
      return is64 ? ScalarOps::divide<64>(op, dst, b) : ScalarOps::divide<32>(op, dst, b);
    case AluOp::mod:
    case AluOp::smod:
      return is64 ? ScalarOps::modulo<64>(op, dst, b) : ScalarOps::modulo<32>(op, dst, b);
    case AluOp::mov:
      dst = b;
      if (!is64) dst.zero_extend32();
      return;
  }
}

}  // namespace skep::verifier
