// How deep the stack can get: along every chain of calls, the frames of all functions together must fit into 512 bytes.
//
// Asynchronous callbacks begin with an empty stack and are roots of their own. Functions of tracing programs, which may
// interrupt themselves, get a private stack when they use much; then each is limited alone. On the way, what must not
// be reached through calls is refused: an exception callback called by name, a throw or a tail call below a callback.
// Tested by tests/verifier/program/stack_depth_test.cpp.
#include <algorithm>

#include "verifier/path/flow.hpp"
#include "verifier/program/program.hpp"
#include "verifier/report/explain.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {

namespace {

constexpr std::uint32_t frame_alignment = 16, private_stack_from = 64, tail_call_limit = 256;

bool is_throw(const Env& env, std::uint32_t at) {
  const KfuncCall* call = env.aux[at].names.kfunc;
  return is_call(env.insns[at]) && call != nullptr && call->entry != nullptr &&
         call->entry->special == calls::Special::throw_;
}

bool may_interrupt_itself(const Env& env) {
  const auto may = env.type().may_interrupt_itself;
  return may != nullptr && may(env.input.traits);
}

bool is_callback(const Subprogram& subprogram) {
  return subprogram.is_callback || subprogram.is_async_callback || subprogram.is_exception_callback;
}

int refuse_recursion(Env& env, std::uint32_t caller, std::uint32_t callee) {
  return env.refuse(-EINVAL, explain::recursion(env.insn_idx), "recursive call from {}() to {}()",
                    env.subprograms[caller].name, env.subprograms[callee].name);
}

// Direct calls in a circle.
class CallOrder {
 public:
  explicit CallOrder(Env& env) : env_(env), marks_(env.subprograms.size(), Mark::unseen) {}
  int visit(std::uint32_t index) {
    if (marks_[index] != Mark::unseen) return 0;
    marks_[index] = Mark::open;
    for (std::uint32_t at = env_.subprograms[index].start; at < env_.subprograms[index].end; ++at) {
      const InsnNames& names = env_.aux[at].names;
      if (!is_subprogram_call(env_.insns[at]) && names.stand_in < 0) continue;
      const std::uint32_t callee = names.stand_in < 0 ? names.callee : static_cast<std::uint32_t>(names.stand_in);
      env_.insn_idx = at;
      if (marks_[callee] == Mark::open) return refuse_recursion(env_, index, callee);
      if (const int error = visit(callee)) return error;
    }
    marks_[index] = Mark::done;
    return 0;
  }

 private:
  enum class Mark : std::uint8_t { unseen, open, done };
  Env& env_;
  std::vector<Mark> marks_;
};

// Callees before their callers, those that are only called back included.
void log_call_order(Env& env) {
  std::vector<bool> met(env.subprograms.size(), false);
  std::vector<std::uint32_t> order;
  const auto visit = [&](const auto& self, std::uint32_t index) -> void {
    met[index] = true;
    for (std::uint32_t at = env.subprograms[index].end; at-- > env.subprograms[index].start;) {
      if (!is_subprogram_call(env.insns[at]) && !is_function_address(env.insns[at])) continue;
      if (!met[env.aux[at].names.callee]) self(self, env.aux[at].names.callee);
    }
    order.push_back(index);
  };
  for (std::uint32_t i = 0; i < env.subprograms.size(); ++i)
    if (!met[i]) visit(visit, i);
  for (std::size_t i = 0; i < order.size(); ++i)
    env.log->print("topo_order[{}] = {}\n", i, env.subprograms[order[i]].name);
}

class StackWalk {
 public:
  explicit StackWalk(Env& env) : env_(env) {
    private_stacks_ = env.input.rules->private_stacks && may_interrupt_itself(env) &&
                      std::none_of(env.subprograms.begin(), env.subprograms.end(),
                                   [](const Subprogram& s) { return s.has_tail_call; });
  }

  int from(std::uint32_t root) {
    chain_.clear();
    return enter(root, 0);
  }

 private:
  static std::uint32_t rounded(const Subprogram& subprogram) {
    return (subprogram.stack_depth + frame_alignment - 1) / frame_alignment * frame_alignment;
  }

  void note_depth(std::uint32_t depth) {
    env_.statistics.max_stack_depth = std::max(env_.statistics.max_stack_depth, depth);
  }

