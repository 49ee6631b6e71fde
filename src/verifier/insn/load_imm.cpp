// 64-bit immediate loads: numbers, maps, values in maps, kernel variables, functions. And the classic packet loads.
//
// What a pseudo load names was found before the walk (program/resolve.cpp). Tested by
// tests/conformance/.
#include <cerrno>

#include "verifier/call/call.hpp"
#include "verifier/insn/insn.hpp"
#include "verifier/insn/internal.hpp"
#include "verifier/path/path.hpp"
#include "verifier/pointer/pointer.hpp"

namespace skep::verifier {
namespace {

int load_map(const InsnAux& aux, RegState& dst, bool value) {
  if (!value) {
    dst.mark_pointer(RegType::map_ptr);
  } else if (maps::map_type(aux.names.map->type).direct_values == maps::DirectValues::pages) {
    dst.mark_unknown();
    return 0;
  } else {
    dst.mark_pointer(RegType::map_value);
    dst.r = Scalar::constant(aux.names.map_value_offset);
  }
  dst.map = aux.names.map;
  return 0;
}

int load_function(Env& env, RegState& dst, std::uint32_t subprogram) {
  const Subprogram& callee = env.subprograms[subprogram];
  if (callee.btf_func == 0) return env.refuse(-EINVAL, "missing btf func_info");
  if (callee.is_global) return env.refuse(-EINVAL, "callback function not static");
  dst.mark_pointer(RegType::func);
  dst.subprogram = subprogram;
  return 0;
}

void load_kernel_variable(const InsnAux& aux, RegState& dst) {
  dst.mark_pointer(aux.names.ldimm_type, aux.names.ldimm_flags);
  dst.mem_size = aux.names.btf_var_mem_size;
  dst.btf = aux.names.btf;
  dst.btf_id = aux.names.btf_id;
}

bool in_callback(const Env& env) {
  for (const auto& frame : env.state->frames)
    if (frame->kind == FrameKind::callback || frame->kind == FrameKind::async_callback) return true;
  return false;
}

}  // namespace

int check_load_imm64(Env& env, const Insn& insn) {
  if (int error = check_reg(env, insn.dst, RegUse::dest)) return error;
  RegState& dst = env.reg(insn.dst);
  const InsnAux& aux = env.insn_aux();
  switch (insn.src) {
    case 0: {
      const std::uint64_t high = static_cast<std::uint32_t>(env.insns[env.insn_idx + 1].imm);
      dst.mark_const(high << 32 | static_cast<std::uint32_t>(insn.imm));
      return 0;
    }
    case pseudo::btf_id:
      load_kernel_variable(aux, dst);
      return 0;
    case pseudo::func:
      return load_function(env, dst, aux.names.callee);
    case pseudo::map_fd:
    case pseudo::map_idx:
      return load_map(aux, dst, false);
    case pseudo::map_value:
    case pseudo::map_idx_value:
      return load_map(aux, dst, true);
    default:
      return env.refuse(-EINVAL, "unrecognized bpf_ld_imm64 insn");
  }
}

int check_ld_abs(Env& env, const Insn& insn) {
  constexpr unsigned context_reg = 6;
  if (!env.type().classic_packet_loads)
    return env.refuse(-EINVAL, "BPF_LD_[ABS|IND] instructions not allowed for this program type");
  if (in_callback(env)) return env.refuse(-EINVAL, "cannot use BPF_LD_[ABS|IND] within callback");
  if (int error = check_reg(env, context_reg, RegUse::source)) return error;
  // Such a load may end the program on the spot.
  if (int error = check_resources_released(env, "BPF_LD_[ABS|IND]", false, true)) return error;
  if (!env.reg(context_reg).is(RegType::ctx))
    return env.refuse(-EINVAL, "at the time of BPF_LD_ABS|IND R6 != pointer to skb");
  if (insn.mode() == mem_mode::ind) {
    if (int error = check_reg(env, insn.src, RegUse::source)) return error;
  }
  if (int error = check_fixed_offset(env, env.reg(context_reg), context_reg, 0)) return error;
  for (unsigned i = 0; i <= 5; ++i) env.reg(i).mark_not_init();
  env.reg(0).mark_unknown();
  if (env.state->frames.size() > 1) {
    // In a function, ending on the spot means returning 0 to the caller.
    if (push_branch(env, env.insn_idx + 1, env.insn_idx) == nullptr) return -E2BIG;
    env.reg(0).mark_const(0);
    return return_to_caller(env);
  }
  ++env.insn_idx;
  return 0;
}

}  // namespace skep::verifier
