// See stack_liveness.hpp. Where pointers to the stack are is followed by stack_values.cpp, and what each instruction
// reads and is sure to overwrite comes from stack_effects.cpp; here it is carried backwards, through functions and
// calls.
//
// A function is analyzed once for each context (its depth, and the stack pointers that it is given). What it reads of
// its callers' frames is read, for them, by the call. A slot of an outer frame is live while an inner one runs if the
// rest of any function in between may read it, so a query asks every frame from that one inwards.
#include "verifier/path/stack_liveness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "verifier/path/explorer.hpp"
#include "verifier/path/flow.hpp"
#include "verifier/path/stack_values.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {

namespace {

constexpr std::uint32_t max_calls = 10'000;
struct Call {
  std::uint32_t insn = 0, subprogram = 0;
  std::int32_t context = -1;
  bool callback = false;
};

}  // namespace

using Halves = std::vector<StackHalves>;

struct StackLiveness::Data {
  // One function in one context. Halves by instruction and frame: [ (insn - first) * frames + frame ].
  struct Context {
    CallContext key;
    std::uint32_t first = 0, count = 0, frames = 0, call_site = 0;
    Halves live;      // before the instruction
    Halves use, def;  // kept for the log only
    std::vector<Call> calls;
    std::uint32_t total_calls = 0;  // with stack pointers, here and below, repetitions counted
    bool open = false;

    std::size_t cell(std::uint32_t insn, std::uint32_t frame) const {
      return std::size_t{insn - first} * frames + frame;
    }
  };

  std::vector<std::unique_ptr<Context>> contexts;
  std::vector<std::int32_t> roots;  // by subprogram
  bool loops = false;               // goes_back()
  bool too_complex = false;

  std::int32_t analyze(const Env& env, CallContext key, std::uint32_t call_site);
  void find_effects(const Env& env, Context& context, Halves& use, Halves& def);
  void enter(const Env& env, Context& context, std::uint32_t at, std::uint32_t subprogram, bool callback,
             const std::array<StackValue, 5>& arguments, const StackValues& values, Halves& use);
  void enter_callback(const Env& env, Context& context, std::uint32_t at, const StackValues& values, Halves& use);
  void go_backwards(const Env& env, Context& context, const Halves& use, const Halves& def);
  void print(const Env& env) const;
};

namespace {

// Which argument of the call reaches a synchronous callback, and as which of its own. (1 is r1.)
struct ContextArgument {
  unsigned function = 0, from = 0, to = 0;
};
ContextArgument context_argument(calls::Special special) {
  using calls::Special;
  switch (special) {
    case Special::loop:
      return {2, 3, 2};
    case Special::for_each_map_elem:
      return {2, 3, 4};
    case Special::find_vma:
      return {3, 4, 3};
    case Special::user_ringbuf_drain:
      return {2, 3, 2};
    default:
      return {};
  }
}

}  // namespace

void StackLiveness::Data::enter(const Env& env, Context& context, std::uint32_t at, std::uint32_t subprogram,
                                bool callback, const std::array<StackValue, 5>& arguments, const StackValues& values,
                                Halves& use) {
  CallContext key{subprogram, context.key.depth + 1, {}, {}};
  bool given = false;
  for (unsigned i = 0; i < arguments.size(); ++i) {
    if (arguments[i].reach() == 0) continue;
    key.arguments[i] = arguments[i];
    given = true;
  }
  if (given) {
    key.outer = context.key.outer;
    for (unsigned i = 0; i < stack_slots; ++i) {
      if (values.slots[i].reach() == 0) continue;
      key.outer.push_back(
          {static_cast<std::uint8_t>(context.key.depth), static_cast<std::uint8_t>(i), values.slots[i]});
    }
  }
  const std::int32_t callee =
      key.depth < env.input.rules->limits.call_frames ? analyze(env, std::move(key), at) : std::int32_t{-1};
  context.calls.push_back({at, subprogram, callee, callback});
  if (callee < 0) {
    for (std::uint32_t f = 0; f < context.frames; ++f) use[context.cell(at, f)].set();
    return;
  }
  const Context& inner = *contexts[static_cast<std::size_t>(callee)];
  for (std::uint32_t f = 0; f < context.frames; ++f) use[context.cell(at, f)] |= inner.live[inner.cell(inner.first, f)];
  if (given) context.total_calls = std::min(context.total_calls + 1 + inner.total_calls, max_calls + 1);
}

