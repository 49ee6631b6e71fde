// See engine/interpreter/steps.hpp.
#include "engine/interpreter/steps.hpp"

#include <optional>
#include <span>

#include "engine/interpreter/arena_access.hpp"
#include "engine/interpreter/arithmetic.hpp"
#include "engine/interpreter/lowering.hpp"
#include "runtime/program.hpp"

namespace skep::engine {
namespace {

constexpr std::uint8_t from_register = 0x08;

// The kinds of one operation stand side by side: k64, k32, r64, r32.
StepKind form(StepKind first, const Insn& insn, bool narrow) {
  return static_cast<StepKind>(static_cast<unsigned>(first) + (narrow ? 1U : 0U) + (insn.from_register() ? 2U : 0U));
}

std::optional<StepKind> arithmetic(const Insn& insn) {
  switch (insn.op()) {
#define SKEP_CASE(OP) \
  case alu_op::OP:    \
    return StepKind::OP##_k64;
    SKEP_ARITHMETIC(SKEP_CASE)
#undef SKEP_CASE
    default:
      return std::nullopt;
  }
}
std::optional<StepKind> conditional(const Insn& insn) {
  switch (insn.op()) {
#define SKEP_CASE(OP) \
  case jmp_op::OP:    \
    return StepKind::OP##_k64;
    SKEP_JUMPS(SKEP_CASE)
#undef SKEP_CASE
    default:
      return std::nullopt;
  }
}

StepKind of_arithmetic(const Insn& insn, Step& step) {
  const bool narrow = insn.insn_class() == insn_class::alu;
  switch (insn.op()) {
    case alu_op::mov:
      if (!insn.from_register()) {
        if (narrow) step.imm = low(step.imm);
        return StepKind::set;
      }
      if (is_address_space_cast(insn)) return StepKind::in_run_cpp;
      if (insn.off != 0) return narrow ? StepKind::mov_signed32 : StepKind::mov_signed64;
      return narrow ? StepKind::mov_r32 : StepKind::mov_r64;
    case alu_op::neg:
      return narrow ? StepKind::neg32 : StepKind::neg64;
    case alu_op::end:
      return narrow && !insn.from_register() ? StepKind::truncate : StepKind::swap;
    case alu_op::div:
    case alu_op::mod:
      if (insn.off != 0) return StepKind::in_run_cpp;
      break;
    default:
      break;
  }
  const auto kind = arithmetic(insn);
  return kind ? form(*kind, insn, narrow) : StepKind::in_run_cpp;
}

StepKind of_jump(const Insn& insn, Step& step, const Site& site) {
  const bool narrow = insn.insn_class() == insn_class::jmp32;
  const auto to = [&](std::int32_t distance) { step.off = distance * static_cast<std::int32_t>(sizeof(Step)); };
  to(insn.off);
  switch (insn.op()) {
    case jmp_op::ja:
      if (insn.from_register()) return StepKind::in_run_cpp;
      if (narrow) to(insn.imm);
      return StepKind::jump;
    case jmp_op::call:
      if (insn.src != call_kind::subprogram) return StepKind::call;
      step.imm = static_cast<std::uint64_t>(site.callee);
      return StepKind::call_subprogram;
    case jmp_op::exit:
      return StepKind::leave;
    case jmp_op::jcond:
      return StepKind::may_goto;
    default:
      break;
  }
  const auto kind = conditional(insn);
  return kind ? form(*kind, insn, narrow) : StepKind::in_run_cpp;
}

StepKind of_memory(const Insn& insn) {
  const auto sized = [&](StepKind b, StepKind h, StepKind w, StepKind dw) {
    return insn.size() == mem_size::b ? b : insn.size() == mem_size::h ? h : insn.size() == mem_size::w ? w : dw;
  };
#define SKEP_SIZED(NAME) sized(StepKind::NAME##_b, StepKind::NAME##_h, StepKind::NAME##_w, StepKind::NAME##_dw)
  switch (insn.insn_class() | insn.mode()) {
    case insn_class::ldx | mem_mode::mem:
      return SKEP_SIZED(load);
    case insn_class::ldx | mem_mode::memsx:
      return insn.size() == mem_size::dw ? StepKind::in_run_cpp : SKEP_SIZED(load_signed);
    case insn_class::stx | mem_mode::mem:
      return SKEP_SIZED(store);
    case insn_class::st | mem_mode::mem:
      return SKEP_SIZED(store_k);
    case insn_class::stx | mem_mode::atomic: {
      const bool ordered = insn.imm == atomic_op::load_acq || insn.imm == atomic_op::store_rel;
      if (ordered) return StepKind::in_run_cpp;
      if (insn.size() == mem_size::w) return StepKind::atomic32;
      return insn.size() == mem_size::dw ? StepKind::atomic64 : StepKind::in_run_cpp;
    }
    default:
      return StepKind::in_run_cpp;
  }
#undef SKEP_SIZED
}

// Of one instruction, alone.
Step step_of(const runtime::Program& program, const Lowered& lowered, std::size_t i) {
  const Insn& insn = lowered.insns[i];
  const Site& site = lowered.sites[i];
  Step step{.dst = insn.dst, .src = insn.src, .off = insn.off, .imm = wide_immediate(insn)};
  switch (insn.insn_class()) {
    case insn_class::alu:
    case insn_class::alu64:
      step.kind = of_arithmetic(insn, step);
      break;
    case insn_class::jmp:
    case insn_class::jmp32:
      step.kind = of_jump(insn, step, site);
      break;
    case insn_class::ld:
      if (!insn.is_wide_load() || insn.src == per_cpu_value || i + 1 == lowered.insns.size()) break;
      step.kind = StepKind::set_wide;
      step.imm =
          site.callee >= 0 && insn.src == pseudo::func
              ? reinterpret_cast<std::uint64_t>(&program.code().subprograms[static_cast<std::size_t>(site.callee)])
              : static_cast<std::uint32_t>(insn.imm) |
                    static_cast<std::uint64_t>(static_cast<std::uint32_t>(lowered.insns[i + 1].imm)) << 32;
      break;
    default:
      step.kind = of_memory(insn);
      break;
  }
  return step;
}

// ---- steps that do more than one instruction ------------------------------------------------------------------------

// Both operands of the second are known before the first is done, but for the register that the first writes.
StepKind pair_of(const Step& a, const Step& b, StepKind alone) {
  const bool same = a.dst == b.dst;
#define SKEP_PAIR_OF(FIRST, SECOND, WIDTH, JOINT)                            \
  if (a.kind == StepKind::FIRST##WIDTH && b.kind == StepKind::SECOND##WIDTH) \
    return StepKind::FIRST##JOINT##SECOND##_##WIDTH;
#define SKEP_SAME(FIRST, SECOND) SKEP_PAIR_OF(FIRST, SECOND, 64, _) SKEP_PAIR_OF(FIRST, SECOND, 32, _)
#define SKEP_APART(FIRST, SECOND) SKEP_PAIR_OF(FIRST, SECOND, 64, _apart_) SKEP_PAIR_OF(FIRST, SECOND, 32, _apart_)
  if (same && b.src != b.dst) {
    SKEP_FIRST(SKEP_SECOND, SKEP_SAME)
  } else {
    SKEP_FIRST_APART(SKEP_SECOND_APART, SKEP_APART)
  }
#undef SKEP_SAME
#undef SKEP_APART
#undef SKEP_PAIR_OF
  return alone;
}

// An addition and the jump that looks at nothing but the sum and its operand.
StepKind count_of(const Step& a, const Step& b, StepKind alone) {
  if (a.dst != b.dst) return alone;
#define SKEP_COUNT_OF(OP, FORM, WIDTH)                                            \
  if (a.kind == StepKind::add_k##WIDTH && b.kind == StepKind::OP##_##FORM##WIDTH) \
    return StepKind::count_##OP##_##FORM##WIDTH;
#define SKEP_COUNTS(OP) \
  SKEP_COUNT_OF(OP, k, 64) SKEP_COUNT_OF(OP, k, 32) SKEP_COUNT_OF(OP, r, 64) SKEP_COUNT_OF(OP, r, 32)
  SKEP_COUNTING_JUMPS(SKEP_COUNTS)
#undef SKEP_COUNTS
#undef SKEP_COUNT_OF
  return alone;
}

// r = a; r += b; r = *(size *)(r + off)
StepKind indexed_load_of(const Step& a, const Step& b, const Step& c, StepKind alone) {
  const bool one_register = a.dst == b.dst && b.dst == c.dst && c.src == c.dst && b.src != b.dst;
  if (a.kind != StepKind::mov_r64 || b.kind != StepKind::add_r64 || !one_register) return alone;
  switch (c.kind) {
#define SKEP_CASE(SIZE, BITS) \
  case StepKind::load_##SIZE: \
    return StepKind::load_indexed_##SIZE;
    SKEP_WIDTHS(SKEP_CASE)
#undef SKEP_CASE
    default:
      return alone;
  }
}

}  // namespace

std::vector<Step> steps_of(const runtime::Program& program, const Lowered& lowered) {
  std::vector<Step> steps;
  steps.reserve(lowered.insns.size());
  while (steps.size() < lowered.insns.size()) {
    steps.push_back(step_of(program, lowered, steps.size()));
    if (steps.back().kind == StepKind::set_wide) steps.emplace_back();  // its second half
  }
  // From the front: what stands behind is as it is alone when it is looked at.
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    const Step& next = steps[i + 1];
    const StepKind alone = steps[i].kind;
    StepKind& kind = steps[i].kind;
    if (i + 2 < steps.size()) kind = indexed_load_of(steps[i], next, steps[i + 2], alone);
    if (kind == alone) kind = count_of(steps[i], next, alone);
    if (kind == alone) kind = pair_of(steps[i], next, alone);
  }
  return steps;
}

}  // namespace skep::engine
