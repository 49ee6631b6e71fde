// The functions of a program: where they begin and end, and what its BTF says of each.
//
// A function begins where a call or a function's address points to. Jumps must stay inside, control must not run out at
// the end. Tested by tests/verifier/program/shape_test.cpp.
#include <algorithm>
#include <set>

#include "verifier/path/flow.hpp"
#include "verifier/program/program.hpp"
#include "verifier/report/explain.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {

namespace {

constexpr std::string_view exception_tag = "exception_callback:";

// The FUNC that the main program's BTF names as its exception callback; 0: none.
int find_exception_callback(Env& env, btf::TypeId& func) {
  func = 0;
  if (!env.input.btf || env.input.func_info.empty()) return 0;
  const btf::Btf& btf = *env.input.btf;
  std::string_view name;
  for (const std::string_view tag : btf.decl_tags(env.input.func_info.front().type, -1)) {
    if (!tag.starts_with(exception_tag)) continue;
    if (!name.empty()) return env.refuse(-EEXIST, "multiple exception callback tags for main subprog");
    name = tag.substr(exception_tag.size());
  }
  if (name.empty()) return 0;
  func = btf.find(name, btf::Kind::func);
  if (func == 0) return env.refuse(-ENOENT, "exception callback '{}' could not be found in BTF", name);
  if (btf.type(func).linkage != btf::Linkage::global) {
    return env.refuse(-EINVAL, "exception callback '{}' must have global linkage", name);
  }
  return 0;
}

int exception_callback_start(Env& env, std::int64_t& start) {
  start = -1;
  btf::TypeId func = 0;
  if (const int error = find_exception_callback(env, func)) return error;
  if (func == 0) return 0;
  for (const FuncInfo& info : env.input.func_info) {
    if (info.type != func) continue;
    if (info.insn_off == 0) return env.refuse(-EINVAL, "invalid exception callback insn_off in func_info: 0");
    start = info.insn_off;
    return 0;
  }
  return env.refuse(-ENOENT, "exception callback type id not found in func_info");
}

bool returns_int(const btf::Btf& btf, btf::TypeId proto) {
  const btf::Type& result = btf.resolved(btf.type(proto).type);
  if (result.kind == btf::Kind::enum_ || result.kind == btf::Kind::enum64) return true;
  return result.kind == btf::Kind::int_ && result.size <= 8;
}

bool may_end_function(const Env& env, std::uint32_t at) {
  const Insn& insn = env.insns[at];
  if (is_exit(insn) || is_goto(insn) || is_goto_register(insn)) return true;
  const KfuncCall* call = env.aux[at].names.kfunc;
  return is_call(insn) && call != nullptr && call->entry != nullptr && call->entry->special == calls::Special::throw_;
}

}  // namespace

int find_subprograms(Env& env) {
  std::set<std::uint32_t> starts{0};
  std::int64_t exception_start = -1;
  if (const int error = exception_callback_start(env, exception_start)) return error;
  if (exception_start >= 0) starts.insert(static_cast<std::uint32_t>(exception_start));
  const auto count = static_cast<std::int64_t>(env.insns.size());
  for (std::uint32_t at = 0; at < env.insns.size(); ++at) {
    const Insn& insn = env.insns[at];
    if (!is_subprogram_call(insn) && !is_function_address(insn)) continue;
    const std::int64_t target = std::int64_t{at} + insn.imm + 1;
    env.insn_idx = at;
    if (target < 0 || target >= count) return env.refuse(-EINVAL, "call to invalid destination");
    starts.insert(static_cast<std::uint32_t>(target));
    if (starts.size() > max_subprograms) return env.refuse(-E2BIG, "too many subprograms");
  }
  for (const StandIn& stand_in : env.input.stand_ins) {
    env.insn_idx = stand_in.call;
    if (stand_in.call >= count || stand_in.function == 0 || stand_in.function >= count)
      return env.refuse(-EINVAL, "call to invalid destination");
    starts.insert(stand_in.function);
  }
  for (const std::uint32_t start : starts) {
    if (!env.subprograms.empty()) env.subprograms.back().end = start;
    env.subprograms.emplace_back().start = start;
  }
  env.subprograms.back().end = static_cast<std::uint32_t>(env.insns.size());
  env.subprograms[0].name = env.input.name;
  if (exception_start >= 0) {
    env.exception_callback = subprogram_starting_at(env, exception_start);
    env.subprograms[static_cast<std::size_t>(env.exception_callback)].is_exception_callback = true;
  }
  for (std::uint32_t at = 0; at < env.insns.size(); ++at) {
    const Insn& insn = env.insns[at];
    if (!is_subprogram_call(insn) && !is_function_address(insn)) continue;
    env.aux[at].names.callee = static_cast<std::uint32_t>(subprogram_starting_at(env, std::int64_t{at} + insn.imm + 1));
  }
  for (const StandIn& stand_in : env.input.stand_ins)
    env.aux[stand_in.call].names.stand_in = subprogram_starting_at(env, stand_in.function);
  return 0;
}

