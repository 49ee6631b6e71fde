// What is handed on of an accepted program: its instructions without the dead ones, and what was proved of each. See
// verifier.hpp and dead_code.cpp. Tested by tests/verifier/program/dead_code_test.cpp.
#include <algorithm>
#include <optional>

#include "verifier/path/flow.hpp"
#include "verifier/program/dead_code.hpp"
#include "verifier/program/program.hpp"

namespace skep::verifier {

namespace {

constexpr std::uint32_t slot_bytes = 8;

InsnFacts facts_of(const Env& env, std::uint32_t at) {
  const InsnAux& aux = env.aux[at];
  const Insn& insn = env.insns[at];
  InsnFacts facts;
  facts.map = is_call(insn) ? aux.call.map : aux.names.map;
  facts.helper = aux.names.helper;
  if (aux.names.kfunc != nullptr) {
    facts.kfunc = aux.names.kfunc->entry;
    facts.needs_aux =
        aux.names.kfunc->entry != nullptr && (aux.names.kfunc->entry->flags & calls::call_flag::implicit_args) != 0;
  }
  if (is_subprogram_call(insn) || is_function_address(insn)) facts.callee = static_cast<std::int32_t>(aux.names.callee);
  facts.stand_in = aux.names.stand_in;
  // An engine outside of the kernel has no kernel objects but those that it made up, of which many pointers are null:
  // it must not trust what the kernel may trust.
  if (aux.call.record >= 0) {
    facts.arguments = aux.call.record;
    facts.result_not_null = env.call_records[static_cast<std::size_t>(aux.call.record)].result_not_null;
  }
  const bool kernel_object =
      aux.access.pointer_type == RegType::btf && (aux.access.pointer_flags & reg_flag::alloc) == 0;
  facts.fault_protected = aux.access.fault_protected || (is_load(insn) && kernel_object);
  facts.zero_extend = aux.flow.zero_extend;
  // Arithmetic that was always with an address in an arena: see check_arena_mix.
  facts.arena = aux.access.arena_access || (insn.insn_class() == insn_class::alu64 && aux.access.alu_state == 1);
  facts.map_field = aux.access.reads_map;
  facts.map_field_type = aux.access.reads_other ? MapType::unspec : aux.access.map_read;
  facts.is_ctx_access = aux.access.ctx_access;
  facts.ctx_field = static_cast<std::uint8_t>(aux.access.ctx_field);
  facts.value = aux.call.value;
  facts.field = aux.call.field;
  if (aux.names.kfunc != nullptr && aux.call.btf_id != 0) {
    const auto found = env.allocated_records.find({aux.call.btf, aux.call.btf_id});
    if (found != env.allocated_records.end()) facts.record = found->second;
  }
  return facts;
}

// Where the address of a function that was taken out points to afterwards. The kernel takes out all dead code that lies
// together at once, and leaves addresses within it as they are: only where it began does another function begin.
std::uint32_t address_of_missing(const Env& env, const Remaining& remaining, std::uint32_t at) {
  const auto function = static_cast<std::uint32_t>(static_cast<std::int64_t>(at) + env.insns[at].imm + 1);
  std::uint32_t begin = function;
  while (begin > 0 && !env.aux[begin - 1].flow.seen) --begin;
  return remaining.moved_to[begin] + (function - begin);
}

}  // namespace

std::optional<Verified> finish(Env& env) {
  Verified verified;
  Remaining remaining = remove_dead_code(env);
  std::vector<std::int32_t> renumbered(env.subprograms.size(), -1);
  for (std::size_t i = 0; i < env.subprograms.size(); ++i) {
    const Subprogram& subprogram = env.subprograms[i];
    SubprogramFacts facts;
    facts.name = subprogram.name;
    facts.start = remaining.moved_to[subprogram.start];
    facts.end = remaining.moved_to[subprogram.end];
    if (facts.start == facts.end) continue;  // never called
    facts.stack_depth = (subprogram.stack_depth + slot_bytes - 1) / slot_bytes * slot_bytes;
    facts.is_global = subprogram.is_global;
    facts.is_async_callback = subprogram.is_async_callback;
    facts.is_exception_callback = subprogram.is_exception_callback;
    facts.might_sleep = subprogram.might_sleep;
    renumbered[i] = static_cast<std::int32_t>(verified.subprograms.size());
    verified.subprograms.push_back(std::move(facts));
    verified.has_tail_call |= subprogram.has_tail_call;
  }
  verified.facts.reserve(remaining.insns.size());
  std::optional<std::uint32_t> missing;
  for (std::size_t now = 0; now < remaining.insns.size(); ++now) {
    InsnFacts facts = facts_of(env, remaining.original[now]);
    if (facts.callee >= 0) facts.callee = renumbered[static_cast<std::size_t>(facts.callee)];
    if (facts.stand_in >= 0) facts.stand_in = renumbered[static_cast<std::size_t>(facts.stand_in)];
    if (facts.callee < 0 && is_function_address(remaining.insns[now])) {
      // The address of a function that no path runs: nothing may be jumped to through it.
      const std::uint32_t target = address_of_missing(env, remaining, remaining.original[now]);
      const auto starts_there = [target](const SubprogramFacts& function) { return function.start == target; };
      if (!missing && std::ranges::none_of(verified.subprograms, starts_there)) missing = target;
      remaining.insns[now].src = 0;
      remaining.insns[now].imm = 0;
    }
    verified.facts.push_back(facts);
  }
  // The kernel's compiler, which is asked only if there are functions, looks for one at the address and finds none.
  if (missing && verified.subprograms.size() > 1) {
    env.refuse(-EFAULT, "verifier bug: No program to jit at insn {} (subprog < 0)", *missing);
    return std::nullopt;
  }
  verified.insns = std::move(remaining.insns);
  verified.original = std::move(remaining.original);
  verified.used_maps = env.used_maps;
  verified.context_used = env.context_used;
  verified.tracepoint_buffer_used = env.tracepoint_buffer_used;
  for (const CallRecord& record : env.call_records) verified.arguments.push_back(record.arguments);
  verified.might_sleep = env.subprograms[0].might_sleep;
  verified.changes_packet = env.subprograms[0].changes_packet;
  return verified;
}

}  // namespace skep::verifier
