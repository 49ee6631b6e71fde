// What is known of one register (or of one spilled to the stack) on one path.
//
// A register holds a scalar or a pointer of a known kind. For a pointer, `r` is its offset from the start of the
// object: fixed and variable part together, as Linux 7.3 keeps it (a constant `r` is a fixed offset). Identity (`id`)
// links copies of one value: what a branch learns of one holds for all. Tested by tests/verifier/state/.
#pragma once

#include <cstdint>
#include <string_view>

#include "btf/btf.hpp"
#include "maps/map_info.hpp"
#include "verifier/domain/scalar.hpp"

namespace skep::verifier {

enum class RegType : std::uint8_t {
  not_init,
  scalar,
  ctx,
  map_ptr,    // the map itself
  map_value,  // a value in a map
  map_key,    // a key, in a callback
  stack,      // fp
  packet_meta,
  packet,
  packet_end,
  flow_keys,
  socket,
  sock_common,
  tcp_sock,
  tp_buffer,
  xdp_sock,
  btf,  // a kernel (or allocated) object described by BTF
  mem,  // memory of `mem_size` bytes
  arena,
  buf,  // bounded only by what the attach point checks
  func,
  dynptr,  // a dynptr passed to a function (not one on the stack)
  insn,    // a jump target out of an insn_array
};

namespace reg_flag {
inline constexpr std::uint32_t maybe_null = 1 << 0;
inline constexpr std::uint32_t rdonly = 1 << 1;
inline constexpr std::uint32_t ringbuf = 1 << 2;  // memory reserved in a ring buffer
inline constexpr std::uint32_t user = 1 << 3;     // user memory (__user)
inline constexpr std::uint32_t percpu = 1 << 4;
inline constexpr std::uint32_t untrusted = 1 << 5;
inline constexpr std::uint32_t alloc = 1 << 6;  // an object of bpf_obj_new and the like
inline constexpr std::uint32_t trusted = 1 << 7;
inline constexpr std::uint32_t rcu = 1 << 8;
inline constexpr std::uint32_t non_owning = 1 << 9;
inline constexpr std::uint32_t dynptr_local = 1 << 10, dynptr_ringbuf = 1 << 11, dynptr_skb = 1 << 12,
                               dynptr_xdp = 1 << 13, dynptr_skb_meta = 1 << 14, dynptr_file = 1 << 15;
}  // namespace reg_flag

enum class DynptrKind : std::uint8_t { invalid, local, ringbuf, skb, xdp, skb_meta, file };
enum class IterState : std::uint8_t { invalid, active, drained };

// States are copied at every branch and kept by the thousand: members stand in an order that leaves no gaps.
struct RegState {
  RegType type = RegType::not_init;
  bool precise = false;                             // pruning must not forget this scalar's bounds
  bool linked_add64 = false, linked_add32 = false;  // which addition made the difference `add_const`
  std::uint32_t flags = 0;                          // reg_flag::
  Scalar r = Scalar::constant(0);                   // a scalar's value; a pointer's offset
  std::uint32_t id = 0;                             // links copies; for maybe-null pointers and references too
  std::uint32_t ref_id = 0;                         // the reference that owns the object (0: none)
  std::uint32_t parent_id = 0;                      // the object that this one was taken from (a slice of a dynptr)
  std::int32_t add_const = 0;  // a linked scalar that differs from its id's others by this constant

  // By type:
  const maps::MapInfo* map = nullptr;  // map_ptr, map_value, map_key
  const btf::Btf* btf = nullptr;       // btf
  btf::TypeId btf_id = 0;
  std::uint32_t map_uid = 0;     // which inner map's
  std::uint32_t range = 0;       // packet, packet_meta: bytes known to exist from offset 0; packet_end: see at_pkt_end
  std::uint32_t mem_size = 0;    // mem
  std::uint32_t dynptr_id = 0;   // mem: the dynptr it is a slice of
  std::uint32_t frame = 0;       // stack: which frame it points into
  std::uint32_t subprogram = 0;  // func
  std::int8_t at_pkt_end = 0;    // packet: -1 just beyond the end, +1 at the end, 0 unknown
  // Stack slots only (the first slot of the object carries them):
  DynptrKind dynptr = DynptrKind::invalid;
  bool first_slot = false, dynptr_rdonly = false;
  IterState iter = IterState::invalid;
  std::uint8_t irq_kind = 0;  // 1 native, 2 lock
  std::uint32_t iter_depth = 0;

  bool is(RegType t) const { return type == t; }
  bool has(std::uint32_t flag) const { return (flags & flag) != 0; }
  bool is_scalar() const { return type == RegType::scalar; }
  bool is_pointer() const { return type != RegType::not_init && type != RegType::scalar; }
  bool maybe_null() const { return has(reg_flag::maybe_null); }
  bool is_const() const { return type == RegType::scalar && r.is_const(); }
  bool is_null() const { return is_const() && r.const_value() == 0; }  // "known zero"
  bool is_packet() const { return type == RegType::packet || type == RegType::packet_meta; }
  bool has_fixed_offset() const { return r.is_const(); }
  std::int64_t fixed_offset() const { return static_cast<std::int64_t>(r.var_off().value); }

  void mark_not_init() { *this = RegState{}; }
  void mark_unknown() {
    *this = RegState{};
    type = RegType::scalar;
    r = Scalar::unknown();
  }
  void mark_const(std::uint64_t value) {
    *this = RegState{};
    type = RegType::scalar;
    r = Scalar::constant(value);
  }
  // Becomes a pointer of this kind at offset 0, knowing nothing else.
  void mark_pointer(RegType t, std::uint32_t with_flags = 0) {
    *this = RegState{};
    type = t;
    flags = with_flags;
  }
};
static_assert(sizeof(RegState) == 120);

}  // namespace skep::verifier
