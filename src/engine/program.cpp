// Making a program: its functions learn whose they are, and everything that this library cannot run is named, once.
// See engine/program.hpp. Tested by tests/engine/execution_test.cpp.
#include "engine/program.hpp"

#include <algorithm>
#include <cstdio>

#include "engine/arena_access.hpp"
#include "engine/map_field.hpp"
#include "maps/arena.hpp"

namespace skep::engine {
namespace {

// Parameters in a C prototype, "void" counted as none. Commas inside a function pointer's own parameters do not count.
unsigned count_parameters(std::string_view prototype) {
  const auto open = prototype.find('(');
  const auto close = prototype.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close <= open) return 0;
  const auto list = prototype.substr(open + 1, close - open - 1);
  if (list.empty() || list == "void") return 0;
  unsigned count = 1;
  int depth = 0;
  for (const char c : list) {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c == ',' && depth == 0) ++count;
  }
  return count;
}

// The program stands in the last parameter: the one that the prototype leaves out when the kfunc says so, else its
// last.
unsigned aux_register_of(const calls::Kfunc& kfunc) {
  const unsigned declared = count_parameters(kfunc.prototype);
  const unsigned reg = (kfunc.flags & calls::kfunc_flag::implicit_args) != 0 ? declared + 1 : declared;
  return reg <= 5 ? reg : 0;
}

// The parameters of a prototype whose names end in "__arena" or "__arena__nullable": see Program::arena_arguments.
std::uint16_t arena_arguments_of(std::string_view prototype) {
  unsigned found = 0, index = 0;
  const auto open = prototype.find('(');
  if (open == std::string_view::npos) return 0;
  std::string_view rest = prototype.substr(open + 1);
  for (; !rest.empty() && index < 5; ++index) {
    const auto end = std::min(rest.find_first_of(",)"), rest.size());
    const std::string_view parameter = rest.substr(0, end);
    if (parameter.ends_with("__arena")) found |= 1U << index;
    if (parameter.ends_with("__arena__nullable")) found |= 0x101U << index;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return static_cast<std::uint16_t>(found);
}

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
      return arena_access(insn) || insn.mode() == map_field_mode || insn.mode() == mem_mode::mem ||
             (insn.mode() == mem_mode::memsx && insn.size() != mem_size::dw);
    case insn_class::st:
      return insn.mode() == mem_mode::mem || insn.mode() == arena_mode::plain;
    default:
      if (insn.mode() == arena_mode::atomic) return known_atomic(insn);
      return insn.mode() == mem_mode::mem || insn.mode() == arena_mode::plain ||
             (insn.mode() == mem_mode::atomic && known_atomic(insn));
  }
}

bool is_indirect_jump(const Insn& insn) {
  return insn.code == (insn_class::jmp | jmp_op::ja | 0x08);
}

// What keeps an instruction from being run, by name; empty: nothing.
std::string obstacle(const Insn& insn, const InsnMeta& meta) {
  if (!known(insn)) {
    char text[64];
    std::snprintf(text, sizeof text, "the instruction with opcode 0x%02x, offset %d, immediate 0x%x", insn.code,
                  insn.off, static_cast<unsigned>(insn.imm));
    return text;
  }
  if (insn.code != (insn_class::jmp | jmp_op::call)) return {};
  if (insn.src == call_kind::subprogram) return meta.callee >= 0 ? std::string{} : "a call of an unknown function";
  if (meta.helper != nullptr) return meta.helper->fn != nullptr ? std::string{} : std::string(meta.helper->name);
  if (meta.kfunc != nullptr)
    return meta.kfunc->fn != nullptr || meta.kfunc->host_fn != nullptr ? std::string{} : std::string(meta.kfunc->name);
  return "an unknown call";
}

}  // namespace

Program::Program(Code code) : code_(std::move(code)) {
  missing_ = code_.obstacle;
  code_.meta.resize(code_.insns.size());
  for (Subprogram& subprogram : code_.subprograms) subprogram.program = this;
  for (const auto& map : code_.maps)
    if (map->info().type == MapType::arena) arena_ = static_cast<maps::Arena*>(map.get());
  for (std::size_t i = 0; i < code_.insns.size(); ++i) {
    const Insn& insn = code_.insns[i];
    const InsnMeta& meta = code_.meta[i];
    if (missing_.empty()) missing_ = obstacle(insn, meta);
    if (missing_.empty() && is_indirect_jump(insn) && code_.moved_to.empty()) missing_ = "a jump without a table";
    if (missing_.empty() && arena_ == nullptr && needs_arena(insn)) missing_ = "an access to an unknown arena";
    if (meta.kfunc != nullptr && meta.kfunc->host_fn != nullptr && arena_ != nullptr) {
      if (const std::uint16_t arguments = arena_arguments_of(meta.kfunc->prototype); arguments != 0) {
        arena_arguments_.resize(code_.insns.size());
        arena_arguments_[i] = arguments;
      }
    }
    if (meta.needs_aux && meta.kfunc != nullptr) {
      aux_registers_.resize(code_.insns.size());
      aux_registers_[i] = static_cast<std::uint8_t>(aux_register_of(*meta.kfunc));
    }
    if (insn.is_wide_load()) ++i;
  }
}

std::shared_ptr<const Program> Program::make(Code code) {
  if (code.subprograms.empty())
    code.subprograms.push_back({nullptr, 0, code.name, 0, static_cast<std::uint32_t>(code.insns.size()), 0});
  struct Shared : Program {
    explicit Shared(Code c) : Program(std::move(c)) {}
  };
  return std::make_shared<const Shared>(std::move(code));
}

}  // namespace skep::engine
