// One run in the interpreter: the reference engine.
//
// Resumable after any instruction: all that is remembered is plain data (registers, frames, stack, continuations), and
// no call recurses into the engine. Small and obviously right; every other engine must agree with it, and so must its
// own quick loop (run_steps.cpp), which runs take that nobody steps. Tested by tests/engine/execution_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/engine.hpp"
#include "engine/interpreter/lowering.hpp"
#include "engine/run_pool.hpp"

namespace skep::engine {

class Execution;

// What the interpreter makes of a program.
class Interpreted final : public Executable {
 public:
  Interpreted(Lowered lowered, std::shared_ptr<RunPool<Execution>> pool)
      : lowered_(std::move(lowered)), pool_(std::move(pool)) {}
  static const Interpreted& of(const runtime::Program& program) {
    return static_cast<const Interpreted&>(program.executable()->reference());
  }

  const std::string& obstacle() const override { return lowered_.obstacle; }
  RunPtr make_run(const RunRequest& request) const override;

  const Lowered& lowered() const { return lowered_; }
  RunPool<Execution>& pool() const { return *pool_; }

 private:
  Lowered lowered_;
  std::shared_ptr<RunPool<Execution>> pool_;  // shared, for programs may outlive their engine
};

class Execution final : public Run {
 public:
  Execution();
  explicit Execution(const RunRequest& request);  // begun, and of no pool
  ~Execution() override;
  // Takes up the run that is asked for. The program is kept until the run is given back.
  void begin(const RunRequest& request);

  async::Progress advance(unsigned cpu, std::uint64_t budget) override;
  void sleep_off_cpu() override;
  void give_back() override;

  bool finished() const override;
  std::uint64_t result() const override;
  std::uint64_t instructions() const override;
  void restart(const std::array<std::uint64_t, 5>& arguments) override;
  std::uint32_t pc() const;  // the next instruction
  std::span<const std::uint64_t> registers() const;

  runtime::Services& services() override;
  unsigned cpu() const override;
  const runtime::Program& program() const override;
  void* context() const override;
  std::shared_ptr<const runtime::Program> shared_program() const override;
  bool on_stack(std::uint64_t from, std::uint64_t size) const override;
  runtime::CallResult invoke(const runtime::Subprogram& fn, std::array<std::uint64_t, 5> args,
                             const runtime::Continuation& next) override;
  runtime::CallResult sleep(runtime::SleepFn operation, const runtime::Continuation& next) override;
  runtime::CallResult tail_call(const runtime::Program& target) override;
  const runtime::InsnFacts& call_site() const override;
  std::string call_trace() const override;
  std::shared_ptr<async::Callback> make_callback(const runtime::Subprogram& fn, maps::Map& map, void* value) override;

 private:
  struct Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace skep::engine
