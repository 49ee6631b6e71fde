// See verifier/call/call_facts.hpp.
#include "verifier/call/call_facts.hpp"

#include <algorithm>

namespace skep::verifier {

namespace {

// Memory of the program's own or of its maps. Not so: pointers to kernel objects, which the verifier may trust and
// which are null here where there is no such object; a context, which a syscall program may be run without; the address
// of a function that no path runs, which is taken out with it.
bool is_never_null(const RegState& reg) {
  if (reg.maybe_null()) return false;
  switch (reg.type) {
    case RegType::map_ptr:
    case RegType::map_value:
    case RegType::map_key:
    case RegType::stack:
    case RegType::packet:
    case RegType::packet_meta:
    case RegType::packet_end:
    case RegType::mem:
      return true;
    case RegType::btf:
      return reg.has(reg_flag::alloc);
    default:
      return false;
  }
}

}  // namespace

void begin_call_facts(Env& env) {
  env.relied_on = 0;
}

void note_call_arguments(Env& env, unsigned count) {
  InsnAux& aux = env.insn_aux();
  const bool first = aux.call.record < 0;
  if (first) {
    aux.call.record = static_cast<std::int32_t>(env.call_records.size());
    env.call_records.emplace_back();
  }
  runtime::CallFacts& facts = env.call_records[static_cast<std::size_t>(aux.call.record)].arguments;
  for (unsigned i = 0; i < std::min<std::size_t>(count, facts.size()); ++i) {
    const RegState& reg = env.reg(i + 1);
    runtime::ArgumentFacts now;
    now.not_null = is_never_null(reg);
    now.bounded = reg.is_scalar() && (env.relied_on >> (i + 1) & 1) != 0;
    if (now.bounded) {
      now.min = reg.r.umin();
      now.max = reg.r.umax();
    }
    runtime::ArgumentFacts& all = facts[i];
    if (first) {
      all = now;
      continue;
    }
    all.not_null = all.not_null && now.not_null;
    all.bounded = all.bounded && now.bounded;
    all.min = all.bounded ? std::min(all.min, now.min) : 0;
    all.max = all.bounded ? std::max(all.max, now.max) : ~std::uint64_t{0};
  }
}

void note_call_result(Env& env) {
  const std::int32_t record = env.insn_aux().call.record;
  if (record < 0) return;
  if (!is_never_null(env.reg(0))) env.call_records[static_cast<std::size_t>(record)].result_not_null = false;
}

void note_field(Env& env, const btf::Field& field) {
  InsnCall& call = env.insn_aux().call;
  if (call.fields_differ) return;
  if (call.field == nullptr) {
    call.field = std::make_shared<const btf::Field>(field);
    return;
  }
  const btf::Field& known = *call.field;
  if (known.kind == field.kind && known.btf == field.btf && known.type == field.type &&
      known.node_offset == field.node_offset)
    return;
  call.field.reset();
  call.fields_differ = true;
}

}  // namespace skep::verifier
