// Kernel pointers kept in maps: the field that bpf_kptr_xchg swaps, and what may be put into it.
//
// Tested by tests/conformance/.
#include "verifier/call/internal.hpp"
#include "verifier/pointer/pointer.hpp"

namespace skep::verifier {

using btf::FieldKind;

namespace {

bool is_kptr(FieldKind kind) {
  return kind == FieldKind::kptr_unref || kind == FieldKind::kptr_ref || kind == FieldKind::kptr_percpu ||
         kind == FieldKind::uptr;
}

}  // namespace

int check_kptr_dest(Env& env, Call& call, unsigned regno) {
  const RegState& reg = env.reg(regno);
  if (!reg.r.is_const())
    return env.refuse(-EINVAL, "R{} doesn't have constant offset. kptr has to be at the constant offset", regno);
  if (reg.is(RegType::map_value) && reg.map->btf == nullptr)
    return env.refuse(-EINVAL, "map '{}' has to have BTF in order to use bpf_kptr_xchg", reg.map->name);
  const btf::Record* record = record_of(env, reg);
  bool any = false;
  if (record != nullptr)
    for (const btf::Field& field : record->fields) any = any || is_kptr(field.kind);
  if (!any) return env.refuse(-EINVAL, "R{} has no valid kptr", regno);
  const std::int64_t offset = reg.fixed_offset();
  const btf::Field* field = offset < 0 ? nullptr : record->at(static_cast<std::uint32_t>(offset));
  if (field == nullptr || !is_kptr(field->kind) || field->kind == FieldKind::uptr)
    return env.refuse(-EACCES, "off={} doesn't point to kptr", offset);
  if (field->kind == FieldKind::kptr_unref) return env.refuse(-EACCES, "off={} kptr isn't referenced kptr", offset);
  call.field = field;
  return 0;
}

int check_kptr_value(Env& env, const Call& call, unsigned regno) {
  if (call.field == nullptr) return unsupported(env, "bpf_kptr_xchg without a field");
  return check_kptr_match(env, *call.field, env.reg(regno), regno);
}

}  // namespace skep::verifier
