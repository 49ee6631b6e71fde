// The arguments of a kfunc: what its BTF prototype and the suffixes of its parameters' names ask for.
//
// A parameter is a scalar, or a pointer of a role: the context, a special struct (work item, list head, iterator,
// dynptr …), a kernel object, memory with its size in the next parameter, a callback. Tested by
// tests/conformance/.
#include <array>
#include <span>

#include "verifier/call/internal.hpp"
#include "verifier/insn/insn.hpp"
#include "verifier/path/path.hpp"
#include "verifier/pointer/internal.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/program/map_use.hpp"
#include "verifier/report/explain.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {

using btf::FieldKind;
using btf::Kind;
using calls::Special;
namespace call_flag = calls::call_flag;

namespace {

enum class Role {
  context,
  null,
  allocated,
  refcounted,
  dynptr,
  iterator,
  list_head,
  list_node,
  rb_root,
  rb_node,
  const_string,
  map,
  wq,
  timer,
  task_work,
  irq_flag,
  res_spin_lock,
  object,
  callback,
  memory,
  memory_and_size,
  unsupported_pointee,
};

struct Parameter {
  unsigned index = 0, regno = 0;
  std::string_view name;
  btf::TypeId type = 0;     // modifiers skipped
  btf::TypeId pointee = 0;  // of a pointer; modifiers skipped
  bool has_size = false;    // the next parameter is its size
  bool const_size = false;  // … a constant one
  bool nullable = false, optional = false, uninit = false;
  bool size_checked = false;  // with the memory: the next parameter needs no check of its own
  std::uint64_t fills = 0;    // so many bytes of memory that need not have been initialized
};

bool is_scalar(const btf::Type& t) {
  return t.kind == Kind::int_ || t.kind == Kind::enum_ || t.kind == Kind::enum64;
}

bool has_suffix(std::string_view name, std::string_view suffix) {
  return name.ends_with(suffix);
}

// A size parameter: an integer whose name says so, given a scalar.
bool is_size_param(Env& env, const btf::Btf& btf, std::span<const btf::Param> params, std::size_t index,
                   std::string_view suffix) {
  if (index >= params.size() || !has_suffix(params[index].name, suffix)) return false;
  return is_scalar(btf.resolved(params[index].type)) && env.reg(static_cast<unsigned>(index) + 1).is_scalar();
}

bool skipped(const Call& call, const btf::Btf& btf, const btf::Param& param) {
  if (has_suffix(param.name, "__ign") || has_suffix(param.name, "__prog")) return true;
  if (!call.has(call_flag::implicit_args)) return false;
  const auto pointee = btf.pointee(param.type);
  return pointee && btf.type(*pointee).name == "bpf_prog_aux";
}

struct NamedRole {
  std::string_view name;
  Role role;
};
constexpr NamedRole special_structs[] = {
    {"bpf_dynptr", Role::dynptr},
    {"bpf_dynptr_kern", Role::dynptr},
    {"bpf_list_head", Role::list_head},
    {"bpf_list_node", Role::list_node},
    {"bpf_rb_root", Role::rb_root},
    {"bpf_rb_node", Role::rb_node},
    {"bpf_wq", Role::wq},
    {"bpf_timer", Role::timer},
    {"bpf_task_work", Role::task_work},
    {"bpf_res_spin_lock", Role::res_spin_lock},
};

// The context as this type of program may name it: by its own name for it, or by the kernel's for a packet.
bool is_context_param(const Env& env, const btf::Btf& btf, const btf::Param& param) {
  const btf::Type& pointer = btf.resolved(param.type);
  if (is_context_struct(env, btf, pointer.type, false)) return true;
  const btf::Type& pointee = btf.resolved(pointer.type);
  return pointee.kind == Kind::struct_ && pointee.name == env.type().kernel_context_type &&
         is_projection(env.type().context_type, pointee.name);
}

Role role_of(Env& env, const Call& call, const btf::Btf& btf, const btf::Param& raw, const Parameter& p) {
  const RegState& reg = env.reg(p.regno);
  const btf::Type& t = btf.type(p.pointee);
  if (call.special == Special::cast_to_kern_ctx) return Role::context;
  if (is_context_param(env, btf, raw)) return Role::context;
  if (p.name == "ctx" && p.pointee == 0) return Role::context;
  if (p.nullable && reg.is_null() && !p.has_size) return Role::null;
  if (has_suffix(p.name, "__alloc")) return Role::allocated;
  if (has_suffix(p.name, "__refcounted_kptr")) return Role::refcounted;
  if (t.kind == Kind::struct_)
    for (const NamedRole& row : special_structs)
      if (row.name == t.name) return row.role;
  const bool iterator_call = call.has(call_flag::iter_new | call_flag::iter_next | call_flag::iter_destroy);
  if ((iterator_call && p.index == 0) || has_suffix(p.name, "__iter")) return Role::iterator;
  if (has_suffix(p.name, "__str") || has_suffix(p.name, "__const_str")) return Role::const_string;
  if (has_suffix(p.name, "__map") || has_suffix(p.name, "__const_map")) return Role::map;
  if (has_suffix(p.name, "__irq_flag")) return Role::irq_flag;
  btf::TypeId ignored = 0;
  const bool object = reg.is(RegType::btf) || (!reg.is_scalar() && btf_behind(env, reg, ignored) != nullptr);
  if (t.kind == Kind::func_proto) return Role::callback;
  if (object) return t.kind == Kind::struct_ ? Role::object : Role::unsupported_pointee;
  if (p.nullable && reg.is_null() && !p.has_size) return Role::null;
  if (!is_scalar(t) && !is_scalar_struct(btf, p.pointee) && !(p.has_size && p.pointee == 0))
    return Role::unsupported_pointee;
  return p.has_size ? Role::memory_and_size : Role::memory;
}

int check_scalar_param(Env& env, Call& call, const Parameter& p) {
  const RegState& reg = env.reg(p.regno);
  if (!reg.is_scalar()) return env.refuse(-EINVAL, "R{} is not a scalar", p.regno);
  if (has_suffix(p.name, "__k")) {
    if (!reg.is_const()) return env.refuse(-EINVAL, "R{} must be a known constant", p.regno);
    if (const int err = mark_precise(env, p.regno)) return err;
    call.const_known = true;
    call.const_value = reg.r.const_value();
    return 0;
  }
  const bool rdonly = p.name == "rdonly_buf_size", rdwr = p.name == "rdwr_buf_size";
  if (!rdonly && !rdwr) return 0;
  if (call.result_size_known) return env.refuse(-EINVAL, "2 or more rdonly/rdwr_buf_size parameters for kfunc");
  if (!reg.is_const())
    return env.refuse(-EINVAL, explain::argument_result_size(call.name(), p.regno), "R{} is not a const", p.regno);
  if (reg.r.const_value() > UINT32_MAX)
    return env.refuse(-EINVAL, explain::argument_result_size(call.name(), p.regno),
                      "R{} allocation size exceeds u32 max", p.regno);
  call.result_size_known = true;
  call.result_size = reg.r.const_value();
  call.result_rdonly = rdonly;
  return mark_precise(env, p.regno);
}

int check_allocated(Env& env, Call& call, unsigned regno) {
  const RegState& reg = env.reg(regno);
  const bool drop = call.special == Special::obj_drop || call.special == Special::percpu_obj_drop;
  const std::uint32_t flags = reg.flags;
  if (reg.is(RegType::btf) && flags == reg_flag::alloc) {
    if (drop && call.special != Special::obj_drop) return env.refuse(-EINVAL, "R{} expected for bpf_obj_drop()", regno);
  } else if (reg.is(RegType::btf) && flags == (reg_flag::alloc | reg_flag::percpu)) {
    if (drop && call.special != Special::percpu_obj_drop)
      return env.refuse(-EINVAL, "R{} expected for bpf_percpu_obj_drop()", regno);
  } else {
    return env.refuse(-EINVAL, "R{} expected pointer to allocated object", regno);
  }
  if (reg.ref_id == 0) return env.refuse(-EINVAL, "allocated object must be referenced");
  call.arg_btf = reg.btf;
  call.arg_btf_id = reg.btf_id;
  if (call.special == Special::obj_drop) {
    const btf::Record* record = record_of(env, reg);
    const auto nmi = env.type().may_run_in_nmi;
    if (record != nullptr && nmi != nullptr && nmi(env.input.traits) &&
        (record->has(FieldKind::kptr_ref) || record->has(FieldKind::kptr_percpu) || record->has(FieldKind::list_head) ||
         record->has(FieldKind::rb_root)))
      return env.refuse(-EINVAL, "bpf_obj_drop cannot be used in tracing programs on types with NMI unsafe fields");
  }
  return 0;
}

int check_refcounted(Env& env, Call& call, unsigned regno) {
  const RegState& reg = env.reg(regno);
  if (!is_alloc(reg) || reg.has(reg_flag::untrusted))
    return env.refuse(-EINVAL, explain::argument_not_refcounted(call.name(), regno, reg),
                      "R{} is neither owning or non-owning ref", regno);
  call.arg_owning = reg.ref_id != 0;
  const btf::Record* record = record_of(env, reg);
  if (record == nullptr || record->refcount_offset < 0)
    return env.refuse(-EINVAL, "R{} doesn't point to a type with bpf_refcount field", regno);
  call.arg_btf = reg.btf;
  call.arg_btf_id = reg.btf_id;
  return 0;
}

int check_dynptr_param(Env& env, Call& call, const Parameter& p) {
  const RegState& reg = env.reg(p.regno);
  if (!p.uninit) {
    const DynptrKind wanted = call.special == Special::dynptr_file_discard ? DynptrKind::file : DynptrKind::invalid;
    const bool release = call.has(call_flag::release) || call.special == Special::dynptr_file_discard;
    if (release) call.release_reg = static_cast<int>(p.regno);
    const bool rdonly = reg.is(RegType::dynptr) && !release;
    return check_dynptr_arg(env, call, p.regno, false, rdonly, wanted, release);
  }
  // Before the write through R-n destroys what was there: what a clone is made of.
  RegState parent;
  parent.ref_id = call.dynptr_ref;
  parent.parent_id = call.dynptr_parent;
  if (const int err = check_dynptr_arg(env, call, p.regno, true, false, DynptrKind::invalid, false)) return err;
  switch (call.special) {
    case Special::dynptr_from_skb:
      return create_dynptr(env, call, p.regno, DynptrKind::skb, nullptr);
    case Special::dynptr_from_xdp:
      return create_dynptr(env, call, p.regno, DynptrKind::xdp, nullptr);
    case Special::dynptr_from_skb_meta:
      return create_dynptr(env, call, p.regno, DynptrKind::skb_meta, nullptr);
    case Special::dynptr_from_file:
      return create_dynptr(env, call, p.regno, DynptrKind::file, nullptr);
    case Special::dynptr_clone:
      return create_dynptr(env, call, p.regno, call.dynptr, &parent);
    default:
      return unsupported(env, fmt::format("a new dynptr from {}", call.name()));
  }
}

// "struct task_struct", "void"
std::string type_phrase(const btf::Btf& btf, btf::TypeId id) {
  const btf::Type& type = btf.resolved(id);
  if (type.kind == Kind::void_) return "void";
  return type.is_struct_or_union() ? fmt::format("{} {}", type.kind == Kind::union_ ? "union" : "struct", type.name)
                                   : std::string(type.name);
}

int check_memory_param(Env& env, Call& call, const btf::Btf& btf, Parameter& p) {
  const auto size = btf.size_of(p.pointee);
  if (!size)
    return env.refuse(-EINVAL, "arg#{} reference type('{} {}') size cannot be determined: -22", p.index,
                      kind_word(btf.type(p.pointee).kind), btf.type(p.pointee).name);
  const RegState reg = env.reg(p.regno);
  if (reg.is_null()) return 0;
  if (p.uninit) p.fills = *size;
  for (const Access access : {Access::read, Access::write}) {
    if (p.uninit && access == Access::read) continue;
    CallMemory how;
    how.access = access;
    how.zero_size_allowed = true;
    how.from_kfunc = true;
    how.uninit = p.uninit;
    if (const int err = check_call_memory(env, reg, p.regno, *size, how)) {
      const Explanation why =
          explain::argument_not_memory(call.name(), p.regno, *size, type_phrase(btf, p.pointee), reg);
      return env.refuse_text(err, {}, &why);
    }
  }
  return 0;
}

int check_sized_memory(Env& env, Call& call, Parameter& p) {
  const unsigned size_regno = p.regno + 1;
  const RegState& size = env.reg(size_regno);
  if (p.const_size && !size.is_const())
    return env.refuse(-EINVAL, explain::argument_size_not_constant(call.name(), size_regno),
                      "R{} must be a known constant", size_regno);
  const bool absent = env.reg(p.regno).is_null() && (p.optional || p.nullable);
  if (absent) {
    if (const int err = mark_precise(env, p.regno)) return err;
  } else {
    if (p.uninit && size.r.is_const()) p.fills = size.r.const_value();
    for (const Access access : {Access::read, Access::write}) {
      CallMemory how;
      how.access = access;
      how.zero_size_allowed = true;
      how.from_kfunc = true;
      how.uninit = p.uninit;
      if (const int err = check_call_memory_sized(env, p.regno, size_regno, how)) {
        env.refuse(err, explain::argument_memory_pair(call.name(), p.regno),
                   "R{} and R{} memory, len pair leads to invalid memory access", p.regno, size_regno);
        return err;
      }
    }
  }
  if (!p.const_size) return 0;
  call.const_known = true;
  call.const_value = size.r.const_value();
  return mark_precise(env, size_regno);
}

// Which pointers may carry an offset into a kfunc.
int check_param_offset(Env& env, const Call& call, const Parameter& p, Role role) {
  const RegState& reg = env.reg(p.regno);
  if (reg.is_null() || reg.is_scalar()) return 0;
  if (call.has(call_flag::release) && reg.ref_id != 0 && call.release_reg == static_cast<int>(p.regno) &&
      !reg.is(RegType::stack))
    return check_release_offset(env, reg, p.regno);
  switch (reg.type) {
    case RegType::func:
    case RegType::arena:
    case RegType::map_ptr:
      return 0;
    case RegType::btf:
      return check_offset(env, reg, p.regno, !has_suffix(p.name, "__refcounted_kptr") && !reg.has(reg_flag::untrusted));
    default:
      return check_passed_offset(env, reg, p.regno, role == Role::memory || role == Role::memory_and_size);
  }
}

int check_object_trust(Env& env, const Call& call, unsigned regno, const std::string& type) {
  const RegState& reg = env.reg(regno);
  if (is_trusted_arg(reg)) return 0;
  if (!call.has(call_flag::rcu))
    return env.refuse(-EINVAL, explain::argument_not_trusted(call.name(), regno, type, reg),
                      "R{} must be referenced or trusted", regno);
  if (!is_rcu_arg(reg))
    return env.refuse(-EINVAL, explain::argument_not_rcu(call.name(), regno, type, reg), "R{} must be a rcu pointer",
                      regno);
  return 0;
}

int check_map_param(Env& env, Call& call, const btf::Btf& btf, const Parameter& p) {
  const RegState& reg = env.reg(p.regno);
  if (!reg.is(RegType::map_ptr)) {
    if (reg.is(RegType::btf)) {
      const btf::TypeId map = btf.find("bpf_map", Kind::struct_);
      if (const int err = check_object_trust(env, call, p.regno, "struct bpf_map")) return err;
      return check_kfunc_object(env, call, p.regno, btf, map != 0 ? map : p.pointee);
    }
    return env.refuse(-EINVAL, "pointer in R{} isn't map pointer", p.regno);
  }
  if (call.special == Special::task_work_schedule || call.special == Special::wq_init) {
    if (const int err = check_item_map(env, call, p.regno)) return err;
  }
  call.map = reg.map;
  call.map_uid = reg.map_uid;
  return 0;
}

// What gives a reference up says so first, of a first argument that is none.
bool must_be_reference(const Call& call, const btf::Btf& btf, const Parameter& p) {
  return call.has(call_flag::release) && p.index == 0 && btf.type(p.pointee).name != "bpf_dynptr";
}

int refuse_unowned(Env& env, const Call& call, const btf::Btf& btf, const Parameter& p) {
  return env.refuse(-EINVAL, explain::release_unowned_kfunc(call.name(), p.regno, type_phrase(btf, p.pointee)),
                    "release kfunc {} expects referenced PTR_TO_BTF_ID passed to R{}", call.name(), p.regno);
}

int check_pointer_param(Env& env, Call& call, const btf::Btf& btf, const btf::Param& raw, Parameter& p) {
  const RegState& reg = env.reg(p.regno);
  if ((reg.is_null() || reg.maybe_null()) && !p.nullable && !p.optional)
    return env.refuse(-EACCES, explain::kfunc_argument_null(call.name(), p.regno, type_phrase(btf, p.pointee) + " *"),
                      "Possibly NULL pointer passed to trusted R{}", p.regno);
  if (reg.ref_id == 0 && must_be_reference(call, btf, p)) return refuse_unowned(env, call, btf, p);
  if (reg.ref_id != 0 && reg.is_pointer()) {
    call.arg_ref = reg.ref_id;
    if (call.has(call_flag::release)) call.release_reg = static_cast<int>(p.regno);
  }
  const Role role = role_of(env, call, btf, raw, p);
  if (role == Role::null) return mark_precise(env, p.regno);
  if (role == Role::map && !reg.is(RegType::map_ptr) && !reg.is(RegType::btf))
    return env.refuse(-EINVAL, "pointer in R{} isn't map pointer", p.regno);
  if (role == Role::dynptr && call.special == Special::dynptr_file_discard && !reg.is(RegType::stack)) {
    if (const int err = check_release_offset(env, reg, p.regno)) return err;
  }
  if (const int err = check_param_offset(env, call, p, role)) return err;
  if (role == Role::object) {
    if (const int err = check_object_trust(env, call, p.regno, type_phrase(btf, p.pointee))) return err;
  }
  switch (role) {
    case Role::context:
      if (!reg.is(RegType::ctx))
        return env.refuse(-EINVAL, explain::argument_not_context(call.name(), p.regno, reg),
                          "R{} expected pointer to ctx, but got {}", p.regno, reg_type_name(reg.type, reg.flags));
      return 0;
    case Role::null:
      return 0;
    case Role::allocated:
      return check_allocated(env, call, p.regno);
    case Role::refcounted:
      return check_refcounted(env, call, p.regno);
    case Role::dynptr:
      return check_dynptr_param(env, call, p);
    case Role::iterator:
      return check_iterator_arg(env, call, p.regno, p.pointee);
    case Role::list_head:
      return check_graph_root(env, call, p.regno, FieldKind::list_head);
    case Role::rb_root:
      return check_graph_root(env, call, p.regno, FieldKind::rb_root);
    case Role::list_node:
      return check_graph_node(env, call, p.regno, FieldKind::list_head, p.index,
                              has_suffix(p.name, "__nonown_allowed"));
    case Role::rb_node:
      return check_graph_node(env, call, p.regno, FieldKind::rb_root, p.index, has_suffix(p.name, "__nonown_allowed"));
    case Role::const_string:
      if (!env.reg(p.regno).is(RegType::map_value))
        return env.refuse(-EINVAL, explain::argument_not_string(call.name(), p.regno, env.reg(p.regno)),
                          "R{} doesn't point to a const string", p.regno);
      return check_const_string(env, p.regno);
    case Role::map:
      return check_map_param(env, call, btf, p);
    case Role::wq:
      return check_map_field(env, call, p.regno, FieldKind::wq);
    case Role::timer:
      return check_map_field(env, call, p.regno, FieldKind::timer);
    case Role::task_work:
      return check_map_field(env, call, p.regno, FieldKind::task_work);
    case Role::irq_flag:
      return check_irq_flag(env, call, p.regno);
    case Role::res_spin_lock: {
      if (in_rbtree_callback(env)) return env.refuse(-EACCES, "can't res_spin_{{lock,unlock}} in rbtree cb");
      if (!reg.is(RegType::map_value) && !is_alloc(reg))
        return env.refuse(-EINVAL, "R{} doesn't point to map value or allocated object", p.regno);
      switch (call.special) {
        case Special::res_spin_lock:
          return take_lock(env, p.regno, LockKind::res);
        case Special::res_spin_lock_irqsave:
          return take_lock(env, p.regno, LockKind::res_irq);
        case Special::res_spin_unlock:
          return release_lock(env, p.regno, LockKind::res);
        case Special::res_spin_unlock_irqrestore:
          return release_lock(env, p.regno, LockKind::res_irq);
        default:
          return unsupported(env, fmt::format("a lock passed to {}", call.name()));
      }
    }
    case Role::object:
      return check_kfunc_object(env, call, p.regno, btf, p.pointee);
    case Role::callback:
      if (!reg.is(RegType::func)) return env.refuse(-EINVAL, "R{} expected pointer to func", p.regno);
      call.callback = static_cast<int>(reg.subprogram);
      return 0;
    case Role::memory:
      return check_memory_param(env, call, btf, p);
    case Role::memory_and_size:
      p.size_checked = true;
      return check_sized_memory(env, call, p);
    case Role::unsupported_pointee:
      if (reg.is(RegType::btf) || !reg.is_pointer() || btf.type(p.pointee).is_struct_or_union()) {
        if (btf.type(p.pointee).kind == Kind::struct_ && !reg.is(RegType::btf)) {
          // Something that is no kernel object where one is asked for.
          return env.refuse(-EINVAL,
                            explain::argument_wrong_object(call.name(), p.regno, type_phrase(btf, p.pointee), reg),
                            "R{} is {} expected {} {}{}", p.regno, reg_type_name(reg.type, reg.flags),
                            kind_word(btf.type(p.pointee).kind), btf.type(p.pointee).name,
                            btf.type(p.pointee).name == "bpf_map" ? " or map_ptr" : "");
        }
      }
      return env.refuse(-EINVAL, "R{} pointer type {} {} must point to {}scalar, or struct with scalar", p.regno,
                        kind_word(btf.type(p.pointee).kind), btf.type(p.pointee).name, p.has_size ? "void, " : "");
  }
  return unsupported(env, "this argument");
}

int check_arena_param(Env& env, unsigned regno) {
  const RegState& reg = env.reg(regno);
  if (!reg.is(RegType::arena) && !reg.is_scalar())
    return env.refuse(-EINVAL, "R{} is not a pointer to arena or scalar", regno);
  if (has_arena(env)) return 0;
  return env.refuse(-EINVAL, "R{} arena pointer requires a program with an associated arena", regno);
}

// A register that holds nothing is to the kernel a pointer with an unknown offset.
int check_holds_something(Env& env, const Call& call, const btf::Btf& btf, const Parameter& p) {
  if (env.reg(p.regno).type != RegType::not_init) return check_reg(env, p.regno, RegUse::source);
  if (must_be_reference(call, btf, p)) return refuse_unowned(env, call, btf, p);
  if (p.index == 0 && call.special == Special::dynptr_file_discard)
    return check_release_offset(env, env.reg(p.regno), p.regno);
  return env.refuse(-EACCES, "variable ? access var_off={} disallowed", tnum_string(Tnum::unknown()));
}

}  // namespace

