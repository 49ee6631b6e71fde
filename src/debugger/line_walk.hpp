// Tells when a run comes to a new line: what stepping goes by, and breakpoints.
//
// A line has begun when the function that runs is at the first instruction of a group of it, and was in another line
// before. Back in a function after a call, it is still in the line of the call. A jump back to the same line begins it
// once more for breakpoints, but not for steps. Tested by tests/debugger/session_test.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "debugger/frames.hpp"
#include "debugger/lines.hpp"

namespace skep::debugger {

class LineWalk {
 public:
  // Before each instruction; `lines`: of its program.
  void at(const Frames& frames, const Lines& lines);
  bool begins() const { return begins_; }  // with this instruction
  bool repeats() const { return repeats_; }
  std::uint32_t line() const { return line_; }  // of this instruction

 private:
  struct Place {
    const runtime::Program* program = nullptr;
    std::uint32_t function = 0, line = 0, pc = 0;
  };
  std::vector<Place> places_;  // one a frame
  bool begins_ = false, repeats_ = false;
  std::uint32_t line_ = 0;
};

}  // namespace skep::debugger
