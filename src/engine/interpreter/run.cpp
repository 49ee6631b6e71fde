// The interpreter's loop over a switch, which stops after any instruction: of runs that are stepped, observed or
// counted, and of what run_steps.cpp leaves to it. Nothing is checked here that the verifier has proved. See
// execution.hpp for what it promises. Tested by tests/engine/execution_test.cpp and
// tests/engine/arena_access_test.cpp.
#include "engine/interpreter/arena_access.hpp"
#include "engine/interpreter/machine.hpp"
#include "engine/interpreter/operations.hpp"
#include "engine/packet_load.hpp"
#include "runtime/map_field.hpp"

namespace skep::engine {

// The cases of one operation on a register or an immediate, each its own: that asks nothing. Narrow results clear the
// upper half.
#define SKEP_ALU_ONE(OPERAND, OP, SOURCE, EXPRESSION64, EXPRESSION32) \
  case insn_class::alu64 | (OP) | (OPERAND): {                        \
    const std::uint64_t a = r[insn.dst], b = (SOURCE);                \
    r[insn.dst] = (EXPRESSION64);                                     \
    break;                                                            \
  }                                                                   \
  case insn_class::alu | (OP) | (OPERAND): {                          \
    const auto a = static_cast<std::uint32_t>(r[insn.dst]);           \
    const auto b = static_cast<std::uint32_t>(SOURCE);                \
    r[insn.dst] = static_cast<std::uint32_t>(EXPRESSION32);           \
    break;                                                            \
  }
#define SKEP_ALU(OP, EXPRESSION64, EXPRESSION32)                          \
  SKEP_ALU_ONE(0x08, alu_op::OP, r[insn.src], EXPRESSION64, EXPRESSION32) \
  SKEP_ALU_ONE(0x00, alu_op::OP, wide_immediate(insn), EXPRESSION64, EXPRESSION32)
#define SKEP_JUMP_ONE(CLASS, OP, TYPE, CONDITION)                                               \
  case (CLASS) | (OP) | 0x08: {                                                                 \
    const auto a = static_cast<TYPE>(r[insn.dst]), b = static_cast<TYPE>(r[insn.src]);          \
    if (CONDITION) at += insn.off;                                                              \
    break;                                                                                      \
  }                                                                                             \
  case (CLASS) | (OP): {                                                                        \
    const auto a = static_cast<TYPE>(r[insn.dst]), b = static_cast<TYPE>(wide_immediate(insn)); \
    if (CONDITION) at += insn.off;                                                              \
    break;                                                                                      \
  }
#define SKEP_JUMP(OP, SIGN, CONDITION)                                   \
  SKEP_JUMP_ONE(insn_class::jmp, jmp_op::OP, std::SIGN##64_t, CONDITION) \
  SKEP_JUMP_ONE(insn_class::jmp32, jmp_op::OP, std::SIGN##32_t, CONDITION)
#define SKEP_MEMORY(SIZE, TYPE)                                                            \
  case insn_class::ldx | mem_mode::mem | (SIZE):                                           \
    r[insn.dst] = load<TYPE>(r[insn.src] + static_cast<std::uint64_t>(insn.off));          \
    break;                                                                                 \
  case insn_class::stx | mem_mode::mem | (SIZE):                                           \
    store<TYPE>(r[insn.dst] + static_cast<std::uint64_t>(insn.off), r[insn.src]);          \
    break;                                                                                 \
  case insn_class::st | mem_mode::mem | (SIZE):                                            \
    store<TYPE>(r[insn.dst] + static_cast<std::uint64_t>(insn.off), wide_immediate(insn)); \
    break;
#define SKEP_SIGNED_LOAD(SIZE, TYPE)                                                                \
  case insn_class::ldx | mem_mode::memsx | (SIZE):                                                  \
    r[insn.dst] = static_cast<std::uint64_t>(                                                       \
        static_cast<std::int64_t>(load<TYPE>(r[insn.src] + static_cast<std::uint64_t>(insn.off)))); \
    break;
#define SKEP_ATOMIC(SIZE, TYPE)                                                                                  \
  case insn_class::stx | mem_mode::atomic | (SIZE):                                                              \
    if (insn.imm == atomic_op::load_acq)                                                                         \
      r[insn.dst] = __atomic_load_n(reinterpret_cast<TYPE*>(r[insn.src] + static_cast<std::uint64_t>(insn.off)), \
                                    __ATOMIC_ACQUIRE);                                                           \
    else if (insn.imm == atomic_op::store_rel)                                                                   \
      __atomic_store_n(reinterpret_cast<TYPE*>(r[insn.dst] + static_cast<std::uint64_t>(insn.off)),              \
                       static_cast<TYPE>(r[insn.src]), __ATOMIC_RELEASE);                                        \
    else                                                                                                         \
      atomic<TYPE>(insn.imm, r[insn.dst] + static_cast<std::uint64_t>(insn.off), r[insn.src], r[0]);             \
    break;

// Loads from where nothing may be.
#define SKEP_CAREFUL_LOAD(SIZE)                      \
  case insn_class::ldx | own_mode::careful | (SIZE): \
  case insn_class::ldx | own_mode::careful_signed | (SIZE):

// An access to an arena that only falls through to the one place where they are made.
#define SKEP_ARENA(SIZE)                                   \
  case insn_class::ldx | arena_mode::plain | (SIZE):       \
  case insn_class::ldx | arena_mode::sign_extend | (SIZE): \
  case insn_class::st | arena_mode::plain | (SIZE):        \
  case insn_class::stx | arena_mode::plain | (SIZE):       \
  case insn_class::stx | arena_mode::atomic | (SIZE):

// At most `budget` instructions from `pc`. `at` stands on the instruction while it runs and is moved past it
// afterwards, so jumps add their offset alone.
template <bool observed>
async::Progress Execution::Machine::run(std::uint64_t budget) {
  std::uint64_t left = budget;
  std::uint64_t* const r = regs.data();
  const Insn* code = Interpreted::of(*program).lowered().insns.data();
  const Site* sites = Interpreted::of(*program).lowered().sites.data();
  const Insn* at = code + pc;
  async::Progress progress = async::Progress::out_of_budget;

  // Where a frame or a program was changed, the loop takes up its new place.
  const auto reload = [&] {
    code = Interpreted::of(*program).lowered().insns.data();
    sites = Interpreted::of(*program).lowered().sites.data();
    at = code + pc;
  };

  for (; left != 0; --left) {
    const Insn insn = *at;
    if constexpr (observed) {
      pc = static_cast<std::uint32_t>(at - code);
      tell_observer();
    }
    switch (insn.code) {
      SKEP_PLAIN_OPERATIONS(SKEP_ALU)
      SKEP_ALU(div, divide(a, b, insn.off != 0), divide(a, b, insn.off != 0))
      SKEP_ALU(mod, modulo(a, b, insn.off != 0), modulo(a, b, insn.off != 0))
      case insn_class::alu64 | alu_op::mov | 0x08:
        // Offsets 8, 16 and 32 extend a sign; 1 casts between the address spaces of programs and user space.
        if (insn.off == 0)
          r[insn.dst] = r[insn.src];
        else if (insn.off == address_space_cast)
          r[insn.dst] = insn.imm == cast_to_user ? program->arena()->to_user(r[insn.src]) : low(r[insn.src]);
        else
          r[insn.dst] = sign_extended(r[insn.src], insn.off);
        break;
      case insn_class::alu64 | alu_op::mov:
        r[insn.dst] = wide_immediate(insn);
        break;
      case insn_class::alu | alu_op::mov | 0x08:
        r[insn.dst] = low(sign_extended(r[insn.src], insn.off));
        break;
      case insn_class::alu | alu_op::mov:
        r[insn.dst] = low(wide_immediate(insn));
        break;
      case insn_class::alu64 | alu_op::neg:
        r[insn.dst] = 0 - r[insn.dst];
        break;
      case insn_class::alu | alu_op::neg:
        r[insn.dst] = low(0 - r[insn.dst]);
        break;
      case insn_class::alu | alu_op::end:
        r[insn.dst] = truncated(r[insn.dst], insn.imm);
        break;
      case insn_class::alu | alu_op::end | 0x08:
      case insn_class::alu64 | alu_op::end:
        r[insn.dst] = swapped(r[insn.dst], insn.imm);
        break;

        SKEP_CONDITIONS(SKEP_JUMP)
      case insn_class::jmp | jmp_op::ja:
        at += insn.off;
        break;
      case insn_class::jmp32 | jmp_op::ja:
        at += insn.imm;
        break;
      case insn_class::jmp | jmp_op::ja | 0x08: {  // the verifier has seen the table, which is frozen
        const auto& moved_to = program->code().moved_to;
        if (r[insn.dst] >= moved_to.size()) std::abort();
        at = code + moved_to[r[insn.dst]] - 1;
        break;
      }
      case insn_class::jmp | jmp_op::jcond:
        if (may_goto_left == 0)
          at += insn.off;
        else
          --may_goto_left;
        break;

      case insn_class::jmp | jmp_op::call: {
        pc = static_cast<std::uint32_t>(at - code);
        const Site& site = sites[pc];
        if (insn.src == call_kind::subprogram) {
          enter(program->code().subprograms[static_cast<std::size_t>(site.callee)], false);
          at = code + pc;
          continue;
        }
        const CallResult result = call(site);
        if (result.kind == CallResult::Kind::value) {
          r[0] = result.value;
          break;
        }
        if (!act(result, progress)) {
          executed += budget - left + (result.kind == CallResult::Kind::retry ? 0 : 1);
          return progress;
        }
        reload();
        continue;
      }
      case insn_class::jmp | jmp_op::exit: {
      leave_frame:
        bool called_back = false;
        CallResult result;
        if (!leave(called_back, result) || (called_back && !act(result, progress))) {
          executed += budget - left + 1;
          return state == State::finished ? async::Progress::finished : progress;
        }
        reload();
        continue;
      }

        SKEP_MEMORY(mem_size::b, std::uint8_t)
        SKEP_MEMORY(mem_size::h, std::uint16_t)
        SKEP_MEMORY(mem_size::w, std::uint32_t)
        SKEP_MEMORY(mem_size::dw, std::uint64_t)
        SKEP_SIGNED_LOAD(mem_size::b, std::int8_t)
        SKEP_SIGNED_LOAD(mem_size::h, std::int16_t)
        SKEP_SIGNED_LOAD(mem_size::w, std::int32_t)
        SKEP_ATOMIC(mem_size::b, std::uint8_t)
        SKEP_ATOMIC(mem_size::h, std::uint16_t)
        SKEP_ATOMIC(mem_size::w, std::uint32_t)
        SKEP_ATOMIC(mem_size::dw, std::uint64_t)

        SKEP_ARENA(mem_size::b)
        SKEP_ARENA(mem_size::h)
        SKEP_ARENA(mem_size::w)
        SKEP_ARENA(mem_size::dw) {
          const std::uint64_t base = r[arena_base_is_source(insn) ? insn.src : insn.dst];
          if (!access_arena(*program->arena(), insn, r)) {
            pc = static_cast<std::uint32_t>(at - code);
            report_fault(base);
          }
          break;
        }

        SKEP_CAREFUL_LOAD(mem_size::b)
        SKEP_CAREFUL_LOAD(mem_size::h)
        SKEP_CAREFUL_LOAD(mem_size::w)
        SKEP_CAREFUL_LOAD(mem_size::dw)
        pc = static_cast<std::uint32_t>(at - code);  // who is denied what is there is told where
        r[insn.dst] = careful_load(insn, r[insn.src] + static_cast<std::uint64_t>(insn.off));
        break;

      case insn_class::ldx | own_mode::map_field | mem_size::b:
      case insn_class::ldx | own_mode::map_field | mem_size::h:
      case insn_class::ldx | own_mode::map_field | mem_size::w:
      case insn_class::ldx | own_mode::map_field | mem_size::dw: {
        const std::uint64_t what = sites[at - code].value;
        r[insn.dst] = runtime::load_map_field(*reinterpret_cast<const maps::Map*>(r[insn.src]),  // NOLINT
                                              static_cast<runtime::MapField>(what & 0xff),
                                              static_cast<unsigned>(what >> 8), access_bytes(insn.size()));
        break;
      }

      case insn_class::ld | mem_mode::imm | mem_size::dw: {
        if (insn.src == per_cpu_value) {
          r[insn.dst] = address_on_cpu(at, sites[at - code].value);
          ++at;
          break;
        }
        const std::int32_t callee = sites[at - code].callee;
        r[insn.dst] =
            callee >= 0 && insn.src == pseudo::func
                ? reinterpret_cast<std::uint64_t>(&program->code().subprograms[static_cast<std::size_t>(callee)])
                : (static_cast<std::uint32_t>(insn.imm) | static_cast<std::uint64_t>(at[1].imm) << 32);
        ++at;
        break;
      }
      case insn_class::ld | mem_mode::abs | mem_size::b:
      case insn_class::ld | mem_mode::abs | mem_size::h:
      case insn_class::ld | mem_mode::abs | mem_size::w:
      case insn_class::ld | mem_mode::ind | mem_size::b:
      case insn_class::ld | mem_mode::ind | mem_size::h:
      case insn_class::ld | mem_mode::ind | mem_size::w: {
        const std::int64_t index = insn.mode() == mem_mode::ind ? static_cast<std::int32_t>(r[insn.src]) : 0;
        auto* skb = reinterpret_cast<void*>(r[6]);  // NOLINT(performance-no-int-to-ptr)
        if (load_packet(skb, static_cast<std::int32_t>(index + insn.imm), access_bytes(insn.size()), r[0])) break;
        r[0] = 0;
        goto leave_frame;
      }
      default:
        std::abort();  // the executable's obstacle has named it; it must not be run
    }
    ++at;
  }
  pc = static_cast<std::uint32_t>(at - code);
  executed += budget;
  return async::Progress::out_of_budget;
}

template async::Progress Execution::Machine::run<false>(std::uint64_t budget);
template async::Progress Execution::Machine::run<true>(std::uint64_t budget);

#undef SKEP_CAREFUL_LOAD
#undef SKEP_ALU
#undef SKEP_ALU_ONE
#undef SKEP_JUMP_ONE
#undef SKEP_JUMP
#undef SKEP_MEMORY
#undef SKEP_SIGNED_LOAD
#undef SKEP_ATOMIC
#undef SKEP_ARENA

}  // namespace skep::engine