int check_kfunc_args(Env& env, Call& call) {
  const btf::Btf& btf = *call.kfunc->btf;
  const btf::Type& proto = btf.type(call.kfunc->proto);
  const auto params = btf.params(proto);
  if (params.size() > 5) return unsupported(env, fmt::format("{} with arguments on the stack", call.name()));
  std::array<std::uint64_t, 5> fills{};
  for (std::size_t i = 0; i < params.size(); ++i) {
    Parameter p;
    p.index = static_cast<unsigned>(i);
    p.regno = p.index + 1;
    p.name = params[i].name;
    if (skipped(call, btf, params[i])) continue;
    p.type = btf.skip_modifiers(params[i].type);
    const btf::Type& t = btf.type(p.type);
    if (t.kind == Kind::ptr) p.pointee = btf.skip_modifiers(t.type);
    if (const int err = check_holds_something(env, call, btf, p)) return err;
    if ((i == 0 && call.has(call_flag::arena_arg1)) || (i == 1 && call.has(call_flag::arena_arg2)) ||
        has_suffix(p.name, "__arena") || has_suffix(p.name, "__arena__nullable")) {
      if (const int err = check_arena_param(env, p.regno)) return err;
      continue;
    }
    if (is_scalar(t)) {
      if (const int err = check_scalar_param(env, call, p)) return err;
      continue;
    }
    if (t.kind != Kind::ptr) {
      return env.refuse(-EINVAL, "Unrecognized R{} type {}", p.regno, kind_word(t.kind));
    }
    p.nullable = has_suffix(p.name, "__nullable");
    p.optional = has_suffix(p.name, "__opt");
    p.uninit = has_suffix(p.name, "__uninit");
    p.const_size = is_size_param(env, btf, params, i + 1, "__szk");
    p.has_size = p.const_size || is_size_param(env, btf, params, i + 1, "__sz");
    if (const int err = check_pointer_param(env, call, btf, params[i], p)) return err;
    fills[p.index] = p.fills;
    if (p.size_checked) ++i;
  }
  for (unsigned i = 0; i < fills.size(); ++i) {
    if (fills[i] == 0) continue;
    if (const int err = fill_call_memory(env, env.reg(i + 1), fills[i])) return err;
  }
  if (call.has(call_flag::release) && call.release_reg < 0)
    return env.refuse(
        -EINVAL,
        explain::release_unowned_kfunc(
            call.name(), 1,
            params.empty() ? std::string("void") : type_phrase(btf, btf.pointee(params[0].type).value_or(0))),
        "release kfunc {} expects referenced PTR_TO_BTF_ID passed to R1", call.name());
  return 0;
}

}  // namespace skep::verifier
