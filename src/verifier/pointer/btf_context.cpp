// Arguments of what a program is attached to: a function, a tracepoint, an LSM hook, an iterator, a struct_ops member.
//
// The context is an array of 64-bit words, one an argument (more for a structure passed by value), and the return value
// behind them where the attach type has one. Pointers to structures become objects described by BTF; all else is a
// number. Tested by tests/kernel/attach_tables_test.cpp and tests/conformance/.
#include "verifier/pointer/btf_context.hpp"

#include <algorithm>
#include <cerrno>

#include "btf/parse_log.hpp"
#include "progtypes/attach_rules.hpp"
#include "progtypes/lsm_hooks.hpp"
#include "verifier/call/call.hpp"

namespace skep::verifier {
namespace {

using progtypes::AttachedTo;

using btf::Kind;

constexpr unsigned max_func_args = 12;

// What the program is attached to, as far as its arguments go.
struct Target {
  const btf::Btf* btf = nullptr;
  const btf::Type* proto = nullptr;  // null: five words, whatever they are
  std::string_view name;
  bool skip_first = false;  // a tracepoint's own data pointer
};

std::optional<Target> find_target(const Env& env) {
  if (!env.input.attach || !env.input.attach->btf) return std::nullopt;
  const AttachTarget& attach = *env.input.attach;
  const btf::Btf& btf = *attach.btf;
  Target target{.btf = &btf, .name = attach.name};
  if (!btf.valid(attach.type)) return std::nullopt;
  const btf::Type& type = btf.type(attach.type);
  switch (type.kind) {
    case Kind::func:
      target.proto = &btf.type(type.type);
      break;
    case Kind::typedef_: {  // btf_trace_NAME: a pointer to void (void *data, arguments…)
      const auto proto = btf.pointee(type.type);
      if (!proto) return std::nullopt;
      target.proto = &btf.type(*proto);
      target.skip_first = true;
      if (constexpr std::string_view prefix = "btf_trace_"; target.name.starts_with(prefix))
        target.name.remove_prefix(prefix.size());
      break;
    }
    case Kind::struct_: {
      const auto members = btf.members(type);
      if (attach.member >= members.size()) return std::nullopt;
      const auto proto = btf.pointee(members[attach.member].type);
      if (!proto) return std::nullopt;
      target.proto = &btf.type(*proto);
      target.name = members[attach.member].name;
      break;
    }
    default:
      return std::nullopt;
  }
  if (target.proto->kind != Kind::func_proto) return std::nullopt;
  return target;
}

// Iterators: what each word of the context holds where it is not an object that is always there.
struct IteratorArg {
  std::string_view function;
  unsigned arg;
  RegType type;
  std::uint32_t flags;
};
constexpr std::uint32_t object_or_null = reg_flag::maybe_null;
constexpr std::uint32_t trusted_or_null = reg_flag::maybe_null | reg_flag::trusted;
constexpr IteratorArg iterator_args[] = {
    {"bpf_iter_bpf_map", 1, RegType::btf, trusted_or_null},
    {"bpf_iter_bpf_map_elem", 2, RegType::buf, reg_flag::maybe_null | reg_flag::rdonly},
    {"bpf_iter_bpf_map_elem", 3, RegType::buf, reg_flag::maybe_null},
    {"bpf_iter_bpf_sk_storage_map", 2, RegType::btf, object_or_null},
    {"bpf_iter_bpf_sk_storage_map", 3, RegType::buf, reg_flag::maybe_null},
    {"bpf_iter_bpf_prog", 1, RegType::btf, object_or_null},
    {"bpf_iter_bpf_link", 1, RegType::btf, object_or_null},
    {"bpf_iter_task", 1, RegType::btf, trusted_or_null},
    {"bpf_iter_task_file", 1, RegType::btf, object_or_null},
    {"bpf_iter_task_file", 3, RegType::btf, object_or_null},
    {"bpf_iter_task_vma", 1, RegType::btf, object_or_null},
    {"bpf_iter_task_vma", 2, RegType::btf, object_or_null},
    {"bpf_iter_cgroup", 1, RegType::btf, trusted_or_null},
    {"bpf_iter_tcp", 1, RegType::btf, trusted_or_null},
    {"bpf_iter_udp", 1, RegType::btf, trusted_or_null},
    {"bpf_iter_unix", 1, RegType::btf, object_or_null},
    {"bpf_iter_netlink", 1, RegType::btf, object_or_null},
    {"bpf_iter_ipv6_route", 1, RegType::btf, object_or_null},
    {"bpf_iter_ksym", 1, RegType::btf, object_or_null},
    {"bpf_iter_sockmap", 2, RegType::buf, reg_flag::maybe_null | reg_flag::rdonly},
    {"bpf_iter_sockmap", 3, RegType::btf, object_or_null},
    {"bpf_iter_kmem_cache", 1, RegType::btf, trusted_or_null},
    {"bpf_iter_dmabuf", 1, RegType::btf, object_or_null},
};

bool arguments_trusted(const Env& env) {
  const auto& type = env.type();
  return type.arguments_trusted != nullptr && type.arguments_trusted(env.input.traits);
}

// An argument's number by its place in the context: a structure of up to 16 bytes takes two words.
unsigned argument_at(const Target& target, unsigned off) {
  if (target.proto == nullptr) return off / 8;
  const auto params = target.btf->params(*target.proto);
  unsigned end = 0;
  for (std::size_t i = target.skip_first ? 1 : 0; i < params.size(); ++i) {
    const unsigned size = target.btf->size_of(params[i].type).value_or(8);
    end += (size + 7) / 8 * 8;
    if (off < end) return static_cast<unsigned>(i) - (target.skip_first ? 1 : 0);
  }
  return static_cast<unsigned>(params.size()) - (target.skip_first ? 1 : 0) + (off - end) / 8;
}

bool is_number(const btf::Type& type) {
  switch (type.kind) {
    case Kind::int_:
    case Kind::enum_:
    case Kind::enum64:
    case Kind::struct_:
    case Kind::union_:
      return true;
    default:
      return false;
  }
}

// The stub of a struct_ops member ("tcp_congestion_ops__ssthresh") says more of its arguments by their names.
std::string_view stub_parameter_name(const Env& env, const Target& target, unsigned arg) {
  if (env.attached_to() != AttachedTo::operation) return {};
  const btf::Btf& btf = *target.btf;
  const std::string_view table = btf.type(env.input.attach->type).name;
  btf::TypeId id = btf.find(fmt::format("{}__{}", table, target.name), Kind::func);
  // The one table whose members are those of another but for a few.
  if (id == 0 && table == "sched_ext_ops_cid") id = btf.find(fmt::format("sched_ext_ops__{}", target.name), Kind::func);
  if (id == 0) return {};
  const auto params = btf.params(btf.type(btf.type(id).type));
  return arg < params.size() ? params[arg].name : std::string_view{};
}

bool brings_reference(const Env& env, const Target& target, unsigned arg) {
  return stub_parameter_name(env, target, arg).ends_with("__ref");
}

class BtfContextAccess {
 public:
  BtfContextAccess(Env& env, const MemAccess& access, const Target& target)
      : env_(env), access_(access), target_(target), arg_(argument_at(target, static_cast<unsigned>(access.off))) {}

