// Conditional jumps: both ways are walked unless one cannot be; each way knows what the comparison told.
//
// Tested by tests/verifier/insn/branch_test.cpp.
#include <cerrno>

#include "verifier/insn/insn.hpp"
#include "verifier/insn/internal.hpp"
#include "verifier/path/path.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/report/events.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {
namespace {

// "may_goto": leaves a loop after an unknown number of turns. Both ways, with what changed since the last turn
// forgotten.
int check_may_goto(Env& env, const Insn& insn) {
  const std::uint32_t at = env.insn_idx;
  // The checkpoint that was just made here is this visit, not an earlier one.
  const State* before = env.state->parent == nullptr ? nullptr : find_previous_visit(env, *env.state->parent, at);
  State* next = push_branch(env, at + 1, at);
  if (next == nullptr) return -E2BIG;
  ++next->may_goto_depth;
  if (before != nullptr) widen_imprecise(*before, *next);
  env.insn_idx = at + 1 + static_cast<std::uint32_t>(std::int32_t{insn.off});
  return 0;
}

int mark_decisive(Env& env, const Comparison& c) {
  if (env.reg(c.dst).is_scalar()) {
    if (int error = mark_precise(env, c.dst)) return error;
  }
  if (c.src >= 0 && env.reg(static_cast<unsigned>(c.src)).is_scalar())
    return mark_precise(env, static_cast<unsigned>(c.src));
  return 0;
}

// Whether what is believed of a number now is one that it was known not to be: 7.3 settles on such numbers, and walks
// paths that cannot be taken.
bool contradicts(const Scalar& before, const Scalar& now) {
  return now.is_empty() || (now.is_const() && !before.contains(now.const_value()));
}

bool may_be(const RegState& left, const RegState& right, CmpOp op, bool is64) {
  Scalar a = left.r, b = right.r;
  refine(op, a, b, is64);
  return !contradicts(left.r, a) && !contradicts(right.r, b) && branch_taken(op, a, b, is64) != 0;
}

// Where belief is compared with fact, only what can happen is walked: pruning hides faults on paths that cannot be
// taken, in 7.3 too, and an observer would see them. Of neither way it does not matter which is walked.
int evaluate_for_observer(const RegState& left, const RegState& right, const Comparison& c) {
  if (&left == &right || !left.is_scalar() || !right.is_scalar()) return -1;
  if (!may_be(left, right, c.op, c.is64)) return 0;
  return may_be(left, right, negate(c.op), c.is64) ? -1 : 1;
}

void refine_branch(State& state, Comparison& c, CmpOp op) {
  RegState& left = c.left(state);
  RegState& right = c.right(state);
  if (&left == &right || !left.is_scalar() || !right.is_scalar()) return;
  Scalar constant = right.r;
  refine(op, left.r, c.src >= 0 ? right.r : constant, c.is64);
}

// Whether the pointer is not NULL whatever its offset turns out to be, and so none that equals it is. Objects described
// by BTF may be NULL without a mark, what is untrusted may be anything, and a great offset may wrap to 0.
bool surely_not_null(const RegState& reg) {
  constexpr std::uint64_t max_var_off = 1 << 29;
  if (reg.maybe_null() || reg.is(RegType::btf) || reg.has(reg_flag::untrusted)) return false;
  return reg.r.is_const() || reg.r.umax() < max_var_off;
}

// A pointer that equals one that is not NULL is not NULL.
void learn_from_equal_pointers(State& equal, const Comparison& c) {
  if (c.src < 0 || !c.is64) return;
  const auto src = static_cast<unsigned>(c.src);
  RegState& left = equal.reg(c.dst);
  RegState& right = equal.reg(src);
  if (!left.is_pointer() || !right.is_pointer() || left.maybe_null() == right.maybe_null()) return;
  if (left.is(RegType::btf) || right.is(RegType::btf)) return;
  if (!surely_not_null(left.maybe_null() ? right : left)) return;
  mark_null_or_not(equal, left.maybe_null() ? c.dst : src, false);
}

int learn_of_pointers(Env& env, Comparison& c, State& here, State& there) {
  State& equal = c.op == CmpOp::eq ? there : here;
  const bool equality = c.op == CmpOp::eq || c.op == CmpOp::ne;
  const RegState& left = here.reg(c.dst);
  const RegState& right = c.right(here);
  if (equality && c.is64 && left.maybe_null() && right.is_null()) {
    if (c.src >= 0) {
      if (int error = mark_precise(env, static_cast<unsigned>(c.src))) return error;
    }
    State& unequal = &equal == &here ? there : here;
    mark_null_or_not(equal, c.dst, true);
    mark_null_or_not(unequal, c.dst, false);
    return 0;
  }
  if (equality) learn_from_equal_pointers(equal, c);
  learn_packet_range(c, here, there);
  return 0;
}

void collect(Env& env, const RegState& reg, LinkedRegs& linked) {
  if (reg.is_scalar() && reg.id != 0) collect_linked_regs(env, *env.state, reg.id, linked);
}

void sync(State& state, unsigned regno, const LinkedRegs& linked) {
  const RegState& reg = state.reg(regno);
  if (reg.is_scalar() && reg.id != 0) sync_linked_regs(state, reg, linked);
}

}  // namespace

int check_jump(Env& env, const Insn& insn) {
  if (insn.op() == jmp_op::jcond) return check_may_goto(env, insn);
  if (insn.from_register()) {
    if (int error = check_reg(env, insn.src, RegUse::source)) return error;
  }
  if (int error = check_reg(env, insn.dst, RegUse::source)) return error;
  Comparison c = comparison_of(insn);
  State& here = *env.state;
  const bool dst_stack = here.reg(c.dst).is(RegType::stack);
  const bool src_stack = c.src >= 0 && c.right(here).is(RegType::stack);
  if (dst_stack || src_stack) record_stack_operands(env, dst_stack, src_stack);

  const std::uint32_t at = env.insn_idx;
  const std::uint32_t target = at + 1 + static_cast<std::uint32_t>(std::int32_t{insn.off});
  int known = evaluate(c.left(here), c.right(here), c);
  if (known < 0 && env.input.observer != nullptr) known = evaluate_for_observer(c.left(here), c.right(here), c);
  if (known >= 0) {
    if (int error = mark_decisive(env, c)) return error;
    record_branch(env, here, known == 1);
    log_insn_state(env);
    env.insn_idx = known == 1 ? target : at + 1;
    return 0;
  }

  LinkedRegs linked;
  if (c.src >= 0) collect(env, c.right(here), linked);
  collect(env, c.left(here), linked);
  if (linked.count > 1) record_linked_regs(env, linked);

  State* there = push_branch(env, target, at);
  if (there == nullptr) return -E2BIG;
  record_branch(env, *there, true);
  record_branch(env, here, false);
  refine_branch(*there, c, c.op);
  refine_branch(here, c, negate(c.op));
  if (c.src >= 0) {
    sync(here, static_cast<unsigned>(c.src), linked);
    sync(*there, static_cast<unsigned>(c.src), linked);
  }
  sync(here, c.dst, linked);
  sync(*there, c.dst, linked);
  for (std::uint32_t i = 0; i < linked.count; ++i) {
    const auto& item = linked.items[i];
    if (item.frame + 1U != here.frames.size()) continue;
    if (item.is_reg)
      env.log->touch_reg(item.number);
    else
      env.log->touch_slot(item.number);
  }
  if (int error = learn_of_pointers(env, c, here, *there)) return error;
  log_insn_state(env);
  env.insn_idx = at + 1;
  return 0;
}

}  // namespace skep::verifier
