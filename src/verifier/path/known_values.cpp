// See known_values.hpp.
#include "verifier/path/known_values.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "verifier/domain/scalar.hpp"
#include "verifier/insn/internal.hpp"
#include "verifier/path/flow.hpp"
#include "verifier/path/path.hpp"
#include "verifier/pointer/pointer.hpp"

namespace skep::verifier {

namespace {

constexpr unsigned followed_regs = 10;

struct Value {
  enum class Kind : std::uint8_t { unseen, unknown, number, map_value };
  Kind kind = Kind::unseen;
  std::uint64_t number = 0;  // map_value: the offset
  const maps::MapInfo* map = nullptr;

  static Value unknown() { return {.kind = Kind::unknown}; }
  static Value of(std::uint64_t number) { return {.kind = Kind::number, .number = number}; }
  bool is_number() const { return kind == Kind::number; }
  friend bool operator==(const Value&, const Value&) = default;
};

using Values = std::array<Value, followed_regs>;

Value join(const Value& a, const Value& b) {
  if (a.kind == Value::Kind::unseen) return b;
  return a == b || b.kind == Value::Kind::unseen ? a : Value::unknown();
}

class KnownValues {
 public:
  explicit KnownValues(const Env& env) : env_(env), entries_(env.insns.size()), begins_(env.insns.size(), false) {
    for (std::uint32_t at = 0; at < env.insns.size(); at += width(at)) {
      if (const Insn& insn = env.insns[at]; !is_jump_class(insn) || is_call(insn)) continue;
      for (const std::uint32_t target : Successors(env, at)) begins_[target] = true;
    }
  }

  // Calls visit(insn, values before it) for each instruction that can be reached from the function's beginning.
  template <typename Visit>
  void walk(const Subprogram& subprogram, Visit&& visit) {
    Values entry;
    entry.fill(Value::unknown());
    enter(subprogram.start, entry);
    while (!waiting_.empty()) {
      const std::uint32_t block = waiting_.back();
      waiting_.pop_back();
      flow(block, subprogram.end);
    }
    for (std::uint32_t at = subprogram.start; at < subprogram.end; at += width(at)) {
      if (entries_[at] == nullptr) continue;
      Values values = *entries_[at];
      for (std::uint32_t i = at; i < subprogram.end; i += width(i)) {
        if (i != at && begins_[i]) break;
        visit(i, static_cast<const Values&>(values));
        if (ends_block(i)) break;
        step(i, values);
      }
    }
  }

  static Value operand(const Insn& insn, const Values& values) {
    if (!insn.from_register()) return Value::of(static_cast<std::uint64_t>(std::int64_t{insn.imm}));
    return insn.src < followed_regs ? values[insn.src] : Value::unknown();
  }

 private:
  std::uint32_t width(std::uint32_t at) const { return env_.insns[at].is_wide_load() ? 2 : 1; }
  bool ends_block(std::uint32_t at) const {
    const Insn& insn = env_.insns[at];
    return is_jump_class(insn) && !is_call(insn);
  }

  void enter(std::uint32_t at, const Values& values) {
    bool changed = entries_[at] == nullptr;
    if (changed) {
      entries_[at] = std::make_unique<Values>(values);
    } else {
      for (unsigned i = 0; i < followed_regs; ++i) {
        Value& mine = (*entries_[at])[i];
        const Value joined = join(mine, values[i]);
        changed |= joined != mine;
        mine = joined;
      }
    }
    if (changed) waiting_.push_back(at);
  }

  void flow(std::uint32_t at, std::uint32_t end) {
    Values values = *entries_[at];
    for (bool first = true; at < end; first = false) {
      if (!first && begins_[at]) return enter(at, values);
      if (ends_block(at)) {
        for (const std::uint32_t target : Successors(env_, at)) enter(target, values);
        return;
      }
      step(at, values);
      at += width(at);
    }
  }

  void step(std::uint32_t at, Values& values) const {
    const Insn& insn = env_.insns[at];
    switch (insn.insn_class()) {
      case insn_class::alu:
      case insn_class::alu64:
        if (insn.dst < followed_regs) values[insn.dst] = computed(insn, values);
        return;
      case insn_class::ldx:
        if (insn.dst < followed_regs) values[insn.dst] = loaded(insn, values);
        return;
      case insn_class::stx:
        return step_store(insn, values);
      case insn_class::ld:
        if (insn.is_wide_load()) {
          if (insn.dst < followed_regs) values[insn.dst] = immediate(at);
          return;
        }
        break;
      case insn_class::st:
        return;
      default:
        break;
    }
    for (unsigned i = 0; i <= 5; ++i) values[i] = Value::unknown();  // a call, or a load from the packet
  }

