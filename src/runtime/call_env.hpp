// How a call and the engine that runs the program talk to each other.
//
// A call never recurses into the engine, blocks or sleeps. It returns a CallResult: a value; or a request to run one of
// the program's functions and come back (bpf_loop, for_each); or to sleep, which the engine passes on to whoever drives
// it (bpf_copy_from_user), or to be called again later (a contended lock). What has to be remembered meanwhile is plain
// data in a Continuation, so that a suspended program can be kept, moved to another thread and replayed. Implemented by
// engine/interpreter/execution.cpp; tested by tests/engine/execution_test.cpp.
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "memory/account.hpp"
#include "runtime/holdings.hpp"
#include "runtime/leash.hpp"
#include "runtime/lock_waits.hpp"
#include "runtime/reach.hpp"

namespace skep::btf {
class Btf;
}
namespace skep::maps {
class Map;
}
namespace skep::async {
class Callback;
class Executor;
}  // namespace skep::async
namespace skep::runtime {
struct InsnFacts;
struct Subprogram;  // what a pointer to one of the program's functions points to at run time
class Program;
}  // namespace skep::runtime

namespace skep::runtime {

class CallEnv;
struct Continuation;

struct CallResult {
  enum class Kind : std::uint8_t {
    value,      // finished: r0 = value
    callback,   // CallEnv::invoke was called: run that function, then the continuation
    sleep,      // CallEnv::sleep was called: run its operation without a CPU, then the continuation with its result
    retry,      // nothing was done (a lock is contended): make the same call again later
    tail_call,  // go on in another program; CallEnv::tail_call was called
    exception,  // bpf_throw: unwind all frames; value is the cookie
  };
  Kind kind = Kind::value;
  std::uint64_t value = 0;

  static constexpr CallResult of(std::uint64_t v) { return {Kind::value, v}; }
  static constexpr CallResult error(int negative_errno) {
    return {Kind::value, static_cast<std::uint64_t>(static_cast<std::int64_t>(negative_errno))};
  }
};

using CallFn = CallResult (*)(CallEnv& env, std::uint64_t r1, std::uint64_t r2, std::uint64_t r3, std::uint64_t r4,
                              std::uint64_t r5);

// What a call goes on with after its callback or its sleep: plain data.
struct Continuation {
  CallResult (*resume)(CallEnv& env, Continuation& self, std::uint64_t result) = nullptr;
  std::array<std::uint64_t, 8> state = {};
};

// The blocking part of a call that sleeps; run without holding a CPU, possibly on another thread. `state` is the
// continuation's.
using SleepFn = std::uint64_t (*)(std::array<std::uint64_t, 8>& state);

// A run that its leash has stopped, or that has become a long one, and where it is.
struct RunPlace {
  StopReason reason = StopReason::none;
  const Program& program;   // that is running
  std::uint32_t pc = 0;     // the next instruction
  const Subprogram& entry;  // that the run began in
  std::uint64_t instructions = 0, time_ns = 0;
  unsigned cpu = 0;
  RunLimits limits;
};

// What a program runs in, given by whoever runs it (the kernel layer; tests give their own).
class Services {
 public:
  virtual ~Services() = default;
  RunLimits run_limits;                   // of runs that bring none of their own
  StopSignal stop_signal;                 // asks all runs to stop
  memory::AccountPtr account;             // pays for what programs allocate, and knows where it is; null: nobody counts
  std::unique_ptr<LockWaits> lock_waits;  // of resilient spin locks; null: a wait that cannot end does not
  OpenMemory open_memory;                 // what of the process's own memory programs may reach
  class RunObserver* observer = nullptr;  // of runs that bring none of their own; set while nothing runs
  // A run was stopped: called on its thread, before it gives back what it holds.
  virtual void run_stopped(const RunPlace& place) { (void)place; }
  // A run has taken Leash::long_ns by now; and it has ended, stopped or not. `run` tells it from others.
  virtual void run_is_long(const void* run, const RunPlace& place) { (void)run, (void)place; }
  virtual void long_run_ended(const void* run) { (void)run; }

  virtual std::uint64_t monotonic_ns() = 0;  // simulated or real
  // What limits of time go by: a clock that goes on while a program runs.
  virtual std::uint64_t limit_clock_ns() { return monotonic_ns(); }
  virtual std::uint64_t boot_ns() = 0;
  virtual std::uint64_t realtime_ns() = 0;
  virtual std::uint32_t random_u32() = 0;
  virtual std::uint64_t pid_tgid() = 0;
  virtual std::uint64_t uid_gid() = 0;
  virtual std::string_view comm() = 0;
  // The running task and that of a number, in the kernel's layout; null: none.
  virtual void* current_task() { return nullptr; }
  virtual void* find_task(std::int32_t id) { return (void)id, nullptr; }
  virtual std::int32_t task_id(const void* task) { return (void)task, 0; }  // its number; 0: it is none of them
  // The task with the next number above; null: it was the last.
  virtual void* next_task(std::int32_t id) { return (void)id, nullptr; }
  // Other objects that programs ask for, in the kernel's layout; null: there is none.
  virtual void* root_cgroup() { return nullptr; }
  virtual void* root_mem_cgroup() { return nullptr; }
  virtual void* executable_of_tasks() { return nullptr; }  // a struct file

