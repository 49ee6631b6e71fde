// Kernel pointers kept in maps: the field that bpf_kptr_xchg swaps, and what may be put into it.
//
// Tested by tests/verifier/call/kptr_test.cpp.
#include "verifier/call/internal.hpp"

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
  const btf::Field& field = *call.field;
  const RegState& reg = env.reg(regno);
  const bool of_kernel = reg.is(RegType::btf) && reg.btf->is_kernel();
  std::uint32_t allowed = reg_flag::maybe_null;
  if (of_kernel) {
    allowed |= reg_flag::trusted | reg_flag::rcu;
  } else {
    allowed |= reg_flag::alloc;
    if (field.kind == FieldKind::kptr_percpu) allowed |= reg_flag::percpu;
  }
  bool fits = reg.is(RegType::btf) && (reg.flags & ~allowed) == 0;
  if (fits && field.kind == FieldKind::kptr_percpu && !reg.has(reg_flag::percpu)) fits = false;
  const bool kind_fits = fits;
  if (fits) {
    if (const int err = check_offset(env, reg, regno, true)) return err;
    fits =
        reg.btf->contains_at(reg.btf_id, static_cast<std::uint64_t>(reg.fixed_offset()), *field.btf, field.type, true);
  }
  if (fits) return 0;
  const std::string_view given = kind_fits ? reg.btf->type(reg.btf_id).name : std::string_view();
  return env.refuse(-EACCES, "invalid kptr access, R{} type={}{} expected={}{}", regno,
                    reg_type_name(reg.type, reg.flags), given, reg_type_name(RegType::btf, 0),
                    field.btf->type(field.type).name);
}

}  // namespace skep::verifier
