// Which stack slots may still be read, worked out from the program's text before the walk.
//
// A slot that no instruction ahead can read need not be compared when states are, so more paths are pruned. Where a
// pointer to the stack may be is followed through registers, spills and calls; each function is analyzed once for each
// way it is called (a context: which of its arguments point where). A pointer that is lost sight of makes all that it
// may reach live. Tested by tests/verifier/path/explorer_test.cpp.
#pragma once

#include <cstdint>
#include <memory>

namespace skep::verifier {

class Env;
struct State;

class StackLiveness {
 public:
  StackLiveness();
  ~StackLiveness();
  StackLiveness(const StackLiveness&) = delete;
  StackLiveness& operator=(const StackLiveness&) = delete;

  int compute(Env& env);
  // Bit i: slot i of `frame` may be read by what follows, `state` being about to execute `insn` in its innermost frame.
  std::uint64_t live_slots(const Env& env, const State& state, std::uint32_t insn, std::uint32_t frame) const;

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

}  // namespace skep::verifier
