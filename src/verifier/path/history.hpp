// The history of a path: which instructions were walked since its last checkpoint, as far as that does not follow from
// the program's text, with what backtracking (precision.cpp) must know of them.
//
// An entry is made at jump targets and at instructions about which something is recorded; between two entries execution
// went straight on. The functions that record are declared in env.hpp. Tested by
// tests/verifier/path/explorer_test.cpp.
#pragma once

#include <cstdint>

#include "verifier/env.hpp"
#include "verifier/path/path.hpp"

namespace skep::verifier {

// Jump::flags.
namespace history_flag {
inline constexpr std::uint32_t frame_mask = 0xf;  // stack access: of which frame
inline constexpr std::uint32_t slot_shift = 4, slot_mask = 0x3f;
inline constexpr std::uint32_t stack_access = 1 << 10;
inline constexpr std::uint32_t dst_is_stack = 1 << 11, src_is_stack = 1 << 12;
static_assert(max_call_frames <= frame_mask + 1);
}  // namespace history_flag

// Notes that the path has come to the instruction at env.insn_idx (from env.prev_insn_idx).
void record_jump(Env& env, std::uint32_t flags = 0);
LinkedRegs linked_regs_of(const Jump& entry);

}  // namespace skep::verifier
