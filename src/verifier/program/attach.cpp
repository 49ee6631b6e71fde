// What the program is attached to: the kernel function, hook, struct_ops member or program that it names must exist,
// and be of a kind that such programs may be attached to. Tested by tests/kernel/attach_tables_test.cpp.
#include <algorithm>
#include <array>

#include "btf/parse_log.hpp"
#include "progtypes/attach_rules.hpp"
#include "progtypes/lsm_hooks.hpp"
#include "verifier/pointer/btf_context.hpp"
#include "verifier/program/map_use.hpp"
#include "verifier/program/program.hpp"

namespace skep::verifier {

namespace {

using progtypes::AttachedTo;

bool runs_after_function(AttachType attach) {
  return attach == AttachType::trace_fexit || attach == AttachType::modify_return ||
         attach == AttachType::trace_fsession;
}

// ---- struct_ops -----------------------------------------------------------------------------------------------------

int check_struct_ops(Env& env) {
  if (!env.input.traits.gpl) return env.refuse(-EINVAL, "struct ops programs must have a GPL compatible license");
  if (!env.input.attach || env.input.attach->type == 0) {
    return env.refuse(-ENOTSUP, "attach_btf_id 0 is not a supported struct");
  }
  const AttachTarget& target = *env.input.attach;
  const btf::Btf& btf = *target.btf;
  const btf::Type& ops = btf.type(target.type);
  const auto members = btf.members(ops);
  if (target.member >= members.size()) {
    return env.refuse(-EINVAL, "attach to invalid member idx {} of struct {}", target.member, ops.name);
  }
  const btf::Member& member = members[target.member];
  const auto pointee = btf.pointee(member.type);
  if (!pointee || btf.type(*pointee).kind != btf::Kind::func_proto) {
    return env.refuse(-EINVAL, "attach to invalid member {}(@idx {}) of struct {}", member.name, target.member,
                      ops.name);
  }
  if (const int error = progtypes::unsupported_member(ops.name, member.name, env.input.traits.sleepable))
    return env.refuse(error, "attach to unsupported member {} of struct {}", member.name, ops.name);
  if (takes_arena_argument(env) && !has_arena(env))
    return env.refuse(-EINVAL, "arena argument of {} requires a program with an associated arena", member.name);
  return 0;
}

// ---- functions of the kernel ----------------------------------------------------------------------------------------

int check_result_size(Env& env, const btf::Btf& btf, const btf::Type& func) {
  const btf::TypeId result = btf.type(func.type).type;
  if (result == 0 || !runs_after_function(env.input.traits.attach_type)) return 0;
  const btf::Type& type = btf.resolved(result);
  if (type.kind == btf::Kind::void_ || type.kind == btf::Kind::ptr || type.size <= 8) return 0;
  return env.refuse(-EOPNOTSUPP,
                    "Attach to function {} with a >8 byte return value is not supported for this attach type",
                    func.name);
}

// The trampoline passes words on: so many of them, and of a structure no more than two.
int check_signature(Env& env, const btf::Btf& btf, const btf::Type& func) {
  constexpr std::size_t max_arguments = 12;
  constexpr std::uint32_t max_argument_size = 16;
  const btf::Type& proto = btf.type(func.type);
  const auto params = btf.params(proto);
  if (params.size() > max_arguments)
    return env.refuse(-EINVAL, "The function {} has {} arguments. Too many.", func.name, params.size());
  const btf::Type& result = btf.resolved(proto.type);
  if (result.is_struct_or_union())
    return env.refuse(-EINVAL, "The function {} return type {} is unsupported.", func.name,
                      btf::kind_name(result.kind));
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (params[i].type == 0)
      return env.refuse(-EINVAL, "The function {} with variable args is unsupported.", func.name);
    const btf::Type& type = btf.resolved(params[i].type);
    if (type.is_struct_or_union() && type.size > max_argument_size)
      return env.refuse(-EINVAL, "The function {} arg{} type {} is unsupported.", func.name, i,
                        btf::kind_name(type.kind));
  }
  return 0;
}

bool is_of_kernel(const Env& env, const AttachTarget& target) {
  return target.btf.get() == env.kernel_btf.get();
}

bool function_may_sleep(const Env& env, std::string_view function) {
  if (env.attached_to() != AttachedTo::function) return progtypes::lsm_hook_sleepable(function);
  return progtypes::tracing_may_sleep(function) || env.input.resolver->host_sleepable(function);
}

int check_traced_function(Env& env, const AttachTarget& target) {
  const btf::Btf& btf = *target.btf;
  const btf::Type& func = btf.type(target.type);
  const AttachType attach = env.input.traits.attach_type;
  if (func.kind != btf::Kind::func) {
    return env.refuse(-EINVAL, "attach_btf_id {} is not a function", target.type);
  }
  if (btf.type(func.type).kind != btf::Kind::func_proto)
    return env.refuse(-EINVAL, "attach_btf_id {} is not a function", target.type);
  if (const int error = check_signature(env, btf, func)) return error;
  if (const int error = check_result_size(env, btf, func)) return error;
  if (attach == AttachType::trace_iter) return 0;
  if (is_of_kernel(env, target) && progtypes::has_no_address(func.name))
    return env.refuse(-ENOENT, "The address of function {} cannot be found", func.name);
  if (env.input.traits.sleepable && !function_may_sleep(env, func.name))
    return env.refuse(-EINVAL, "{} is not sleepable", func.name);
  if (attach == AttachType::modify_return && !progtypes::fmod_ret_allowed(func.name) &&
      !env.input.resolver->host_modifiable(func.name)) {
    return env.refuse(-EINVAL, "{}() is not modifiable", func.name);
  }
  return 0;
}

int check_lsm_hook(Env& env, const AttachTarget& target) {
  const std::string_view name = target.btf->type(target.type).name;
  if (!env.input.traits.gpl) {
    return env.refuse(-EINVAL, "LSM programs must have a GPL compatible license");
  }
  if (progtypes::lsm_hook_disabled(name)) {
    return env.refuse(-EINVAL, "attach_btf_id {} points to disabled hook {}", target.type, name);
  }
  if (!progtypes::is_lsm_hook(name)) {
    return env.refuse(-EINVAL, "attach_btf_id {} points to wrong type name {}", target.type, name);
  }
  return 0;
}

int check_raw_tracepoint(Env& env, const AttachTarget& target) {
  const btf::Btf& btf = *target.btf;
  const btf::Type& type = btf.type(target.type);
  constexpr std::string_view prefix = "btf_trace_";
  if (type.kind != btf::Kind::typedef_) return env.refuse(-EINVAL, "attach_btf_id {} is not a typedef", target.type);
  if (!type.name.starts_with(prefix)) {
    return env.refuse(-EINVAL, "attach_btf_id {} points to wrong type name {}", target.type, type.name);
  }
  const std::string_view event = type.name.substr(prefix.size());
  if (env.input.traits.sleepable && !progtypes::is_faultable_tracepoint(event)) {
    return env.refuse(-EINVAL, "Sleepable program cannot attach to non-faultable tracepoint {}", event);
  }
  return 0;
}

int check_target_program(Env& env, const AttachTarget& target) {
  const AttachTarget::TargetProgram& program = *target.program;
  const btf::Btf& btf = *target.btf;
  const btf::Type& func = btf.type(target.type);
  if (func.kind != btf::Kind::func) return env.refuse(-EINVAL, "attach_btf_id {} is not a function", target.type);
  const AttachedTo its = progtypes::attached_to(*program.def, {.attach_type = program.attach_type});
  if (env.attached_to() == AttachedTo::program) {
    if (its == AttachedTo::program) return env.refuse(-EINVAL, "Cannot recursively attach");
    if (progtypes::traces(its)) return env.refuse(-EINVAL, "Cannot extend fentry/fexit");
    if (func.linkage != btf::Linkage::global) {
      return env.refuse(-EINVAL, "Cannot replace static function {}() in BTF", func.name);
    }
    return 0;
  }
  if (progtypes::traces(its)) return env.refuse(-EINVAL, "Cannot recursively attach");
  if (its == AttachedTo::program) return 0;
  return check_result_size(env, btf, func);
}

int check_denied(Env& env, const AttachTarget& target) {
  const std::string_view name = target.btf->type(target.type).name;
  if (progtypes::is_untraceable(name))
    return env.refuse(-EINVAL, "Attaching tracing programs to function '{}' is rejected.", name);
  if (runs_after_function(env.input.traits.attach_type) && progtypes::never_returns(name)) {
    return env.refuse(-EINVAL, "Attaching fexit/fsession/fmod_ret to __noreturn function '{}' is rejected.", name);
  }
  return 0;
}

bool attaches_to_many(AttachType attach) {
  return attach == AttachType::trace_fentry_multi || attach == AttachType::trace_fexit_multi ||
         attach == AttachType::trace_fsession_multi;
}

int check_target(Env& env) {
  const AttachedTo to = env.attached_to();
  if (to == AttachedTo::function && attaches_to_many(env.input.traits.attach_type) && !env.input.attach) return 0;
  if (!env.input.attach || env.input.attach->type == 0) {
    return env.refuse(-EINVAL, "Tracing programs must provide btf_id");
  }
  const AttachTarget& target = *env.input.attach;
  if (!target.btf || !target.btf->valid(target.type)) {
    return env.refuse(-EINVAL, "attach_btf_id {} is invalid", target.type);
  }
  if (target.btf->type(target.type).name.empty()) {
    return env.refuse(-EINVAL, "attach_btf_id {} doesn't have a name", target.type);
  }
  if (target.program) return check_target_program(env, target);
  if (to == AttachedTo::program) {
    return env.refuse(-EINVAL, "Tracing program can only be attached to another program annotated with BTF");
  }
  if (to == AttachedTo::tracepoint) return check_raw_tracepoint(env, target);
  if (const int error = check_traced_function(env, target)) return error;
  if (to == AttachedTo::hook || to == AttachedTo::cgroup_hook) return check_lsm_hook(env, target);
  if (to == AttachedTo::iterator && !progtypes::is_iterator(env.input.attach->name)) return env.refuse(-EINVAL, "");
  return check_denied(env, target);
}

}  // namespace

int check_attach(Env& env) {
  const progtypes::ProgTypeDef& type = env.type();
  const bool sleepable = env.input.traits.sleepable;
  if (type.must_sleep) return sleepable ? 0 : env.refuse(-EINVAL, "Syscall programs can only be sleepable");
  if (sleepable && (type.may_sleep == nullptr || !type.may_sleep(env.input.traits)))
    return env.refuse(-EINVAL, "Program of this type cannot be sleepable");
  switch (env.attached_to()) {
    case AttachedTo::nothing:
      return 0;
    case AttachedTo::operation:
      return check_struct_ops(env);
    default:
      return check_target(env);
  }
}

}  // namespace skep::verifier