void StackLiveness::Data::enter_callback(const Env& env, Context& context, std::uint32_t at, const StackValues& values,
                                         Halves& use) {
  const InsnAux& aux = env.aux[at];
  const ContextArgument passed =
      aux.names.helper != nullptr ? context_argument(aux.names.helper->special) : ContextArgument{};
  const unsigned function =
      aux.names.helper != nullptr ? passed.function : 3;  // kfuncs: bpf_rbtree_add(root, node, less)
  const StackValue& callee = values.regs[function];
  if (function == 0 || !callee.is(StackValue::Kind::function)) {
    for (std::uint32_t f = 0; f < context.frames; ++f) use[context.cell(at, f)].set();
    return;
  }
  std::array<StackValue, 5> arguments;
  if (passed.to != 0) arguments[passed.to - 1] = values.regs[passed.from];
  enter(env, context, at, static_cast<std::uint32_t>(callee.number), true, arguments, values, use);
}

// A function that is handed no pointer to the stack, makes none and calls none that could. Long ones are often such.
bool knows_no_stack(const Env& env, const CallContext& key) {
  if (std::ranges::any_of(key.arguments, [](const StackValue& value) { return value.reach() != 0; })) return false;
  const Subprogram& subprogram = env.subprograms[key.subprogram];
  for (std::uint32_t at = subprogram.start; at < subprogram.end; ++at) {
    const Insn& insn = env.insns[at];
    if (insn.dst == frame_pointer || insn.src == frame_pointer) return false;
    if (is_subprogram_call(insn) || env.aux[at].flow.calls_callback) return false;
  }
  return true;
}

void StackLiveness::Data::find_effects(const Env& env, Context& context, Halves& use, Halves& def) {
  if (knows_no_stack(env, context.key)) return;
  const StackValueWalk walk(env, context.key);
  walk.for_each_insn([&](std::uint32_t at, const StackValues& values) {
    const InsnAux& aux = env.aux[at];
    if (is_subprogram_call(env.insns[at])) {
      std::array<StackValue, 5> arguments;
      for (unsigned i = 0; i < 5; ++i) arguments[i] = values.regs[i + 1];
      enter(env, context, at, aux.names.callee, false, arguments, values, use);
      return;
    }
    find_stack_effects(env, at, values,
                       {[&](std::uint32_t frame) -> StackHalves& { return use[context.cell(at, frame)]; },
                        [&](std::uint32_t frame) -> StackHalves& { return def[context.cell(at, frame)]; }});
    if (aux.flow.calls_callback) enter_callback(env, context, at, values, use);
  });
}

void StackLiveness::Data::go_backwards(const Env& env, Context& context, const Halves& use, const Halves& def) {
  const std::uint32_t frames = context.frames;
  if (std::ranges::none_of(use, [](const StackHalves& halves) { return halves.any(); })) return;  // nothing is live
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t i = context.count; i-- > 0;) {
      const std::uint32_t at = context.first + i;
      if (env.insns[at].code == 0) continue;
      const Successors successors(env, at);
      for (std::uint32_t f = 0; f < frames; ++f) {
        StackHalves after;
        for (const std::uint32_t next : successors) {
          if (next >= context.first && next < context.first + context.count)
            after |= context.live[context.cell(next, f)];
        }
        const std::size_t cell = std::size_t{i} * frames + f;
        const StackHalves before = use[cell] | (after & ~def[cell]);
        if (before == context.live[cell]) continue;
        context.live[cell] = before;
        changed = loops;
      }
    }
  }
}

