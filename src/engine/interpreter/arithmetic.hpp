// What instructions compute where C++ would leave it open: division, byte swaps, sign extension. Tested by
// tests/engine/execution_test.cpp.
#pragma once

#include <cstdint>

#include "isa/insn.hpp"

namespace skep::engine {

constexpr std::uint64_t low(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}
constexpr std::uint64_t wide_immediate(const Insn& insn) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(insn.imm));
}

// Signed division as the instruction set has it: by zero gives zero, and the one overflow wraps.
template <typename Signed, typename Unsigned>
Unsigned signed_divide(Unsigned a, Unsigned b) {
  if (b == 0) return 0;
  if (static_cast<Signed>(b) == -1) return Unsigned{0} - a;
  return static_cast<Unsigned>(static_cast<Signed>(a) / static_cast<Signed>(b));
}
template <typename Signed, typename Unsigned>
Unsigned signed_modulo(Unsigned a, Unsigned b) {
  if (b == 0) return a;
  if (static_cast<Signed>(b) == -1) return 0;
  return static_cast<Unsigned>(static_cast<Signed>(a) % static_cast<Signed>(b));
}

template <typename Unsigned>
constexpr Unsigned swap_bytes(Unsigned value) {
  if constexpr (sizeof(Unsigned) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(Unsigned) == 4) return __builtin_bswap32(value);
  return static_cast<Unsigned>(__builtin_bswap64(value));
}
inline std::uint64_t swapped(std::uint64_t value, std::int32_t bits) {
  if (bits == 16) return swap_bytes(static_cast<std::uint16_t>(value));
  if (bits == 32) return swap_bytes(static_cast<std::uint32_t>(value));
  return swap_bytes(value);
}
inline std::uint64_t truncated(std::uint64_t value, std::int32_t bits) {
  if (bits == 16) return static_cast<std::uint16_t>(value);
  return bits == 32 ? low(value) : value;
}
inline std::uint64_t sign_extended(std::uint64_t value, std::int16_t bits) {
  switch (bits) {
    case 8:
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int8_t>(value)));
    case 16:
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int16_t>(value)));
    case 32:
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(value)));
    default:
      return value;
  }
}

}  // namespace skep::engine
