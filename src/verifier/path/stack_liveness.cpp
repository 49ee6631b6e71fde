// See stack_liveness.hpp. Where pointers to the stack are is followed by stack_values.cpp; here each instruction's
// reads and certain overwrites of slots are worked out from that, and from them, backwards, which slots are live.
//
// A function is analyzed once for each context (its depth, and the stack pointers that it is given). What it reads of
// its callers' frames is read, for them, by the call. A slot of an outer frame is live while an inner one runs if the
// rest of any function in between may read it, so a query asks every frame from that one inwards.
#include "verifier/path/stack_liveness.hpp"

#include <map>

#include "verifier/path/explorer.hpp"
#include "verifier/path/flow.hpp"
#include "verifier/path/stack_values.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {

namespace {

constexpr std::uint32_t max_calls = 10'000;
constexpr std::uint64_t all_slots = ~std::uint64_t{0};

// Slots that the bytes [offset, offset + size) from the frame pointer touch.
std::uint64_t touched_slots(std::int64_t offset, std::int64_t size) {
  std::uint64_t mask = 0;
  const std::int64_t end = std::min<std::int64_t>(offset + size, 0);
  for (std::int64_t at = std::max<std::int64_t>(offset, -512); at < end; ++at)
    mask |= std::uint64_t{1} << ((-at - 1) / 8);
  return mask;
}

// Slots that the bytes cover whole.
std::uint64_t covered_slots(std::int64_t offset, std::int64_t size) {
  if (size != 8 || offset >= 0 || offset < -512 || offset % 8 != 0) return 0;
  return std::uint64_t{1} << (-offset / 8 - 1);
}

struct Call {
  std::uint32_t insn = 0, subprogram = 0;
  std::int32_t context = -1;
  bool callback = false;
};

}  // namespace

struct StackLiveness::Data {
  // One function in one context. Masks by instruction and frame: [ (insn - first) * frames + frame ].
  struct Context {
    CallContext key;
    std::uint32_t first = 0, count = 0, frames = 0;
    std::vector<std::uint64_t> live;  // before the instruction
    std::vector<Call> calls;
    std::uint32_t total_calls = 0;  // with stack pointers, here and below, repetitions counted
    bool open = false;

    std::uint64_t& at(std::vector<std::uint64_t>& masks, std::uint32_t insn, std::uint32_t frame) const {
      return masks[std::size_t{insn - first} * frames + frame];
    }
  };

  std::vector<std::unique_ptr<Context>> contexts;
  std::vector<std::int32_t> roots;  // by subprogram
  std::uint16_t spilled = 0;
  bool too_complex = false;

  std::int32_t analyze(const Env& env, const CallContext& key);
  void find_effects(const Env& env, Context& context, std::vector<std::uint64_t>& use, std::vector<std::uint64_t>& def);
  void use_arguments(const Env& env, Context& context, std::uint32_t at, const StackValues& values,
                     std::vector<std::uint64_t>& use);
  void use_value(const Context& context, std::uint32_t at, const StackValue& value, std::int32_t off, std::int64_t size,
                 std::vector<std::uint64_t>& use) const;
  void enter(const Env& env, Context& context, std::uint32_t at, std::uint32_t subprogram, bool callback,
             const std::array<StackValue, 5>& arguments, std::vector<std::uint64_t>& use);
  void enter_callback(const Env& env, Context& context, std::uint32_t at, const StackValues& values,
                      std::vector<std::uint64_t>& use);
  void go_backwards(const Env& env, Context& context, const std::vector<std::uint64_t>& use,
                    const std::vector<std::uint64_t>& def);
};