  // 0: it gives what result() was made into; refusals are reported by the caller when a note was made here.
  bool check() {
    if (access_.off % 8 != 0) {
      env_.note("func '{}' offset {} is not multiple of 8", target_.name, access_.off);
      return false;
    }
    const auto params = target_.btf->params(*target_.proto);
    const unsigned count = static_cast<unsigned>(params.size()) - (target_.skip_first ? 1 : 0);
    if (arg_ > count) return no_such_argument();
    if (arg_ == count) return return_value();
    param_ = &params[arg_ + (target_.skip_first ? 1 : 0)];
    return argument(param_->type);
  }

 private:
  Env& env_;
  const MemAccess& access_;
  const Target& target_;
  unsigned arg_;
  const btf::Param* param_ = nullptr;

  RegState* result() {
    return access_.is_read() && access_.value_reg >= 0 ? &env_.reg(static_cast<unsigned>(access_.value_reg)) : nullptr;
  }
  bool number() {
    if (RegState* r = result()) r->mark_unknown();
    return true;
  }
  bool no_such_argument() {
    env_.note("func '{}' doesn't have {}-th argument", target_.name, arg_ + 1);
    return false;
  }

  bool return_value() {
    switch (env_.input.traits.attach_type) {
      case AttachType::lsm_mac:
      case AttachType::lsm_cgroup:
      case AttachType::trace_fexit:
      case AttachType::trace_fsession:
      case AttachType::trace_fexit_multi:
      case AttachType::trace_fsession_multi:
        break;
      case AttachType::modify_return:
        if (target_.btf->resolved(target_.proto->type).kind != Kind::int_) {
          env_.note("ret type {} not allowed for fmod_ret",
                    btf::kind_name(target_.btf->resolved(target_.proto->type).kind));
          return false;
        }
        break;
      default:
        return no_such_argument();
    }
    if (!argument(target_.proto->type)) return false;
    if (env_.input.traits.attach_type == AttachType::lsm_mac && result() != nullptr && result()->is_scalar() &&
        env_.type().return_range != nullptr) {
      const auto range = env_.type().return_range(env_.input.traits);
      if (range.checked) {
        // The trampoline has saved the hook's int sign-extended to 64 bits.
        result()->r = Scalar::from_range_s64(range.min, range.max);
      }
    }
    return true;
  }

