// How the interpreter reads and writes memory: as the machine does, at any alignment.
//
// Programs on several CPUs race on the values of maps, and that is legal: every access is one machine access of its
// size. Under the thread sanitizer, which takes plain accesses for mistakes, aligned ones are relaxed atomics.
#pragma once

#include <cstdint>
#include <cstring>

#include "isa/insn.hpp"

namespace skep::engine {

template <typename T>
inline T load(std::uint64_t address) {
  const auto* p = reinterpret_cast<const void*>(address);  // NOLINT(performance-no-int-to-ptr)
#ifdef __SANITIZE_THREAD__
  if (address % sizeof(T) == 0) return __atomic_load_n(static_cast<const T*>(p), __ATOMIC_RELAXED);
#endif
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

template <typename T>
inline void store(std::uint64_t address, std::uint64_t value) {
  auto* p = reinterpret_cast<void*>(address);  // NOLINT(performance-no-int-to-ptr)
  const T narrow = static_cast<T>(value);
#ifdef __SANITIZE_THREAD__
  if (address % sizeof(T) == 0) return __atomic_store_n(static_cast<T*>(p), narrow, __ATOMIC_RELAXED);
#endif
  std::memcpy(p, &narrow, sizeof narrow);
}

// One atomic instruction on `*address`: r0 is what compare-and-exchange compares with and answers in, `src` the operand
// and what a fetching instruction answers in. Answers are zero-extended.
template <typename T>
inline void atomic(std::int32_t op, std::uint64_t address, std::uint64_t& src, std::uint64_t& r0) {
  auto* p = reinterpret_cast<T*>(address);  // NOLINT(performance-no-int-to-ptr)
  const T operand = static_cast<T>(src);
  switch (op) {
    case atomic_op::add:
      __atomic_fetch_add(p, operand, __ATOMIC_RELAXED);
      break;
    case atomic_op::or_:
      __atomic_fetch_or(p, operand, __ATOMIC_RELAXED);
      break;
    case atomic_op::and_:
      __atomic_fetch_and(p, operand, __ATOMIC_RELAXED);
      break;
    case atomic_op::xor_:
      __atomic_fetch_xor(p, operand, __ATOMIC_RELAXED);
      break;
    case atomic_op::add | atomic_op::fetch:
      src = __atomic_fetch_add(p, operand, __ATOMIC_SEQ_CST);
      break;
    case atomic_op::or_ | atomic_op::fetch:
      src = __atomic_fetch_or(p, operand, __ATOMIC_SEQ_CST);
      break;
    case atomic_op::and_ | atomic_op::fetch:
      src = __atomic_fetch_and(p, operand, __ATOMIC_SEQ_CST);
      break;
    case atomic_op::xor_ | atomic_op::fetch:
      src = __atomic_fetch_xor(p, operand, __ATOMIC_SEQ_CST);
      break;
    case atomic_op::xchg:
      src = __atomic_exchange_n(p, operand, __ATOMIC_SEQ_CST);
      break;
    case atomic_op::cmpxchg: {
      T expected = static_cast<T>(r0);
      __atomic_compare_exchange_n(p, &expected, operand, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
      r0 = expected;
      break;
    }
    default:
      break;  // Program::make lets no other pass
  }
}

}  // namespace skep::engine
