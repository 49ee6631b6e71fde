// Lines that describe where the walk is. See log.hpp.
//
// Two things that the kernel prints at level 2 are left out, since this verifier's analysis of the stack goes another
// way: the rounds and results of the kernel's own ("subprog#0: analyzing", "stack use/def"), and bytes of a slot that
// are dead while others are not ("fp-8=0000pppp"). A slot that is dead as a whole vanishes in both.
#include "verifier/report/log.hpp"

#include <algorithm>

#include "verifier/env.hpp"
#include "verifier/report/disasm.hpp"
#include "verifier/report/source.hpp"

namespace skep::verifier {

namespace {

std::string callee_text(const Env& env, std::uint32_t at) {
  const Insn& insn = env.insns[at];
  if (insn.src == call_kind::subprogram) return fmt::format("pc{:+}", insn.imm);
  if (insn.src == call_kind::kfunc) {
    const KfuncCall* call = env.aux[at].names.kfunc;
    if (call == nullptr) {
      const auto key =
          static_cast<std::uint64_t>(static_cast<std::uint16_t>(insn.off)) << 32 | static_cast<std::uint32_t>(insn.imm);
      const auto found = env.kfunc_calls.find(key);
      if (found != env.kfunc_calls.end()) call = &found->second;
    }
    return fmt::format("{}#{}", call != nullptr ? call->name : std::string_view("kernel-function"), insn.imm);
  }
  const calls::Helper* helper = calls::find_helper(*env.input.rules, static_cast<std::uint32_t>(insn.imm));
  return fmt::format("{}#{}", helper != nullptr ? helper->name : std::string_view("unknown"), insn.imm);
}

}  // namespace

std::size_t padding_behind(std::size_t width) {
  constexpr std::size_t column = 40, step = 8;
  const std::size_t end = std::max(width + step / 2, column);
  return (end + step - 1) / step * step - width - 1;
}

void begin_walk_log(Env& env) {
  env.log->recorder().path_begins();
  env.log->touch_all();
}

void log_insn_state(Env& env) {
  Log& log = *env.log;
  if (!log.steps()) return;
  const auto frame = static_cast<std::uint32_t>(env.state->frames.size() - 1);
  const std::string parts = state_parts(env, *env.state, frame, log.touched_regs(), log.touched_slots());
  log.touch_nothing();
  if (log.insn_end() != 0 && log.insn_end() == log.position()) {
    // Behind the instruction, in the place of its newline.
    log.cut_back(log.position() - 1);
    log.print("{:{}};{}\n", "", padding_behind(log.insn_width()), parts);
  } else {
    log.print("{}:{}\n", env.insn_idx, parts);
  }
}

void log_step(Env& env, bool path_begins) {
  Log& log = *env.log;
  if (!log.any()) return;
  if (log.recorder().on()) {
    if (path_begins) log.recorder().path_begins();
    log.recorder().before_insn(env);
  }
  if (!log.steps()) return;
  if ((path_begins || log.take_whole_state()) && log.everything()) {
    log.line(state_line(
        env, fmt::format("\nfrom {} to {}:", static_cast<std::int32_t>(env.prev_insn_idx), env.insn_idx), *env.state));
  }
  if (log.anything_touched()) log_insn_state(env);
  log_source_line(env, env.insn_idx);
  const std::size_t begin = log.position();
  log.print("{}: {}\n", env.insn_idx, insn_text(env, env.insn_idx));
  log.end_of_insn(log.position() - begin);
}

void log_pruned(Env& env, bool path_begins) {
  if (!env.log->steps()) return;
  if (path_begins || env.log->take_whole_state())
    env.log->print("\nfrom {} to {}: safe\n", static_cast<std::int32_t>(env.prev_insn_idx), env.insn_idx);
  else
    env.log->print("{}: safe\n", env.insn_idx);
}

std::size_t path_log_position(const Env& env) {
  return env.log->position();
}

void log_source_line(Env& env, std::uint32_t insn) {
  const SourceLine source = source_of(env.input, insn);
  if (source.info == nullptr) return;
  const LineInfo* previous = env.log->previous_source();
  env.log->set_previous_source(source.info);
  if (previous != nullptr && previous->file_name_off == source.info->file_name_off &&
      previous->line_off == source.info->line_off && previous->line_col >> 10 == source.line) {
    return;
  }
  std::string_view text = source.text;
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n\r\v\f"), text.size()));
  env.log->print("; {} @ {}:{}\n", text, source.file, source.line);
}

std::string insn_text(const Env& env, std::uint32_t at) {
  const Insn& insn = env.insns[at];
  std::uint64_t wide = 0;
  if (insn.is_wide_load() && at + 1 < env.insns.size()) {
    wide = static_cast<std::uint64_t>(static_cast<std::uint32_t>(env.insns[at + 1].imm)) << 32 |
           static_cast<std::uint32_t>(insn.imm);
  }
  const bool is_call = insn.op() == jmp_op::call && insn.insn_class() == insn_class::jmp;
  return disassemble(insn, wide, is_call ? callee_text(env, at) : std::string());
}

}  // namespace skep::verifier