  bool argument(btf::TypeId type_id) {
    const btf::Btf& btf = *target_.btf;
    const btf::Type& type = btf.resolved(type_id);
    if (is_number(type)) return number();
    if (type.kind != Kind::ptr) {
      env_.note("func '{}' arg{} '{}' has type {}. Only pointer access is allowed", target_.name, arg_, type.name,
                btf::kind_name(type.kind));
      return false;
    }
    if (access_.size != 8) {
      env_.note("func '{}' size {} must be 8", target_.name, access_.size);
      return false;
    }
    if (const IteratorArg* known = iterator_argument()) {
      if (known->type == RegType::buf) {
        if (RegState* r = result()) {
          r->mark_pointer(RegType::buf, known->flags);
          r->id = env_.new_id();
        }
        return true;
      }
      if (points_to_struct(type)) return object(type, known->flags);
    }
    if (const btf::TypeId shown = shown_type({}); shown != 0 && !points_to_struct(type)) {
      if (RegState* r = result()) mark_btf_pointer(env_, *r, target_.btf, shown, reg_flag::trusted);
      return true;
    }
    if (!points_to_struct(type)) return number();
    return object(type, flags_of_object());
  }

  // Tables whose members show an argument to programs as another type than their prototype does; 0: this is none.
  btf::TypeId shown_type(std::string_view declared) const {
    if (env_.attached_to() != AttachedTo::operation) return 0;
    const std::string_view shown = progtypes::shown_argument(env_.input.traits, arg_, declared);
    return shown.empty() ? 0 : target_.btf->find(shown, Kind::struct_);
  }

  bool points_to_struct(const btf::Type& pointer) const {
    const Kind kind = target_.btf->resolved(pointer.type).kind;
    return kind == Kind::struct_ || kind == Kind::union_;
  }

  const IteratorArg* iterator_argument() const {
    if (env_.input.traits.attach_type != AttachType::trace_iter || param_ == nullptr) return nullptr;
    for (const IteratorArg& known : iterator_args)
      if (known.function == target_.name && known.arg == arg_) return &known;
    return nullptr;
  }

  std::string_view stub_parameter() const {
    return param_ != nullptr ? stub_parameter_name(env_, target_, arg_) : std::string_view{};
  }

  std::uint32_t flags_of_object() const {
    std::uint32_t flags = arguments_trusted(env_) ? reg_flag::trusted : 0;
    if (param_ != nullptr && param_->name.ends_with("__nullable")) flags |= reg_flag::maybe_null;
    if (stub_parameter().ends_with("__nullable")) flags |= reg_flag::maybe_null;
    if (env_.attached_to() == AttachedTo::tracepoint) {
      if (const auto known = tracepoint_null_args(tracepoint_name()))
        flags |= (*known >> (4 * arg_) & 1) != 0 ? reg_flag::maybe_null : 0;
      else if (!target_.btf->module_name().empty() && target_.btf->module_name() != "vmlinux")
        flags |= reg_flag::maybe_null;
    }
    return flags;
  }
  std::string_view tracepoint_name() const {
    std::string_view name = target_.name;
    if (name.starts_with("btf_trace_")) name.remove_prefix(10);
    return name;
  }
  bool may_be_error_pointer() const {
    if (env_.attached_to() != AttachedTo::tracepoint) return false;
    const auto known = tracepoint_null_args(tracepoint_name());
    return known && (*known >> (4 * arg_) & 2) != 0;
  }

