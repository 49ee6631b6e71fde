// What each call names: helpers by their number, kfuncs by the BTF id of a kernel function. Whether the program may
// make the call, and with which arguments, is call/'s to say. Tested by tests/conformance/.
#include "verifier/path/flow.hpp"
#include "verifier/program/program.hpp"

namespace skep::verifier {

namespace {

bool is_kfunc_call(const Insn& insn) {
  return is_call(insn) && insn.src == call_kind::kfunc;
}

std::shared_ptr<const btf::Btf> types_of(Env& env, std::int16_t offset) {
  if (offset == 0) return env.kernel_btf;
  if (offset < 0) {
    env.refuse(-EINVAL, "negative offset disallowed for kernel module function call");
    return nullptr;
  }
  int error = 0;
  auto btf = env.input.resolver->btf_by_index(static_cast<std::uint32_t>(offset), error);
  if (btf) return btf;
  if (error == -EPROTO) {
    env.refuse(error, "kfunc offset > 0 without fd_array is invalid");
  } else {
    env.refuse(error, "invalid module BTF fd specified");
  }
  return nullptr;
}

// A kfunc with arguments that the verifier supplies has a second, implementing function in BTF, which is not for
// programs.
bool is_implementation(Env& env, std::string_view name) {
  constexpr std::string_view suffix = "_impl";
  if (!name.ends_with(suffix)) return false;
  const calls::Kfunc* base = env.input.resolver->kfuncs().find(name.substr(0, name.size() - suffix.size()));
  return base != nullptr && (base->flags & calls::call_flag::implicit_args) != 0;
}

int resolve(Env& env, const Insn& insn, KfuncCall& call) {
  call.btf = types_of(env, insn.off);
  if (!call.btf)
    return env.refuse(env.refusal ? env.refusal->error : -EINVAL, "failed to find BTF for kernel function");
  const btf::Btf& btf = *call.btf;
  call.func = static_cast<btf::TypeId>(insn.imm);
  if (!btf.valid(call.func) || btf.type(call.func).kind != btf::Kind::func) {
    return env.refuse(-EINVAL, "kernel btf_id {} is not a function", insn.imm);
  }
  call.proto = btf.type(call.func).type;
  if (!btf.valid(call.proto) || btf.type(call.proto).kind != btf::Kind::func_proto) {
    return env.refuse(-EINVAL, "kernel function btf_id {} does not have a valid func_proto", insn.imm);
  }
  call.name = btf.type(call.func).name;
  call.entry = env.input.resolver->kfuncs().find(call.name);
  if (call.entry == nullptr && is_implementation(env, call.name)) {
    return env.refuse(-EINVAL, "cannot find address for kernel function {}", call.name);
  }
  // Whether or not a path comes to the call.
  if (call.entry != nullptr && (call.entry->flags & calls::call_flag::needs_device) != 0 && !env.input.traits.dev_bound)
    return env.refuse(-EINVAL, "metadata kfuncs require device-bound program");
  return 0;
}

}  // namespace

int resolve_kfuncs(Env& env) {
  for (std::uint32_t at = 0; at < env.insns.size(); ++at) {
    const Insn& insn = env.insns[at];
    env.insn_idx = at;
    if (is_call(insn) && insn.src == call_kind::helper) {
      env.aux[at].names.helper =
          calls::find_helper(*env.input.rules, static_cast<std::uint32_t>(insn.imm), env.type().type);
    }
    if (!is_kfunc_call(insn)) continue;
    if (!env.kernel_btf) {
      return env.refuse(-EOPNOTSUPP, "calling kernel function is not supported without CONFIG_DEBUG_INFO_BTF");
    }
    if (!env.input.traits.gpl) {
      return env.refuse(-EINVAL, "cannot call kernel function from non-GPL compatible program");
    }
    if (insn.imm == 0 && insn.off == 0) continue;  // refused when it is reached (a weak symbol that was not found)
    const std::uint64_t key =
        std::uint64_t{static_cast<std::uint16_t>(insn.off)} << 32 | static_cast<std::uint32_t>(insn.imm);
    auto [entry, is_new] = env.kfunc_calls.try_emplace(key);
    if (is_new) {
      if (const int error = resolve(env, insn, entry->second)) return error;
    }
    env.aux[at].names.kfunc = &entry->second;
  }
  env.insn_idx = 0;
  return 0;
}

}  // namespace skep::verifier