namespace {

// How many bytes a helper may touch through argument `i`; -1: as many as there are.
std::int64_t helper_memory(const Env& env, const calls::Helper& helper, unsigned i, const StackValues& values) {
  const calls::ArgSpec& spec = helper.args[i];
  if ((spec.flags & calls::arg_flag::fixed_size) != 0) return spec.size;
  const maps::MapInfo* map = nullptr;
  for (unsigned j = 0; j < i; ++j) {
    if (helper.args[j].kind != calls::ArgKind::const_map || !values.regs[j + 1].is(StackValue::Kind::map)) continue;
    map = env.used_maps[static_cast<std::size_t>(values.regs[j + 1].number)];
  }
  switch (spec.kind) {
    case calls::ArgKind::map_key:
      return map != nullptr ? map->key_size : -1;
    case calls::ArgKind::map_value:
      return map != nullptr ? map->value_size : -1;
    case calls::ArgKind::dynptr:
      return 16;
    case calls::ArgKind::mem:
      if (i + 1 < helper.args.size() && values.regs[i + 2].is(StackValue::Kind::constant))
        return values.regs[i + 2].number;
      return -1;
    default:
      return -1;
  }
}

std::int64_t kfunc_memory(const KfuncCall& call, unsigned i) {
  const btf::Btf& btf = *call.btf;
  const auto params = btf.params(btf.type(call.proto));
  if (i >= params.size()) return 0;
  const bool sized =
      i + 1 < params.size() && (params[i + 1].name.ends_with("__sz") || params[i + 1].name.ends_with("__szk"));
  const auto pointee = btf.pointee(params[i].type);
  if (sized || !pointee || !btf.type(*pointee).is_struct_or_union()) return -1;
  const auto size = btf.size_of(*pointee);
  return size && *size != 0 ? std::int64_t{*size} : -1;
}

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

void StackLiveness::Data::use_value(const Context& context, std::uint32_t at, const StackValue& value, std::int32_t off,
                                    std::int64_t size, std::vector<std::uint64_t>& use) const {
  if (value.is(StackValue::Kind::place)) {
    const std::int64_t begin = std::int64_t{value.number} + off;
    context.at(use, at, value.frame) |= size >= 0 ? touched_slots(begin, size) : touched_slots(begin, 512);
    return;
  }
  for (std::uint32_t f = 0; f < context.frames; ++f) {
    if ((value.reach() >> f & 1) != 0) context.at(use, at, f) = all_slots;
  }
}

void StackLiveness::Data::enter(const Env& env, Context& context, std::uint32_t at, std::uint32_t subprogram,
                                bool callback, const std::array<StackValue, 5>& arguments,
                                std::vector<std::uint64_t>& use) {
  CallContext key{subprogram, context.key.depth + 1, {}};
  bool given = false;
  for (unsigned i = 0; i < arguments.size(); ++i) {
    if (arguments[i].reach() == 0) continue;
    key.arguments[i] = arguments[i];
    given = true;
  }
  const std::int32_t callee = key.depth < env.input.rules->limits.call_frames ? analyze(env, key) : -1;
  context.calls.push_back({at, subprogram, callee, callback});
  if (callee < 0) {
    for (std::uint32_t f = 0; f < context.frames; ++f) context.at(use, at, f) = all_slots;
    return;
  }
  Context& inner = *contexts[static_cast<std::size_t>(callee)];
  for (std::uint32_t f = 0; f < context.frames; ++f) context.at(use, at, f) |= inner.at(inner.live, inner.first, f);
  if (given) context.total_calls = std::min(context.total_calls + 1 + inner.total_calls, max_calls + 1);
}

void StackLiveness::Data::enter_callback(const Env& env, Context& context, std::uint32_t at, const StackValues& values,
                                         std::vector<std::uint64_t>& use) {
  const InsnAux& aux = env.aux[at];
  const ContextArgument passed =
      aux.names.helper != nullptr ? context_argument(aux.names.helper->special) : ContextArgument{};
  const unsigned function =
      aux.names.helper != nullptr ? passed.function : 3;  // kfuncs: bpf_rbtree_add(root, node, less)
  const StackValue& callee = values.regs[function];
  if (function == 0 || !callee.is(StackValue::Kind::function)) {
    for (std::uint32_t f = 0; f < context.frames; ++f) context.at(use, at, f) = all_slots;
    return;
  }
  std::array<StackValue, 5> arguments;
  if (passed.to != 0) arguments[passed.to - 1] = values.regs[passed.from];
  enter(env, context, at, static_cast<std::uint32_t>(callee.number), true, arguments, use);
}

void StackLiveness::Data::use_arguments(const Env& env, Context& context, std::uint32_t at, const StackValues& values,
                                        std::vector<std::uint64_t>& use) {
  const Insn& insn = env.insns[at];
  const InsnAux& aux = env.aux[at];
  if (insn.src == call_kind::subprogram && !env.subprograms[aux.names.callee].is_global) {
    std::array<StackValue, 5> arguments;
    for (unsigned i = 0; i < 5; ++i) arguments[i] = values.regs[i + 1];
    enter(env, context, at, aux.names.callee, false, arguments, use);
    return;
  }
  for (unsigned i = 0; i < 5; ++i) {
    if (values.regs[i + 1].reach() == 0 || (env.aux[at].flow.live_regs_before >> (i + 1) & 1) == 0) continue;
    std::int64_t size = -1;
    if (aux.names.helper != nullptr) size = helper_memory(env, *aux.names.helper, i, values);
    if (aux.names.kfunc != nullptr && aux.names.kfunc->btf) size = kfunc_memory(*aux.names.kfunc, i);
    use_value(context, at, values.regs[i + 1], 0, size, use);
  }
  if (aux.flow.calls_callback) enter_callback(env, context, at, values, use);
}

void StackLiveness::Data::find_effects(const Env& env, Context& context, std::vector<std::uint64_t>& use,
                                       std::vector<std::uint64_t>& def) {
  StackValueWalk walk(env, context.key, spilled);
  walk.for_each_insn([&](std::uint32_t at, const StackValues& values) {
    const Insn& insn = env.insns[at];
    const unsigned size = access_bytes(insn.code);
    const bool atomic = insn.insn_class() == insn_class::stx && insn.mode() == mem_mode::atomic;
    if (insn.insn_class() == insn_class::ldx || (atomic && insn.imm == atomic_op::load_acq)) {
      use_value(context, at, values.regs[insn.src], insn.off, size, use);
    } else if (atomic && insn.imm != atomic_op::store_rel) {
      use_value(context, at, values.regs[insn.dst], insn.off, size, use);
    } else if (insn.insn_class() == insn_class::st || insn.insn_class() == insn_class::stx) {
      const StackValue& base = values.regs[insn.dst];
      if (base.is(StackValue::Kind::place)) {
        context.at(def, at, base.frame) |= covered_slots(std::int64_t{base.number} + insn.off, size);
      }
    } else if (is_call(insn)) {
      use_arguments(env, context, at, values, use);
    }
  });
}

void StackLiveness::Data::go_backwards(const Env& env, Context& context, const std::vector<std::uint64_t>& use,
                                       const std::vector<std::uint64_t>& def) {
  const std::uint32_t frames = context.frames;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t i = context.count; i-- > 0;) {
      const std::uint32_t at = context.first + i;
      if (env.insns[at].code == 0) continue;
      const Successors successors(env, at);
      for (std::uint32_t f = 0; f < frames; ++f) {
        std::uint64_t after = 0;
        for (const std::uint32_t next : successors) {
          if (next >= context.first && next < context.first + context.count) after |= context.at(context.live, next, f);
        }
        const std::size_t cell = std::size_t{i} * frames + f;
        const std::uint64_t before = use[cell] | (after & ~def[cell]);
        if (before == context.live[cell]) continue;
        context.live[cell] = before;
        changed = true;
      }
    }
  }
}

