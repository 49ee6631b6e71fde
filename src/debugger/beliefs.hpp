// What the verifier believes of each register before each instruction, in its words.
//
// It is asked by loading the object once more, with somebody who looks on; then it walks paths that it would otherwise
// know to be safe already, which takes longer and may be too much for it. Tested by tests/debugger/debug_test.py.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "debugger/playback.hpp"
#include "isa/insn.hpp"

namespace skep::debugger {

class Beliefs {
 public:
  explicit Beliefs(const Play& play);
  ~Beliefs();
  // On the paths that lead there, at most `most` different ones: "context pointer", "integer scalar value 7". Empty:
  // nothing is believed, or it was not found out, for why().
  std::vector<std::string> of(const runtime::Program& program, std::uint32_t pc, unsigned reg) const;
  const std::string& why() const { return why_; }
  static constexpr std::size_t most = 4;

 private:
  class Recorder;
  std::map<std::pair<std::string, std::size_t>, std::unique_ptr<Recorder>> recorders_;  // by name and length
  std::string why_;
};

}  // namespace skep::debugger