void StackLiveness::Data::print(const Env& env) const {
  for (std::uint32_t subprogram = 0; subprogram < env.subprograms.size(); ++subprogram) {
    for (const auto& context : contexts) {
      if (context->key.subprogram != subprogram) continue;
      env.log->line(fmt::format("stack use/def subprog#{} {} (d{},cs{}):", subprogram, env.subprograms[subprogram].name,
                                context->key.depth, context->call_site));
      for (std::uint32_t at = context->first; at < context->first + context->count; ++at) {
        const std::string text = fmt::format("{:>3}: {}", at, insn_text(env, at));
        env.log->print("{}", text);
        std::string used, defined;
        for (std::uint32_t f = context->frames; f-- > 0;) {
          used += halves_text(f, context->use[context->cell(at, f)]);
          defined += halves_text(f, context->def[context->cell(at, f)]);
        }
        if (!used.empty() || !defined.empty())
          env.log->print("{:{}};{}{}{}{}", "", padding_behind(text.size()), used.empty() ? "" : " use:", used,
                         defined.empty() ? "" : " def:", defined);
        env.log->line("");
        if (env.insns[at].is_wide_load()) ++at;
      }
    }
  }
}

// The context's index; -1 if it is under way (a callback that leads to itself).
std::int32_t StackLiveness::Data::analyze(const Env& env, CallContext key, std::uint32_t call_site) {
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    if (contexts[i]->key == key) return contexts[i]->open ? -1 : static_cast<std::int32_t>(i);
  }
  const auto index = static_cast<std::int32_t>(contexts.size());
  contexts.push_back(std::make_unique<Context>());
  Context& context = *contexts.back();
  const Subprogram& subprogram = env.subprograms[key.subprogram];
  context.frames = key.depth + 1;
  context.key = std::move(key);
  context.call_site = call_site;
  context.first = subprogram.start;
  context.count = subprogram.end - subprogram.start;
  context.open = true;
  const std::size_t cells = std::size_t{context.count} * context.frames;
  Halves use(cells), def(cells);
  context.live.resize(cells);
  find_effects(env, context, use, def);
  go_backwards(env, context, use, def);
  context.open = false;
  if (env.log->everything()) {
    context.use = std::move(use);
    context.def = std::move(def);
  }
  too_complex |= context.total_calls > max_calls || contexts.size() > max_calls;
  return index;
}

StackLiveness::StackLiveness() : data_(std::make_unique<Data>()) {}
StackLiveness::~StackLiveness() = default;

int StackLiveness::compute(Env& env) {
  data_->contexts.clear();
  data_->loops = goes_back(env);
  data_->roots.assign(env.subprograms.size(), -1);
  for (std::uint32_t i = 0; i < env.subprograms.size(); ++i)
    data_->roots[i] = data_->analyze(env, {i, 0, {}, {}}, env.subprograms[i].start);
  if (data_->too_complex)
    return env.refuse(-E2BIG, "liveness analysis exceeded complexity limit ({} calls)", max_calls + 1);
  if (env.log->everything()) data_->print(env);
  return 0;
}

StackHalves StackLiveness::live(const State& state, std::uint32_t insn, std::uint32_t frame) const {
  const StackHalves all = ~StackHalves{};
  const std::uint32_t root = state.frames[0]->subprogram;
  std::int32_t index = root < data_->roots.size() ? data_->roots[root] : -1;
  StackHalves live;
  for (std::uint32_t f = 0; f < state.frames.size(); ++f) {
    if (index < 0) return all;
    const Data::Context& context = *data_->contexts[static_cast<std::size_t>(index)];
    if (f + 1 == state.frames.size()) return f >= frame ? live | context.live[context.cell(insn, frame)] : all;
    const auto site = static_cast<std::uint32_t>(state.frames[f + 1]->call_site);
    const std::uint32_t callee = state.frames[f + 1]->subprogram;
    const Call* call = nullptr;
    for (const Call& candidate : context.calls) {
      if (candidate.insn == site && candidate.subprogram == callee) call = &candidate;
    }
    if (call == nullptr) return all;
    // A callback returns to the call itself.
    if (f >= frame) live |= context.live[context.cell(call->callback ? site : site + 1, frame)];
    index = call->context;
  }
  return all;
}

}  // namespace skep::verifier
