// See judge.hpp.
#include "programs/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "engine/interpreter/execution.hpp"
#include "kernel/runtime_code.hpp"
#include "rcu/rcu.hpp"
#include "verifier/env.hpp"
#include "verifier/report/disasm.hpp"
#include "verifier/report/reg_names.hpp"
#include "verifier/state/state.hpp"

namespace skep::fuzz {
namespace {

using verifier::RegState;
using verifier::RegType;

constexpr unsigned inputs = 3;
constexpr std::uint64_t most_steps = 20'000;
constexpr std::size_t most_states = 30'000;

// What the verifier believed at one instruction on one path: of the current frame's registers.
struct Belief {
  std::array<RegState, reg_count> regs;
  std::uint32_t depth = 0;  // frames below the current one
};

class Recorder final : public verifier::Observer {
 public:
  explicit Recorder(std::size_t insns) : beliefs(insns) {}
  void at(std::uint32_t insn, const verifier::State& state) override {
    if (++count > most_states) return;
    beliefs[insn].push_back({state.current().regs, static_cast<std::uint32_t>(state.frames.size() - 1)});
  }
  bool complete() const { return count <= most_states; }
  std::vector<std::vector<Belief>> beliefs;
  std::size_t count = 0;
};

// A program and the world that it was verified in.
struct Instance {
  World world;
  ProgramObject object;
  verifier::Output output;
  std::unique_ptr<engine::Engine> engine;
  std::shared_ptr<const runtime::Program> code;

  Instance(const Generated& program, const Types& types, verifier::Observer* observer, const std::atomic<bool>* give_up,
           std::uint32_t log_level = 0, std::unique_ptr<engine::Engine> runs_it = engine::make_interpreter(1))
      : world(types, program.type), engine(std::move(runs_it)) {
    object.type = progtypes::find(program.type);
    object.name = "fuzz";
    object.traits.attach_type = program.attach;
    verifier::Input input;
    input.name = object.name;
    input.type = object.type;
    input.traits = object.traits;
    input.flags = program.flags;
    input.insns = program.insns;
    input.resolver = &world;
    input.btf = types.program_btf;
    for (std::size_t i = 0; i < program.functions.size(); ++i)
      input.func_info.push_back({program.functions[i], types.functions[i]});
    input.observer = observer;
    input.give_up = give_up;
    input.log_level = log_level;
    output = verifier::verify(input);
    if (output.error == 0)
      code = engine::load(*engine, make_runtime_code({*types.kernel_btf}, object, *output.program, {}));
  }
};

class Run {
 public:
  // `pruned`: the same code, verified as usual, whose facts engines get.
  Run(Instance& instance, const Recorder& recorder, const verifier::Verified& pruned)
      : instance_(instance),
        recorder_(recorder),
        pruned_(pruned),
        execution_({instance.code->entry(),
                    {reinterpret_cast<std::uint64_t>(instance.world.context())},
                    instance.world.context(),
                    instance.world.services()}),
        base_(execution_.registers()[frame_pointer]) {
    frames_.push_back(&instance_.code->code().subprograms[0]);
    refresh_areas();
  }

  // False: it did not end in time, or something is wrong.
  bool go(Verdict& verdict) {
    const rcu::ReadGuard section;
    for (std::uint64_t step = 0; step < most_steps; ++step) {
      if (!before_step(verdict)) return false;
      ++verdict.steps;
      const auto progress = execution_.advance(0, 1);
      after_step();
      if (progress == async::Progress::finished) return true;
      if (progress != async::Progress::out_of_budget) return false;
    }
    return false;
  }
  std::uint64_t result() const { return execution_.result(); }
  std::uint64_t instructions() const { return execution_.instructions(); }

 private:
  using Regs = std::span<const std::uint64_t>;

  void refresh_areas() {
    areas_.clear();
    areas_.push_back({reinterpret_cast<std::uint64_t>(instance_.world.context()), instance_.world.context_bytes()});
    for (const auto& [fd, map] : instance_.world.maps())
      for (const Area& area : instance_.world.values(map->info())) remember(&map->info(), area);
    for (const auto& [map, known] : values_) areas_.insert(areas_.end(), known.begin(), known.end());
    areas_.push_back(instance_.world.packet());
    for (const Area& record : records_) areas_.push_back(record);
  }

  // Values of elements that are gone may still be touched.
  void remember(const maps::MapInfo* map, const Area& area) {
    auto& known = values_[map];
    const auto same = [&](const Area& other) { return other.begin == area.begin; };
    if (std::ranges::none_of(known, same)) known.push_back(area);
  }

