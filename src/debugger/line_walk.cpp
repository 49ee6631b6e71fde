// See debugger/line_walk.hpp.
#include "debugger/line_walk.hpp"

namespace skep::debugger {

void LineWalk::at(const Frames& frames, const Lines& lines) {
  const Frame& frame = frames.innermost();
  const bool entered = frames.depth() > places_.size() || frames.begun();
  places_.resize(frames.depth());
  Place& place = places_.back();
  if (entered) place = {};
  line_ = lines.line_at(frame.pc);
  const bool start = line_ != 0 && lines.begins(frame.pc);
  const bool other = place.program != frame.program || place.function != frame.function || place.line != line_;
  begins_ = start && other;
  repeats_ = start && !other && frame.pc <= place.pc;
  if (begins_ || place.program == nullptr)
    place = {frame.program, frame.function, line_, frame.pc};
  else
    place.pc = frame.pc;
}

}  // namespace skep::debugger
