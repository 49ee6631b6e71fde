// See engine/call_trace.hpp.
#include "engine/call_trace.hpp"

#include <cstdio>

#include "maps/arena.hpp"

namespace skep::engine {
namespace {

std::uint32_t low(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}
bool reads(const Insn& insn) {
  return insn.insn_class() == insn_class::ldx ||
         (insn.insn_class() == insn_class::stx && insn.mode() == mem_mode::atomic && insn.imm == atomic_op::load_acq);
}

}  // namespace

CallTrace::CallTrace(unsigned cpu, runtime::Services& services)
    : text_("CPU: " + std::to_string(cpu) + " UID: " + std::to_string(low(services.uid_gid())) + " PID: " +
            std::to_string(low(services.pid_tgid())) + " Comm: " + std::string(services.comm()) + "\nCall trace:\n") {}

void CallTrace::add(const runtime::Program& program, std::uint32_t pc) {
  for (const runtime::Subprogram& function : program.code().subprograms) {
    if (pc < function.start || pc >= function.end) continue;
    char place[48];
    std::snprintf(place, sizeof place, "+0x%x/0x%x\n", (pc - function.start) * 8U,
                  (function.end - function.start) * 8U);
    text_ += function.name + place;
  }
}

void report_arena_fault(const runtime::Program& program, const Insn& insn, std::uint64_t base,
                        const std::string& call_trace) {
  const std::uint64_t at = program.arena()->user_address(low(base) + static_cast<std::uint64_t>(insn.off));
  char line[80];
  std::snprintf(line, sizeof line, "ERROR: Arena %s access at unmapped address 0x%llx\n",
                reads(insn) ? "READ" : "WRITE", static_cast<unsigned long long>(at));
  program.streams().write(runtime::Streams::errors, line + call_trace);
}

}  // namespace skep::engine
