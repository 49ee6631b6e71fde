// What the walker keeps besides the current path: branches not yet taken, and the states already seen at each
// checkpoint.
//
// Every state that is somebody's `parent` is a checkpoint, kept in `explored` under its instruction until no path
// depends on it and it has proved useless for pruning. Tested by tests/verifier/path/.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "verifier/path/stack_liveness.hpp"
#include "verifier/state/state.hpp"

namespace skep::verifier {

class Explorer {
 public:
  // A branch to be taken later.
  struct Branch {
    std::unique_ptr<State> state;
    std::uint32_t insn = 0, previous = 0;
    std::size_t log_position = 0;
  };
  // A checkpoint.
  struct Seen {
    std::unique_ptr<State> state;
    std::uint32_t misses = 0, hits = 0;
    bool retired = false;  // no longer looked at for pruning; freed once no path depends on it
  };
  // Two passes round a loop of the control-flow graph may meet a checkpoint whose own paths are not finished: its marks
  // of precision are then not complete. Kept per loop and call chain.
  struct LoopVisit {
    std::uint32_t scc = 0;
    std::vector<std::uint32_t> call_sites;
    State* entry = nullptr;  // the first checkpoint in the loop: while it has branches, the loop is being walked
    struct Backedge {
      std::unique_ptr<State> state;
      State* equal_to = nullptr;
      bool unchanged = false;
    };
    std::vector<Backedge> backedges;
  };

  std::vector<Branch> branches;
  std::vector<std::vector<std::unique_ptr<Seen>>> explored;  // by instruction
  std::vector<std::unique_ptr<Seen>> retired;
  std::vector<std::unique_ptr<LoopVisit>> loop_visits;
  std::vector<std::unique_ptr<State>> spare;  // states to be used again: their allocations
  StackLiveness stack_liveness;

  std::uint32_t jumps_processed = 0, insns_at_checkpoint = 0, jumps_at_checkpoint = 0;
  bool history_entry_open = false;  // the current instruction already has an entry in the path's history
  std::uint32_t total_states = 0, peak_states = 0;
  std::uint32_t longest_mark_walk = 0;
};

}  // namespace skep::verifier
