// Memory: what pointer/ does for the other rooms.
#pragma once

#include <cstdint>
#include <optional>

#include "verifier/env.hpp"

namespace skep::verifier {

enum class Access : std::uint8_t { read, write };
// A load or store of `size` bytes through `reg` at `off`; `value_reg` is the source or destination register, -1 for
// none.
struct AccessOptions {
  bool strict_alignment_once = false;
  bool sign_extend = false;
  bool is_atomic = false;
};
int check_mem_access(Env& env, std::uint32_t insn, unsigned reg, std::int32_t off, unsigned size, Access access,
                     int value_reg, AccessOptions options = {});
// Memory that a call reads or writes: `size` bytes from `reg`. `uninit`: the call writes it all first.
struct CallMemory {
  Access access = Access::read;
  bool zero_size_allowed = false;
  bool uninit = false;  // need not be initialized
  bool from_kfunc = false;
};
// No byte of the stack there has been forgotten as dead.
int check_no_poison(Env& env, const RegState& reg, unsigned regno, std::uint64_t size);
int check_call_memory(Env& env, const RegState& reg, unsigned regno, std::uint64_t size, const CallMemory& options);
// The same when the size is in `size_reg`.
int check_call_memory_sized(Env& env, unsigned regno, unsigned size_regno, const CallMemory& options);
// What a call fills that need not have been initialized, once all of its arguments are checked.
int fill_call_memory(Env& env, const RegState& pointer, std::uint64_t size);
// Pointer arithmetic: dst (a pointer) op= scalar, or the reverse.
int adjust_pointer(Env& env, const Insn& insn, unsigned dst, const RegState& pointer, const RegState& scalar);
// A maybe-null pointer that was compared with zero: all its copies become pointers, or zero.
void mark_null_or_not(State& state, unsigned reg, bool is_null);
void find_good_packet_pointers(State& state, const RegState& pointer, bool range_right_open);
// Forgets packet pointers, as helpers that move the packet make necessary.
void clear_packet_pointers(Env& env);
// The pointer must have a known offset that is not negative (0 unless its kind allows more): "dereference of modified
// …".
int check_fixed_offset(Env& env, const RegState& reg, unsigned regno, std::int32_t off);
// Whether the object in `reg` may be kept in the kptr `field` of a map value or object.
int check_kptr_match(Env& env, const btf::Field& field, const RegState& reg, unsigned regno);
// What a load from a map's values gives if nobody can change them: programs and user space may only read it.
std::optional<std::uint64_t> constant_in_map(const maps::MapInfo& map, std::uint64_t at, unsigned size,
                                             bool sign_extend);
int save_reg_to_stack(Env& env, Frame& frame, int slot, const RegState& reg, unsigned size);

}  // namespace skep::verifier
