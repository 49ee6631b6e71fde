// Loops of each function: the strongly connected components of its control-flow graph that have more than one
// instruction, or a jump to itself. Tarjan's algorithm, without recursion. Calls of callbacks count as loops of their
// own (the walk visits the callback again and again from there). Tested by tests/verifier/program/shape_test.cpp.
#include <algorithm>
#include <vector>

#include "verifier/path/flow.hpp"
#include "verifier/path/path.hpp"

namespace skep::verifier {

namespace {

class Components {
 public:
  explicit Components(Env& env) : env_(env), order_(env.insns.size(), 0), low_(env.insns.size(), 0) {}

  void run() {
    for (std::uint32_t at = 0; at < env_.insns.size(); at += env_.insns[at].is_wide_load() ? 2 : 1) {
      if (order_[at] == 0) visit(at);
    }
  }

 private:
  static constexpr std::uint32_t closed = ~0U;
  struct Open {
    std::uint32_t at;
    Successors successors;
    std::size_t next = 0;
  };

  void enter(std::uint32_t at) {
    order_[at] = low_[at] = ++count_;
    members_.push_back(at);
    open_.push_back({at, Successors(env_, at)});
  }

  void visit(std::uint32_t root) {
    enter(root);
    while (!open_.empty()) {
      Open& top = open_.back();
      if (top.successors.begin() + top.next != top.successors.end()) {
        const std::uint32_t to = top.successors.begin()[top.next++];
        if (order_[to] == 0) {
          enter(to);
        } else if (low_[to] != closed) {
          low_[top.at] = std::min(low_[top.at], order_[to]);
        }
        continue;
      }
      const std::uint32_t at = top.at;
      open_.pop_back();
      const std::uint32_t low = low_[at];
      if (low == order_[at]) close(at);
      if (!open_.empty() && low_[at] != closed) low_[open_.back().at] = std::min(low_[open_.back().at], low);
    }
  }

  bool goes_to_itself(std::uint32_t at) const {
    const Successors successors(env_, at);
    return std::find(successors.begin(), successors.end(), at) != successors.end();
  }

  void close(std::uint32_t root) {
    const bool loop = members_.back() != root || goes_to_itself(root) || env_.aux[root].flow.calls_callback;
    if (loop) ++components_;
    for (;;) {
      const std::uint32_t at = members_.back();
      members_.pop_back();
      low_[at] = closed;
      if (loop) env_.aux[at].flow.scc = components_;
      if (at == root) return;
    }
  }

  Env& env_;
  std::vector<std::uint32_t> order_, low_, members_;
  std::vector<Open> open_;
  std::uint32_t count_ = 0, components_ = 0;
};

}  // namespace

int compute_scc(Env& env) {
  const bool calls_back = std::ranges::any_of(env.aux, [](const InsnAux& aux) { return aux.flow.calls_callback; });
  if (calls_back || goes_back(env)) Components(env).run();
  return 0;
}

}  // namespace skep::verifier
