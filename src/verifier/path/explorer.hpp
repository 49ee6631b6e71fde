// What the walker keeps besides the current path: branches not yet taken, and the states already seen at each
// checkpoint.
//
// Every state that is somebody's `parent` is a checkpoint, kept in `explored` under its instruction, or in `retired`
// once it has proved useless for pruning and only unfinished paths still need it. Tested by tests/verifier/path/.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "verifier/path/stack_liveness.hpp"
#include "verifier/state/equality.hpp"
#include "verifier/state/state.hpp"

namespace skep::verifier {

class Env;

// A checkpoint.
struct SeenState {
  std::unique_ptr<State> state;
  std::uint32_t misses = 0, hits = 0;
  bool retired = false;
  std::size_t retired_at = 0;  // its place in Explorer::retired
};

class Explorer {
 public:
  using Seen = SeenState;
  // What was seen at one instruction. Only states of one call site are compared (a function that is called from many
  // places has many others), so that stands beside the pointer.
  struct SeenEntry {
    std::int32_t call_site = -1;
    std::unique_ptr<Seen> seen;
  };
  using SeenList = std::vector<SeenEntry>;
  // A branch to be taken later.
  struct Branch {
    std::unique_ptr<State> state;
    std::uint32_t insn = 0, previous = 0;
    std::size_t log_position = 0;
  };
  // A loop (strongly connected component of the control-flow graph), entered by one chain of calls.
  struct LoopVisit {
    struct Backedge {
      std::unique_ptr<State> state;  // where a path was pruned,
      State* equal_to = nullptr;     // because of this checkpoint
    };
    std::uint32_t scc = 0;
    std::vector<std::uint32_t> call_sites;
    State* entry = nullptr;  // the first checkpoint inside: once it is finished, the loop is left
    std::vector<Backedge> backedges;
  };

  // What is kept counts as the loader's memory; where it may not have so much, `out_of_memory` says so, and the walk
  // ends at the next instruction.
  std::unique_ptr<State> copy_of(const State& state);
  void recycle(std::unique_ptr<State> state);
  // Takes the checkpoint out of the list of those that are compared with.
  void retire(Env& env, SeenList& list, std::size_t index);
  void free_if_useless(Env& env, Seen& seen);
  void sweep_retired(Env& env);
  void forget_all();
  void count_kept_state() {
    if (++kept_states > peak_states) peak_states = kept_states;
  }

  std::vector<Branch> branches;
  std::vector<SeenList> explored;  // by instruction
  std::vector<std::unique_ptr<Seen>> retired;
  std::vector<std::unique_ptr<LoopVisit>> loop_visits;
  StackLiveness stack_liveness;
  memory::AccountPtr account;  // Input::account
  bool out_of_memory = false;
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> jump_tables;  // of each goto by register (cfg.cpp)
  IdMap id_map;
  std::vector<RegState*> linked;  // for checkpoint.cpp, while a state is kept

  std::uint32_t root = 0;  // the subprogram that is being walked
  std::uint32_t jumps_processed = 0, insns_at_checkpoint = 0, jumps_at_checkpoint = 0;
  bool history_entry_open = false;  // the current instruction already has an entry in the path's history
  std::uint32_t total_states = 0, kept_states = 0, peak_states = 0;

 private:
  std::vector<std::unique_ptr<State>> spare_;
};

}  // namespace skep::verifier
