// Which registers may still be read, before each instruction: the usual backward analysis, one function at a time.
// States are compared in live registers only. Tested by tests/verifier/path/explorer_test.cpp.
#include "verifier/path/explorer.hpp"
#include "verifier/path/flow.hpp"
#include "verifier/path/path.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {

namespace {

struct UseDef {
  std::uint16_t use = 0, def = 0;
};

constexpr std::uint16_t bit(unsigned reg) {
  return static_cast<std::uint16_t>(1U << reg);
}
constexpr std::uint16_t caller_saved = 0x3f, arguments = 0x3e;
constexpr std::uint16_t first_arguments(unsigned count) {
  return static_cast<std::uint16_t>(((1U << (count + 1)) - 1) & ~1U);
}

UseDef of_call(const Env& env, std::uint32_t at) {
  const InsnAux& aux = env.aux[at];
  std::uint16_t use = arguments;
  if (aux.names.helper != nullptr) {
    unsigned count = 0;
    while (count < aux.names.helper->args.size() && aux.names.helper->args[count].kind != calls::ArgKind::none) ++count;
    use = first_arguments(count);
  } else if (aux.names.kfunc != nullptr && aux.names.kfunc->btf) {
    const btf::Btf& btf = *aux.names.kfunc->btf;
    const auto params = btf.params(btf.type(aux.names.kfunc->proto));
    std::size_t count = params.size();
    if (aux.names.kfunc->entry != nullptr && (aux.names.kfunc->entry->flags & calls::call_flag::implicit_args) != 0 &&
        count > 0) {
      // Where BTF names the argument that the verifier supplies at all, it is the last.
      const auto last = btf.pointee(params[count - 1].type);
      if (last && btf.type(*last).name == "bpf_prog_aux") --count;
    }
    use = count <= 5 ? first_arguments(static_cast<unsigned>(count)) : arguments;
  }
  return {use, caller_saved};
}

UseDef of_atomic(const Insn& insn) {
  switch (insn.imm) {
    case atomic_op::cmpxchg:
      return {static_cast<std::uint16_t>(bit(0) | bit(insn.dst) | bit(insn.src)), bit(0)};
    case atomic_op::load_acq:
      return {bit(insn.src), bit(insn.dst)};
    default: {
      const bool fetches = insn.imm != atomic_op::store_rel && (insn.imm & atomic_op::fetch) != 0;
      return {static_cast<std::uint16_t>(bit(insn.dst) | bit(insn.src)), fetches ? bit(insn.src) : std::uint16_t{0}};
    }
  }
}

UseDef of_alu(const Insn& insn) {
  const std::uint16_t dst = bit(insn.dst), src = insn.from_register() ? bit(insn.src) : std::uint16_t{0};
  switch (insn.op()) {
    case alu_op::end:
    case alu_op::neg:
      return {dst, dst};
    case alu_op::mov:
      return {src, dst};
    default:
      return {static_cast<std::uint16_t>(dst | src), dst};
  }
}

UseDef of_jump(const Env& env, std::uint32_t at) {
  const Insn& insn = env.insns[at];
  if (is_call(insn)) return of_call(env, at);
  if (is_exit(insn)) return {bit(0), 0};
  if (is_goto_register(insn)) return {bit(insn.dst), 0};
  if (is_goto(insn) || is_may_goto(insn)) return {};
  const std::uint16_t src = insn.from_register() ? bit(insn.src) : std::uint16_t{0};
  return {static_cast<std::uint16_t>(bit(insn.dst) | src), 0};
}

UseDef use_def(const Env& env, std::uint32_t at) {
  const Insn& insn = env.insns[at];
  switch (insn.insn_class()) {
    case insn_class::ld:
      if (insn.is_wide_load()) return {0, bit(insn.dst)};
      // Packet loads: the context in r6, the result in r0, the other scratch registers lost.
      return {static_cast<std::uint16_t>(bit(6) | (insn.mode() == mem_mode::ind ? bit(insn.src) : 0)), caller_saved};
    case insn_class::ldx:
      return {bit(insn.src), bit(insn.dst)};
    case insn_class::st:
      return {bit(insn.dst), 0};
    case insn_class::stx:
      if (insn.mode() == mem_mode::atomic) return of_atomic(insn);
      return {static_cast<std::uint16_t>(bit(insn.dst) | bit(insn.src)), 0};
    case insn_class::jmp:
    case insn_class::jmp32:
      return of_jump(env, at);
    default:
      return of_alu(insn);
  }
}

// Of the registers that it uses: those whose upper half matters. A 32-bit operation reads lower halves only.
std::uint16_t wide_use(const Insn& insn, const UseDef& effect) {
  const std::uint16_t src = insn.from_register() ? bit(insn.src) : std::uint16_t{0};
  switch (insn.insn_class()) {
    case insn_class::alu:
      if (insn.op() == alu_op::end && insn.imm == 64) return effect.use;
      return 0;
    case insn_class::jmp32:
      return static_cast<std::uint16_t>(effect.use & ~(bit(insn.dst) | src));
    case insn_class::stx:
      if (insn.size() == mem_size::dw) return effect.use;
      if (insn.mode() == mem_mode::atomic && insn.imm == atomic_op::load_acq) return effect.use;
      return bit(insn.dst);
    default:
      return effect.use;
  }
}

// What writes the lower half of a register and clears the rest: that register; -1: nothing.
int narrow_def(const Insn& insn) {
  switch (insn.insn_class()) {
    case insn_class::alu:
      return insn.op() == alu_op::end && insn.imm == 64 ? -1 : static_cast<int>(insn.dst);
    case insn_class::ldx:
      return insn.size() == mem_size::dw || insn.mode() == mem_mode::memsx ? -1 : static_cast<int>(insn.dst);
    case insn_class::stx:
      if (insn.mode() != mem_mode::atomic || insn.size() == mem_size::dw) return -1;
      if (insn.imm == atomic_op::cmpxchg) return 0;
      if (insn.imm == atomic_op::load_acq) return static_cast<int>(insn.dst);
      return insn.imm != atomic_op::store_rel && (insn.imm & atomic_op::fetch) != 0 ? static_cast<int>(insn.src) : -1;
    default:
      return -1;
  }
}

// Where a narrow result is read as a wide one later: the same backward analysis for upper halves. Only the log says so.
void find_zero_extensions(Env& env, const std::vector<UseDef>& effects) {
  const auto count = static_cast<std::uint32_t>(env.insns.size());
  std::vector<std::uint16_t> wide(count, 0);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t at = count; at-- > 0;) {
      const Insn& insn = env.insns[at];
      if (insn.code == 0) continue;
      std::uint16_t after = 0;
      for (const std::uint32_t next : Successors(env, at)) {
        if (next < count) after |= wide[next];
      }
      const int narrow = narrow_def(insn);
      env.aux[at].flow.zero_extend = narrow >= 0 && (after & bit(static_cast<unsigned>(narrow))) != 0;
      const auto before = static_cast<std::uint16_t>(wide_use(insn, effects[at]) | (after & ~effects[at].def));
      changed |= before != wide[at];
      wide[at] = before;
    }
  }
}

