// Kernel objects and allocated ones, walked by their BTF: what a load of a field gives, and what it may be used for.
//
// Tested by tests/conformance/.
#include "verifier/pointer/btf_object.hpp"

#include <cerrno>

#include "verifier/call/call.hpp"
#include "verifier/pointer/pointer.hpp"

namespace skep::verifier {
namespace {

std::uint32_t tag_flags(const btf::Btf::Access& found) {
  std::uint32_t flags = found.through_union ? reg_flag::untrusted : 0;
  for (std::string_view tag : found.tags) {
    if (tag == "user") flags |= reg_flag::user;
    if (tag == "percpu") flags |= reg_flag::percpu;
    if (tag == "rcu") flags |= reg_flag::rcu;
  }
  return flags;
}

bool is_alloc(const RegState& reg) {
  return reg.has(reg_flag::alloc);
}

// The fields that the kernel keeps for itself in an allocated object.
int check_special_fields(Env& env, const MemAccess& access, std::int64_t off) {
  const btf::Record* record = record_of_allocated(env, access.reg.btf, access.reg.btf_id);
  if (record == nullptr) return 0;
  const auto begin = static_cast<std::uint64_t>(off);
  if (const btf::Field* field = record->overlapping(begin, begin + access.size))
    return env.refuse(-EACCES, "direct access to {} is disallowed", btf::field_name(field->kind));
  return 0;
}

// What a pointer that was read from a field is worth, by what the object was worth that it was read from.
std::uint32_t pointer_trust(Env& env, const RegState& object, const BtfField& field) {
  std::uint32_t flags = field.flags;
  constexpr std::uint32_t trusting = reg_flag::trusted | reg_flag::alloc | reg_flag::non_owning | reg_flag::rcu;
  if (object.has(reg_flag::untrusted)) return reg_flag::untrusted;
  if (!is_trusted(object) && !is_rcu_protected(object)) return flags & ~trusting;
  const FieldTrust trust = field_trust(*object.btf, object.btf_id, field.member, field.type);
  if (trust.trusted) return flags | reg_flag::trusted;
  if (trust.trusted_or_null) return flags | reg_flag::trusted | reg_flag::maybe_null;
  if (!in_rcu_section(env) || object.maybe_null()) return reg_flag::untrusted;
  if (trust.rcu) return flags | reg_flag::rcu;
  if ((flags & reg_flag::rcu) != 0 || trust.rcu_or_null) {
    flags |= reg_flag::rcu | reg_flag::maybe_null;
    if (trust.rcu_or_null) flags &= ~reg_flag::untrusted;
    return flags;
  }
  if ((flags & (reg_flag::percpu | reg_flag::user)) != 0) return flags;
  return flags & ~trusting;
}

int check_use(Env& env, const MemAccess& access, std::string_view name, std::int64_t off) {
  const RegState& reg = access.reg;
  if (!env.input.traits.gpl && reg.btf->is_kernel())
    return env.refuse(-EINVAL, "Cannot access kernel 'struct {}' from non-GPL compatible program", name);
  if (!reg.r.is_const())
    return env.refuse(-EACCES, "R{} is ptr_{} invalid variable offset: off={}, var_off={}", access.regno, name,
                      access.off, tnum_string(reg.r.var_off()));
  if (off < 0) return env.refuse(-EACCES, "R{} is ptr_{} invalid negative access: off={}", access.regno, name, off);
  if (reg.has(reg_flag::user))
    return env.refuse(-EACCES, "R{} is ptr_{} access user memory: off={}", access.regno, name, off);
  if (reg.has(reg_flag::percpu))
    return env.refuse(-EACCES, "R{} is ptr_{} access percpu memory: off={}", access.regno, name, off);
  return 0;
}

}  // namespace

BtfField walk_struct(Env& env, const btf::Btf& btf, btf::TypeId id, std::int64_t off, unsigned size) {
  static_cast<void>(env);
  const auto found = btf.access(id, static_cast<std::uint64_t>(off), size);
  BtfField field;
  field.member = found.member;
  field.type = found.type;
  switch (found.what) {
    case btf::Btf::Access::What::error:
      field.error = found.error;
      field.message = found.message;
      break;
    case btf::Btf::Access::What::pointer:
      if (found.type != 0 && btf.resolved(found.type).is_struct_or_union()) {
        field.kind = BtfField::Kind::object;
        field.flags = tag_flags(found);
      } else {
        // A pointer to bytes of which no type is known: they may be read, whatever comes.
        field.kind = BtfField::Kind::memory;
        field.flags = reg_flag::rdonly | reg_flag::untrusted;
      }
      break;
    default:
      field.kind = BtfField::Kind::scalar;
      break;
  }
  return field;
}

void mark_btf_pointer(Env& env, RegState& reg, const btf::Btf* btf, btf::TypeId id, std::uint32_t flags) {
  reg.mark_pointer(RegType::btf, flags);
  reg.btf = btf;
  reg.btf_id = id;
  if (reg.maybe_null()) reg.id = env.new_id();
}

void mark_btf_field(Env& env, RegState& reg, const btf::Btf& btf, const BtfField& field, std::uint32_t flags) {
  switch (field.kind) {
    case BtfField::Kind::scalar:
      reg.mark_unknown();
      return;
    case BtfField::Kind::object:
      mark_btf_pointer(env, reg, &btf, field.type, flags);
      return;
    case BtfField::Kind::memory:
      reg.mark_pointer(RegType::mem, flags);
      reg.mem_size = 0;
      return;
  }
}

int access_btf(Env& env, const MemAccess& access) {
  const RegState& reg = access.reg;
  const std::string_view name = reg.btf->type(reg.btf_id).name;
  const std::int64_t off = reg.fixed_offset() + access.off;
  if (int error = check_use(env, access, name, off)) return error;
  if (access.is_write() && !is_alloc(reg)) return check_kernel_object_write(env, access, off);
  if (access.is_write() && (reg.has(reg_flag::untrusted) || reg.has(reg_flag::percpu)))
    return env.refuse(-EACCES, "only read is supported");
  if (is_alloc(reg)) {
    if (int error = check_special_fields(env, access, off)) return error;
  }
  const BtfField field = walk_struct(env, *reg.btf, reg.btf_id, off, access.size);
  if (field.error != 0) return env.refuse_text(field.error, field.message);
  // An allocation holds the struct alone, and nothing of a flexible array behind it.
  if (is_alloc(reg) && static_cast<std::uint64_t>(off) + access.size > reg.btf->type(reg.btf_id).size)
    return env.refuse(-EACCES, "access beyond struct {} at off {} size {}", name, off, access.size);
  if (access.is_write() || access.value_reg < 0) return 0;
  RegState& result = env.reg(static_cast<unsigned>(access.value_reg));
  const btf::Btf& btf = *reg.btf;
  if (field.kind == BtfField::Kind::object && !is_alloc(reg))
    mark_btf_field(env, result, btf, field, pointer_trust(env, reg, field));
  else if (field.kind == BtfField::Kind::memory && !is_alloc(reg))
    mark_btf_field(env, result, btf, field, field.flags);
  else
    result.mark_unknown();  // what a program put into its own object is a number
  env.aux[access.insn].access.fault_protected = !is_trusted(reg) || env.aux[access.insn].access.fault_protected;
  return 0;
}

}  // namespace skep::verifier