  const std::vector<Area>& known_of(const maps::MapInfo* map) const {
    static const std::vector<Area> none;
    const auto found = values_.find(map);
    return found == values_.end() ? none : found->second;
  }

  unsigned depth() const { return static_cast<unsigned>((execution_.registers()[frame_pointer] - base_) / max_stack); }
  bool in_stack(std::uint64_t address, std::uint64_t size) const {
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      const std::uint64_t top = base_ + i * max_stack, used = frames_[i]->stack_depth;
      if (address >= top - used && address < top && size <= top - address) return true;
    }
    return false;
  }
  bool owned(std::uint64_t address, std::uint64_t size) {
    if (size == 0 || in_stack(address, size)) return true;
    const auto holds = [&] {
      return std::ranges::any_of(areas_, [&](const Area& area) { return area.contains(address, size); });
    };
    if (holds()) return true;
    refresh_areas();  // elements come and go
    return holds();
  }

  bool wrong(Verdict& verdict, const std::string& what) {
    const std::uint32_t at = instance_.output.program->original[execution_.pc()];
    verdict.fault = fmt::format("insn {}: {}", at, what);
    return false;
  }

  bool before_step(Verdict& verdict) {
    const Regs r = execution_.registers();
    const std::uint32_t pc = execution_.pc();
    const auto& code = instance_.code->code();
    if (pc >= code.insns.size()) {
      verdict.fault = fmt::format("the program runs out of its instructions at {}", pc);
      return false;
    }
    const Insn insn = code.insns[pc];
    const runtime::InsnFacts& facts = code.facts[pc];
    follow_frames(pc);
    if (not_null_at_ >= 0 && static_cast<std::int64_t>(pc) == not_null_at_ + 1 && r[0] == 0)
      return wrong(verdict, "a call's result is null, which engines are told that it is not");
    not_null_at_ = -1;
    if (!believed(verdict, pc)) return false;
    const auto offset = static_cast<std::uint64_t>(insn.off);
    const unsigned size = access_bytes(insn.size());
    switch (insn.insn_class()) {
      case insn_class::ldx:
        if (!facts.fault_protected && !owned(r[insn.src] + offset, size))
          return wrong(verdict, fmt::format("reads {} bytes at r{}{:+d}, which are not the program's", size, +insn.src,
                                            +insn.off));
        break;
      case insn_class::st:
      case insn_class::stx: {
        const bool acquires = insn.mode() == mem_mode::atomic && insn.imm == atomic_op::load_acq;
        const unsigned reg = acquires ? insn.src : insn.dst;
        if (!owned(r[reg] + offset, size))
          return wrong(verdict,
                       fmt::format("writes {} bytes at r{}{:+d}, which are not the program's", size, reg, +insn.off));
        break;
      }
      case insn_class::jmp:
        if (insn.op() == jmp_op::call && !as_proved(verdict, pc)) return false;
        if (insn.op() == jmp_op::call && facts.helper != nullptr) return arguments(verdict, *facts.helper);
        break;
      default:
        break;
    }
    return true;
  }

  // What engines are told of the arguments of calls, and of the result of the one before.
  bool as_proved(Verdict& verdict, std::uint32_t pc) {
    const verifier::InsnFacts& facts = pruned_.facts[pc];
    if (facts.arguments < 0) return true;
    const runtime::CallFacts& proved = pruned_.arguments[static_cast<std::size_t>(facts.arguments)];
    for (unsigned i = 0; i < proved.size(); ++i) {
      const std::uint64_t value = execution_.registers()[i + 1];
      if (proved[i].not_null && value == 0)
        return wrong(verdict, fmt::format("r{} is null, which engines are told that it is not", i + 1));
      if (proved[i].bounded && (value < proved[i].min || value > proved[i].max))
        return wrong(verdict, fmt::format("r{} is 0x{:x}, and engines are told [0x{:x}, 0x{:x}]", i + 1, value,
                                          proved[i].min, proved[i].max));
    }
    not_null_at_ = facts.result_not_null ? static_cast<std::int64_t>(pc) : -1;
    return true;
  }

