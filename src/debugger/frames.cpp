// See debugger/frames.hpp.
#include "debugger/frames.hpp"

#include <algorithm>

namespace skep::debugger {

std::uint32_t function_at(const runtime::Program& program, std::uint32_t pc) {
  const auto& functions = program.code().subprograms;
  for (std::uint32_t i = 0; i < functions.size(); ++i)
    if (pc >= functions[i].start && pc < functions[i].end) return i;
  return 0;
}

void Frames::at(const runtime::Program& program, std::uint32_t pc, std::span<const std::uint64_t> registers) {
  if (over_) frames_.clear();
  const std::uint64_t pointer = registers[frame_pointer];
  const auto known =
      std::ranges::find_if(frames_, [&](const Frame& frame) { return frame.registers[frame_pointer] == pointer; });
  const bool entered = known == frames_.end();
  begun_ = frames_.empty();
  if (entered)
    frames_.emplace_back();
  else
    frames_.erase(known + 1, frames_.end());
  Frame& frame = frames_.back();
  // The next of a helper's callbacks takes the place of the one that has exited.
  const bool left = !entered && frame.program->code().insns[frame.pc].code == (insn_class::jmp | jmp_op::exit);
  const bool same = !entered && !left && frame.program == &program &&
                    pc >= program.code().subprograms[frame.function].start &&
                    pc < program.code().subprograms[frame.function].end;
  if (!same) {
    frame.program = &program;
    frame.function = function_at(program, pc);
    std::copy_n(registers.begin() + 1, frame.arguments.size(), frame.arguments.begin());
  }
  frame.pc = pc;
  std::copy_n(registers.begin(), reg_count, frame.registers.begin());
  over_ = frames_.size() == 1 && program.code().insns[pc].code == (insn_class::jmp | jmp_op::exit);
}

}  // namespace skep::debugger
