// One run of a program (or of one of its callbacks) in the interpreter: the reference engine.
//
// Resumable after any instruction: all that is remembered is plain data (registers, frames, stack, continuations), and
// no call recurses into the engine. An Execution is a Job: an executor advances it, in one go or instruction by
// instruction. Small and obviously right; every other engine must agree with it. Tested by tests/engine/.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "async/job.hpp"
#include "calls/call_env.hpp"
#include "engine/program.hpp"

namespace skep::engine {

class Execution final : public async::Job, public calls::CallEnv {
 public:
  // Runs `entry` of `program` with r1…r5 = args. `context`: what calls see as the program's context (may be null).
  Execution(std::shared_ptr<const Program> program, const Subprogram& entry, std::array<std::uint64_t, 5> args,
            void* context, calls::Services& services);
  ~Execution() override;

  async::Progress advance(unsigned cpu, std::uint64_t budget) override;
  void sleep_off_cpu() override;

  bool finished() const;
  std::uint64_t result() const;        // r0, once finished
  std::uint64_t instructions() const;  // executed so far
  std::uint32_t pc() const;            // the next instruction (tests, tracing)
  std::span<const std::uint64_t> registers() const;
  // Makes it ready to run again from the start, without allocating: repeated test runs.
  void restart(std::array<std::uint64_t, 5> args);

  calls::Services& services() override;
  unsigned cpu() const override;
  const Program& program() const override;
  void* context() const override;
  std::shared_ptr<const Program> shared_program() const override;
  calls::CallResult invoke(const Subprogram& fn, std::array<std::uint64_t, 5> args,
                           const calls::Continuation& next) override;
  calls::CallResult sleep(calls::SleepFn operation, const calls::Continuation& next) override;
  calls::CallResult tail_call(const Program& target) override;
  std::uint64_t call_site_value() const override;
  std::string call_trace() const override;
  std::shared_ptr<const btf::Record> call_site_record() const override;
  void remember_record(std::uint64_t record, maps::Map& ring) override;
  maps::Map* forget_record(std::uint64_t record) override;
  std::shared_ptr<async::Callback> make_callback(const Subprogram& fn, maps::Map& map, void* value) override;

 private:
  struct Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace skep::engine
