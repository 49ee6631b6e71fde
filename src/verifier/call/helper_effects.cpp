// What helpers do besides taking arguments: callbacks, tail calls, dynptrs, kptrs; and what they return.
//
// One function for each `Special` that needs one. Tested by tests/verifier/call/.
#include "progtypes/lsm_hooks.hpp"
#include "verifier/call/call.hpp"
#include "verifier/call/call_facts.hpp"
#include "verifier/call/internal.hpp"
#include "verifier/path/path.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {

using calls::RetKind;
using calls::Special;

namespace {

constexpr std::int64_t max_errno = 4095;

int check_tail_call(Env& env) {
  if (const int err = check_resources_released(env, "tail_call", false, true)) return err;
  // The program that is called must not run where a callback was expected to return.
  for (const auto& frame : env.state->frames)
    if (frame->kind != FrameKind::normal) return env.refuse(-EINVAL, "cannot tail call within callback");
  env.subprograms[env.frame().subprogram].has_tail_call = true;
  return 0;
}

// The format string's conversions against the arguments that are given.
int check_format(Env& env, unsigned len_regno, unsigned fmt_regno) {
  const RegState& length = env.reg(len_regno);
  if (!length.is_const() || length.r.const_value() % 8 != 0 || length.r.const_value() > 12 * 8)
    return 0;  // the helper itself gives -EINVAL at run time
  const RegState& format = env.reg(fmt_regno);
  const std::uint64_t args = length.r.const_value() / 8;
  const std::int64_t at = format.fixed_offset();
  const auto data = format.map->constant_data;
  if (at < 0 || static_cast<std::uint64_t>(at) >= data.size()) return 0;
  std::uint64_t used = 0;
  for (std::size_t i = static_cast<std::size_t>(at); i < data.size() && data[i] != 0; ++i) {
    const unsigned char c = data[i];
    if (c >= 0x80 || (c < 0x20 && c != '\n' && c != '\t' && c != '\r' && c != '\v' && c != '\f' && c != '\b'))
      return env.refuse(-EINVAL, "Invalid format string");
    if (c != '%') continue;
    if (i + 1 < data.size() && data[i + 1] == '%') {
      ++i;
      continue;
    }
    ++i;
    while (i < data.size() &&
           (data[i] == '0' || data[i] == '+' || data[i] == '-' || data[i] == ' ' || (data[i] >= '1' && data[i] <= '9')))
      ++i;
    if (used >= args) return env.refuse(-EINVAL, "Invalid format string");
    const unsigned char kind = i < data.size() ? data[i] : 0;
    bool ok = false;
    if (kind == 'p') {
      ok = true;
      if (i + 1 < data.size()) {
        const unsigned char next = data[i + 1];
        if ((next == 'k' || next == 'u') && i + 2 < data.size() && data[i + 2] == 's') {
          i += 2;
        } else if (next == 'i' || next == 'I') {
          ok = i + 2 < data.size() && (data[i + 2] == '4' || data[i + 2] == '6');
          i += 2;
        } else if (next == 'K' || next == 'x' || next == 's' || next == 'S' || next == 'B') {
          ++i;
        } else {
          ok = next == 0 || next == ' ' || next == '\n' || next == ',' || next == '.' || next == ':' || next == ';' ||
               next == ')' || next == '%' || next == '\t' || next == ']' || next == '}' || next == '/' || next == '-';
        }
      }
    } else if (kind == 's' || kind == 'c') {
      ok = true;
    } else {
      std::size_t j = i;
      unsigned longs = 0;
      while (j < data.size() && data[j] == 'l' && longs < 2) {
        ++j;
        ++longs;
      }
      const unsigned char conversion = j < data.size() ? data[j] : 0;
      ok = conversion == 'd' || conversion == 'i' || conversion == 'u' || conversion == 'x' || conversion == 'X';
      i = j;
    }
    if (!ok) return env.refuse(-EINVAL, "Invalid format string");
    ++used;
  }
  return 0;
}

int run_loop(Env& env, const Call& call) {
  if (!env.reg(1).is_scalar()) return refuse_register_type(env, call.name(), 1, {{RegType::scalar}});
  InsnAux& aux = env.insn_aux();
  // bpf_loop can be inlined when every path calls the same function with flags 0.
  const RegState& flags = env.reg(4);
  const bool fits = flags.is_null();
  const bool first = !aux.call.loop_inlinable && aux.call.loop_callback == 0;
  if (fits && (first || aux.call.loop_inlinable))
    if (const int err = mark_precise(env, 4)) return err;
  if (first) {
    aux.call.loop_inlinable = fits;
    aux.call.loop_callback = static_cast<std::uint32_t>(call.callback);
  } else if (aux.call.loop_callback != static_cast<std::uint32_t>(call.callback) || !fits) {
    aux.call.loop_inlinable = false;
  }
  // How often it runs decides when the walk may stop.
  if (const int err = mark_precise(env, 1)) return err;
  Frame& frame = env.frame();
  if (frame.callback_depth < env.reg(1).r.umax()) return push_callback(env, call, CallbackKind::loop);
  frame.callback_depth = 0;
  return 0;
}

bool sets_any_result(const Env& env) {
  const auto& type = env.type();
  return type.sets_any_result != nullptr && type.sets_any_result(env.input.traits);
}

int check_set_retval(Env& env) {
  if (!env.reg(1).is_scalar()) return env.refuse(-EINVAL, "R1 is not a scalar");
  if (env.attached_to() == progtypes::AttachedTo::cgroup_hook && env.input.attach) {
    const auto& target = *env.input.attach;
    const btf::Type& func = target.btf->type(target.type);
    const btf::Type& proto = target.btf->type(func.type);
    if (proto.type == 0)
      return env.refuse(-EINVAL, "BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!");
  }
  if (sets_any_result(env)) return 0;
  if (const int err = mark_precise(env, 1)) return err;
  // What the hook may say itself: an errno, or yes and no.
  const bool yes_or_no = env.attached_to() == progtypes::AttachedTo::cgroup_hook &&
                         progtypes::lsm_hook_boolean(env.input.traits.attach_function);
  return check_scalar_range(env, env.reg(1), 1, yes_or_no ? 0 : -max_errno, yes_or_no ? 1 : 0, "At bpf_set_retval");
}

// The address of the traced function is at hand in kprobes and where a trampoline calls the program.
int check_func_ip(Env& env, const calls::Helper& helper) {
  using progtypes::FunctionAddress;
  if (env.type().function_address == FunctionAddress::of_probe) return 0;
  if (env.type().function_address == FunctionAddress::none)
    return env.refuse(-enotsupp, "func {} not supported for program type {}", helper_label(helper),
                      static_cast<unsigned>(env.type().type));
  if (env.attached_to() == progtypes::AttachedTo::function) return 0;
  return env.refuse(-enotsupp, "func {} supported only for fentry/fexit/fsession/fmod_ret programs",
                    helper_label(helper));
}

int make_dynptr_from_mem(Env& env) {
  const RegState& data = env.reg(1);
  if (!data.is(RegType::map_value))
    return env.refuse(-EACCES, "Unsupported reg type {} for bpf_dynptr_from_mem data", reg_type_name(data.type, 0));
  return 0;
}

}  // namespace

