// See engine/interpreter/lowering.hpp. Tested by tests/engine/lowering_test.cpp.
#include "engine/interpreter/lowering.hpp"

#include <cstdio>

#include "engine/host_call.hpp"
#include "engine/interpreter/arena_access.hpp"
#include "runtime/context.hpp"

namespace skep::engine {
namespace {

using runtime::InsnFacts;
using runtime::MapField;

bool known_alu(const Insn& insn, bool wide) {
  const auto off = insn.off;
  switch (insn.op()) {
    case alu_op::div:
    case alu_op::mod:
      return off == 0 || off == 1;
    case alu_op::mov:
      if (off == 0) return true;
      if (!insn.from_register()) return false;
      return off == 8 || off == 16 || (wide && (off == 32 || off == 1));
    case alu_op::end:
      if (wide && insn.from_register()) return false;
      return insn.imm == 16 || insn.imm == 32 || insn.imm == 64;
    default:
      return insn.op() <= alu_op::end;
  }
}

bool known_jump(const Insn& insn, bool narrow) {
  switch (insn.op()) {
    case jmp_op::ja:
      return !insn.from_register() || !narrow;
    case jmp_op::call:
    case jmp_op::exit:
      return !narrow && !insn.from_register();
    case jmp_op::jcond:
      return !narrow && !insn.from_register() && insn.src == 0;
    default:
      return insn.op() <= jmp_op::jcond;
  }
}

bool known_atomic(const Insn& insn) {
  const bool natural = insn.size() == mem_size::w || insn.size() == mem_size::dw;
  switch (insn.imm) {
    case atomic_op::load_acq:
    case atomic_op::store_rel:
      return true;
    case atomic_op::xchg:
    case atomic_op::cmpxchg:
      return natural;
    default: {
      const auto op = insn.imm & ~atomic_op::fetch;
      return natural &&
             (op == atomic_op::add || op == atomic_op::or_ || op == atomic_op::and_ || op == atomic_op::xor_);
    }
  }
}

bool known(const Insn& insn) {
  switch (insn.insn_class()) {
    case insn_class::alu:
      return known_alu(insn, false);
    case insn_class::alu64:
      return known_alu(insn, true);
    case insn_class::jmp:
      return known_jump(insn, false);
    case insn_class::jmp32:
      return known_jump(insn, true);
    case insn_class::ld:
      return insn.is_wide_load() ||
             ((insn.mode() == mem_mode::abs || insn.mode() == mem_mode::ind) && insn.size() != mem_size::dw);
    case insn_class::ldx:
      return insn.mode() == mem_mode::mem || (insn.mode() == mem_mode::memsx && insn.size() != mem_size::dw);
    case insn_class::st:
      return insn.mode() == mem_mode::mem;
    default:
      return insn.mode() == mem_mode::mem || (insn.mode() == mem_mode::atomic && known_atomic(insn));
  }
}

bool is_indirect_jump(const Insn& insn) {
  return insn.code == (insn_class::jmp | jmp_op::ja | 0x08);
}

bool is_call(const Insn& insn) {
  return insn.code == (insn_class::jmp | jmp_op::call);
}
bool is_arithmetic(const Insn& insn) {
  return insn.insn_class() == insn_class::alu64 || insn.insn_class() == insn_class::alu;
}

// What keeps an instruction of the program from being run, by name; empty: nothing.
std::string obstacle(const runtime::Program& program, const Insn& insn, const InsnFacts& facts) {
  if (!known(insn)) {
    char text[64];
    std::snprintf(text, sizeof text, "the instruction with opcode 0x%02x, offset %d, immediate 0x%x", insn.code,
                  insn.off, static_cast<unsigned>(insn.imm));
    return text;
  }
  if (is_indirect_jump(insn) && program.code().moved_to.empty()) return "a jump without a table";
  if (program.arena() == nullptr && ((facts.arena && !is_arithmetic(insn)) || is_address_space_cast(insn)))
    return "an access to an unknown arena";
  if (facts.per_cpu_value && facts.map == nullptr) return "the address of an unknown map";
  if (!is_call(insn)) return {};
  if (insn.src == call_kind::subprogram) return facts.callee >= 0 ? std::string{} : "a call of an unknown function";
  return facts.helper != nullptr || facts.kfunc != nullptr ? std::string{} : "an unknown call";
}

// A load of a context field that is a pointer reads the eight bytes in the shadow instead of the four of the struct.
Insn shadow_load(Insn insn, std::uint32_t context_size) {
  const auto field = static_cast<std::uint32_t>(insn.off);
  insn.code = insn_class::ldx | mem_mode::mem | mem_size::dw;
  insn.off = static_cast<std::int16_t>(runtime::Context::shadow_offset(context_size) + 2 * field);
  return insn;
}

// Of an address in an arena only the lower half counts.
Insn on_lower_half(Insn insn) {
  insn.code = static_cast<std::uint8_t>((insn.code & ~7) | insn_class::alu);
  return insn;
}

// Also an ordered load: what may be nothing at all orders nothing.
Insn careful_load(Insn insn) {
  const std::uint8_t mode = insn.mode() == mem_mode::memsx ? own_mode::careful_signed : own_mode::careful;
  insn.code = static_cast<std::uint8_t>(insn_class::ldx | mode | insn.size());
  return insn;
}
bool is_load(const Insn& insn) {
  return insn.insn_class() == insn_class::ldx ||
         (insn.insn_class() == insn_class::stx && insn.mode() == mem_mode::atomic && insn.imm == atomic_op::load_acq);
}

}  // namespace

Lowered lower(const runtime::Program& program) {
  const runtime::Code& code = program.code();
  Lowered lowered{code.insns, std::vector<Site>(code.insns.size()), {}, code.obstacle};
  for (std::size_t i = 0; i < code.insns.size(); ++i) {
    const InsnFacts& facts = code.facts[i];
    Insn& insn = lowered.insns[i];
    Site& site = lowered.sites[i];
    if (lowered.obstacle.empty()) lowered.obstacle = obstacle(program, insn, facts);
    site.callee = facts.callee;
    if (is_call(insn)) {
      site.aux_register = facts.aux_register;
      if (facts.helper != nullptr || facts.kfunc != nullptr) site.fn = calls::function_of(facts);
      if (facts.kfunc != nullptr && site.fn == nullptr) {
        site.host = facts.kfunc;
        if (program.arena() != nullptr) site.arena_arguments = facts.arena_arguments;
      }
    } else if (facts.pointer_field) {
      insn = shadow_load(insn, code.context_size);
    } else if (facts.arena) {
      insn = is_arithmetic(insn) ? on_lower_half(insn) : through_arena(insn);
    } else if (facts.map_field != MapField::none) {
      insn.code = static_cast<std::uint8_t>(insn_class::ldx | own_mode::map_field | insn.size());
      site.value = static_cast<std::uint64_t>(facts.map_field) | std::uint64_t{facts.map_field_skip} << 8;
    } else if (facts.fault_protected && is_load(insn)) {
      insn = careful_load(insn);
    } else if (insn.is_wide_load()) {
      if (facts.per_cpu_value && facts.map != nullptr && i + 1 < code.insns.size()) {
        site.value = static_cast<std::uint32_t>(insn.imm);
        const auto map = reinterpret_cast<std::uint64_t>(facts.map);
        insn.src = per_cpu_value;
        insn.imm = static_cast<std::int32_t>(map);
        lowered.insns[i + 1].imm = static_cast<std::int32_t>(map >> 32);
      }
      ++i;
    }
  }
  lowered.steps = steps_of(program, lowered);
  return lowered;
}

}  // namespace skep::engine
