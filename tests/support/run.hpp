// Runs assembled programs in the interpreter: services that need no Kernel, and calls that a test defines.
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

// The program of this code, as the interpreter runs it.
inline std::shared_ptr<const runtime::Program> load(runtime::Code code) {
  return engine::load(*engine::make_interpreter(2), std::move(code));
}

// "call 1" in the text is a call of `helpers` with that number; "call label" and "r1 = func label" make functions.
inline std::shared_ptr<const runtime::Program> make_program(const std::string& text,
                                                            const std::vector<calls::Helper>& helpers = {}) {
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
  return load(std::move(code));
}

// Runs to the end, `budget` instructions at a time, sleeping where asked.
inline std::uint64_t finish(engine::Execution& run, std::uint64_t budget = async::unlimited) {
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

}  // namespace skep::test
