// The whole of what is known on one path: frames with registers and stack, and the resources held.
//
// Tested by tests/verifier/state/.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "isa/insn.hpp"
#include "memory/account.hpp"
#include "verifier/state/register.hpp"

namespace skep::verifier {

enum class SlotType : std::uint8_t {
  invalid,  // nothing written
  spill,    // part of a spilled register
  misc,     // some bytes written, nothing known
  zero,     // a zero byte
  dynptr,
  iter,
  irq_flag,
  poison,  // forgotten as dead: a read is refused
};

// Eight bytes of the stack, from the highest address to the lowest: types[j] of slot i is the byte at fp-8i-1-j, so
// that types[0] is fp-1 and types[7] is fp-8 in the first slot. The log prints them in this order (`fp-8=mmmm????`
// after four bytes at fp-4). A spilled register begins at the lowest address, so types[7] tells whether there is one.
struct StackSlot {
  std::array<SlotType, 8> types{};
  RegState spilled;  // also: the dynptr's, iterator's or irq flag's description
  // All eight types at once: slots are looked at by the dozen at every checkpoint.
  std::uint64_t packed() const { return std::bit_cast<std::uint64_t>(types); }
  static constexpr std::uint64_t packed(SlotType type) {
    return 0x0101010101010101U * static_cast<std::uint64_t>(type);
  }
  bool is_spilled() const { return types[7] == SlotType::spill; }  // at least one byte
  bool is_spilled_scalar() const { return is_spilled() && spilled.is_scalar(); }
};

struct Range32 {
  std::int32_t min = 0, max = 0;
};

enum class FrameKind : std::uint8_t { normal, callback, async_callback, exception_callback };

struct Frame {
  std::array<RegState, reg_count> regs;
  std::int32_t call_site = -1;  // the call instruction in the caller
  std::uint32_t number = 0;     // 0: the outermost
  std::uint32_t subprogram = 0;
  std::uint32_t async_entries = 0;
  FrameKind kind = FrameKind::normal;
  std::optional<Range32> return_range;  // what a callback may return
  std::uint32_t callback_depth = 0;
  std::vector<StackSlot> stack;  // slot i covers fp-8(i+1) to fp-8i-1; grows on the first write

  std::uint32_t allocated_stack() const { return static_cast<std::uint32_t>(stack.size()) * 8; }
};

enum class ResourceKind : std::uint8_t { reference, spin_lock, irq, res_lock, res_lock_irq, ref_without_pointer };

struct Resource {
  ResourceKind kind = ResourceKind::reference;
  std::uint32_t id = 0;
  std::int32_t insn = 0;         // where it was taken
  const void* object = nullptr;  // locks: the map or BTF that holds it
  std::uint32_t parent_id = 0;
};

struct Jump {
  std::uint32_t insn = 0, previous = 0;
  std::uint32_t flags = 0;  // path/precision.cpp
  // Registers and slots that were narrowed together: frame, number, whether a register (history.cpp packs them).
  std::uint8_t linked_count = 0;
  std::array<std::uint16_t, 5> linked{};
};

struct State {
  std::vector<std::unique_ptr<Frame>> frames;  // [0] is the outermost; the last is the current one
  std::vector<Resource> resources;
  std::uint32_t active_locks = 0;
  std::uint32_t active_lock_id = 0;
  const void* active_lock_object = nullptr;
  std::uint32_t active_irq_id = 0;
  std::uint32_t rcu_locks = 0;
  std::uint32_t preempt_locks = 0;
  bool in_sleepable = false;
  bool used_as_loop_entry = false;
  std::uint32_t first_insn = 0, last_insn = 0;
  std::uint32_t insn = 0;            // checkpoints: the instruction that comes next
  std::uint32_t branches = 0;        // paths begun here or below that are not finished
  State* parent = nullptr;           // the checkpoint that this path came through (owned by path/)
  struct SeenState* seen = nullptr;  // checkpoints: path/explorer.hpp
  std::uint32_t dfs_depth = 0;
  std::uint32_t callback_unroll_depth = 0;
  std::uint32_t may_goto_depth = 0;
  std::vector<Jump> history;  // since `parent`
  // diagnostics kept along the path, for the explanation's causal path: report/events.hpp
  std::shared_ptr<const struct PathEvent> events;
  memory::Charge charge;  // of one that is kept: path/explorer.hpp. Never copied.

  State() = default;
  State(const State& other) { *this = other; }
  State& operator=(const State& other);  // deep; state.cpp
  State(State&&) = default;
  State& operator=(State&&) = default;

  Frame& current() { return *frames.back(); }
  const Frame& current() const { return *frames.back(); }
  RegState& reg(unsigned number) { return current().regs[number]; }
  const RegState& reg(unsigned number) const { return current().regs[number]; }

  // Calls visit(RegState&) for every register and every spilled register of every frame.
  template <typename Visit>
  void for_each_reg(Visit&& visit) {
    for (auto& frame : frames) {
      for (auto& reg : frame->regs) visit(reg);
      for (auto& slot : frame->stack)
        if (slot.is_spilled() || slot.types[0] == SlotType::dynptr || slot.types[0] == SlotType::iter)
          visit(slot.spilled);
    }
  }
};

// Whether everything that is safe from `old` is safe from `now`: `now` need not be explored. `exact`: as loops need it.
enum class Exactness { not_exact, exact, range_within };

}  // namespace skep::verifier
