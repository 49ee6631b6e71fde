// What the operations of arithmetic and the conditions of jumps are, once for the loop over instructions (run.cpp) and
// for the one over steps (run_steps.cpp). Tested by tests/engine/execution_test.cpp.
#pragma once

#include <cstdint>

#include "engine/interpreter/arithmetic.hpp"

namespace skep::engine {

// Of `a` and `b`, two unsigned numbers: as 64 bits, as 32 bits. The names are those of alu_op.
#define SKEP_PLAIN_OPERATIONS(X)                                                \
  X(add, a + b, a + b)                                                          \
  X(sub, a - b, a - b)                                                          \
  X(mul, (a * b), (a * b))                                                      \
  X(or_, a | b, a | b)                                                          \
  X(and_, (a & b), (a & b))                                                     \
  X(xor_, a ^ b, a ^ b)                                                         \
  X(lsh, a << (b & 63), a << (b & 31))                                          \
  X(rsh, a >> (b & 63), a >> (b & 31))                                          \
  X(arsh, static_cast<std::uint64_t>(static_cast<std::int64_t>(a) >> (b & 63)), \
    static_cast<std::uint32_t>(static_cast<std::int32_t>(a) >> (b & 31)))

// The names are those of jmp_op; `a` and `b` are numbers of 64 or of 32 bits, of this sign.
#define SKEP_CONDITIONS(X)    \
  X(jeq, uint, a == b)        \
  X(jne, uint, a != b)        \
  X(jgt, uint, a > b)         \
  X(jge, uint, a >= b)        \
  X(jlt, uint, a < b)         \
  X(jle, uint, a <= b)        \
  X(jset, uint, (a & b) != 0) \
  X(jsgt, int, a > b)         \
  X(jsge, int, a >= b)        \
  X(jslt, int, a < b)         \
  X(jsle, int, a <= b)

// With an offset it is the signed one.
inline std::uint64_t divide(std::uint64_t a, std::uint64_t b, bool with_sign) {
  if (with_sign) return signed_divide<std::int64_t>(a, b);
  return b != 0 ? a / b : 0;
}
inline std::uint32_t divide(std::uint32_t a, std::uint32_t b, bool with_sign) {
  if (with_sign) return signed_divide<std::int32_t>(a, b);
  return b != 0 ? a / b : 0;
}
inline std::uint64_t modulo(std::uint64_t a, std::uint64_t b, bool with_sign) {
  if (with_sign) return signed_modulo<std::int64_t>(a, b);
  return b != 0 ? a % b : a;
}
inline std::uint32_t modulo(std::uint32_t a, std::uint32_t b, bool with_sign) {
  if (with_sign) return signed_modulo<std::int32_t>(a, b);
  return b != 0 ? a % b : a;
}

}  // namespace skep::engine
