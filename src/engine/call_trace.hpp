// Who runs where, and the functions that are under way, as the kernel prints them. Tested by
// tests/engine/arena_access_test.cpp.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/call_env.hpp"
#include "runtime/program.hpp"

namespace skep::engine {

class CallTrace {
 public:
  CallTrace(unsigned cpu, runtime::Services& services);
  // The function at instruction `pc`; the one that runs comes first.
  void add(const runtime::Program& program, std::uint32_t pc);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Says of the program that `insn` has accessed a page of its arena that is not there; `base` is the register's value.
void report_arena_fault(const runtime::Program& program, const Insn& insn, std::uint64_t base,
                        const std::string& call_trace);

}  // namespace skep::engine