  // What the kernel has behind the context of the run: an sk_buff, an xdp_buff. Null: no type of it is known.
  virtual void* kernel_context(CallEnv& env) { return (void)env, nullptr; }
  // A call that has no behavior has answered so much instead.
  virtual void answered_without_behavior(CallEnv& env, std::string_view call, int answer) {
    (void)env, (void)call, (void)answer;
  }

  // The kernel's types; null: none are known.
  virtual const btf::Btf* kernel_types() { return nullptr; }
  // The number of a type of the kernel's, or of a module's with a descriptor of the module above it; or -ENOENT.
  virtual std::int64_t find_type(std::string_view name, std::uint32_t kind) { return (void)name, (void)kind, -2; }
  // bpf(2), and close(2) of a descriptor that it gave: 0 or more, or a negative errno.
  virtual std::int64_t bpf(std::uint32_t command, void* attributes, std::uint32_t size) {
    return (void)command, (void)attributes, (void)size, -95;
  }
  virtual int close(std::uint32_t fd) { return (void)fd, -9; }
  virtual unsigned cpu_count() = 0;
  virtual async::Executor& executor() = 0;  // runs work items and timers
  virtual void trace_printk(std::string_view line) = 0;
  // The same with who says it.
  virtual void printed(CallEnv& env, std::string_view line) { (void)env, trace_printk(line); }
  // A record for a perf event of the map: 0 when somebody takes it, -ENOENT when the map has no event there.
  virtual int perf_output(CallEnv& env, const maps::Map& map, std::uint32_t index, const void* data, std::size_t size);
  // A call that the host has replaced (InsnFacts::mocked).
  virtual CallResult mocked_call(CallEnv& env, const std::array<std::uint64_t, 5>& arguments);
  // Safe copies of the process's own memory: 0 or -EFAULT, never a signal. Whoever does it for a program asks its
  // CallEnv.
  virtual int read_memory(void* to, std::uint64_t from, std::size_t size) = 0;
  virtual int write_memory(std::uint64_t to, const void* from, std::size_t size) = 0;
  // A program was refused what is there: called on its thread, at the instruction env.call_site().
  virtual void memory_denied(CallEnv& env, std::uint64_t address, bool write) { (void)env, (void)address, (void)write; }
};

class CallEnv {
 public:
  virtual ~CallEnv() = default;
  Leash leash;        // the first member: see leash_fuel_offset
  Holdings holdings;  // what calls took for the program
  Given given;        // what the host's functions gave it to look at

  virtual Services& services() = 0;
  virtual unsigned cpu() const = 0;            // the virtual CPU that is held
  virtual const Program& program() const = 0;  // that is running (callbacks: that set them)
  virtual void* context() const = 0;           // the program's context (r1 at entry)
  virtual std::shared_ptr<const Program> shared_program() const = 0;

  // Asks for `fn(args…)` to be run and `next.resume` to be called with its r0. Return what it returns.
  virtual CallResult invoke(const Subprogram& fn, std::array<std::uint64_t, 5> args, const Continuation& next) = 0;
  // Asks for `operation` to be run off the CPU; its result is the call's when `next.resume` is null.
  virtual CallResult sleep(SleepFn operation, const Continuation& next) = 0;
  virtual CallResult tail_call(const Program& target) = 0;

  // Copies by addresses that nobody vouches for: see runtime/reach.hpp. 0 or -EFAULT; nothing was copied then, or some.
  int read_memory(void* to, std::uint64_t from, std::uint64_t size);
  int write_memory(std::uint64_t to, const void* from, std::uint64_t size);
  // As much as may be read from the start on, at least one byte; `size` becomes it.
  int read_start(void* to, std::uint64_t from, std::uint64_t& size);
  // Whether all of it is in the stack of this run's functions.
  virtual bool on_stack(std::uint64_t from, std::uint64_t size) const = 0;

  // What the verifier proved of the instruction that makes the call.
  virtual const InsnFacts& call_site() const = 0;
  // Who runs where, and the functions that are under way, as the kernel prints them; ends with a newline.
  virtual std::string call_trace() const { return {}; }
  // A function of the running program, to be run by an executor with the map, the key of `value` in it, and `value`.
  virtual std::shared_ptr<async::Callback> make_callback(const Subprogram& fn, maps::Map& map, void* value);
};

inline int Services::perf_output(CallEnv&, const maps::Map&, std::uint32_t, const void*, std::size_t) {
  return -ENOENT;
}
inline CallResult Services::mocked_call(CallEnv&, const std::array<std::uint64_t, 5>&) {
  return CallResult::error(-ENOSYS);
}

inline std::shared_ptr<async::Callback> CallEnv::make_callback(const Subprogram&, maps::Map&, void*) {
  return nullptr;  // an environment without asynchronous work
}

}  // namespace skep::runtime
