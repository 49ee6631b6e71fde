// Accesses to arenas. They have opcodes of their own here, which lowering gives to the instructions of which the
// verifier has said that they go through an address in an arena. So nothing is asked where an access is an ordinary
// one.
//
// Every such access is checked, against the arena's bounds and its pages: one that faults loads 0 or stores nothing.
// Tested by tests/engine/arena_access_test.cpp.
#pragma once

#include <cstdint>

#include "engine/interpreter/memory.hpp"
#include "isa/insn.hpp"
#include "maps/arena.hpp"

namespace skep::engine {

// Modes that the instruction set leaves free in the classes ldx, st and stx.
namespace arena_mode {
inline constexpr std::uint8_t plain = 0xa0;        // ldx, st, stx
inline constexpr std::uint8_t sign_extend = 0xe0;  // ldx
inline constexpr std::uint8_t atomic = 0xe0;       // stx
}  // namespace arena_mode

// `addr_space_cast`: a move with this offset; its immediate says between which spaces.
inline constexpr std::int16_t address_space_cast = 1;
inline constexpr std::int32_t cast_to_user = 1 << 16;

inline bool is_address_space_cast(const Insn& insn) {
  return insn.code == (insn_class::alu64 | alu_op::mov | 0x08) && insn.off == address_space_cast;
}

// The opcode for an access that goes through an address in an arena.
inline Insn through_arena(Insn insn) {
  const std::uint8_t mode = insn.mode() == mem_mode::mem     ? arena_mode::plain
                            : insn.mode() == mem_mode::memsx ? arena_mode::sign_extend
                                                             : arena_mode::atomic;
  insn.code = static_cast<std::uint8_t>((insn.code & ~0xe0) | mode);
  return insn;
}

template <typename T>
void arena_atomic(std::int32_t op, std::uint64_t address, std::uint64_t& src, std::uint64_t& r0, std::uint64_t& dst) {
  // Programs may do atomics at any address of an arena, and machines only at multiples of the size.
  T copy{};
  T* p = reinterpret_cast<T*>(address);  // NOLINT(performance-no-int-to-ptr)
  const bool odd = address % sizeof(T) != 0;
  if (odd) {
    copy = load<T>(address);
    p = &copy;
  }
  if (op == atomic_op::load_acq)
    dst = __atomic_load_n(p, __ATOMIC_ACQUIRE);
  else if (op == atomic_op::store_rel)
    __atomic_store_n(p, static_cast<T>(src), __ATOMIC_RELEASE);
  else
    atomic<T>(op, reinterpret_cast<std::uint64_t>(p), src, r0);
  if (odd && op != atomic_op::load_acq) store<T>(address, copy);
}

// Whether the address is in the source register: of what only reads.
inline bool arena_base_is_source(const Insn& insn) {
  return insn.insn_class() == insn_class::ldx ||
         (insn.insn_class() == insn_class::stx && insn.mode() == arena_mode::atomic && insn.imm == atomic_op::load_acq);
}

// One access. False: it faulted, and the registers are as a fault leaves them.
inline bool access_arena(maps::Arena& arena, const Insn& insn, std::uint64_t* r) {
  const bool loads = insn.insn_class() == insn_class::ldx;
  const bool is_atomic = insn.insn_class() == insn_class::stx && insn.mode() == arena_mode::atomic;
  const unsigned base = arena_base_is_source(insn) ? insn.src : insn.dst;
  const unsigned size = access_bytes(insn.size());
  const void* at = arena.access(static_cast<std::int64_t>(static_cast<std::uint32_t>(r[base])) + insn.off, size);
  const auto address = reinterpret_cast<std::uint64_t>(at);
  if (at == nullptr) {
    if (loads || (is_atomic && insn.imm == atomic_op::load_acq))
      r[insn.dst] = 0;
    else if (is_atomic && insn.imm == atomic_op::cmpxchg)
      r[0] = 0;
    else if (is_atomic && insn.imm != atomic_op::store_rel && (insn.imm & atomic_op::fetch) != 0)
      r[insn.src] = 0;
    return false;
  }
  if (loads) {
    const bool extend = insn.mode() == arena_mode::sign_extend;
    const std::uint64_t value = size == 1   ? load<std::uint8_t>(address)
                                : size == 2 ? load<std::uint16_t>(address)
                                : size == 4 ? load<std::uint32_t>(address)
                                            : load<std::uint64_t>(address);
    const unsigned unused = 64 - size * 8;
    r[insn.dst] = extend ? static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused) >> unused) : value;
    return true;
  }
  if (is_atomic) {
    std::uint64_t& src = r[insn.src];
    if (size == 1) arena_atomic<std::uint8_t>(insn.imm, address, src, r[0], r[insn.dst]);
    if (size == 2) arena_atomic<std::uint16_t>(insn.imm, address, src, r[0], r[insn.dst]);
    if (size == 4) arena_atomic<std::uint32_t>(insn.imm, address, src, r[0], r[insn.dst]);
    if (size == 8) arena_atomic<std::uint64_t>(insn.imm, address, src, r[0], r[insn.dst]);
    return true;
  }
  const std::uint64_t value = insn.insn_class() == insn_class::stx
                                  ? r[insn.src]
                                  : static_cast<std::uint64_t>(static_cast<std::int64_t>(insn.imm));
  if (size == 1) store<std::uint8_t>(address, value);
  if (size == 2) store<std::uint16_t>(address, value);
  if (size == 4) store<std::uint32_t>(address, value);
  if (size == 8) store<std::uint64_t>(address, value);
  return true;
}

}  // namespace skep::engine
