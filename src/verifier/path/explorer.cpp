// The walk itself: one instruction after the other along a path, depth first through the branches that it leaves
// behind. See explorer.hpp and checkpoint.hpp.
#include "verifier/path/explorer.hpp"

#include "verifier/insn/insn.hpp"
#include "verifier/path/checkpoint.hpp"
#include "verifier/path/history.hpp"
#include "verifier/path/path.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {

namespace {

std::uint64_t size_of(const State& state) {
  std::uint64_t size = sizeof state + state.frames.size() * (sizeof(Frame) + sizeof(void*)) +
                       state.resources.size() * sizeof(Resource) + state.history.size() * sizeof(Jump);
  for (const auto& frame : state.frames) size += frame->stack.size() * sizeof(StackSlot);
  return size;
}

}  // namespace

std::unique_ptr<State> Explorer::copy_of(const State& state) {
  std::unique_ptr<State> copy;
  if (spare_.empty()) {
    copy = std::make_unique<State>(state);
  } else {
    copy = std::move(spare_.back());
    spare_.pop_back();
    *copy = state;
  }
  if (account) {
    copy->charge = {};
    if (!copy->charge.take(account, size_of(state))) out_of_memory = true;
  }
  return copy;
}

void Explorer::recycle(std::unique_ptr<State> state) {
  constexpr std::size_t max_spare = 1024;
  if (state && spare_.size() < max_spare) spare_.push_back(std::move(state));
}

void Explorer::retire(Env& env, SeenList& list, std::size_t index) {
  std::unique_ptr<Seen> seen = std::move(list[index].seen);
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(index));
  seen->retired = true;
  seen->retired_at = retired.size();
  Seen& kept = *seen;
  retired.push_back(std::move(seen));
  free_if_useless(env, kept);
}

void Explorer::free_if_useless(Env& env, Seen& seen) {
  if (!seen.retired || seen.state->branches != 0 || marks_incomplete(env, *seen.state)) return;
  recycle(std::move(seen.state));
  const std::size_t at = seen.retired_at;
  std::swap(retired[at], retired.back());
  retired[at]->retired_at = at;
  retired.pop_back();
  --kept_states;
}

void Explorer::sweep_retired(Env& env) {
  for (std::size_t i = retired.size(); i-- > 0;) free_if_useless(env, *retired[i]);
}

void Explorer::forget_all() {
  branches.clear();
  for (auto& list : explored) list.clear();
  retired.clear();
  loop_visits.clear();
  kept_states = 0;
}

State* push_branch(Env& env, std::uint32_t insn, std::uint32_t prev_insn) {
  Explorer& explorer = *env.explorer;
  Explorer::Branch branch;
  branch.state = explorer.copy_of(*env.state);
  branch.insn = insn;
  branch.previous = prev_insn;
  branch.log_position = path_log_position(env);
  State* state = branch.state.get();
  explorer.branches.push_back(std::move(branch));
  if (explorer.branches.size() > env.input.rules->limits.branches_waiting) {
    env.refuse(-E2BIG, "The sequence of {} jumps is too complex.", explorer.branches.size());
    return nullptr;
  }
  if (state->parent != nullptr) ++state->parent->branches;
  return state;
}

State* push_async(Env& env, std::uint32_t insn, std::uint32_t prev_insn, std::uint32_t subprogram, bool sleepable) {
  Explorer& explorer = *env.explorer;
  Explorer::Branch branch;
  branch.state = std::make_unique<State>();
  branch.insn = insn;
  branch.previous = prev_insn;
  branch.log_position = path_log_position(env);
  State* state = branch.state.get();
  explorer.branches.push_back(std::move(branch));
  if (explorer.branches.size() > env.input.rules->limits.branches_waiting) {
    env.refuse(-E2BIG, "The sequence of {} jumps is too complex for async cb.", explorer.branches.size());
    return nullptr;
  }
  state->branches = 1;
  state->in_sleepable = sleepable;
  state->first_insn = insn;
  state->last_insn = prev_insn;
  auto frame = std::make_unique<Frame>();
  frame->subprogram = subprogram;
  frame->kind = FrameKind::async_callback;
  frame->regs[frame_pointer].mark_pointer(RegType::stack);
  state->frames.push_back(std::move(frame));
  return state;
}

