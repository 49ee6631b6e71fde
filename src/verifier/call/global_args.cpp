// Global functions are verified by their prototype: what BTF and its declaration tags say of each parameter is what the
// function may rely on, and what each caller must give.
//
// Tested by tests/conformance/.
#include <algorithm>

#include "verifier/call/call.hpp"
#include "verifier/call/internal.hpp"
#include "verifier/insn/insn.hpp"
#include "verifier/path/path.hpp"
#include "verifier/pointer/btf_context.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/report/explain.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {
namespace {

using btf::Kind;

enum Tag : unsigned {
  tag_ctx = 1,
  tag_nonnull = 2,
  tag_trusted = 4,
  tag_nullable = 8,
  tag_arena = 16,
  tag_untrusted = 32,
};

int refuse_note(Env& env, int error, std::string text) {
  env.note_text(text);
  return error;
}

bool is_scalar_type(const btf::Type& t) {
  return t.kind == Kind::int_ || t.kind == Kind::enum_ || t.kind == Kind::enum64;
}

bool points_into_arena(const btf::Btf& btf, btf::TypeId pointer) {
  const auto tags = btf.pointer_tags(pointer);
  return std::find(tags.begin(), tags.end(), "arena") != tags.end();
}

int read_tags(Env& env, const btf::Btf& btf, btf::TypeId func, std::uint32_t index, bool is_global, unsigned& tags) {
  for (const std::string_view text : btf.decl_tags(func, static_cast<std::int32_t>(index))) {
    if (!text.starts_with("arg:")) continue;
    if (!is_global) {
      env.note("arg#{} type tag is not supported in static functions", index);
      return -EOPNOTSUPP;
    }
    const std::string_view tag = text.substr(4);
    if (tag == "ctx")
      tags |= tag_ctx;
    else if (tag == "trusted")
      tags |= tag_trusted;
    else if (tag == "untrusted")
      tags |= tag_untrusted;
    else if (tag == "nonnull")
      tags |= tag_nonnull;
    else if (tag == "nullable")
      tags |= tag_nullable;
    else if (tag == "arena")
      tags |= tag_arena;
    else
      return refuse_note(env, -EOPNOTSUPP, fmt::format("arg#{} has unsupported set of tags", index));
  }
  return 0;
}

// The kernel's struct of the same name as the program's, or a negative errno.
int kernel_struct(Env& env, const btf::Btf& btf, btf::TypeId pointee, std::uint32_t index) {
  const btf::Type& t = btf.resolved(pointee);
  if (env.kernel_btf == nullptr || !t.is_struct_or_union()) {
    env.note("arg#{} is not a pointer to a struct", index);
    return -EINVAL;
  }
  std::string_view name = t.name;
  if (const auto flavor = name.find("___"); flavor != std::string_view::npos) name = name.substr(0, flavor);
  const btf::TypeId id = env.kernel_btf->find(name, t.kind);
  if (id != 0) return static_cast<int>(id);
  env.note("arg#{} reference type('{} {}') has no matches", index, kind_word(t.kind), t.name);
  return -ENOENT;
}

int prepare_pointer(Env& env, const btf::Btf& btf, btf::TypeId pointer, std::uint32_t index, unsigned tags,
                    bool is_global, Subprogram::Arg& arg) {
  const btf::TypeId pointee = btf.resolved(pointer).type;
  const btf::TypeId target = btf.skip_modifiers(pointee);
  const btf::Type& t = btf.type(target);
  if ((tags & tag_ctx) || is_context_struct(env, btf, pointee, false)) {
    if (tags & ~tag_ctx) return refuse_note(env, -EINVAL, fmt::format("arg#{} has invalid combination of tags", index));
    if ((tags & tag_ctx) && !is_context_struct(env, btf, pointee, true))
      return refuse_note(env, -EINVAL, fmt::format("arg#{} type isn't a struct", index));
    arg.is_ctx = true;
    arg.type = RegType::ctx;
    return 0;
  }
  if (t.kind == Kind::struct_ && t.name == "bpf_dynptr") {
    if (tags != 0) return refuse_note(env, -EINVAL, fmt::format("arg#{} has invalid combination of tags", index));
    arg.is_dynptr = true;
    arg.type = RegType::dynptr;
    return 0;
  }
  if (tags & tag_trusted) {
    if (tags & tag_nonnull)
      return refuse_note(env, -EINVAL, fmt::format("arg#{} has invalid combination of tags", index));
    const int found = kernel_struct(env, btf, pointee, index);
    if (found < 0) return found;
    arg.btf_id = static_cast<btf::TypeId>(found);
    arg.btf = env.kernel_btf.get();
    arg.type = RegType::btf;
    arg.flags = reg_flag::trusted | ((tags & tag_nullable) ? reg_flag::maybe_null : 0);
    return 0;
  }
  if (tags & tag_untrusted) {
    if (tags & ~tag_untrusted)
      return refuse_note(env, -EINVAL, fmt::format("arg#{} untrusted cannot be combined with any other tags", index));
    arg.flags = reg_flag::untrusted;
    if (target == 0 || is_scalar_type(t)) {
      arg.type = RegType::mem;
      arg.flags |= reg_flag::rdonly;
      arg.mem_size = 0;
      return 0;
    }
    const int found = kernel_struct(env, btf, pointee, index);
    if (found < 0) return found;
    arg.btf_id = static_cast<btf::TypeId>(found);
    arg.btf = env.kernel_btf.get();
    arg.type = RegType::btf;
    return 0;
  }
  if (tags == 0 && points_into_arena(btf, pointer)) tags = tag_arena;
  if (tags & tag_arena) {
    if (tags & ~tag_arena)
      return refuse_note(env, -EINVAL, fmt::format("arg#{} arena cannot be combined with any other tags", index));
    arg.is_arena = true;
    arg.type = RegType::arena;
    return 0;
  }
  if (!is_global) return -EINVAL;
  if (tags & tag_nullable)
    return refuse_note(env, -EINVAL, fmt::format("arg#{} marked as nullable, but is not trusted", index));
  const auto size = btf.size_of(target);
  if (target == 0 || !size)
    return refuse_note(
        env, -EINVAL,
        fmt::format("arg#{} reference type('{} {}') size cannot be determined: -22", index, kind_word(t.kind), t.name));
  arg.type = RegType::mem;
  arg.mem_size = *size;
  arg.flags = (tags & tag_nonnull) ? 0 : reg_flag::maybe_null;
  return 0;
}

}  // namespace