int apply_helper_effects(Env& env, Call& call) {
  switch (call.special) {
    case Special::get_func_ip:
      return check_func_ip(env, *call.helper);
    case Special::tail_call:
      return check_tail_call(env);
    case Special::get_local_storage:
      if (env.reg(2).is_scalar()) {
        if (const int err = mark_precise(env, 2)) return err;
      }
      if (!env.reg(2).is_null()) return env.refuse(-EINVAL, "get_local_storage() doesn't support non-zero flags");
      return 0;
    case Special::for_each_map_elem: {
      if (call.map == nullptr) return unsupported(env, "bpf_for_each_map_elem without a map");
      if (!maps::map_type(call.map->type).offers(call.helper->map_use))
        return env.refuse(-EINVAL, "callback_fn() not allowed for this map type");
      return push_callback(env, call, CallbackKind::for_each_map_elem);
    }
    case Special::timer_set_callback:
      return push_callback(env, call, CallbackKind::map_item);
    case Special::find_vma:
      return push_callback(env, call, CallbackKind::find_vma);
    case Special::user_ringbuf_drain:
      return push_callback(env, call, CallbackKind::user_ringbuf_drain);
    case Special::loop:
      return run_loop(env, call);
    case Special::snprintf:
      return check_format(env, 5, 3);
    case Special::set_retval:
      return check_set_retval(env);
    case Special::dynptr_from_mem:
      if (const int err = make_dynptr_from_mem(env)) return err;
      return create_dynptr(env, call, 4, DynptrKind::local, nullptr);
    case Special::ringbuf_reserve_dynptr:
      return create_dynptr(env, call, 4, DynptrKind::ringbuf, nullptr);
    case Special::dynptr_write:
      if (call.dynptr == DynptrKind::skb || call.dynptr == DynptrKind::skb_meta) {
        forget_packet(env);  // it may be copied to be written
      }
      return 0;
    default:
      return 0;
  }
}

