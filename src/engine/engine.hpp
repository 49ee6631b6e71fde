// What runs programs: an engine compiles a program into an executable, and the executable gives runs.
//
//   auto engine = engine::make_interpreter(cpus);
//   auto program = engine::load(*engine, std::move(code));               // runtime::Code, from the verifier's facts
//   engine::RunPtr run = program->executable()->make_run({program->entry(), {r1}, context, services});
//   executor.run(*run);                                                  // or run->advance(cpu, 1): one instruction
//   run->result();
//
// Whoever makes runs (test runs, links, callbacks of work items and timers) goes through this interface and names no
// engine. The interpreter is the reference: every other engine must agree with it on everything. Executables are
// immutable and may be used from any thread; a run belongs to one thread at a time. Runs come from a pool that each
// engine keeps for each CPU, and go back to it when their RunPtr dies: in the long run nothing is allocated. Tested by
// tests/engine/.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "async/job.hpp"
#include "runtime/call_env.hpp"
#include "runtime/observer.hpp"
#include "runtime/program.hpp"

namespace skep::engine {

// One run of a program, or of one of its callbacks. An engine begins `leash` with each run, executes what it grants,
// and where it grants nothing leaves all frames, gives the holdings back and is finished. Resumable after any
// instruction by advance() (async::Job), which is what stepping executors do; in one go by run_to_end(), on the thread
// that holds the CPU.
class Run : public async::Job, public runtime::CallEnv {
 public:
  virtual bool finished() const = 0;
  virtual std::uint64_t result() const = 0;        // r0, once finished
  virtual std::uint64_t instructions() const = 0;  // executed since it was started
  // Other than none: it was finished by its leash (runtime/leash.hpp), and result() is 0.
  StopReason stop_reason() const { return leash.reason(); }
  bool stopped() const override { return stop_reason() != StopReason::none; }
  // Makes it ready to run again from its entry, with the limits that it was made with.
  virtual void restart(const std::array<std::uint64_t, 5>& arguments) = 0;
  // restart() and run_to_end() in one, with r1, on the seat of the run before it, which nobody has left since; and its
  // result. What is the same for one run after the other is not done again.
  virtual std::uint64_t repeat(async::Seat& seat, std::uint64_t r1);
};

// A Run that goes back to its engine's pool.
using RunPtr = std::unique_ptr<Run, async::GiveBack>;

struct RunRequest {
  const runtime::Subprogram& entry;             // of a program that the caller keeps alive until make_run() returns
  std::array<std::uint64_t, 5> arguments = {};  // r1…r5
  void* context = nullptr;                      // what calls see as the program's context
  runtime::Services& services;
  unsigned cpu = 0;                          // where it will probably run: whose pool it comes from
  runtime::RunObserver* observer = nullptr;  // must outlive the run
  const RunLimits* limits = nullptr;         // null: the services'; read by make_run()
};

class Executable {
 public:
  virtual ~Executable() = default;
  // The first thing that the program does and that this engine cannot run, by name ("bpf_foo", "the instruction with
  // opcode 0xff …"); empty: it can be run. Only then may runs be made.
  virtual const std::string& obstacle() const = 0;
  virtual RunPtr make_run(const RunRequest& request) const = 0;
  // The same of a job that has finished, whoever made it; it becomes this run if it was one of this executable.
  virtual RunPtr make_run(const RunRequest& request, async::JobPtr finished) const {
    finished.reset();
    return make_run(request);
  }
  // The interpreter's executable of the same program; its own: itself.
  const Executable& reference() const { return reference_ != nullptr ? *reference_ : *this; }

 protected:
  const Executable* reference_ = nullptr;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual const char* name() const = 0;
  // Takes every program: what cannot be run is the executable's obstacle(). The program outlives its executable.
  virtual std::shared_ptr<const Executable> compile(const runtime::Program& program) = 0;
};

// The reference engine (interpreter/). `cpus`: how many virtual CPUs it keeps pools for.
std::unique_ptr<Engine> make_interpreter(unsigned cpus);

struct CompilerOptions {
  bool eager = true;     // compile when a program is loaded; else when it has become hot, meanwhile
  bool optimize = true;  // false: as fast as it can be compiled
  // Programs with so many instructions are compiled fast first, and well when their code has become hot.
  std::size_t light_from = 500;
  bool count_instructions = false;  // runs know how many instructions they have executed, and are slower
  std::function<void(const std::string&)> on_failure = {};  // told what could not be compiled, and why: "name: why"
};
// The engine that makes machine code (llvm/). Null: it cannot be had here, and `why` says why.
std::unique_ptr<Engine> make_compiler(unsigned cpus, const CompilerOptions& options, std::string& why);

// A program with the executable that `engine` makes of it.
std::shared_ptr<const runtime::Program> load(Engine& engine, runtime::Code code);

}  // namespace skep::engine