int check_subprogram_bounds(Env& env) {
  if (env.log->everything()) {
    for (std::size_t i = 0; i < env.subprograms.size(); ++i)
      env.log->print("func#{} @{}\n", i, env.subprograms[i].start);
  }
  for (Subprogram& subprogram : env.subprograms) {
    for (std::uint32_t at = subprogram.start; at < subprogram.end; ++at) {
      const Insn& insn = env.insns[at];
      env.insn_idx = at;
      if (is_call(insn) && insn.src == call_kind::helper && env.aux[at].names.helper != nullptr &&
          env.aux[at].names.helper->special == calls::Special::tail_call) {
        subprogram.has_tail_call = subprogram.tail_call_reachable = true;
      }
      if (insn.insn_class() == insn_class::ld && (insn.mode() == mem_mode::abs || insn.mode() == mem_mode::ind)) {
        subprogram.has_ld_abs = true;
      }
      if (is_jump_class(insn) && !is_call(insn) && !is_exit(insn) && !is_goto_register(insn)) {
        const std::int64_t target = jump_target(at, insn);
        if (target < subprogram.start || target >= subprogram.end) {
          return env.refuse(
              -EINVAL,
              explain::jump_out_of_range(at, target, static_cast<std::uint32_t>(&subprogram - env.subprograms.data()),
                                         subprogram.start, subprogram.end),
              "jump out of range from insn {} to {}", at, static_cast<std::int32_t>(target));
        }
      }
      if (at + 1 == subprogram.end && !may_end_function(env, at)) {
        return env.refuse(-EINVAL,
                          explain::falls_through(static_cast<std::uint32_t>(&subprogram - env.subprograms.data()), at),
                          "last insn is not an exit or jmp");
      }
    }
  }
  return 0;
}

namespace {

// A function that ends the program may only be one that returns a number, and nothing says what these return.
int check_untyped_subprograms(Env& env) {
  for (std::size_t i = 1; i < env.subprograms.size(); ++i) {
    if (env.subprograms[i].has_ld_abs) return env.refuse(-EINVAL, "LD_ABS is not allowed in subprogs without BTF");
    if (env.subprograms[i].has_tail_call)
      return env.refuse(-EINVAL, "tail_call is not allowed in subprogs without BTF");
  }
  return 0;
}

}  // namespace

int check_btf_info(Env& env) {
  const auto& infos = env.input.func_info;
  env.insn_idx = 0;
  if (infos.empty()) return check_untyped_subprograms(env);
  if (infos.size() != env.subprograms.size()) {
    return env.refuse(-EINVAL, "number of funcs in func_info doesn't match number of subprogs");
  }
  const btf::Btf& btf = *env.input.btf;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    Subprogram& subprogram = env.subprograms[i];
    if (infos[i].insn_off != subprogram.start) {
      return env.refuse(-EINVAL, "func_info BTF section doesn't match subprog layout in BPF program");
    }
    const btf::Type& func = btf.type(infos[i].type);
    subprogram.btf_func = static_cast<std::int32_t>(infos[i].type);
    subprogram.name = func.name;
    subprogram.is_global = func.linkage == btf::Linkage::global;
    const bool scalar_result = returns_int(btf, func.type);
    if (i == 0 || scalar_result) continue;
    if (subprogram.has_ld_abs) {
      return env.refuse(-EINVAL, "LD_ABS is only allowed in functions that return 'int'.");
    }
    if (subprogram.has_tail_call) {
      return env.refuse(-EINVAL, "tail_call is only allowed in functions that return 'int'.");
    }
  }
  if (env.input.line_info.empty()) return 0;
  for (std::size_t i = 0; i < env.subprograms.size(); ++i) {
    const bool found = std::any_of(env.input.line_info.begin(), env.input.line_info.end(),
                                   [&](const LineInfo& line) { return line.insn_off == env.subprograms[i].start; });
    if (!found) return env.refuse(-EINVAL, "missing bpf_line_info for func#{}", i);
  }
  return 0;
}

}  // namespace skep::verifier