void set_helper_result(Env& env, Call& call, int& error) {
  const calls::Helper& helper = *call.helper;
  RegState& r0 = env.reg(0);
  std::uint32_t flags = 0;
  if (helper.ret_flags & calls::ret_flag::maybe_null) flags |= reg_flag::maybe_null;
  if (helper.ret_flags & calls::ret_flag::trusted) flags |= reg_flag::trusted;
  if (helper.ret_flags & calls::ret_flag::rdonly) flags |= reg_flag::rdonly;

  switch (helper.ret) {
    case RetKind::integer:
      r0.mark_unknown();
      return;
    case RetKind::length:
      r0.mark_unknown();
      if (call.size_max <= INT32_MAX)
        r0.r = Scalar::from_range_s64(-max_errno, static_cast<std::int64_t>(call.size_max));
      return;
    case RetKind::errno_:
      r0.mark_unknown();
      if (!sets_any_result(env)) r0.r = Scalar::from_range_s64(-max_errno, 0);
      return;
    case RetKind::cpu:
      r0.mark_unknown();
      r0.r = Scalar::from_range_u64(0, env.input.cpus - 1);
      return;
    case RetKind::void_:
      r0.mark_not_init();
      return;
    case RetKind::map_value: {
      if (call.map == nullptr) {
        error = env.refuse(-EINVAL, "kernel subsystem misconfigured verifier");
        return;
      }
      if (call.special == Special::map_lookup && maps::map_type(call.map->type).all_exist && call.map_key_known &&
          call.map_key < call.map->max_entries && (call.map->flags & map_flag::inner_map) == 0)
        flags &= ~reg_flag::maybe_null;  // this element exists
      if (call.map->inner != nullptr) {
        r0.mark_pointer(RegType::map_ptr, flags);
        r0.map = call.map->inner.get();
        break;
      }
      r0.mark_pointer(RegType::map_value, flags);
      r0.map = call.map;
      r0.map_uid = call.map_uid;
      const btf::Record* record = call.map->record.get();
      if ((flags & reg_flag::maybe_null) == 0 && record != nullptr &&
          (record->has(btf::FieldKind::spin_lock) || record->has(btf::FieldKind::res_spin_lock)))
        r0.id = env.new_id();
      break;
    }
    case RetKind::socket:
      r0.mark_pointer(RegType::socket, flags);
      break;
    case RetKind::tcp_sock:
      r0.mark_pointer(RegType::tcp_sock, flags);
      break;
    case RetKind::sock_common:
      r0.mark_pointer(RegType::sock_common, flags);
      break;
    case RetKind::ringbuf_mem:
      r0.mark_pointer(RegType::mem, flags | reg_flag::ringbuf);
      r0.mem_size = static_cast<std::uint32_t>(call.mem_size);
      break;
    case RetKind::mem:
      r0.mark_pointer(RegType::mem, flags);
      r0.mem_size = helper.ret_size != 0 ? helper.ret_size : static_cast<std::uint32_t>(call.mem_size);
      break;
    case RetKind::mem_or_btf_id: {
      const btf::TypeId type = call.arg_btf->skip_modifiers(call.arg_btf_id);
      if (!call.arg_btf->type(type).is_struct_or_union()) {
        const auto size = call.arg_btf->size_of(type);
        if (!size) {
          error = env.refuse(-EINVAL, "unable to resolve the size of type '{}': -22", call.arg_btf->type(type).name);
          return;
        }
        r0.mark_pointer(RegType::mem, flags | reg_flag::rdonly);
        r0.mem_size = *size;
      } else {
        const bool allocated = (call.arg_flags & reg_flag::rcu) != 0;  // a per-CPU object of the program's own
        r0.mark_pointer(RegType::btf, allocated ? (reg_flag::alloc | reg_flag::rcu | (flags & reg_flag::maybe_null))
                                                : (flags & ~reg_flag::rdonly));
        r0.btf = call.arg_btf;
        r0.btf_id = type;
      }
      break;
    }
    case RetKind::btf_id: {
      r0.mark_pointer(RegType::btf, flags);
      if (call.special == Special::kptr_xchg) {
        if (call.field == nullptr) {
          error = unsupported(env, "bpf_kptr_xchg without a field");
          return;
        }
        note_field(env, *call.field);
        r0.btf = call.field->btf.get();
        r0.btf_id = call.field->type;
        if (!call.field->btf->is_kernel()) {
          r0.flags |= reg_flag::alloc;
          if (call.field->kind == btf::FieldKind::kptr_percpu) r0.flags |= reg_flag::percpu;
        }
      } else {
        if (env.kernel_btf == nullptr) {
          error = env.refuse(-EINVAL, "in-kernel BTF is malformed");
          return;
        }
        r0.btf = env.kernel_btf.get();
        r0.btf_id = env.kernel_btf->find(helper.ret_btf_type, btf::Kind::struct_);
        if (r0.btf_id == 0) {
          error = env.refuse(-EINVAL, "invalid return type {} of func {}", 9, helper_label(helper));
          return;
        }
      }
      break;
    }
  }

  if (r0.maybe_null()) r0.id = env.new_id();
  if (call.special == Special::dynptr_data) {
    r0.dynptr_id = r0.parent_id = call.dynptr_id;
  }
  const bool sockmap_lookup = call.special == Special::map_lookup && call.map != nullptr &&
                              maps::map_type(call.map->type).holds == maps::Holds::sockets;
  if (call.special == Special::skc_to) {
    r0.ref_id = call.arg_ref;  // giving up either gives up both
  } else if (call.has(calls::call_flag::acquire) || sockmap_lookup || call.special == Special::kptr_xchg) {
    std::uint32_t id = 0;
    error = acquire_reference(env, static_cast<std::int32_t>(env.insn_idx), id);
    r0.id = r0.ref_id = id;
  }
}

}  // namespace skep::verifier
