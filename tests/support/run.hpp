// Runs assembled programs in either engine: services that need no Kernel, and calls that a test defines.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "calls/call.hpp"
#include "engine/interpreter/execution.hpp"
#include "runtime/program.hpp"
#include "support/asm.hpp"

namespace skep::test {

// Fixed clocks and identity; memory is readable but for the first page and above `unreadable`.
class FixedServices : public runtime::Services {
 public:
  FixedServices() { open_memory.open_all(true); }
  std::uint64_t monotonic_ns() override { return 1'000'000'000; }
  std::uint64_t boot_ns() override { return 2'000'000'000; }
  std::uint64_t realtime_ns() override { return 3'000'000'000; }
  std::uint32_t random_u32() override { return ++random_; }
  std::uint64_t pid_tgid() override { return 11; }
  std::uint64_t uid_gid() override { return 22; }
  std::string_view comm() override { return "tester"; }
  unsigned cpu_count() override { return 2; }
  async::Executor& executor() override { std::abort(); }  // tests of asynchronous work bring an executor
  void trace_printk(std::string_view line) override { traced += line; }
  int read_memory(void* to, std::uint64_t from, std::size_t size) override {
    if (from < 4096 || from >= 0x8000'0000'0000'0000) return -EFAULT;
    std::memcpy(to, reinterpret_cast<const void*>(from), size);
    return 0;
  }
  int write_memory(std::uint64_t to, const void* from, std::size_t size) override {
    if (to < 4096) return -EFAULT;
    std::memcpy(reinterpret_cast<void*>(to), from, size);
    return 0;
  }
  std::string traced;

 private:
  std::uint32_t random_ = 0;
};

// In place of a budget: run to the end as machine code, optimized or as it comes.
inline constexpr std::uint64_t native = ~std::uint64_t{0} - 1, unoptimized = ~std::uint64_t{0} - 2;
inline bool is_native(std::uint64_t budget) {
  return budget == native || budget == unoptimized;
}
// Null: this build has no compiler.
inline std::unique_ptr<engine::Engine> make_compiler(bool optimize = true) {
  std::string why;
  return engine::make_compiler(2, {.optimize = optimize, .count_instructions = true}, why);
}
inline bool has_compiler() {
  static const bool has = make_compiler() != nullptr;
  return has;
}
// What tests that run programs go through: the interpreter in one go and in pieces, and compilers, if there are any.
inline std::vector<std::uint64_t> ways_to_run(std::vector<std::uint64_t> ways = {async::unlimited, 1, 3}) {
  if (has_compiler()) ways.insert(ways.end(), {native, unoptimized});
  return ways;
}

// The program of this code, as `way` runs it.
inline std::shared_ptr<const runtime::Program> load(runtime::Code code, std::uint64_t way = async::unlimited) {
  return engine::load(is_native(way) ? *make_compiler(way == native) : *engine::make_interpreter(2), std::move(code));
}

// "call 1" in the text is a call of `helpers` with that number; "call label" and "r1 = func label" make functions.
inline std::shared_ptr<const runtime::Program> make_program(const std::string& text,
                                                            const std::vector<calls::Helper>& helpers = {},
                                                            std::uint64_t way = async::unlimited) {
  runtime::Code code;
  code.name = "test";
  code.insns = Assembler::assemble(text);
  code.facts.resize(code.insns.size());
  std::set<std::uint32_t> starts = {0};
  std::map<std::size_t, std::uint32_t> targets;
  for (std::size_t i = 0; i < code.insns.size(); ++i) {
    const Insn& insn = code.insns[i];
    const bool call = insn.code == 0x85 && insn.src == call_kind::subprogram;
    const bool function = insn.is_wide_load() && insn.src == pseudo::func;
    if (call || function) targets[i] = static_cast<std::uint32_t>(static_cast<std::int64_t>(i) + 1 + insn.imm);
    if (call || function) starts.insert(targets[i]);
    if (insn.code == 0x85 && insn.src == call_kind::helper)
      for (const auto& helper : helpers)
        if (static_cast<std::int32_t>(helper.id) == insn.imm) code.facts[i].helper = &helper;
    if (insn.is_wide_load()) ++i;
  }
  std::map<std::uint32_t, std::int32_t> index;
  for (const std::uint32_t start : starts) {
    const auto n = static_cast<std::uint32_t>(index.size());
    index[start] = static_cast<std::int32_t>(n);
    std::string name = "f";
    name += std::to_string(n);  // not "f" + …, of which GCC 12 thinks ill
    code.subprograms.push_back({nullptr, n, std::move(name), start, 0, max_stack});
  }
  for (const auto& [at, start] : targets) code.facts[at].callee = index[start];
  return load(std::move(code), way);
}

// A thread with CPU 0 for itself.
class OneSeat final : public async::Seat {
 public:
  unsigned cpu() const override { return 0; }
  void sleep(async::Job& job) override { job.sleep_off_cpu(); }
  void wait_for_others() override {}
};

// Runs to the end, `budget` instructions at a time, sleeping where asked; or in one of the native ways.
inline std::uint64_t finish(engine::Run& run, std::uint64_t budget = async::unlimited) {
  if (is_native(budget)) {
    OneSeat seat;
    run.run_to_end(seat);
    return run.result();
  }
  for (;;) {
    switch (run.advance(0, budget)) {
      case async::Progress::finished:
        return run.result();
      case async::Progress::sleeping:
        run.sleep_off_cpu();
        break;
      default:
        break;
    }
  }
}
inline std::uint64_t run_of(const runtime::Program& program, const engine::RunRequest& request, std::uint64_t way) {
  const engine::RunPtr run = program.executable()->make_run(request);
  return finish(*run, way);
}

}  // namespace skep::test
