// What the files of pointer/ and insn/ share: one access under way, and the check of each kind of pointer.
//
// access.cpp decides by the kind of pointer who checks a load or store; call_memory.cpp does the same for memory that
// is handed to a call. Each kind has a file of its own.
#pragma once

#include <cstdint>
#include <string>

#include "verifier/call/call.hpp"
#include "verifier/env.hpp"
#include "verifier/pointer/pointer.hpp"

namespace skep::verifier {

inline constexpr std::int64_t max_var_off = 1 << 29;  // no pointer may be further from its object than this
inline constexpr std::int64_t max_packet_off = 0xffff;

// A load or store. `reg` is the register that is the address, as it was before; `result` the register that a load
// changes (which may be the same one).
struct MemAccess {
  std::uint32_t insn = 0;
  unsigned regno = 0;
  const RegState& reg;
  std::int32_t off = 0;  // the instruction's; reg.r is to be added
  unsigned size = 0;
  Access access = Access::read;
  int value_reg = -1;
  AccessOptions options = {};

  bool is_read() const { return access == Access::read; }
  bool is_write() const { return access == Access::write; }
};

// ---- one function a kind; a load leaves its result in reg(value_reg)
int access_stack(Env& env, const MemAccess& access);
int access_context(Env& env, const MemAccess& access);
// A program whose context has any size reads or writes `size` bytes of it.
void note_context_use(Env& env, const RegState& reg, std::int64_t off, std::uint64_t size);
int access_packet(Env& env, const MemAccess& access);
int access_map_value(Env& env, const MemAccess& access);
int access_map_key(Env& env, const MemAccess& access);
int access_map_ptr(Env& env, const MemAccess& access);
int access_mem(Env& env, const MemAccess& access);
int access_buf(Env& env, const MemAccess& access);
int access_tp_buffer(Env& env, const MemAccess& access);
int access_flow_keys(Env& env, const MemAccess& access);
int access_socket(Env& env, const MemAccess& access);
int access_btf(Env& env, const MemAccess& access);
int access_arena(Env& env, const MemAccess& access);

// ---- region.cpp: bounds
// `size` bytes at `off` from a pointer into an object of `object_size` bytes.
int check_region(Env& env, const RegState& reg, unsigned regno, std::int64_t off, std::uint64_t size,
                 std::uint64_t object_size, bool zero_size_allowed);
// The same when the offset is a number; refuses with the kind's message.
int check_fixed_region(Env& env, const RegState& reg, unsigned regno, std::int64_t off, std::uint64_t size,
                       std::uint64_t object_size, bool zero_size_allowed);
std::string tnum_string(const Tnum& t);  // "(0x0; 0xff)"

// ---- alignment.cpp
int check_alignment(Env& env, const MemAccess& access);

// ---- packet.cpp
int check_packet_region(Env& env, const RegState& reg, unsigned regno, std::int64_t off, std::uint64_t size,
                        bool zero_size_allowed);
bool may_write_packet(Env& env);
// ---- map_value.cpp
int check_map_value_region(Env& env, const RegState& reg, unsigned regno, std::int64_t off, std::uint64_t size,
                           bool zero_size_allowed, bool by_call);
int check_map_value_rights(Env& env, const RegState& reg, unsigned regno, std::int64_t off, std::uint64_t size,
                           Access access);
int access_map_kptr(Env& env, const MemAccess& access, const btf::Field& field);
// ---- context.cpp
int check_context_offset(Env& env, const MemAccess& access);
// ---- buf.cpp
int check_buf_region(Env& env, const RegState& reg, unsigned regno, std::int64_t off, std::string_view kind);
// ---- stack.cpp
int check_stack_bounds(Env& env, const RegState& reg, unsigned regno, std::int64_t off, std::uint64_t size,
                       Access access, bool by_call);
int check_stack_region_initialized(Env& env, const RegState& reg, unsigned regno, std::uint64_t size,
                                   const CallMemory& options);
// ---- trust.cpp: what a pointer read from a field of a trusted object may be used for
struct FieldTrust {
  bool trusted = false, trusted_or_null = false, rcu = false, rcu_or_null = false;
};
FieldTrust field_trust(const btf::Btf& btf, btf::TypeId struct_id, std::string_view member, btf::TypeId pointee);
bool is_trusted(const RegState& reg);
bool is_rcu_protected(const RegState& reg);
inline constexpr std::uint32_t trust_flags =
    reg_flag::untrusted | reg_flag::trusted | reg_flag::rcu | reg_flag::non_owning | reg_flag::maybe_null;

// A register becomes what a read of a pointer or scalar field gives.
void mark_btf_pointer(Env& env, RegState& reg, const btf::Btf* btf, btf::TypeId id, std::uint32_t flags);

inline bool in_atomic_or_rcu(const Env& env) {
  return in_rcu_section(env);
}

}  // namespace skep::verifier