namespace {

// The current path is over; the latest branch left behind is the next. False: there is none.
bool next_path(Env& env, int& error) {
  Explorer& explorer = *env.explorer;
  error = finish_branch(env, env.state.get());
  if (error != 0 || explorer.branches.empty()) return false;
  Explorer::Branch branch = std::move(explorer.branches.back());
  explorer.branches.pop_back();
  env.log->touch_all();
  if (!env.log->everything()) env.log->cut_back(branch.log_position);
  explorer.recycle(std::move(env.state));
  env.state = std::move(branch.state);
  env.insn_idx = branch.insn;
  env.prev_insn_idx = branch.previous;
  return true;
}

// Charges the instruction to its function, and to all that led here: callers, and for what runs later the walk's first.
void count_instruction(Env& env) {
  if (!env.log->statistics()) return;
  const auto& frames = env.state->frames;
  ++env.subprograms[frames.back()->subprogram].insns_walked;
  for (const auto& frame : frames) ++env.subprograms[frame->subprogram].insns_walked_within;
  const std::uint32_t root = env.explorer->root;
  if (frames.front()->subprogram != root) ++env.subprograms[root].insns_walked_within;
}

int step(Env& env, bool path_begins) {
  env.explorer->history_entry_open = false;
  env.notes.clear();
  if (env.insn_idx >= env.insns.size()) {
    return env.refuse(-EFAULT, "invalid insn idx {} insn_cnt {}", env.insn_idx, env.insns.size());
  }
  count_instruction(env);
  if (++env.statistics.insns_processed > env.input.rules->limits.insns_walked) {
    return env.refuse(-E2BIG, "BPF program is too large. Processed {} insn", env.statistics.insns_processed);
  }
  env.state->last_insn = env.prev_insn_idx;
  env.state->insn = env.insn_idx;
  const InsnAux& aux = env.insn_aux();
  if (aux.flow.prune_point) {
    const int visited = visit_checkpoint(env);
    if (visited < 0) return visited;
    if (visited == 1) {
      log_pruned(env, path_begins);
      return path_finished;
    }
  }
  if (aux.flow.jump_point) record_jump(env);
  if (env.input.observer != nullptr) env.input.observer->at(env.insn_idx, *env.state);
  if (env.input.give_up != nullptr && env.input.give_up->load(std::memory_order_relaxed)) {
    return env.refuse(-EAGAIN, "skep: verification was given up");
  }
  if (env.explorer->out_of_memory) {
    return env.refuse(-ENOMEM, "skep: verification needs more memory than its Kernel may take");
  }
  log_step(env, path_begins);
  env.insn_aux().flow.seen = true;
  const Insn& insn = env.insn();
  const bool is_jump = insn.insn_class() == insn_class::jmp || insn.insn_class() == insn_class::jmp32;
  if (is_jump) ++env.explorer->jumps_processed;
  const std::uint32_t at = env.insn_idx;
  const int result = check_insn(env);
  env.prev_insn_idx = at;
  return result;
}

int walk(Env& env) {
  bool path_begins = false;
  for (;;) {
    const int result = step(env, path_begins);
    if (result < 0) return result;
    path_begins = result == path_finished;
    if (!path_begins) continue;
    int error = 0;
    if (!next_path(env, error)) return error;
  }
}

}  // namespace

int explore(Env& env, std::uint32_t subprogram) {
  Explorer& explorer = *env.explorer;
  explorer.explored.resize(env.insns.size());
  explorer.root = subprogram;
  env.insn_idx = env.subprograms[subprogram].start;
  env.prev_insn_idx = ~0U;
  env.state->branches = 1;
  env.state->parent = nullptr;
  env.state->seen = nullptr;
  env.state->first_insn = env.insn_idx;
  env.state->last_insn = ~0U;
  begin_walk_log(env);
  const int error = walk(env);
  if (error == 0 && !env.log->everything()) env.log->cut_back(0);
  explorer.forget_all();
  env.statistics.total_states = explorer.total_states;
  env.statistics.peak_states = explorer.peak_states;
  return error;
}

}  // namespace skep::verifier
