// What kfuncs do besides taking arguments: sections, callbacks, references; and what they return.
//
// Tested by tests/verifier/call/.
#include <algorithm>
#include <cctype>
#include <utility>

#include "verifier/call/call.hpp"
#include "verifier/call/call_facts.hpp"
#include "verifier/call/internal.hpp"
#include "verifier/insn/insn.hpp"
#include "verifier/pointer/internal.hpp"
#include "verifier/report/explain.hpp"

namespace skep::verifier {

using btf::FieldKind;
using btf::Kind;
using calls::Special;
namespace call_flag = calls::call_flag;

namespace {

constexpr std::uint32_t max_percpu_object = 512;

int begin_or_end_section(Env& env, const Call& call) {
  State& state = *env.state;
  switch (call.special) {
    case Special::rcu_read_lock:
      ++state.rcu_locks;
      return 0;
    case Special::rcu_read_unlock:
      if (state.rcu_locks == 0)
        return env.refuse(-EINVAL, explain::unmatched_exit(env, call.name(), Region::rcu),
                          "unmatched rcu read unlock (kernel function {})", call.name());
      --state.rcu_locks;
      leave_rcu(env);
      return 0;
    case Special::preempt_disable:
      ++state.preempt_locks;
      return 0;
    case Special::preempt_enable:
      if (state.preempt_locks == 0)
        return env.refuse(-EINVAL, explain::unmatched_exit(env, call.name(), Region::preempt),
                          "unmatched attempt to enable preemption (kernel function {})", call.name());
      --state.preempt_locks;
      leave_rcu(env);
      return 0;
    default:
      return 0;
  }
}

int run_callbacks(Env& env, const Call& call) {
  switch (call.special) {
    case Special::rbtree_add:
      return push_callback(env, call, CallbackKind::rbtree_less);
    case Special::wq_set_callback:
      return push_callback(env, call, CallbackKind::map_item_wq);
    case Special::task_work_schedule:
      return push_callback(env, call, CallbackKind::map_item_task_work);
    default:
      return 0;
  }
}

int give_up(Env& env, Call& call) {
  if (call.release_reg < 0) return 0;
  if (call.dynptr_ref != 0 && call.special == Special::dynptr_file_discard) return release_dynptr(env, call);
  const RegState& reg = env.reg(static_cast<unsigned>(call.release_reg));
  const std::uint32_t ref = reg.ref_id;
  const int err = ref == 0 ? -EINVAL : release_reference(env, ref);
  if (err != 0 && !env.refusal) return env.refuse(err, "kfunc {} reference has not been acquired before", call.name());
  return err;
}

int give_to_graph(Env& env, const Call& call) {
  switch (call.special) {
    case Special::list_push_front:
    case Special::list_push_back:
    case Special::list_add:
    case Special::rbtree_add:
      break;
    default:
      return 0;
  }
  if (call.node_ref == 0) return unsupported(env, fmt::format("{} of this node", call.name()));
  InsnAux& aux = env.insn_aux();
  if (aux.call.field_known &&
      aux.call.value != call.field->node_offset)  // the engine finds the object by it, whatever the path
    return unsupported(env, fmt::format("one {} of nodes at different offsets", call.name()));
  aux.call.field_known = true;
  aux.call.value = call.field->node_offset;
  if (const int err = convert_to_non_owning(env, call.node_ref))
    return env.refuse(err, "kfunc {} conversion of owning ref to non-owning failed", call.name());
  return 0;
}

int throw_exception(Env& env) {
  if (env.exception_callback < 0) {
    // Without a callback of its own, what is thrown is what the program returns.
    // (Wherever it is thrown: the question is asked as the main program's.)
    Frame& outermost = *env.state->frames.front();
    const std::uint32_t subprogram = std::exchange(outermost.subprogram, 0);
    const int err = check_return_value(env, 1, "At program exit");
    outermost.subprogram = subprogram;
    if (err != 0) return err;
  }
  if (const int err = check_resources_released(env, "bpf_throw", true, true)) return err;
  return path_finished;
}

// ---- results --------------------------------------------------------------------------------------------------------

int result_of_obj_new(Env& env, const Call& call, bool percpu) {
  if (call.const_value > UINT32_MAX) return env.refuse(-EINVAL, "local type ID argument must be in range [0, U32_MAX]");
  const btf::Btf* btf = env.input.btf.get();
  if (btf == nullptr) return env.refuse(-EINVAL, "bpf_obj_new/bpf_percpu_obj_new requires prog BTF");
  const auto id = static_cast<btf::TypeId>(call.const_value);
  if (!btf->valid(id) || btf->type(id).kind != Kind::struct_)
    return env.refuse(-EINVAL, "bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct");
  const std::uint32_t size = btf->type(id).size;
  if (percpu) {
    if (size > max_percpu_object)
      return env.refuse(-EINVAL, "bpf_percpu_obj_new type size ({}) is greater than {}", size, max_percpu_object);
    const btf::Record* record = record_of_allocated(env, btf, id);
    if (!is_scalar_struct(*btf, id))
      return env.refuse(-EINVAL, "bpf_percpu_obj_new type ID argument must be of a struct of scalars");
    if (record != nullptr)
      return env.refuse(-EINVAL, "bpf_percpu_obj_new type ID argument must not contain special fields");
  }
  RegState& r0 = env.reg(0);
  r0.mark_pointer(RegType::btf, reg_flag::alloc | (percpu ? reg_flag::percpu : 0));
  r0.btf = btf;
  r0.btf_id = id;
  InsnAux& aux = env.insn_aux();
  if (aux.call.btf_id != 0 &&
      aux.call.btf_id != id)  // the engine allocates what the instruction says, whatever the path
    return unsupported(env, fmt::format("one {} of different types", call.name()));
  aux.call.btf = btf;
  aux.call.btf_id = id;
  aux.call.value = size;
  record_of_allocated(env, btf, id);
  return 0;
}

// What the kernel has for the context of programs of this type, by its own list; 0: there is none in these types.
btf::TypeId kernel_context_of(const Env& env) {
  const btf::TypeId list = env.kernel_btf->find("bpf_ctx_convert", Kind::struct_);
  if (list == 0) return 0;
  std::string wanted = fmt::format("BPF_PROG_TYPE_{}_kern", env.type().name);
  std::transform(wanted.begin(), wanted.end() - 5, wanted.begin(), [](unsigned char c) { return std::toupper(c); });
  for (const btf::Member& member : env.kernel_btf->members(env.kernel_btf->type(list)))
    if (member.name == wanted) return member.type;
  return 0;
}

int result_of_cast(Env& env, const Call& call) {
  if (env.kernel_btf == nullptr) return unsupported(env, fmt::format("{} without kernel types", call.name()));
  const std::string_view name = env.type().kernel_context_type;
  const btf::TypeId id = name.empty() ? 0 : env.kernel_btf->find(name, Kind::struct_);
  if (id == 0) return env.refuse(-EINVAL, "kern ctx type id {} is not a struct", kernel_context_of(env));
  RegState& r0 = env.reg(0);
  r0.mark_pointer(RegType::btf, reg_flag::trusted);
  r0.btf = env.kernel_btf.get();
  r0.btf_id = id;
  return 0;
}

int result_of_rdonly_cast(Env& env, const Call& call) {
  const btf::Btf* btf = env.kernel_btf.get();
  if (btf == nullptr || call.const_value >= btf->type_count())
    return env.refuse(-EINVAL, "Unknown type ID {} passed to kfunc bpf_rdonly_cast", call.const_value);
  const btf::TypeId id = btf->skip_modifiers(static_cast<btf::TypeId>(call.const_value));
  RegState& r0 = env.reg(0);
  if (btf->type(id).is_struct_or_union()) {
    r0.mark_pointer(RegType::btf, reg_flag::untrusted);
    r0.btf = btf;
    r0.btf_id = id;
  } else if (id == 0) {
    r0.mark_pointer(RegType::mem, reg_flag::rdonly | reg_flag::untrusted);
    r0.mem_size = 0;
  } else {
    return env.refuse(-EINVAL, "kfunc bpf_rdonly_cast type ID argument must be of a struct or void");
  }
  return 0;
}

std::uint32_t slice_flag(DynptrKind kind) {
  switch (kind) {
    case DynptrKind::skb:
      return reg_flag::dynptr_skb;
    case DynptrKind::xdp:
      return reg_flag::dynptr_xdp;
    case DynptrKind::skb_meta:
      return reg_flag::dynptr_skb_meta;
    default:
      return 0;
  }
}

int result_of_slice(Env& env, const Call& call, bool rdonly) {
  // Whatever is behind the dynptr: the kernel asks as if it were a packet.
  if (!rdonly && !may_write_packet(env)) return env.refuse(-EINVAL, "the prog does not allow writes to packet data");
  RegState& r0 = env.reg(0);
  r0.mark_pointer(RegType::mem, slice_flag(call.dynptr) | (rdonly ? reg_flag::rdonly : 0));
  r0.mem_size = static_cast<std::uint32_t>(call.const_value);
  r0.dynptr_id = r0.parent_id = call.dynptr_id;
  return 0;
}

// The results that follow a rule of their own. `known`: this call has one.
int special_result(Env& env, const Call& call, bool& known) {
  RegState& r0 = env.reg(0);
  known = true;
  switch (call.special) {
    case Special::obj_new:
      return result_of_obj_new(env, call, false);
    case Special::percpu_obj_new:
      return result_of_obj_new(env, call, true);
    case Special::refcount_acquire:
      r0.mark_pointer(RegType::btf, reg_flag::alloc);
      r0.btf = call.arg_btf;
      r0.btf_id = call.arg_btf_id;
      return 0;
    case Special::list_pop_front:
    case Special::list_pop_back:
    case Special::list_front:
    case Special::list_back:
    case Special::list_del:
    case Special::rbtree_remove:
    case Special::rbtree_first:
    case Special::rbtree_root:
    case Special::rbtree_left:
    case Special::rbtree_right:
      set_graph_node_result(env, r0, call);
      return 0;
    case Special::cast_to_kern_ctx:
      return result_of_cast(env, call);
    case Special::rdonly_cast:
      return result_of_rdonly_cast(env, call);
    case Special::dynptr_slice:
      return result_of_slice(env, call, true);
    case Special::dynptr_slice_rdwr:
      return result_of_slice(env, call, false);
    default:
      known = false;
      return 0;
  }
}

int memory_result(Env& env, const Call& call, const btf::Btf& btf, btf::TypeId pointee) {
  std::uint64_t size = call.result_size;
  bool rdonly = call.result_rdonly;
  if (call.special == Special::session_cookie) {
    size = 8;
    rdonly = false;
  } else if (!call.result_size_known) {
    const auto known = btf.size_of(pointee);
    if (!known || *known == 0)
      return env.refuse(-EINVAL, "kernel function {} returns pointer type {} {} is not supported", call.name(),
                        kind_word(btf.type(pointee).kind), btf.type(pointee).name);
    size = *known;
    rdonly = true;
  }
  RegState& r0 = env.reg(0);
  r0.mark_pointer(RegType::mem, rdonly ? reg_flag::rdonly : 0);
  r0.mem_size = static_cast<std::uint32_t>(size);
  r0.ref_id = call.arg_ref;  // gone with the object that it is part of
  if (call.has(call_flag::rcu_protected)) r0.flags |= reg_flag::rcu;
  return 0;
}

void object_result(Env& env, const Call& call, btf::TypeId pointee) {
  RegState& r0 = env.reg(0);
  r0.mark_pointer(RegType::btf);
  r0.btf = call.kfunc->btf.get();
  r0.btf_id = pointee;
  if (call.has(call_flag::rcu_protected)) {
    r0.flags |= reg_flag::rcu;
  } else if (call.has(call_flag::iter_next)) {
    const RegState& iter = env.state->frames[static_cast<std::size_t>(call.iter_frame)]
                               ->stack[static_cast<std::size_t>(call.iter_slot)]
                               .spilled;
    r0.flags |= iter.has(reg_flag::rcu) ? reg_flag::rcu : reg_flag::trusted;
  } else if (call.has(call_flag::ret_untrusted)) {
    r0.flags |= reg_flag::untrusted;
  } else {
    r0.flags |= reg_flag::trusted;  // what kfuncs return may be used, unless they say otherwise
  }
}

bool may_be_null(const Call& call) {
  // An object that is owned has a count to be raised; one that is not may be on its way out.
  if (call.special == Special::refcount_acquire) return !call.arg_owning;
  return call.has(call_flag::ret_null);
}

int pointer_result(Env& env, Call& call, const btf::Btf& btf, btf::TypeId result) {
  const btf::TypeId pointee = btf.skip_modifiers(btf.type(result).type);
  const btf::Type& t = btf.type(pointee);
  bool known = false;
  if (const int err = special_result(env, call, known)) return err;
  RegState& r0 = env.reg(0);
  if (!known) {
    if (pointee == 0) {
      r0.mark_unknown();
      return 0;
    }
    if (t.kind != Kind::struct_) {
      if (const int err = memory_result(env, call, btf, pointee)) return err;
    } else {
      object_result(env, call, pointee);
    }
  }
  if (may_be_null(call)) {
    r0.flags |= reg_flag::maybe_null;
    r0.id = env.new_id();
  }
  if (call.has(call_flag::acquire)) {
    std::uint32_t id = 0;
    if (const int err = acquire_reference(env, static_cast<std::int32_t>(env.insn_idx), id)) return err;
    r0.id = r0.ref_id = id;
  } else if (t.name == "bpf_rb_node" || t.name == "bpf_list_node") {
    set_non_owning(env, r0);
  }
  if (r0.id == 0 && is_alloc(r0)) {
    const btf::Record* record = record_of(env, r0);
    if (record != nullptr && (record->has(FieldKind::spin_lock) || record->has(FieldKind::res_spin_lock)))
      r0.id = env.new_id();
  }
  return 0;
}

int set_result(Env& env, Call& call) {
  const btf::Btf& btf = *call.kfunc->btf;
  const btf::TypeId result = btf.skip_modifiers(btf.type(call.kfunc->proto).type);
  const btf::Type& t = btf.type(result);
  RegState& r0 = env.reg(0);
  if (call.has(call_flag::acquire)) {
    const bool object =
        t.kind == Kind::ptr && (btf.resolved(t.type).kind == Kind::struct_ || call.special == Special::obj_new ||
                                call.special == Special::percpu_obj_new || call.special == Special::refcount_acquire);
    if (!object) return env.refuse(-EINVAL, "acquire kernel function does not return PTR_TO_BTF_ID");
  }
  switch (t.kind) {
    case Kind::int_:
    case Kind::enum_:
    case Kind::enum64:
      if (call.special == Special::res_spin_lock || call.special == Special::res_spin_lock_irqsave)
        r0.mark_const(0);
      else
        r0.mark_unknown();
      return 0;
    case Kind::ptr:
      return pointer_result(env, call, btf, result);
    default:
      return 0;  // void
  }
}

}  // namespace

int apply_kfunc_effects(Env& env, Call& call) {
  if (const int err = run_callbacks(env, call)) return err;
  if (const int err = begin_or_end_section(env, call)) return err;
  if (call.special == Special::throw_) return throw_exception(env);
  if (const int err = give_up(env, call)) return err;
  if (const int err = give_to_graph(env, call)) return err;
  clear_caller_saved(env, env.frame());
  if (const int err = set_result(env, call)) return err;
  note_call_result(env);
  if (call.has(call_flag::changes_packet)) forget_packet(env);
  if (call.has(call_flag::iter_next)) {
    if (const int err = advance_iterator(env, call)) return err;
  }
  return 0;
}

}  // namespace skep::verifier
