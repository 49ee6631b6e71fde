// Lines that describe where the walk is. See log.hpp.
#include "verifier/report/log.hpp"

#include "verifier/env.hpp"

namespace skep::verifier {

void log_insn(Env& env) {
  env.log->print("{}: ({:02x})\n", env.insn_idx, env.insn().code);
}

void log_state(Env& env, const State& state, std::uint32_t frame, bool all) {
  (void)all;
  if (frame != 0) env.log->print(" frame{}:", frame);
  for (unsigned i = 0; i < reg_count; ++i) {
    const RegState& reg = state.frames[frame]->regs[i];
    if (reg.is(RegType::not_init)) continue;
    env.log->print(" R{}={}", i, reg_type_string(env, reg));
  }
  env.log->text("\n");
}

}  // namespace skep::verifier
