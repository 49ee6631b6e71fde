// Loops whose states are compared before all marks of precision are known.
//
// A path that comes round a loop to a checkpoint whose own paths are not finished, and is pruned there, relies on marks
// that later paths may still add. So such prunings are kept (as back edges) with the loop: until the loop is left, its
// states count as incompletely marked and are compared by range whatever their marks say; and when it is left, the
// marks are carried along all its back edges until none is new. A visit of a loop is told from another by the calls
// that lead to it. Tested by tests/verifier/path/explorer_test.cpp.
#include "verifier/path/checkpoint.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {

namespace {

using LoopVisit = Explorer::LoopVisit;

// The outermost frame that stands in a loop decides. False: none does.
bool loop_of(const Env& env, const State& state, std::uint32_t& scc, std::vector<std::uint32_t>& call_sites) {
  call_sites.clear();
  for (std::uint32_t f = 0; f < state.frames.size(); ++f) {
    const std::uint32_t insn = insn_of_frame(state, state.insn, f);
    scc = env.aux[insn].flow.scc;
    if (scc != 0) return true;
    call_sites.push_back(insn);
  }
  return false;
}

void log_visit(const Env& env, std::string_view what, const LoopVisit& visit) {
  if (!env.log->everything()) return;
  std::string chain;
  for (const std::uint32_t call_site : visit.call_sites) chain += fmt::format("{},", call_site);
  env.log->print("SCC {} ({}{})\n", what, chain, visit.scc);
}

LoopVisit* find_visit(const Env& env, const State& state) {
  if (env.explorer->loop_visits.empty()) return nullptr;
  std::uint32_t scc = 0;
  thread_local std::vector<std::uint32_t> call_sites;
  if (!loop_of(env, state, scc, call_sites)) return nullptr;
  for (const auto& visit : env.explorer->loop_visits) {
    if (visit->scc == scc && visit->call_sites == call_sites) return visit.get();
  }
  return nullptr;
}

int propagate_backedges(Env& env, LoopVisit& visit) {
  constexpr int max_rounds = 64;
  bool changed = true;
  for (int round = 0; changed; ++round) {
    changed = false;
    for (auto& edge : visit.backedges) {
      if (round == max_rounds) {
        mark_all_precise(env, *edge.state);
      } else if (const int error = propagate_precision(env, *edge.equal_to, *edge.state, changed)) {
        return error;
      }
    }
    if (round == max_rounds) break;
  }
  return 0;
}

}  // namespace

bool marks_incomplete(const Env& env, const State& state) {
  const LoopVisit* visit = find_visit(env, state);
  return visit != nullptr && !visit->backedges.empty();
}

void enter_loop(Env& env, State& checkpoint) {
  std::uint32_t scc = 0;
  std::vector<std::uint32_t> call_sites;
  if (!loop_of(env, checkpoint, scc, call_sites)) return;
  LoopVisit* visit = find_visit(env, checkpoint);
  if (visit == nullptr) {
    auto created = std::make_unique<LoopVisit>();
    created->scc = scc;
    created->call_sites = std::move(call_sites);
    visit = created.get();
    env.explorer->loop_visits.push_back(std::move(created));
  }
  if (visit->entry != nullptr) return;
  log_visit(env, "enter", *visit);
  visit->entry = &checkpoint;
}

int leave_loop(Env& env, State& checkpoint, bool& left) {
  LoopVisit* visit = find_visit(env, checkpoint);
  left = visit != nullptr && visit->entry == &checkpoint;
  if (!left) return 0;
  log_visit(env, "exit", *visit);
  const int error = propagate_backedges(env, *visit);
  visit->entry = nullptr;
  env.explorer->kept_states -= static_cast<std::uint32_t>(visit->backedges.size());
  for (auto& edge : visit->backedges) env.explorer->recycle(std::move(edge.state));
  visit->backedges.clear();
  return error;
}

void add_backedge(Env& env, State& equal_to) {
  LoopVisit* visit = find_visit(env, equal_to);
  if (visit == nullptr) return;
  log_visit(env, "backedge", *visit);
  LoopVisit::Backedge edge{env.explorer->copy_of(*env.state), &equal_to};
  edge.state->insn = env.insn_idx;
  edge.state->seen = nullptr;
  visit->backedges.push_back(std::move(edge));
  env.explorer->count_kept_state();
}

}  // namespace skep::verifier