int prepare_subprogram_args(Env& env, std::uint32_t index) {
  Subprogram& sub = env.subprograms[index];
  if (sub.args_cached) return 0;
  const bool is_global = sub.is_global || index == 0;
  if (env.input.btf == nullptr || sub.btf_func == 0) {
    if (!is_global) return -EINVAL;
    return refuse_note(env, -EINVAL, "Global functions need valid BTF");
  }
  const btf::Btf& btf = *env.input.btf;
  const auto func_id = static_cast<btf::TypeId>(sub.btf_func);
  const btf::Type& func = btf.type(func_id);
  if (func.kind != Kind::func) return -EFAULT;
  const btf::Type& proto = btf.type(func.type);
  if (proto.kind != Kind::func_proto) return -EFAULT;
  const auto params = btf.params(proto);
  if (params.size() > 5) {
    if (!is_global) return -EINVAL;
    return refuse_note(env, -EINVAL,
                       fmt::format("Global function {}() with {} > 5 args. Buggy compiler.", sub.name, params.size()));
  }
  const btf::TypeId ret = btf.skip_modifiers(proto.type);
  sub.returns_void = ret == 0;
  if (ret != 0 && !is_scalar_type(btf.type(ret)) && !points_into_arena(btf, ret)) {
    if (!is_global) return -EINVAL;
    return refuse_note(
        env, -EOPNOTSUPP,
        fmt::format("Global function {}() return value not void or scalar. Only those are supported.", sub.name));
  }
  std::vector<Subprogram::Arg> args(params.size());
  for (std::uint32_t i = 0; i < params.size(); ++i) {
    Subprogram::Arg& arg = args[i];
    unsigned tags = 0;
    if (const int err = read_tags(env, btf, func_id, i, is_global, tags)) return err;
    const btf::TypeId type = btf.skip_modifiers(params[i].type);
    const btf::Type& t = btf.type(type);
    if (t.kind == Kind::ptr) {
      arg.anything = false;
      if (const int err = prepare_pointer(env, btf, type, i, tags, is_global, arg)) return err;
      continue;
    }
    if (tags != 0)
      return refuse_note(env, -EINVAL, fmt::format("arg#{} has pointer tag, but is not a pointer type", i));
    if (is_scalar_type(t)) continue;
    if (!is_global) return -EINVAL;
    return refuse_note(env, -EINVAL,
                       fmt::format("Arg#{} type {} in {}() is not supported yet.", i, kind_word(t.kind), sub.name));
  }
  sub.args = std::move(args);
  sub.args_cached = true;
  return 0;
}

