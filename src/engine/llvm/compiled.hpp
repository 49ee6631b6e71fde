// Programs as machine code, and their runs: the second engine.
//
// A run goes natively when it is run to its end on a thread that holds a CPU (run_to_end), and in the interpreter when
// it is stepped or observed, or while there is no code of its program yet: each is a run of its own kind from the start
// to the end. Machine code keeps the program's frames on the thread's own stack; where a call runs a callback, sleeps
// or has to be made again, call_slowly() (glue.cpp) does so in place. Tested by tests/engine/compiled_test.cpp.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "engine/llvm/jit.hpp"
#include "engine/llvm/native.hpp"
#include "engine/run_pool.hpp"

namespace skep::engine::native {

class CompiledRun;
class Compiler;

class Compiled final : public Executable {
 public:
  Compiled(const Program& program, std::shared_ptr<const Executable> interpreted, std::shared_ptr<Compiler> compiler);
  static const Compiled& of(const Program& program) { return static_cast<const Compiled&>(*program.executable()); }

  const std::string& obstacle() const override { return reference().obstacle(); }
  RunPtr make_run(const RunRequest& request) const override;
  RunPtr make_run(const RunRequest& request, async::JobPtr finished) const override;

  // Its code, or null: none has been made yet, or none can be. That it is not final can change at any time.
  const Code* code() const { return code_.load(std::memory_order_acquire); }
  // Makes it, if it can be made, and waits for it. In a hurry it is made fast.
  const Code* need_code(bool in_a_hurry = false) const;
  // Makes better code than there is, which is for those who enter from now on. On the compiler's thread.
  void improve_code() const;
  std::string why_not() const;  // valid after need_code() has given null
  // A run of so many instructions has ended in the interpreter.
  void interpreted(std::uint64_t instructions) const;
  // Its code has run so much that better is worth making.
  void has_become_hot() const noexcept;
  RunPool<CompiledRun>& pool() const;
  // Where this one has its entry, for machine code, which jumps to other programs'.
  static std::ptrdiff_t entry_place();

 private:
  void publish(const Code* code) const;

  const Program& program_;
  const std::shared_ptr<const Executable> interpreted_;
  const std::shared_ptr<Compiler> compiler_;
  const Constants constants_;
  mutable std::atomic<const Code*> code_{nullptr};
  mutable std::atomic<Fn> entry_{nullptr};  // of that code
  mutable std::once_flag made_;
  // Whoever is in the first when there is a better goes on in it, so that it stays as long as this.
  mutable std::unique_ptr<Code> owned_, better_;
  mutable std::string why_not_;
  mutable std::atomic<std::uint64_t> heat_{0};  // instructions interpreted so far
  mutable Heat code_heat_;                      // where code_ is not final
};

class CompiledRun final : public Run {
 public:
  void begin(const Compiled& executable, const RunRequest& request);
  // Another run of the same executable, after one that has ended.
  void begin_again(const RunRequest& request);

  void run_to_end(async::Seat& seat) override;
  async::Progress advance(unsigned cpu, std::uint64_t budget) override;
  void sleep_off_cpu() override;
  const void* made_by() const override { return executable_; }
  void give_back() override;

  bool finished() const override { return stepped_ != nullptr ? stepped_->finished() : finished_; }
  std::uint64_t result() const override { return stepped_ != nullptr ? stepped_->result() : result_; }
  std::uint64_t instructions() const override {
    return stepped_ != nullptr ? stepped_->instructions() : state.executed;
  }
  void restart(const std::array<std::uint64_t, 5>& arguments) override;
  std::uint64_t repeat(async::Seat& seat, std::uint64_t r1) override;

  runtime::Services& services() override { return *services_; }
  unsigned cpu() const override { return state.cpu; }
  const Program& program() const override { return *state.program; }
  void* context() const override { return context_; }
  std::shared_ptr<const Program> shared_program() const override;
  CallResult invoke(const runtime::Subprogram& fn, std::array<std::uint64_t, 5> args,
                    const runtime::Continuation& next) override;
  CallResult sleep(runtime::SleepFn operation, const runtime::Continuation& next) override;
  CallResult tail_call(const Program& target) override;
  const runtime::InsnFacts& call_site() const override;
  std::string call_trace() const override;
  bool on_stack(std::uint64_t from, std::uint64_t size) const override;
  std::shared_ptr<async::Callback> make_callback(const runtime::Subprogram& fn, maps::Map& map, void* value) override;

  // ---- for machine code, through glue.cpp
  State state;
  static CompiledRun& of(CallEnv* env) { return static_cast<CompiledRun&>(*env); }
  // Where `state` is, from the address of the CallEnv.
  static std::ptrdiff_t state_offset();
  // Acts on a call's answer until there is a value, or the function has to be left.
  Result act(CallResult answer, CallFn fn, const std::array<std::uint64_t, 5>& arguments);
  // Calls `function` for each element, until it says that this is enough; how many it was called for.
  Result for_each(maps::Map& map, Fn function, std::uint64_t context);
  // Asks the leash for more; `pc`: where the run is. False: it has to stop, what it held is given back.
  bool may_go_on(std::uint64_t pc);
  // The program that tail_call() was asked for takes over; what is to be jumped to.
  Fn switch_program(std::uint64_t r1);

 private:
  void start();
  void take_up(const RunRequest& request);
  void end();
  bool step_by_step();
  void execute(async::Seat& seat);
  void finish(Result result);
  Result call_back();
  void end_stepped();
  // Machine code does not count its instructions, so that a limit on them is for the interpreter.
  bool may_be_native() const { return executable_->code() != nullptr && leash.limits().instructions == 0; }
  void leave_the_long_ones() const {
    if (leash.is_long()) services_->long_run_ended(static_cast<const CallEnv*>(this));
  }
  std::uint64_t now() const { return services_->limit_clock_ns(); }

  std::shared_ptr<const Program> started_;
  const Compiled* executable_ = nullptr;
  const runtime::Subprogram* entry_ = nullptr;
  void* context_ = nullptr;
  runtime::Services* services_ = nullptr;
  unsigned home_ = 0;
  std::array<std::uint64_t, 5> arguments_ = {};
  RunPtr stepped_;  // the interpreter's, once it is stepped
  async::Seat* seat_ = nullptr;
  bool finished_ = false;
  std::uint64_t result_ = 0;
  Fn again_ = nullptr;  // what repeat() calls: the last run went natively, and left nothing to clear up. Else null

  const Program* tail_target_ = nullptr;
  std::uint64_t cookie_ = 0;  // of the exception under way
  std::uint64_t left_with_ = 0;

  // What the call in hand has asked for.
  const runtime::Subprogram* wanted_ = nullptr;
  std::array<std::uint64_t, 5> wanted_args_ = {};
  runtime::Continuation wanted_next_;
  runtime::SleepFn sleep_operation_ = nullptr;
  std::uint64_t answer_ = 0;

  std::vector<std::shared_ptr<const Program>> reached_;  // by tail calls of runs that sleep: kept until the end
};

}  // namespace skep::engine::native
