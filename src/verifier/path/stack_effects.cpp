// See stack_effects.hpp.
#include "verifier/path/stack_effects.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "verifier/path/flow.hpp"

namespace skep::verifier {
namespace {

constexpr std::int64_t lowest = -std::int64_t{max_stack};
constexpr std::int64_t unknown_size = -1;

// Memory that a call is given: how many bytes (or as many as there are), and what it does with them.
struct Memory {
  std::int64_t size = unknown_size;
  bool filled = false;  // written before it is read
  bool untouched = false;
};

void use(const StackEffects& effects, const StackValue& value, std::int64_t off, std::int64_t size) {
  if (value.is(StackValue::Kind::place)) {
    for (unsigned i = 0; i < value.count; ++i) {
      const std::int64_t begin = value.offsets[i] + off;
      effects.use(value.frame) |= touched_halves(begin, size == unknown_size ? -begin : size);
    }
    return;
  }
  for (std::uint32_t f = 0; value.reach() >> f != 0; ++f) {
    if ((value.reach() >> f & 1) != 0) effects.use(f).set();
  }
}

void define(const StackEffects& effects, const StackValue& value, std::int64_t off, std::int64_t size) {
  if (value.is(StackValue::Kind::place) && value.count == 1)
    effects.def(value.frame) |= covered_halves(value.offsets[0] + off, size);
}

std::int64_t number_in(const StackValue& value) {
  return value.is(StackValue::Kind::constant) && value.number >= 0 ? value.number : unknown_size;
}

const maps::MapInfo* map_before(const Env& env, const calls::Helper& helper, unsigned i, const StackValues& values) {
  const maps::MapInfo* map = nullptr;
  for (unsigned j = 0; j < i; ++j) {
    if (helper.args[j].kind != calls::ArgKind::const_map || !values.regs[j + 1].is(StackValue::Kind::map)) continue;
    map = env.used_maps[static_cast<std::size_t>(values.regs[j + 1].number)];
  }
  return map;
}

Memory helper_memory(const Env& env, const calls::Helper& helper, unsigned i, const StackValues& values) {
  const calls::ArgSpec& spec = helper.args[i];
  const bool filled = (spec.flags & calls::arg_flag::uninit) != 0;
  const maps::MapInfo* map = map_before(env, helper, i, values);
  switch (spec.kind) {
    case calls::ArgKind::none:
    case calls::ArgKind::stack:  // the context of a callback, which says itself what it reads
      return {.untouched = true};
    case calls::ArgKind::map_key:
      return {map != nullptr ? std::int64_t{map->key_size} : unknown_size, filled};
    case calls::ArgKind::map_value:
      return {map != nullptr ? std::int64_t{map->value_size} : unknown_size, filled};
    case calls::ArgKind::dynptr:
      return {16, filled};
    case calls::ArgKind::mem:
      if ((spec.flags & calls::arg_flag::fixed_size) != 0) return {spec.size, filled};
      if (i + 1 < helper.args.size()) return {number_in(values.regs[i + 2]), filled};
      return {unknown_size, filled};
    default:
      return {};
  }
}

Memory kfunc_memory(const KfuncCall& call, unsigned i, const StackValues& values) {
  const btf::Btf& btf = *call.btf;
  const auto params = btf.params(btf.type(call.proto));
  if (i >= params.size()) return {.untouched = true};
  Memory memory;
  const bool makes_iterator = call.entry != nullptr && (call.entry->flags & calls::call_flag::iter_new) != 0;
  memory.filled = params[i].name.ends_with("__uninit") || (makes_iterator && i == 0);
  if (i + 1 < params.size() && (params[i + 1].name.ends_with("__sz") || params[i + 1].name.ends_with("__szk"))) {
    memory.size = number_in(values.regs[i + 2]);
    return memory;
  }
  const auto pointee = btf.pointee(params[i].type);
  if (!pointee) return memory;
  const btf::Type& type = btf.type(*pointee);
  if (type.name == "bpf_dynptr") {
    memory.size = 16;
  } else if (type.is_struct_or_union()) {
    if (const auto size = btf.size_of(*pointee); size && *size != 0) memory.size = *size;
  }
  return memory;
}

void of_call(const Env& env, std::uint32_t at, const StackValues& values, const StackEffects& effects) {
  const InsnAux& aux = env.aux[at];
  for (unsigned i = 0; i < 5; ++i) {
    const StackValue& value = values.regs[i + 1];
    if (value.reach() == 0) continue;
    Memory memory;
    if (aux.names.helper != nullptr)
      memory = helper_memory(env, *aux.names.helper, i, values);
    else if (aux.names.kfunc != nullptr && aux.names.kfunc->btf)
      memory = kfunc_memory(*aux.names.kfunc, i, values);
    if (memory.untouched) continue;
    if (!memory.filled)
      use(effects, value, 0, memory.size);
    else if (memory.size != unknown_size)
      define(effects, value, 0, memory.size);
  }
}

}  // namespace

StackHalves touched_halves(std::int64_t offset, std::int64_t size) {
  StackHalves halves;
  const std::int64_t end = std::min<std::int64_t>(offset + size, 0);
  for (std::int64_t at = std::max(offset, lowest); at < end; ++at) halves.set(static_cast<std::size_t>((-at - 1) / 4));
  return halves;
}

StackHalves covered_halves(std::int64_t offset, std::int64_t size) {
  StackHalves halves;
  const std::int64_t end = std::min<std::int64_t>(offset + size, 0);
  constexpr std::int64_t half = 4;
  std::int64_t at = std::max(offset, lowest);
  at += -at % half;  // up to the next half's begin
  for (; at + half <= end; at += half) halves.set(static_cast<std::size_t>(-at / half - 1));
  return halves;
}

void find_stack_effects(const Env& env, std::uint32_t at, const StackValues& values, const StackEffects& effects) {
  const Insn& insn = env.insns[at];
  const unsigned size = access_bytes(insn.code);
  const bool atomic = insn.insn_class() == insn_class::stx && insn.mode() == mem_mode::atomic;
  if (is_load(insn))
    use(effects, values.regs[insn.src], insn.off, size);
  else if (atomic && insn.imm != atomic_op::store_rel)
    use(effects, values.regs[insn.dst], insn.off, size);
  else if (insn.insn_class() == insn_class::st || insn.insn_class() == insn_class::stx)
    define(effects, values.regs[insn.dst], insn.off, size);
  else if (is_call(insn) && insn.src != call_kind::subprogram)
    of_call(env, at, values, effects);
}

std::string halves_text(std::uint32_t frame, const StackHalves& halves) {
  std::string text;
  const auto whole = [&](unsigned slot) { return halves[2 * slot] && halves[2 * slot + 1]; };
  for (unsigned slot = 0; slot < stack_slots; ++slot) {
    unsigned last = slot;
    while (whole(slot) && last + 1 < stack_slots && whole(last + 1)) ++last;
    const unsigned at = 8 * (slot + 1);
    if (last > slot + 1) {
      text += fmt::format(" fp{}-{}..-{}", frame, at, 8 * (last + 1));
      slot = last;
    } else if (whole(slot)) {
      text += fmt::format(" fp{}-{}", frame, at);
    } else if (halves[2 * slot]) {
      text += fmt::format(" fp{}-{}h", frame, at - 4);
    } else if (halves[2 * slot + 1]) {
      text += fmt::format(" fp{}-{}h", frame, at);
    }
  }
  return text;
}

}  // namespace skep::verifier