namespace {

// Memory of the size that the parameter's type has, readable and writable.
int check_memory_arg(Env& env, std::uint32_t index, unsigned regno, const Subprogram::Arg& arg) {
  const RegState& reg = env.reg(regno);
  if (reg.is_packet() && env.subprograms[index].changes_packet) {
    env.note("R{} is a packet pointer, but func#{} may change packet data", regno, index);
    return -EINVAL;
  }
  if (const int err = check_passed_offset(env, reg, regno, true)) return err;
  if (reg.is_null()) {
    if (const int err = mark_precise(env, regno)) return err;
  } else {
    RegState present = reg;
    present.flags &= ~reg_flag::maybe_null;
    // What is dead of the stack need not be there: the function does not read it.
    for (const Access access : {Access::write, Access::read}) {
      CallMemory how;
      how.access = access;
      how.zero_size_allowed = true;
      if (check_call_memory(env, present, regno, arg.mem_size, how) != 0) return -EINVAL;
    }
  }
  if ((arg.flags & reg_flag::maybe_null) == 0 && (reg.maybe_null() || reg.is_null()))
    return refuse_note(env, -EINVAL, fmt::format("R{} is expected to be non-NULL", regno));
  return 0;
}

int check_object_arg(Env& env, std::string_view callee, unsigned regno, const Subprogram::Arg& arg) {
  const RegState& reg = env.reg(regno);
  const bool nullable = (arg.flags & reg_flag::maybe_null) != 0;
  if (reg.is_null() && nullable) return mark_precise(env, regno);
  std::uint32_t flags = reg.flags;
  if (nullable) flags &= ~reg_flag::maybe_null;
  const bool kind_fits = reg.is(RegType::btf) && (flags == 0 || flags == reg_flag::trusted || flags == reg_flag::rcu);
  if (!kind_fits)
    return refuse_register_type(env, callee, regno,
                                {{RegType::btf}, {RegType::btf, reg_flag::trusted}, {RegType::btf, reg_flag::rcu}});
  if (!reg.r.is_const() || reg.fixed_offset() < 0 ||
      !reg.btf->contains_at(reg.btf_id, static_cast<std::uint64_t>(reg.fixed_offset()), *arg.btf, arg.btf_id, false))
    return env.refuse(-EACCES, "R{} is of type {} but {} is expected", regno, reg.btf->type(reg.btf_id).name,
                      arg.btf->type(arg.btf_id).name);
  return check_offset(env, reg, regno, true);
}

int check_global_arg(Env& env, std::uint32_t index, unsigned regno, const Subprogram::Arg& arg) {
  if (arg.flags & reg_flag::untrusted) return 0;  // reads through it may fault, and are made safe; it may be anything
  if (const int err = check_reg(env, regno, RegUse::source)) return err;
  const RegState& reg = env.reg(regno);
  if (arg.anything) {
    if (!reg.is_scalar()) return refuse_note(env, -EINVAL, fmt::format("R{} is not a scalar", regno));
    return 0;
  }
  if (arg.is_ctx) {
    if (!reg.is(RegType::ctx)) return refuse_note(env, -EINVAL, fmt::format("R{} expects pointer to ctx", regno));
    return check_offset(env, reg, regno, false);
  }
  if (arg.is_dynptr) {
    Call call;
    return check_dynptr_arg(env, call, regno, false, true, DynptrKind::invalid, false);
  }
  if (arg.is_arena) {
    if (!reg.is(RegType::arena) && !reg.is_scalar())
      return refuse_note(env, -EINVAL, fmt::format("R{} is not a pointer to arena or scalar", regno));
    return 0;
  }
  if (arg.type == RegType::mem) return check_memory_arg(env, index, regno, arg);
  return check_object_arg(env, env.subprograms[index].name, regno, arg);
}

}  // namespace