// The context's index; -1 if it is under way (a callback that leads to itself).
std::int32_t StackLiveness::Data::analyze(const Env& env, const CallContext& key) {
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    if (contexts[i]->key == key) return contexts[i]->open ? -1 : static_cast<std::int32_t>(i);
  }
  const auto index = static_cast<std::int32_t>(contexts.size());
  contexts.push_back(std::make_unique<Context>());
  Context& context = *contexts.back();
  const Subprogram& subprogram = env.subprograms[key.subprogram];
  context.key = key;
  context.first = subprogram.start;
  context.count = subprogram.end - subprogram.start;
  context.frames = key.depth + 1;
  context.open = true;
  const std::size_t cells = std::size_t{context.count} * context.frames;
  std::vector<std::uint64_t> use(cells, 0), def(cells, 0);
  context.live.assign(cells, 0);
  find_effects(env, context, use, def);
  go_backwards(env, context, use, def);
  context.open = false;
  too_complex |= context.total_calls > max_calls || contexts.size() > max_calls;
  return index;
}

StackLiveness::StackLiveness() : data_(std::make_unique<Data>()) {}
StackLiveness::~StackLiveness() = default;

int StackLiveness::compute(Env& env) {
  std::uint16_t before = 0;
  do {  // what is spilled in one function may be found by another that was looked at earlier
    before = data_->spilled;
    data_->contexts.clear();
    data_->roots.assign(env.subprograms.size(), -1);
    for (std::uint32_t i = 0; i < env.subprograms.size(); ++i) data_->roots[i] = data_->analyze(env, {i, 0, {}});
    if (data_->too_complex) {
      return env.refuse(-E2BIG, "liveness analysis exceeded complexity limit ({} calls)", max_calls + 1);
    }
  } while (before != data_->spilled);
  return 0;
}

std::uint64_t StackLiveness::live_slots(const Env& env, const State& state, std::uint32_t insn,
                                        std::uint32_t frame) const {
  (void)env;
  const std::uint32_t root = state.frames[0]->subprogram;
  std::int32_t index = root < data_->roots.size() ? data_->roots[root] : -1;
  std::uint64_t live = 0;
  for (std::uint32_t f = 0; f < state.frames.size(); ++f) {
    if (index < 0) return all_slots;
    const Data::Context& context = *data_->contexts[static_cast<std::size_t>(index)];
    const auto live_before = [&](std::uint32_t at) {
      return context.live[std::size_t{at - context.first} * context.frames + frame];
    };
    if (f + 1 == state.frames.size()) return f >= frame ? live | live_before(insn) : all_slots;
    const auto site = static_cast<std::uint32_t>(state.frames[f + 1]->call_site);
    const std::uint32_t callee = state.frames[f + 1]->subprogram;
    const Call* call = nullptr;
    for (const Call& candidate : context.calls) {
      if (candidate.insn == site && candidate.subprogram == callee) call = &candidate;
    }
    if (call == nullptr) return all_slots;
    // A callback returns to the call itself.
    if (f >= frame) live |= live_before(call->callback ? site : site + 1);
    index = call->context;
  }
  return all_slots;
}

}  // namespace skep::verifier