  bool arguments(Verdict& verdict, const calls::Helper& helper) {
    using calls::ArgKind;
    const Regs r = execution_.registers();
    const maps::MapInfo* map = instance_.output.program->facts[execution_.pc()].map;
    for (unsigned i = 0; i < 5; ++i) {
      const calls::ArgSpec& spec = helper.args[i];
      std::uint64_t size = 0;
      if (spec.kind == ArgKind::mem)
        size = (spec.flags & calls::arg_flag::fixed_size) != 0 ? spec.size : i < 4 ? r[i + 2] : 0;
      else if (spec.kind == ArgKind::map_key && map != nullptr)
        size = map->key_size;
      else if (spec.kind == ArgKind::map_value && map != nullptr)
        size = map->value_size;
      if (size == 0 || r[i + 1] == 0) continue;
      if (!owned(r[i + 1], size))
        return wrong(verdict,
                     fmt::format("gives {} {} bytes at r{}, which are not the program's", helper.name, size, i + 1));
    }
    called_ = true;
    asked_ = helper.special == calls::Special::ringbuf_reserve ? r[2] : 0;
    given_back_ = helper.special == calls::Special::ringbuf_submit || helper.special == calls::Special::ringbuf_discard
                      ? r[1]
                      : 0;
    return true;
  }

  void after_step() {
    if (asked_ != 0)
      if (const std::uint64_t record = execution_.registers()[0]; record != 0) records_.push_back({record, asked_});
    if (given_back_ != 0) std::erase_if(records_, [&](const Area& area) { return area.begin == given_back_; });
    if (called_) refresh_areas();
    asked_ = given_back_ = 0;
    called_ = false;
  }

  // Which function each frame runs.
  void follow_frames(std::uint32_t pc) {
    const std::size_t now = depth() + 1;
    while (frames_.size() > now) frames_.pop_back();
    if (frames_.size() == now) return;
    for (const runtime::Subprogram& subprogram : instance_.code->code().subprograms)
      if (pc >= subprogram.start && pc < subprogram.end) frames_.push_back(&subprogram);
  }

  bool allowed(const RegState& reg, std::uint64_t value, std::uint32_t below) const {
    if (reg.maybe_null() && value == 0) return true;
    const auto from = [&](std::uint64_t begin) { return reg.r.contains(value - begin); };
    switch (reg.type) {
      case RegType::not_init:
        return true;
      case RegType::scalar:
        return reg.r.contains(value);
      case RegType::stack:
        return from(base_ + (depth() - below + reg.frame) * std::uint64_t{max_stack});
      case RegType::ctx:
        return from(reinterpret_cast<std::uint64_t>(instance_.world.context()));
      case RegType::map_ptr:
        return from(reinterpret_cast<std::uint64_t>(instance_.world.map(*reg.map)));
      case RegType::map_value:
        return std::ranges::any_of(known_of(reg.map), [&](const Area& area) { return from(area.begin); });
      case RegType::packet:
      case RegType::packet_meta:
        return from(packet_.begin);
      case RegType::packet_end:
        return value == packet_.begin + packet_.size;
      default:
        return true;  // memory of calls: judged when it is touched
    }
  }

  bool believed(Verdict& verdict, std::uint32_t pc) {
    if (!recorder_.complete()) return true;
    const auto& beliefs = recorder_.beliefs[instance_.output.program->original[pc]];
    const Regs r = execution_.registers();
    packet_ = instance_.world.packet();
    ++verdict.compared;
    std::string why;
    for (const Belief& belief : beliefs) {
      if (belief.depth > depth()) continue;
      unsigned i = 0;
      while (i < frame_pointer && allowed(belief.regs[i], r[i], belief.depth)) ++i;
      if (i == frame_pointer) return true;
      if (why.size() < 2000) why += describe(i, belief.regs[i], r[i]);
    }
    if (why.empty()) return wrong(verdict, "runs, although no path comes here");
    return wrong(verdict, fmt::format("none of {} states allows what the registers hold{}", beliefs.size(), why));
  }

  static std::string describe(unsigned number, const RegState& reg, std::uint64_t value) {
    return fmt::format(
        "\n  r{} is 0x{:x}: {} map {} unsigned [0x{:x},0x{:x}] signed [{},{}] 32 bits [0x{:x},0x{:x}] bits "
        "0x{:x}/0x{:x}",
        number, value, verifier::reg_type_name(reg.type, reg.flags), reg.map != nullptr ? reg.map->id : 0, reg.r.umin(),
        reg.r.umax(), reg.r.smin(), reg.r.smax(), reg.r.umin32(), reg.r.umax32(), reg.r.var_off().value,
        reg.r.var_off().mask);
  }