int check_global_args(Env& env, std::uint32_t index) {
  Subprogram& sub = env.subprograms[index];
  // What a static function is given is seen when it is walked.
  if (!sub.is_global) {
    if (env.input.btf != nullptr && sub.btf_func != 0) {
      const btf::Btf& btf = *env.input.btf;
      const btf::Type& proto = btf.type(btf.type(static_cast<btf::TypeId>(sub.btf_func)).type);
      sub.returns_void = proto.kind == Kind::func_proto && btf.skip_modifiers(proto.type) == 0;
    }
    return 0;
  }
  if (const int err = prepare_subprogram_args(env, index)) return err;
  for (std::uint32_t i = 0; i < sub.args.size(); ++i)
    if (const int err = check_global_arg(env, index, i + 1, sub.args[i])) return err;
  return 0;
}

namespace {

int set_entry_args(Env& env, std::uint32_t index) {
  Subprogram& sub = env.subprograms[index];
  Frame& frame = env.frame();
  for (std::uint32_t i = 0; i < sub.args.size(); ++i) {
    const Subprogram::Arg& arg = sub.args[i];
    RegState& reg = frame.regs[i + 1];
    if (arg.anything || arg.is_arena) {
      reg.mark_unknown();
    } else if (arg.is_ctx) {
      reg.mark_pointer(RegType::ctx);
    } else if (arg.is_dynptr) {
      reg.mark_pointer(RegType::dynptr, reg_flag::dynptr_local);
      reg.dynptr = DynptrKind::local;
      reg.first_slot = true;
      reg.id = env.new_id();
    } else if (arg.type == RegType::mem) {
      reg.mark_pointer(RegType::mem, arg.flags);
      reg.mem_size = arg.mem_size;
      if (reg.maybe_null()) reg.id = env.new_id();
    } else {
      reg.mark_pointer(RegType::btf, arg.flags);
      reg.btf = arg.btf;
      reg.btf_id = arg.btf_id;
      if (reg.maybe_null()) reg.id = env.new_id();
    }
  }
  return 0;
}

int check_exception_callback(Env& env, std::uint32_t index) {
  const Subprogram& sub = env.subprograms[index];
  if (sub.returns_void) return env.refuse(-EINVAL, "exception cb cannot return void");
  if (sub.args.size() != 1 || !sub.args[0].anything)
    return env.refuse(-EINVAL, "exception cb only supports single integer argument");
  return 0;
}

}  // namespace

int prepare_entry_state(Env& env, std::uint32_t index) {
  env.state = std::make_unique<State>();
  State& state = *env.state;
  state.in_sleepable = env.input.traits.sleepable;
  auto frame = std::make_unique<Frame>();
  frame->subprogram = index;
  frame->regs[frame_pointer].mark_pointer(RegType::stack);
  state.frames.push_back(std::move(frame));
  env.insn_idx = env.subprograms[index].start;
  env.prev_insn_idx = ~0U;

  if (index != 0 || env.attached_to() == progtypes::AttachedTo::program) {
    if (env.log->any()) env.log->print("Validating {}() func#{}...\n", env.subprograms[index].name, index);
    if (const int err = prepare_subprogram_args(env, index)) {
      // What was said about the parameter is the refusal.
      if (!env.refusal) {
        env.refusal.emplace();
        env.refusal->error = err;
        env.refusal->message = std::move(env.notes);
        env.notes.clear();
      }
      return err;
    }
    if (env.subprograms[index].is_exception_callback) {
      env.frame().kind = FrameKind::exception_callback;
      if (const int err = check_exception_callback(env, index)) return err;
    }
    return set_entry_args(env, index);
  }
  // A main program whose prototype is not that of its type is verified all the same; the log says what is odd.
  if (env.input.btf != nullptr && env.subprograms[0].btf_func != 0) {
    (void)prepare_subprogram_args(env, 0);
    env.notes.clear();
  }
  env.reg(1).mark_pointer(RegType::ctx);
  return acquire_argument_references(env);
}

}  // namespace skep::verifier
