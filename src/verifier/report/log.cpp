// Lines that describe where the walk is. See log.hpp.
#include "verifier/report/log.hpp"

#include "verifier/env.hpp"

namespace skep::verifier {

void begin_walk_log(Env&) {}

void log_step(Env& env, bool path_begins) {
  if (!env.log->steps()) return;
  if (path_begins && env.log->everything()) {
    env.log->line(state_line(
        env, fmt::format("\nfrom {} to {}:", static_cast<std::int32_t>(env.prev_insn_idx), env.insn_idx), *env.state));
  }
  env.log->print("{}: {}\n", env.insn_idx, insn_text(env, env.insn_idx));
}

void log_pruned(Env& env, bool path_begins) {
  if (!env.log->steps()) return;
  if (path_begins)
    env.log->print("\nfrom {} to {}: safe\n", static_cast<std::int32_t>(env.prev_insn_idx), env.insn_idx);
  else
    env.log->print("{}: safe\n", env.insn_idx);
}

std::size_t path_log_position(const Env& env) {
  return env.log->position();
}

void log_source_line(Env&, std::uint32_t) {}

std::string insn_text(const Env& env, std::uint32_t insn) {
  return fmt::format("({:02x})", env.insns[insn].code);
}

std::string state_line(Env& env, std::string_view head, const State& state) {
  return state_line(env, head, state, static_cast<std::uint32_t>(state.frames.size() - 1));
}

std::string state_line(Env& env, std::string_view head, const State& state, std::uint32_t frame) {
  std::string line(head);
  if (frame != 0) line += fmt::format(" frame{}:", frame);
  for (unsigned i = 0; i < reg_count; ++i) {
    const RegState& reg = state.frames[frame]->regs[i];
    if (!reg.is(RegType::not_init)) line += fmt::format(" R{}={}", i, reg_type_string(env, reg));
  }
  if (state.frames[frame]->kind == FrameKind::callback) line += " cb";
  if (state.frames[frame]->kind == FrameKind::async_callback) line += " async_cb";
  return line;
}

}  // namespace skep::verifier
