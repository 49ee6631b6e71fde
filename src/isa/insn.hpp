// One eBPF instruction and the numbers that its fields may hold (RFC 9669), as a loader hands them over.
//
// `Insn` has the layout of the kernel's `struct bpf_insn`. A 64-bit immediate load takes two of them. What each opcode
// means, how it is printed and what it may be combined with is in the one place of verifier/report/disasm.hpp (text)
// and verifier/program/insn_fields.cpp (what may be combined).
#pragma once

#include <cstdint>

namespace skep {

struct Insn {
  std::uint8_t code = 0;
  std::uint8_t dst : 4 = 0;
  std::uint8_t src : 4 = 0;
  std::int16_t off = 0;
  std::int32_t imm = 0;

  constexpr std::uint8_t insn_class() const { return code & 0x07; }
  constexpr std::uint8_t op() const { return code & 0xf0; }    // arithmetic and jump classes
  constexpr std::uint8_t size() const { return code & 0x18; }  // load and store classes
  constexpr std::uint8_t mode() const { return code & 0xe0; }  // load and store classes
  constexpr bool from_register() const { return (code & 0x08) != 0; }
  constexpr bool is_wide_load() const { return code == 0x18; }  // the first half of a 64-bit immediate load
  friend constexpr bool operator==(const Insn&, const Insn&) = default;
};
static_assert(sizeof(Insn) == 8);

namespace insn_class {
inline constexpr std::uint8_t ld = 0, ldx = 1, st = 2, stx = 3, alu = 4, jmp = 5, jmp32 = 6, alu64 = 7;
}
namespace alu_op {
inline constexpr std::uint8_t add = 0x00, sub = 0x10, mul = 0x20, div = 0x30, or_ = 0x40, and_ = 0x50, lsh = 0x60,
                              rsh = 0x70, neg = 0x80, mod = 0x90, xor_ = 0xa0, mov = 0xb0, arsh = 0xc0, end = 0xd0;
}
namespace jmp_op {
inline constexpr std::uint8_t ja = 0x00, jeq = 0x10, jgt = 0x20, jge = 0x30, jset = 0x40, jne = 0x50, jsgt = 0x60,
                              jsge = 0x70, call = 0x80, exit = 0x90, jlt = 0xa0, jle = 0xb0, jslt = 0xc0, jsle = 0xd0,
                              jcond = 0xe0;
}
namespace mem_size {
inline constexpr std::uint8_t w = 0x00, h = 0x08, b = 0x10, dw = 0x18;
}
namespace mem_mode {
inline constexpr std::uint8_t imm = 0x00, abs = 0x20, ind = 0x40, mem = 0x60, memsx = 0x80, atomic = 0xc0;
}
// The imm of an atomic instruction; `fetch` is a bit of the arithmetic ones.
namespace atomic_op {
inline constexpr std::int32_t add = 0x00, or_ = 0x40, and_ = 0x50, xor_ = 0xa0, fetch = 0x01, xchg = 0xe1,
                              cmpxchg = 0xf1, load_acq = 0x100, store_rel = 0x110;
}
// The src field of a 64-bit immediate load: what its immediate names.
namespace pseudo {
inline constexpr std::uint8_t map_fd = 1, map_value = 2, btf_id = 3, func = 4, map_idx = 5, map_idx_value = 6;
}
// The src field of a call: helper by number, subprogram by offset, kfunc by BTF id.
namespace call_kind {
inline constexpr std::uint8_t helper = 0, subprogram = 1, kfunc = 2;
}

inline constexpr unsigned reg_count = 11;  // r0 to r10
inline constexpr unsigned frame_pointer = 10;
inline constexpr unsigned max_stack = 512;       // bytes, a chain of calls
inline constexpr unsigned max_call_frames = 16;  // in any release; what one allows is Rules::Limits::call_frames
inline constexpr unsigned max_subprograms = 256;
inline constexpr unsigned max_tail_calls = 33;

// The bytes that a load or store of this size field moves.
constexpr unsigned access_bytes(std::uint8_t size) {
  switch (size & 0x18) {
    case mem_size::w:
      return 4;
    case mem_size::h:
      return 2;
    case mem_size::b:
      return 1;
    default:
      return 8;
  }
}

}  // namespace skep