void print_live_regs(const Env& env) {
  if (!env.log->everything()) return;
  env.log->line("Live regs before insn:");
  for (std::uint32_t at = 0; at < env.insns.size(); ++at) {
    std::string regs;
    for (unsigned i = 0; i < frame_pointer; ++i) {
      regs += (env.aux[at].flow.live_regs_before & bit(i)) != 0 ? static_cast<char>('0' + i) : '.';
    }
    const std::uint32_t scc = env.aux[at].flow.scc;
    const std::string text = insn_text(env, at);
    env.log->print("{:>3} {:3}: {} {}", scc != 0 ? std::to_string(scc) : "", at, regs, text);
    if (env.aux[at].flow.zero_extend) env.log->print("{:{}}; zext", "", padding_behind(text.size()));
    env.log->line("");
    if (env.insns[at].is_wide_load()) ++at;
  }
}

}  // namespace

int compute_liveness(Env& env) {
  const auto count = static_cast<std::uint32_t>(env.insns.size());
  std::vector<UseDef> effects(count);
  for (std::uint32_t at = 0; at < count; at += env.insns[at].is_wide_load() ? 2 : 1) effects[at] = use_def(env, at);
  const bool again = goes_back(env);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t at = count; at-- > 0;) {
      if (env.insns[at].code == 0) continue;  // the second half of a wide load
      std::uint16_t after = 0;
      for (const std::uint32_t next : Successors(env, at)) {
        if (next < count) after |= env.aux[next].flow.live_regs_before;
      }
      const auto before = static_cast<std::uint16_t>(effects[at].use | (after & ~effects[at].def));
      if (before != env.aux[at].flow.live_regs_before) {
        env.aux[at].flow.live_regs_before = before;
        changed = again;
      }
    }
  }
  if (env.log->everything()) find_zero_extensions(env, effects);
  const int error = env.explorer->stack_liveness.compute(env);
  if (error == 0) print_live_regs(env);
  return error;
}

}  // namespace skep::verifier
