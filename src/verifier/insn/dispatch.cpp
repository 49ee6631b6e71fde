// One instruction: by its class to the function that knows it.
//
// Reserved fields and unknown opcodes are refused before the walk (program/resolve.cpp). Tested by
// tests/verifier/insn/.
#include <cerrno>

#include "verifier/call/call.hpp"
#include "verifier/insn/insn.hpp"
#include "verifier/insn/internal.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/report/explain.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {

int check_reg(Env& env, unsigned number, RegUse use) {
  if (number >= reg_count) return env.refuse(-EINVAL, "R{} is invalid", number);
  env.log->touch_reg(number);
  RegState& reg = env.reg(number);
  if (use == RegUse::source) {
    if (reg.is(RegType::not_init))
      return env.refuse(-EACCES, explain::unreadable_register(env, number), "R{} !read_ok", number);
    return 0;
  }
  if (number == frame_pointer) return env.refuse(-EACCES, "frame pointer is read only");
  if (use == RegUse::dest) reg.mark_unknown();
  return 0;
}

namespace {

int then_step(Env& env, int result) {
  if (result == 0) ++env.insn_idx;
  return result;
}

int check_store_constant(Env& env, const Insn& insn) {
  if (int error = check_reg(env, insn.dst, RegUse::source)) return error;
  const RegState& address = env.reg(insn.dst);
  const RegType type = address.type;
  const std::uint32_t flags = address.flags;
  if (int error = check_mem_access(env, env.insn_idx, insn.dst, insn.off, access_bytes(insn.code), Access::write, -1))
    return error;
  return remember_pointer_kind(env, type, flags, false);
}

int check_ldx(Env& env, const Insn& insn) {
  if (int error = check_reg(env, insn.src, RegUse::source)) return error;
  return check_load(env, insn, insn.src, {.sign_extend = insn.mode() == mem_mode::memsx});
}

int check_stx(Env& env, const Insn& insn) {
  if (insn.mode() == mem_mode::atomic) return check_atomic(env, insn);
  if (int error = check_reg(env, insn.src, RegUse::source)) return error;
  if (int error = check_reg(env, insn.dst, RegUse::source)) return error;
  return check_store(env, insn, {});
}

int check_ld(Env& env, const Insn& insn) {
  if (insn.mode() == mem_mode::imm) {
    const int error = check_load_imm64(env, insn);
    if (error == 0) env.insn_idx += 2;
    return error;
  }
  if (insn.mode() == mem_mode::abs || insn.mode() == mem_mode::ind) return check_ld_abs(env, insn);
  return env.refuse(-EINVAL, "invalid BPF_LD mode");
}

int check_call(Env& env, const Insn& insn) {
  switch (insn.src) {
    case call_kind::subprogram:
      return check_subprogram_call(env);
    case call_kind::kfunc:
      return then_step(env, check_kfunc_call(env, insn));
    default:
      return then_step(env, check_helper_call(env, insn));
  }
}

int check_jmp_class(Env& env, const Insn& insn) {
  switch (insn.op()) {
    case jmp_op::call:
      return check_call(env, insn);
    case jmp_op::exit:
      return check_exit(env);
    case jmp_op::ja:
      if (insn.from_register()) return check_gotox(env, insn);
      env.insn_idx +=
          static_cast<std::uint32_t>((insn.insn_class() == insn_class::jmp32 ? insn.imm : std::int32_t{insn.off}) + 1);
      return 0;
    default:
      return check_jump(env, insn);
  }
}

}  // namespace

int check_insn(Env& env) {
  const Insn insn = env.insn();
  switch (insn.insn_class()) {
    case insn_class::alu:
    case insn_class::alu64:
      return then_step(env, check_alu(env, insn));
    case insn_class::ldx:
      return then_step(env, check_ldx(env, insn));
    case insn_class::stx:
      return then_step(env, check_stx(env, insn));
    case insn_class::st:
      return then_step(env, check_store_constant(env, insn));
    case insn_class::ld:
      return check_ld(env, insn);
    default:
      return check_jmp_class(env, insn);
  }
}

}  // namespace skep::verifier