  static Value computed(const Insn& insn, const Values& values) {
    const Value by = operand(insn, values);
    const bool is64 = insn.insn_class() == insn_class::alu64;
    const auto cut = [is64](std::uint64_t number) {
      return Value::of(is64 ? number : static_cast<std::uint32_t>(number));
    };
    const Value& old = values[insn.dst];
    switch (insn.op()) {
      case alu_op::mov:
        if (by.is_number()) return cut(insn.off == 0 ? by.number : sign_extended(by.number, insn.off));
        return is64 && insn.off == 0 ? by : Value::unknown();
      case alu_op::add:
      case alu_op::sub: {
        if (insn.from_register()) return Value::unknown();
        const std::uint64_t moved = insn.op() == alu_op::add ? old.number + by.number : old.number - by.number;
        if (old.is_number()) return cut(moved);
        if (old.kind == Value::Kind::map_value && is64) return {.kind = old.kind, .number = moved, .map = old.map};
        return Value::unknown();
      }
      case alu_op::and_:
        if (by == Value::of(0)) return by;
        return old.is_number() && by.is_number() ? cut(old.number & by.number) : Value::unknown();
      default:
        return Value::unknown();
    }
  }
  static std::uint64_t sign_extended(std::uint64_t number, int bits) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(number << (64 - bits)) >> (64 - bits));
  }

  Value immediate(std::uint32_t at) const {
    const Insn& insn = env_.insns[at];
    const InsnNames& names = env_.aux[at].names;
    if (insn.src == 0)
      return Value::of(std::uint64_t{static_cast<std::uint32_t>(insn.imm)} |
                       std::uint64_t{static_cast<std::uint32_t>(env_.insns[at + 1].imm)} << 32);
    if (names.map != nullptr && (insn.src == pseudo::map_value || insn.src == pseudo::map_idx_value))
      return {.kind = Value::Kind::map_value, .number = names.map_value_offset, .map = names.map};
    return Value::unknown();
  }

  static Value loaded(const Insn& insn, const Values& values) {
    if (insn.src >= followed_regs) return Value::unknown();
    const Value& base = values[insn.src];
    const bool extends = insn.mode() == mem_mode::memsx;
    if (base.kind != Value::Kind::map_value || (insn.mode() != mem_mode::mem && !extends)) return Value::unknown();
    const auto number = constant_in_map(*base.map, base.number + static_cast<std::uint64_t>(std::int64_t{insn.off}),
                                        access_bytes(insn.code), extends);
    return number ? Value::of(*number) : Value::unknown();
  }

  static void step_store(const Insn& insn, Values& values) {
    if (insn.mode() != mem_mode::atomic) return;
    if (insn.imm == atomic_op::cmpxchg)
      values[0] = Value::unknown();
    else if (insn.imm == atomic_op::load_acq)
      forget(values, insn.dst);
    else if (insn.imm != atomic_op::store_rel && (insn.imm & atomic_op::fetch) != 0)
      forget(values, insn.src);
  }
  static void forget(Values& values, unsigned reg) {
    if (reg < followed_regs) values[reg] = Value::unknown();
  }

  const Env& env_;
  std::vector<std::unique_ptr<Values>> entries_;  // where blocks begin
  std::vector<bool> begins_;
  std::vector<std::uint32_t> waiting_;
};

}  // namespace

int decide_branches(Env& env) {
  struct Decision {
    std::uint32_t at = 0;
    bool taken = false;
  };
  std::vector<Decision> decisions;
  KnownValues known(env);
  for (const Subprogram& subprogram : env.subprograms) {
    known.walk(subprogram, [&](std::uint32_t at, const Values& values) {
      const Insn& insn = env.insns[at];
      if (!is_conditional(insn) || is_may_goto(insn) || insn.dst >= followed_regs) return;
      const Value left = values[insn.dst], right = KnownValues::operand(insn, values);
      if (!left.is_number() || !right.is_number()) return;
      // A register's number counts if it has 32 bits.
      if (left.number > UINT32_MAX || (insn.from_register() && right.number > UINT32_MAX)) return;
      const Comparison comparison = comparison_of(insn);
      const int taken =
          branch_taken(comparison.op, Scalar::constant(left.number), Scalar::constant(right.number), comparison.is64);
      if (taken >= 0) decisions.push_back({at, taken != 0});
    });
  }
  for (const Decision& decision : decisions)
    env.insns[decision.at] = {.code = insn_class::jmp | jmp_op::ja,
                              .off = decision.taken ? env.insns[decision.at].off : std::int16_t{0}};
  return 0;
}

}  // namespace skep::verifier
