// The functions that are under way, as an observer of the run can tell them: each has a frame pointer of its own.
//
// An instruction whose frame pointer is known belongs to that frame, and those above it have been left; one that is not
// known belongs to a frame that has just been entered (a call, a callback, or a run within a run). A tail call takes a
// frame over. Tested by tests/debugger/session_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/program.hpp"

namespace skep::debugger {

struct Frame {
  const runtime::Program* program = nullptr;
  std::uint32_t function = 0;                        // index into Code::subprograms
  std::uint32_t pc = 0;                              // of the innermost: the next instruction; of others: of the call
  std::array<std::uint64_t, reg_count> registers{};  // before that instruction
  std::array<std::uint64_t, 5> arguments{};          // r1…r5 when it was entered
};

// The function that the instruction belongs to.
std::uint32_t function_at(const runtime::Program& program, std::uint32_t pc);

class Frames {
 public:
  // Before each instruction.
  void at(const runtime::Program& program, std::uint32_t pc, std::span<const std::uint64_t> registers);
  // [0] is the outermost.
  const std::vector<Frame>& all() const { return frames_; }
  const Frame& innermost() const { return frames_.back(); }
  std::size_t depth() const { return frames_.size(); }
  // Whether a run has begun with this instruction: of a program, or of a callback that something else has started.
  bool begun() const { return begun_; }

 private:
  std::vector<Frame> frames_;
  bool over_ = false;  // the outermost was at its exit
  bool begun_ = false;
};

}  // namespace skep::debugger