  bool object(const btf::Type& pointer, std::uint32_t flags) {
    const btf::Btf& btf = *target_.btf;
    const btf::Type& tag = btf.type(pointer.type);
    if (tag.kind == Kind::type_tag && !tag.kind_flag) {
      if (tag.name == "user") flags |= reg_flag::user;
      if (tag.name == "percpu") flags |= reg_flag::percpu;
    }
    const btf::Btf* owner = target_.btf;
    btf::TypeId id = btf.skip_modifiers(pointer.type);
    if (env_.input.attach->program) {
      // A context of another program: as the kernel's own type.
      const auto* def = env_.input.attach->program->def;
      if (arg_ != 0 || def == nullptr || def->kernel_context_type.empty() || !env_.kernel_btf) return false;
      owner = env_.kernel_btf.get();
      id = owner->find(def->kernel_context_type, Kind::struct_);
      if (id == 0) return false;
    } else {
      const btf::Type& type = btf.type(id);
      env_.note("func '{}' arg{} has btf_id {} type {} '{}'", target_.name, arg_, id, btf::kind_name(type.kind),
                type.name);
      if (may_be_error_pointer()) {
        env_.note("marking pointer arg{} as scalar as it may encode error", arg_);
        return number();
      }
    }
    if (const btf::TypeId shown = shown_type(owner->type(id).name)) id = shown;
    RegState* r = result();
    if (r == nullptr) return true;
    mark_btf_pointer(env_, *r, owner, id, flags);
    return !brings_reference(env_, target_, arg_) || attach_reference(*r);
  }

  // The program owns a reference to this argument from the beginning: see acquire_argument_references.
  bool attach_reference(RegState& reg) {
    std::uint32_t id = 1;
    for (unsigned arg = 0; arg < arg_; ++arg) id += brings_reference(env_, target_, arg) ? 1 : 0;
    released_ = !has_reference(*env_.state, id);
    reg.ref_id = reg.id = id;
    return !released_;
  }

 public:
  bool reference_released() const { return released_; }

 private:
  bool released_ = false;
};

}  // namespace

namespace {

bool makes_tail_call(const Env& env) {
  return std::any_of(env.subprograms.begin(), env.subprograms.end(),
                     [](const Subprogram& subprogram) { return subprogram.has_tail_call; });
}

}  // namespace

int acquire_argument_references(Env& env) {
  if (env.attached_to() != AttachedTo::operation) return 0;
  const auto target = find_target(env);
  if (!target) return 0;
  env.id_gen = 0;  // nothing has an id yet: the references are 1, 2, … in the order of the arguments
  const auto count = static_cast<unsigned>(target->btf->params(*target->proto).size());
  for (unsigned arg = 0; arg < count; ++arg) {
    std::uint32_t id = 0;
    if (!brings_reference(env, *target, arg)) continue;
    // The program that is called would not know that it has to give the reference up.
    if (makes_tail_call(env)) return env.refuse(-EINVAL, "program with __ref argument cannot tail call");
    if (const int error = acquire_reference(env, 0, id)) return error;
  }
  return 0;
}

bool takes_arena_argument(const Env& env) {
  const auto target = find_target(env);
  if (env.attached_to() != AttachedTo::operation || !target) return false;
  const auto count = static_cast<unsigned>(target->btf->params(*target->proto).size());
  for (unsigned arg = 0; arg < count; ++arg) {
    const std::string_view name = stub_parameter_name(env, *target, arg);
    if (name.ends_with("__arena") || name.ends_with("__arena__nullable")) return true;
  }
  return false;
}

bool has_btf_context(const Env& env) {
  const AttachedTo to = env.attached_to();
  return to != AttachedTo::nothing && to != AttachedTo::program;
}

int access_btf_context(Env& env, const MemAccess& access) {
  const auto refuse = [&] {
    return env.refuse(-EACCES, "invalid bpf_context access off={} size={}", access.off, access.size);
  };
  if (access.off < 0 || access.off >= static_cast<std::int32_t>(8 * max_func_args) ||
      (access.is_write() && !env.type().writes_arguments) || access.off % static_cast<std::int32_t>(access.size) != 0)
    return refuse();
  const auto target = find_target(env);
  if (!target) return refuse();
  BtfContextAccess context(env, access, *target);
  if (!context.check()) {
    if (context.reference_released())
      return env.refuse(-EACCES, "invalid bpf_context access off={}. Reference may already be released", access.off);
    return refuse();
  }
  env.notes.clear();  // what was said of the argument is no part of a later refusal
  return 0;
}

}  // namespace skep::verifier
