// exit: back to the caller, or the end of the path: nothing may be held any more, and the value must be one that the
// program type, or whoever called back, can take.
//
// Tested by tests/verifier/insn/memory_test.cpp.
#include <cerrno>
#include <limits>

#include "verifier/call/call.hpp"
#include "verifier/insn/insn.hpp"
#include "verifier/insn/internal.hpp"
#include "verifier/path/path.hpp"
#include "verifier/pointer/pointer.hpp"
#include "verifier/report/reg_names.hpp"

namespace skep::verifier {
namespace {

using progtypes::AttachedTo;

int refuse_value(Env& env, const RegState& reg, unsigned regno, std::string_view where, std::int64_t min,
                 std::int64_t max) {
  std::string known;
  if (reg.r.smin() > std::numeric_limits<std::int64_t>::min()) known += fmt::format(" smin={}", reg.r.smin());
  if (reg.r.smax() < std::numeric_limits<std::int64_t>::max()) known += fmt::format(" smax={}", reg.r.smax());
  if (known.empty()) known = " unknown scalar value";
  return env.refuse(-EINVAL, "{} the register R{} has{} should have been in [{}, {}]", where, regno, known, min, max);
}

int check_range(Env& env, unsigned regno, std::string_view where, std::int64_t min, std::int64_t max, bool is64) {
  const RegState reg = env.reg(regno);
  if (!reg.is_scalar())
    return env.refuse(-EINVAL, "{} the register R{} is not a known value ({})", where, regno,
                      reg_type_name(reg.type, reg.flags));
  if (int error = mark_precise(env, regno)) return error;
  const bool within =
      is64 ? min <= reg.r.smin() && reg.r.smax() <= max : min <= reg.r.smin32() && reg.r.smax32() <= max;
  return within ? 0 : refuse_value(env, reg, regno, where, min, max);
}

// The function's result type; nullptr: not known, or void.
const btf::Type* result_type(const Env& env) {
  if (!env.input.attach || !env.input.attach->btf) return nullptr;
  const AttachTarget& attach = *env.input.attach;
  const btf::Btf& btf = *attach.btf;
  const btf::Type& type = btf.type(attach.type);
  const btf::Type* proto = nullptr;
  if (type.kind == btf::Kind::func) {
    proto = &btf.type(type.type);
  } else if (type.kind == btf::Kind::struct_) {
    const auto members = btf.members(type);
    if (attach.member >= members.size()) return nullptr;
    const auto pointee = btf.pointee(members[attach.member].type);
    if (pointee) proto = &btf.type(*pointee);
  }
  if (proto == nullptr || proto->kind != btf::Kind::func_proto || proto->type == 0) return nullptr;
  return &btf.resolved(proto->type);
}

bool returns_void(const Env& env) {
  const AttachedTo to = env.attached_to();
  return (to == AttachedTo::operation || to == AttachedTo::hook) && result_type(env) == nullptr;
}

// The kind of object that a struct_ops member gives its caller; 0: none.
btf::TypeId returned_object(const Env& env) {
  if (env.attached_to() != AttachedTo::operation) return 0;
  const btf::Type* result = result_type(env);
  if (result == nullptr || result->kind != btf::Kind::ptr) return 0;
  const btf::Btf& btf = *env.input.attach->btf;
  const btf::TypeId id = btf.skip_modifiers(result->type);
  return btf.type(id).is_struct_or_union() ? id : 0;
}

// A struct_ops member may return an object that the program owns, if it is what the member gives, or NULL.
int check_struct_ops_value(Env& env, unsigned regno, std::string_view where) {
  const btf::TypeId wanted = returned_object(env);
  if (wanted == 0) return 0;
  const btf::Btf& btf = *env.input.attach->btf;
  const RegState& reg = env.reg(regno);
  const bool owned = reg.is(RegType::btf) && !reg.maybe_null() && reg.ref_id != 0 &&
                     btf::Btf::same_type(*reg.btf, reg.btf_id, btf, wanted);
  if (owned) return check_fixed_offset(env, reg, regno, 0);
  return check_range(env, regno, where, 0, 0, true);
}

int check_program_value(Env& env, unsigned regno, std::string_view where) {
  if (env.attached_to() == AttachedTo::operation) return check_struct_ops_value(env, regno, where);
  if (env.type().return_range == nullptr) return 0;
  auto range = env.type().return_range(env.input.traits);
  if (!range.checked) return 0;
  const bool void_hook = env.attached_to() == AttachedTo::cgroup_hook && result_type(env) == nullptr;
  if (void_hook) range.min = range.max = 1;  // nothing to refuse there: only "go on" makes sense
  const int error = check_range(env, regno, where, range.min, range.max, range.is_64bit);
  if (error != 0 && void_hook)
    env.note("Note, BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!");
  return error;
}

}  // namespace

int check_return_value(Env& env, unsigned regno, std::string_view where) {
  const Frame& outermost = *env.state->frames.front();
  const bool is_subprogram = outermost.subprogram != 0;
  const bool ends_program = !is_subprogram || outermost.kind == FrameKind::exception_callback;
  if (ends_program && returns_void(env)) return 0;
  if (is_subprogram && !ends_program && outermost.kind != FrameKind::async_callback &&
      env.subprograms[outermost.subprogram].returns_void)
    return 0;
  if (int error = check_reg(env, regno, RegUse::source)) return error;
  if (outermost.kind == FrameKind::async_callback) {
    const Range32 range = outermost.return_range.value_or(Range32{0, 0});
    return check_range(env, regno, "At async callback return", range.min, range.max, true);
  }
  if (!ends_program) {
    const RegState& reg = env.reg(regno);
    if (reg.is_scalar()) return 0;
    return env.refuse(-EINVAL, "At subprogram exit the register R{} is not a scalar value ({})", regno,
                      reg_type_name(reg.type, reg.flags));
  }
  return check_program_value(env, regno, where);
}

int check_exit(Env& env) {
  const bool outermost = env.state->frames.size() == 1;
  const bool gives_object = outermost && env.state->frames.front()->subprogram == 0 && returned_object(env) != 0;
  if (int error = check_resources_released(env, "BPF_EXIT instruction in main prog", false, outermost,
                                           gives_object ? env.reg(0).ref_id : 0))
    return error;
  if (!outermost) return return_to_caller(env);
  if (int error = check_return_value(env, 0, "At program exit")) return error;
  return path_finished;
}

}  // namespace skep::verifier
