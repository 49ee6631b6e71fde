// What an observer is told before an instruction: read off the instruction as the program has it, and the registers.
// Apart from the loop, for runs without an observer know nothing of it. Tested by tests/engine/observer_test.cpp.
#include "engine/interpreter/machine.hpp"

namespace skep::engine {
namespace {

using runtime::RunObserver;

template <typename Unsigned, typename Signed>
bool holds(std::uint8_t op, Unsigned a, Unsigned b) {
  const auto x = static_cast<Signed>(a), y = static_cast<Signed>(b);
  switch (op) {
    case jmp_op::jeq:
      return a == b;
    case jmp_op::jne:
      return a != b;
    case jmp_op::jgt:
      return a > b;
    case jmp_op::jge:
      return a >= b;
    case jmp_op::jlt:
      return a < b;
    case jmp_op::jle:
      return a <= b;
    case jmp_op::jset:
      return (a & b) != 0;
    case jmp_op::jsgt:
      return x > y;
    case jmp_op::jsge:
      return x >= y;
    case jmp_op::jslt:
      return x < y;
    default:
      return x <= y;  // jsle
  }
}

bool is_jump(const Insn& insn) {
  return insn.insn_class() == insn_class::jmp || insn.insn_class() == insn_class::jmp32;
}
bool is_conditional(const Insn& insn) {
  return is_jump(insn) && insn.op() != jmp_op::ja && insn.op() != jmp_op::call && insn.op() != jmp_op::exit;
}

bool taken(const Insn& insn, const std::array<std::uint64_t, reg_count>& regs, std::uint32_t may_goto_left) {
  if (insn.op() == jmp_op::jcond) return may_goto_left == 0;
  const std::uint64_t a = regs[insn.dst], b = insn.from_register() ? regs[insn.src] : wide_immediate(insn);
  if (insn.insn_class() == insn_class::jmp) return holds<std::uint64_t, std::int64_t>(insn.op(), a, b);
  return holds<std::uint32_t, std::int32_t>(insn.op(), static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b));
}

}  // namespace

void Execution::Machine::tell_observer() {
  const Insn& insn = program->code().insns[pc];
  observer->instruction(*program, pc, regs);
  if (is_conditional(insn)) {
    observer->branch(*program, pc, taken(insn, regs, may_goto_left));
    return;
  }
  if (insn.code == (insn_class::jmp | jmp_op::call)) {
    if (insn.src != call_kind::subprogram) observer->call(*program, pc, {regs[1], regs[2], regs[3], regs[4], regs[5]});
    return;
  }
  const std::uint8_t cls = insn.insn_class();
  const bool memory = insn.mode() == mem_mode::mem || insn.mode() == mem_mode::memsx || insn.mode() == mem_mode::atomic;
  if ((cls != insn_class::ldx && cls != insn_class::st && cls != insn_class::stx) || !memory) return;
  const bool atomic = cls == insn_class::stx && insn.mode() == mem_mode::atomic;
  const bool ordered_load = atomic && insn.imm == atomic_op::load_acq;
  const bool reads = cls == insn_class::ldx || (atomic && insn.imm != atomic_op::store_rel);
  RunObserver::Access access;
  access.address = regs[cls == insn_class::ldx || ordered_load ? insn.src : insn.dst];
  if (program->code().facts[pc].arena) access.address = low(access.address);
  access.address += static_cast<std::uint64_t>(static_cast<std::int64_t>(insn.off));
  access.size = access_bytes(insn.size());
  access.reads = reads;
  access.writes = cls != insn_class::ldx && !ordered_load;
  access.atomic = atomic;
  observer->access(*program, pc, access);
}

}  // namespace skep::engine