  int enter(std::uint32_t index, std::uint32_t depth) {
    const Subprogram& subprogram = env_.subprograms[index];
    env_.insn_idx = subprogram.start;
    if (index != 0 && subprogram.has_tail_call && depth >= tail_call_limit) {
      return env_.refuse(-EACCES,
                         "tail_calls are not allowed when call stack of previous frames is {} bytes. Too large", depth);
    }
    const std::uint32_t own = rounded(subprogram);
    if (private_stacks_ && own >= private_stack_from) {
      if (own > max_stack) return env_.refuse(-EACCES, "stack size of subprog {} is {}. Too large", index, own);
      note_depth(own);
    } else {
      depth += own;
      note_depth(depth);
      if (depth > max_stack) {
        return env_.refuse(-EACCES, "combined stack size of {} calls is {}. Too large", chain_.size() + 1, depth);
      }
    }
    chain_.push_back(index);
    int error = 0;
    for (std::uint32_t at = subprogram.start; at < subprogram.end && error == 0; ++at) error = look_at(at, depth);
    if (error == 0) error = note_tail_call(subprogram);
    if (error == 0) error = check_packet_loads(subprogram);
    chain_.pop_back();
    return error;
  }

  int look_at(std::uint32_t at, std::uint32_t depth) {
    const Insn& insn = env_.insns[at];
    if (is_throw(env_, at)) {
      // The function that is named is the one that throws, whichever of its callers was called back.
      if (std::any_of(chain_.begin(), chain_.end(), [&](auto index) { return is_callback(env_.subprograms[index]); })) {
        env_.insn_idx = at;
        return env_.refuse(-EINVAL, "bpf_throw kfunc (insn {}) cannot be called from callback subprog {}", at,
                           chain_.back());
      }
    }
    if (!is_subprogram_call(insn) && !is_function_address(insn)) return 0;
    const std::uint32_t callee = env_.aux[at].names.callee;
    const Subprogram& subprogram = env_.subprograms[callee];
    if (subprogram.is_exception_callback) {
      env_.insn_idx = at;
      return env_.refuse(-EINVAL, "insn {} cannot call exception cb directly", at);
    }
    // An asynchronous callback has a stack of its own, unless it is called.
    if (subprogram.is_async_callback && !is_subprogram_call(insn)) return 0;
    if (std::find(chain_.begin(), chain_.end(), callee) != chain_.end())
      return refuse_recursion(env_, chain_.back(), callee);
    return enter(callee, depth);
  }

  // A tail call from below leaves the whole chain's frames behind: the engines must carry the count of tail calls
  // along.
  int note_tail_call(const Subprogram& subprogram) {
    if (!subprogram.has_tail_call && !subprogram.tail_call_reachable) return 0;
    for (std::size_t i = 0; i + 1 < chain_.size(); ++i) {
      Subprogram& caller = env_.subprograms[chain_[i]];
      if (caller.is_exception_callback) return env_.refuse(-EINVAL, "cannot tail call within exception cb");
      if (is_callback(caller)) return env_.refuse(-EINVAL, "cannot tail call within callback");
      caller.tail_call_reachable = true;
    }
    if (subprogram.is_exception_callback) return env_.refuse(-EINVAL, "cannot tail call within exception cb");
    if (is_callback(subprogram)) return env_.refuse(-EINVAL, "cannot tail call within callback");
    return 0;
  }

  // A classic packet load may end the function that it is in, and the program with it.
  int check_packet_loads(const Subprogram& subprogram) {
    if (!subprogram.has_ld_abs) return 0;
    for (const std::uint32_t index : chain_)
      if (is_callback(env_.subprograms[index]))
        return env_.refuse(-EINVAL, "cannot use BPF_LD_[ABS|IND] within callback");
    return 0;
  }

  Env& env_;
  bool private_stacks_ = false;
  std::vector<std::uint32_t> chain_;
};

}  // namespace

int check_recursion(Env& env) {
  CallOrder order(env);
  for (std::uint32_t i = 0; i < env.subprograms.size(); ++i) {
    if (const int error = order.visit(i)) return error;
  }
  if (env.log->everything()) log_call_order(env);
  return 0;
}

int check_max_stack_depth(Env& env) {
  StackWalk walk(env);
  for (std::uint32_t i = 0; i < env.subprograms.size(); ++i) {
    const Subprogram& subprogram = env.subprograms[i];
    if (i != 0 && !subprogram.is_async_callback && !subprogram.is_exception_callback) continue;
    if (const int error = walk.from(i)) return error;
  }
  return 0;
}

}  // namespace skep::verifier
