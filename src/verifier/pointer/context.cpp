// The context: the structure that a program is called with.
//
// For most program types a fixed layout (ProgTypeDef::context_access) says what each field gives. Programs that are
// attached by BTF get an array of the attach target's arguments instead: see btf_context.cpp. Tested by
// tests/conformance/.
#include <algorithm>
#include <cerrno>

#include "verifier/pointer/btf_context.hpp"
#include "verifier/pointer/internal.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/report/explain.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {
namespace {

using progtypes::CtxAccess;
using progtypes::CtxField;

constexpr std::uint64_t largest_context = 0xffff;

int refuse_access(Env& env, const MemAccess& access, std::int64_t off) {
  return env.refuse(-EACCES, "invalid bpf_context access off={} size={}", off, access.size);
}

void load_field(Env& env, RegState& result, const CtxAccess& field) {
  switch (field.field) {
    case CtxField::scalar:
      result.mark_unknown();
      if (field.min) result.r.set_smin(*field.min);
      if (field.max) result.r.set_smax(*field.max);
      return;
    case CtxField::packet:
      result.mark_pointer(RegType::packet);
      break;
    case CtxField::packet_meta:
      result.mark_pointer(RegType::packet_meta);
      break;
    case CtxField::packet_end:
      result.mark_pointer(RegType::packet_end);
      break;
    case CtxField::socket_or_null:
      result.mark_pointer(RegType::socket, reg_flag::maybe_null);
      break;
    case CtxField::socket:
      result.mark_pointer(RegType::socket);
      break;
    case CtxField::sock_common_or_null:
      result.mark_pointer(RegType::sock_common, reg_flag::maybe_null);
      break;
    case CtxField::tp_buffer:
      result.mark_pointer(RegType::tp_buffer);
      break;
    case CtxField::flow_keys:
      result.mark_pointer(RegType::flow_keys);
      break;
    case CtxField::buffer_rdonly:
      result.mark_pointer(RegType::buf, reg_flag::rdonly | (field.maybe_null ? reg_flag::maybe_null : 0));
      break;
    case CtxField::buffer:
      result.mark_pointer(RegType::buf, field.maybe_null ? reg_flag::maybe_null : 0);
      break;
    case CtxField::btf_pointer: {
      const btf::Btf* kernel = env.kernel_btf.get();
      const btf::TypeId id = kernel != nullptr ? kernel->find(field.btf_type, btf::Kind::struct_) : 0;
      if (id == 0) {
        result.mark_unknown();
        return;
      }
      mark_btf_pointer(env, result, kernel, id,
                       (field.trusted ? reg_flag::trusted : 0) | (field.maybe_null ? reg_flag::maybe_null : 0));
      return;
    }
  }
  if (result.maybe_null()) result.id = env.new_id();
}

// Where in the context the access is; the pointer must be the one that the program was given.
int check_pointer(Env& env, const MemAccess& access) {
  if (!env.type().context_is_memory) return check_fixed_offset(env, access.reg, access.regno, 0);
  return check_region(env, access.reg, access.regno, access.off, access.size, largest_context, false);
}

}  // namespace

int check_fixed_offset(Env& env, const RegState& reg, unsigned regno, std::int32_t off) {
  static_cast<void>(off);
  const std::string kind = reg_type_name(reg.type, reg.flags);
  if (!reg.r.is_const())
    return env.refuse(-EACCES, "variable {} access var_off={} disallowed", kind, tnum_string(reg.r.var_off()));
  const std::int64_t at = reg.fixed_offset();
  if (at < 0) return env.refuse(-EACCES, "negative offset {} ptr R{} off={} disallowed", kind, regno, at);
  if (at != 0)
    return env.refuse(-EACCES, explain::modified_pointer(reg, regno),
                      "dereference of modified {} ptr R{} off={} disallowed", kind, regno, at);
  return 0;
}

void note_context_use(Env& env, const RegState& reg, std::int64_t off, std::uint64_t size) {
  const std::int64_t end = static_cast<std::int64_t>(reg.r.umax() + size) + off;
  env.context_used = std::max(env.context_used, static_cast<std::uint32_t>(end));
}

int access_context(Env& env, const MemAccess& access) {
  if (int error = check_pointer(env, access)) return error;
  InsnAux& aux = env.aux[access.insn];
  aux.access.ctx_access = true;
  note_context_use(env, access.reg, access.off, access.size);
  if (env.type().context_is_memory) {
    // Plain memory of the program's own: anything goes, as far as there is any, which is seen when it is run.
    if (access.is_read() && access.value_reg >= 0) env.reg(static_cast<unsigned>(access.value_reg)).mark_unknown();
    return 0;
  }
  const std::int64_t off = access.off;
  if (has_btf_context(env)) return access_btf_context(env, access);

  const progtypes::ProgTypeDef* def = &env.type();
  progtypes::ProgramTraits traits = env.input.traits;
  if (env.attached_to() == progtypes::AttachedTo::program && env.input.attach && env.input.attach->program) {
    def = env.input.attach->program->def;
    traits.attach_type = env.input.attach->program->attach_type;
  }
  if (def->context_access == nullptr) return refuse_access(env, access, off);
  const CtxAccess field = def->context_access(access.off, access.size, access.is_write(), traits);
  if (!field.allowed) return refuse_access(env, access, off);
  if (field.field != CtxField::scalar && access.options.sign_extend) return refuse_access(env, access, off);
  aux.access.ctx_field = field.field;
  if (access.is_read() && access.value_reg >= 0)
    load_field(env, env.reg(static_cast<unsigned>(access.value_reg)), field);
  return 0;
}

}  // namespace skep::verifier
