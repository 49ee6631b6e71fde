// Sees a run from inside: what coverage, tracing, debuggers, race detectors and the fuzzers' judge are made of.
//
// Each function is called before the thing happens, on the thread that runs the program. `pc` counts the instructions
// of program.code(); its facts lead back to the program as it was loaded. A run without an observer pays nothing:
// engines have code of their own for runs with one. Tested by tests/engine/observer_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "runtime/program.hpp"

namespace skep::runtime {

class RunObserver {
 public:
  virtual ~RunObserver() = default;
  // Every instruction, with r0…r10 as they are before it.
  virtual void instruction(const Program& program, std::uint32_t pc, std::span<const std::uint64_t> registers) {
    (void)program, (void)pc, (void)registers;
  }
  // A conditional jump: whether it is taken.
  virtual void branch(const Program& program, std::uint32_t pc, bool taken) { (void)program, (void)pc, (void)taken; }
  // A load, a store or an atomic (which does both) of `size` bytes. Arenas: the address in the program's own space.
  struct Access {
    std::uint64_t address = 0;
    unsigned size = 0;
    bool reads = false, writes = false, atomic = false;
  };
  virtual void access(const Program& program, std::uint32_t pc, const Access& access) {
    (void)program, (void)pc, (void)access;
  }
  // A call of a helper or kfunc, made anew when it had to be made again (a contended lock).
  virtual void call(const Program& program, std::uint32_t pc, const std::array<std::uint64_t, 5>& arguments) {
    (void)program, (void)pc, (void)arguments;
  }
};

}  // namespace skep::runtime
