// Where runs spend their instructions: how many the interpreter executed in each line of C, as folded stacks, which
// flame graphs are drawn from, and line by line. Observed runs are interpreted, so that a count is exact and the same
// each time; it is no time: a call of a helper or kfunc counts as one, however long it takes. Tested by
// tests/testbench/run_profile_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/observer.hpp"

namespace skep::testbench {

class RunProfile final : public runtime::RunObserver {
 public:
  void instruction(const runtime::Program& program, std::uint32_t pc,
                   std::span<const std::uint64_t> registers) override;

  // "program;function;file.c:12 text" and how many instructions were executed there, as fold_walk() has it: a function
  // stands behind the line that called it. A program that another has jumped to begins anew.
  std::map<std::string, std::uint64_t> stacks() const;
  // Lets the programs go.
  void forget();

 private:
  // A function as it was called in one way.
  struct Node {
    std::shared_ptr<const runtime::Program> program;
    std::uint32_t function = 0;
    Node* caller = nullptr;
    std::uint32_t called_at = 0;                                                      // the call
    std::map<std::uint32_t, std::uint64_t> ran;                                       // by instruction
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::unique_ptr<Node>> called;  // by call and function
  };
  struct Running {
    Node* node = nullptr;    // null: nothing
    std::uint32_t last = 0;  // its last instruction
  };
  Node* node_of(const Running& running, const runtime::Program& program, std::uint32_t function, bool begins);
  static void fold(const Node& node, const std::string& above, std::map<std::string, std::uint64_t>& stacks);

  mutable std::mutex lock_;
  std::map<std::pair<const runtime::Program*, std::uint32_t>, std::unique_ptr<Node>> roots_;
  std::map<std::thread::id, Running> running_;
};

}  // namespace skep::testbench
