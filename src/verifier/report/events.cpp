// See events.hpp.
#include "verifier/report/events.hpp"

#include <algorithm>

#include "verifier/env.hpp"
#include "verifier/report/describe.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {

namespace {

std::uint32_t count(const State& state, ResourceKind kind) {
  return static_cast<std::uint32_t>(
      std::count_if(state.resources.begin(), state.resources.end(), [&](const Resource& r) { return r.kind == kind; }));
}

std::shared_ptr<PathEvent> append(Env& env, State& state, PathEvent::Kind kind, std::uint32_t insn, std::string text) {
  auto event = std::make_shared<PathEvent>();
  event->kind = kind;
  event->insn = insn;
  event->frame = static_cast<std::uint32_t>(state.frames.size() - 1);
  event->text = std::move(text);
  if (!event->charge.take(env.input.account, sizeof *event + event->text.capacity())) env.log->recorder().turn_off();
  event->previous = state.events;
  state.events = event;
  return event;
}

bool same_value(const RegState& a, const RegState& b) {
  return a.type == b.type && a.flags == b.flags && a.r == b.r && a.map == b.map && a.btf == b.btf &&
         a.btf_id == b.btf_id && a.frame == b.frame;
}

// Where the value that `insn` puts into `reg` came from: a register, or -1.
std::int32_t origin(const Insn& insn, unsigned reg) {
  const bool alu = insn.insn_class() == insn_class::alu || insn.insn_class() == insn_class::alu64;
  if (!alu || insn.dst != reg) return -1;
  if (insn.op() != alu_op::mov) return static_cast<std::int32_t>(reg);
  return insn.from_register() ? static_cast<std::int32_t>(insn.src) : -1;
}

bool is_call(const Insn& insn) {
  return insn.insn_class() == insn_class::jmp && insn.op() == jmp_op::call;
}

bool is_map_load(const Insn& insn) {
  if (!insn.is_wide_load()) return false;
  return insn.src == pseudo::map_fd || insn.src == pseudo::map_idx || insn.src == pseudo::map_value ||
         insn.src == pseudo::map_idx_value;
}

bool is_conditional(const Insn& insn) {
  const std::uint8_t op = insn.op();
  return (insn.insn_class() == insn_class::jmp || insn.insn_class() == insn_class::jmp32) && op != jmp_op::ja &&
         op != jmp_op::call && op != jmp_op::exit;
}

std::string why_invalidated(const Env& env, std::uint32_t insn, const RegState& before) {
  const InsnAux& aux = env.aux[insn];
  if (before.has(reg_flag::non_owning) || before.has(reg_flag::rcu))
    return "leaving the protected region invalidated this borrowed pointer";
  constexpr std::uint32_t slice_of_packet = reg_flag::dynptr_skb | reg_flag::dynptr_xdp | reg_flag::dynptr_skb_meta;
  const bool moves = before.has(slice_of_packet) || before.is_packet() || before.is(RegType::packet_end) ||
                     (aux.names.helper != nullptr && aux.names.helper->has(calls::call_flag::changes_packet));
  return moves ? "packet data may have moved" : "resource release invalidated this pointer";
}

}  // namespace

PathEvent::~PathEvent() {
  // One after the other: a path may be long.
  std::shared_ptr<const PathEvent> next = std::move(previous);
  while (next && next.use_count() == 1) {
    std::shared_ptr<const PathEvent> after = std::move(next->previous);
    next = std::move(after);
  }
}

const char* region_name(Region region) {
  switch (region) {
    case Region::lock:
      return "lock region";
    case Region::rcu:
      return "RCU read lock region";
    case Region::preempt:
      return "non-preemptible region";
    case Region::irq:
      return "IRQ-disabled region";
  }
  return "region";
}

std::array<std::uint32_t, region_count> region_depths(const State& state) {
  return {state.active_locks, state.rcu_locks, state.preempt_locks, count(state, ResourceKind::irq)};
}

void record_branch(Env& env, State& state, bool followed) {
  if (!env.log->recorder().on()) return;
  append(env, state, PathEvent::Kind::branch, env.insn_idx,
         followed ? "branch: took the true branch of this conditional, goto followed"
                  : "branch: took the false branch of this conditional, goto not followed");
}

void EventRecorder::compare_registers(Env& env, State& state) {
  const Insn& insn = env.insns[insn_];
  if (is_conditional(insn)) return;  // what a comparison tells is no change
  const Frame& frame = state.current();
  // A load of a map's address makes a number of the register first.
  if (is_map_load(insn)) regs_[insn.dst].mark_unknown();
  for (unsigned i = 0; i < frame_pointer; ++i) {
    const RegState &before = regs_[i], &now = frame.regs[i];
    if (same_value(before, now)) continue;
    std::string text;
    const bool lost = before.is_pointer() && now.is_scalar() && is_call(insn) && i > 5;
    if (lost) {
      text = fmt::format("invalidated: R{}: {}; previous value was {}", i, why_invalidated(env, insn_, before),
                         value_phrase(before));
    } else if (now.is(RegType::not_init)) {
      if (!is_call(insn)) continue;
      text = fmt::format("invalidated: R{}: call invalidated this caller-saved register; previous value was {}", i,
                         value_phrase(before));
    } else {
      text = fmt::format("update: R{} changed from {} to {}", i, value_phrase(before), value_phrase(now));
    }
    const auto event = append(env, state, PathEvent::Kind::update, insn_, std::move(text));
    event->id = i;
    event->copied_from = lost ? static_cast<std::int32_t>(i) : origin(insn, i);
  }
}

void EventRecorder::before_insn(Env& env) {
  State& state = *env.state;
  const auto frame = static_cast<std::uint32_t>(state.frames.size() - 1);
  const auto depths = region_depths(state);
  if (watching_) {
    if (frame == frame_) compare_registers(env, state);
    for (unsigned i = 0; i < region_count; ++i) {
      if (depths[i] == depths_[i]) continue;
      append(env, state, PathEvent::Kind::region, insn_,
             fmt::format("context: {} {}; depth is now {}", depths[i] > depths_[i] ? "entered" : "left",
                         region_name(static_cast<Region>(i)), depths[i]))
          ->id = i;
    }
    for (const Resource& resource : state.resources) {
      if (resource.kind != ResourceKind::reference || resource.insn != static_cast<std::int32_t>(insn_) ||
          std::find(resources_.begin(), resources_.end(), resource.id) != resources_.end()) {
        continue;
      }
      append(env, state, PathEvent::Kind::acquired, insn_, fmt::format("acquired: owned resource (id={})", resource.id))
          ->id = resource.id;
    }
  }
  watching_ = true;
  insn_ = env.insn_idx;
  frame_ = frame;
  regs_ = state.current().regs;
  depths_ = depths;
  resources_.clear();
  for (const Resource& resource : state.resources) resources_.push_back(resource.id);
}

}  // namespace skep::verifier