  Instance& instance_;
  const Recorder& recorder_;
  const verifier::Verified& pruned_;
  engine::Execution execution_;
  std::uint64_t base_;
  std::vector<const runtime::Subprogram*> frames_;
  std::vector<Area> areas_, records_;
  Area packet_;
  std::map<const maps::MapInfo*, std::vector<Area>> values_;
  std::int64_t not_null_at_ = -1;  // the call just made, if its result may not be null
  std::uint64_t asked_ = 0, given_back_ = 0;
  bool called_ = false;
};

// The same instructions but for addresses.
bool same_code(const std::vector<Insn>& a, const std::vector<Insn>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool address = a[i].is_wide_load() && a[i].src != 0 && a[i].src != pseudo::func;
    Insn x = a[i], y = b[i];
    if (address) x.imm = y.imm = 0;
    if (x != y) return false;
    if (a[i].is_wide_load()) ++i;
  }
  return true;
}

// The instructions that only one of them kept.
std::string difference(const verifier::Verified& a, const verifier::Verified& b) {
  std::string text;
  for (const std::uint32_t at : a.original)
    if (std::ranges::find(b.original, at) == b.original.end()) text += fmt::format(", only with it {}", at);
  for (const std::uint32_t at : b.original)
    if (std::ranges::find(a.original, at) == a.original.end()) text += fmt::format(", only without it {}", at);
  return text;
}

engine::Execution run_of(Instance& instance) {
  return engine::Execution({instance.code->entry(),
                            {reinterpret_cast<std::uint64_t>(instance.world.context())},
                            instance.world.context(),
                            instance.world.services()});
}

bool finishes(engine::Execution& run) {
  const rcu::ReadGuard section;
  return run.advance(0, 2 * most_steps) == async::Progress::finished;
}

// What is dead may depend on pruning: of fewer values less may be known, so that a path which was not walked because it
// was covered would have gone into code that no value reaches. Such code must then make no difference to any run.
std::string dead_code_differs(Instance& usual, Instance& observed, std::uint64_t seed, Verdict& verdict) {
  for (unsigned input = 0; input < inputs; ++input) {
    ++verdict.runs;
    usual.world.fill(seed + input);
    observed.world.fill(seed + input);
    engine::Execution with = run_of(usual), without = run_of(observed);
    const bool ends = finishes(with);
    if (finishes(without) != ends || (ends && with.result() != without.result()) ||
        usual.world.contents() != observed.world.contents())
      return "runs otherwise where other instructions are dead without pruning" +
             difference(*usual.output.program, *observed.output.program);
    if (ends) ++verdict.finished;
    usual.world.drain();
    observed.world.drain();
  }
  return {};
}

bool in_range(const Instance& instance, std::uint64_t result) {
  const auto range_of = instance.object.type->return_range;
  if (range_of == nullptr) return true;
  const auto range = range_of(instance.object.traits);
  const auto value = static_cast<std::int64_t>(static_cast<std::int32_t>(result));
  return !range.checked || (value >= range.min && value <= range.max);
}

// The engine that makes machine code, in one of the ways that there are: as it comes, light code that is to be replaced
// once it is hot, or the best at once. Null: this build has none.
std::unique_ptr<engine::Engine> make_compiler(std::uint64_t way) {
  std::string why;
  return engine::make_compiler(
      1, {.optimize = way != 0, .light_from = way == 1 ? 1U : 500U, .count_instructions = true}, why);
}

class OneSeat final : public async::Seat {
 public:
  unsigned cpu() const override { return 0; }
  void sleep(async::Job& job) override { job.sleep_off_cpu(); }
  void wait_for_others() override {}
};

// As whoever wants its result runs it: at once, and to its end.
engine::RunPtr run_at_once(Instance& instance, std::uint64_t seed) {
  instance.world.fill(seed);
  engine::RunPtr run =
      instance.code->executable()->make_run({instance.code->entry(),
                                             {reinterpret_cast<std::uint64_t>(instance.world.context())},
                                             instance.world.context(),
                                             instance.world.services()});
  {
    const rcu::ReadGuard section;
    OneSeat seat;
    run->run_to_end(seat);
  }
  instance.world.drain();
  return run;
}

// The interpreter has a loop of its own for runs that nobody counts. On the same input it leaves the same behind.
std::string quick_loop_differs(Instance& quick, Instance& interpreted, std::uint64_t seed,
                               const engine::Execution& whole) {
  const engine::RunPtr run = run_at_once(quick, seed);
  if (run->result() != whole.result())
    return fmt::format("0x{:x} by the quick loop, and 0x{:x}", run->result(), whole.result());
  if (quick.world.contents() != interpreted.world.contents()) return "leaves other contents behind by the quick loop";
  return {};
}

