// Which halves of stack slots may still be read, worked out from the program's text before the walk.
//
// What no instruction ahead can read need not be compared when states are, so more paths are pruned. Where a
// pointer to the stack may be is followed through registers, spills and calls; each function is analyzed once for each
// way it is called (a context: which of its arguments point where). A pointer that is lost sight of makes all that it
// may reach live. Tested by tests/verifier/path/stack_liveness_test.cpp.
#pragma once

#include <cstdint>
#include <memory>

#include "verifier/path/stack_effects.hpp"

namespace skep::verifier {

class Env;
struct State;

class StackLiveness {
 public:
  StackLiveness();
  ~StackLiveness();
  StackLiveness(const StackLiveness&) = delete;
  StackLiveness& operator=(const StackLiveness&) = delete;

  // At log level 2 it prints what each instruction reads and overwrites.
  int compute(Env& env);
  // What of `frame` may be read by what follows, `state` being about to execute `insn` in its innermost frame.
  StackHalves live(const State& state, std::uint32_t insn, std::uint32_t frame) const;

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

}  // namespace skep::verifier