// The same program as machine code, on the same input, leaves the same behind.
std::string compiled_differs(Instance& compiled, Instance& interpreted, std::uint64_t seed,
                             const engine::Execution& whole) {
  const engine::RunPtr run = run_at_once(compiled, seed);
  if (run->instructions() != whole.instructions() || run->result() != whole.result())
    return fmt::format("as machine code {} instructions and 0x{:x}, interpreted {} and 0x{:x}", run->instructions(),
                       run->result(), whole.instructions(), whole.result());
  if (compiled.world.contents() != interpreted.world.contents())
    return "leaves other contents behind as machine code than interpreted";
  return {};
}

}  // namespace

std::string listing(const std::vector<Insn>& insns) {
  std::string text;
  for (std::size_t i = 0; i < insns.size(); ++i) {
    const Insn& insn = insns[i];
    std::uint64_t wide = 0;
    if (insn.is_wide_load() && i + 1 < insns.size())
      wide = static_cast<std::uint32_t>(insn.imm) | std::uint64_t{static_cast<std::uint32_t>(insns[i + 1].imm)} << 32;
    std::string callee;
    if (insn.code == (insn_class::jmp | jmp_op::call)) {
      const calls::Helper* found =
          insn.src == call_kind::helper ? calls::find_helper(static_cast<std::uint32_t>(insn.imm)) : nullptr;
      callee = found != nullptr                    ? fmt::format("{}#{}", found->name, insn.imm)
               : insn.src == call_kind::subprogram ? fmt::format("pc{:+d}", insn.imm)
                                                   : fmt::format("kfunc#{}", insn.imm);
    }
    text += fmt::format("{}: {}\n", i, verifier::disassemble(insn, wide, callee));
    if (insn.is_wide_load()) ++i;
  }
  return text;
}

std::string log_of(const Generated& program, const Types& types) {
  return Instance(program, types, nullptr, nullptr, 2).output.log;
}

Verdict judge(const Generated& program, const Types& types, std::uint64_t seed, const std::atomic<bool>* give_up,
              bool compile) {
  Verdict verdict;
  Instance usual(program, types, nullptr, give_up);
  if (usual.output.error != 0) {
    verdict.refusal = usual.output.refusal->message;
    return verdict;
  }
  verdict.accepted = true;
  Recorder recorder(program.insns.size());
  Instance observed(program, types, &recorder, give_up);
  if (observed.output.error == -E2BIG || observed.output.error == -EAGAIN) return verdict;  // too much without pruning
  if (observed.output.error != 0) {
    verdict.fault = "accepted, but not without pruning: " + observed.output.refusal->message;
    return verdict;
  }
  if (!observed.code->executable()->obstacle().empty()) return verdict;
  if (!same_code(usual.output.program->insns, observed.output.program->insns)) {
    verdict.fault = dead_code_differs(usual, observed, seed, verdict);
    return verdict;
  }
  Instance quick(program, types, nullptr, give_up);
  if (quick.output.error != 0) return verdict;  // told to give up
  std::optional<Instance> compiled;
  if (auto compiler = compile ? make_compiler(seed % 4) : nullptr; compiler != nullptr)
    compiled.emplace(program, types, nullptr, give_up, 0, std::move(compiler));
  for (unsigned input = 0; input < inputs; ++input) {
    ++verdict.runs;
    observed.world.fill(seed + input);
    usual.world.fill(seed + input);
    Run stepped(observed, recorder, *usual.output.program);
    if (!stepped.go(verdict)) {
      if (!verdict.fault.empty()) return verdict;
      continue;
    }
    ++verdict.finished;
    if (!in_range(observed, stepped.result())) {
      verdict.fault = fmt::format("returns 0x{:x}, which its type may not", stepped.result());
      return verdict;
    }
    engine::Execution whole = run_of(usual);
    if (!finishes(whole)) {
      verdict.fault = "runs on and on in one go, but not stepped";
      return verdict;
    }
    observed.world.drain();
    usual.world.drain();
    if (whole.instructions() != stepped.instructions() || whole.result() != stepped.result()) {
      verdict.fault = fmt::format("in one go {} instructions and 0x{:x}, stepped {} and 0x{:x}", whole.instructions(),
                                  whole.result(), stepped.instructions(), stepped.result());
      return verdict;
    }
    if (usual.world.contents() != observed.world.contents()) {
      verdict.fault = "leaves other contents behind in one go than stepped";
      return verdict;
    }
    verdict.fault = quick_loop_differs(quick, usual, seed + input, whole);
    if (verdict.fault.empty() && compiled) verdict.fault = compiled_differs(*compiled, usual, seed + input, whole);
    if (!verdict.fault.empty()) return verdict;
  }
  return verdict;
}

}  // namespace skep::fuzz
