// The state of a run between two instructions: registers, the frame that runs, those that wait for it, and what a call
// has asked for. Stack frames are 512 bytes of a block that never moves, because programs hold pointers into it. Used
// by run.cpp and execution.cpp alone. Tested by tests/engine/execution_test.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/call_trace.hpp"
#include "engine/guarded_call.hpp"
#include "engine/host_call.hpp"
#include "engine/interpreter/arithmetic.hpp"
#include "engine/interpreter/execution.hpp"
#include "engine/interpreter/memory.hpp"
#include "engine/packet_load.hpp"
#include "maps/arena.hpp"

namespace skep::engine {

using runtime::CallResult;
using runtime::Continuation;
using runtime::Program;
using runtime::Services;
using runtime::Subprogram;

inline constexpr std::uint32_t may_goto_limit = 8'388'608;  // iterations, in each frame
inline constexpr std::size_t frames_per_block = max_call_frames;

struct Execution::Machine {
  // What a frame that has called another goes on with.
  struct Frame {
    const Program* program = nullptr;
    std::uint32_t pc = 0;  // of the call
    std::uint32_t may_goto_left = 0;
    std::array<std::uint64_t, 4> saved = {};  // r6…r9
    bool to_call = false;                     // the frame above is a callback: its result goes to `next`
    Continuation next;
  };
  enum class State : std::uint8_t {
    running,
    sleeping,  // sleep_off_cpu is due
    slept,     // its result is in `answer`
    resuming,  // a continuation asked to be called again, with `answer`
    finished,
  };
  struct Block {
    alignas(16) std::array<std::uint8_t, frames_per_block * max_stack> bytes;
  };

  Execution& env;
  std::shared_ptr<const Program> started;
  const Subprogram* entry = nullptr;
  void* context = nullptr;
  Services* services = nullptr;
  runtime::RunObserver* observer = nullptr;
  unsigned home = 0;  // the CPU whose pool it came from

  State state = State::running;
  unsigned cpu = 0;
  std::uint32_t pc = 0;
  std::uint32_t may_goto_left = may_goto_limit;
  std::uint32_t tail_calls = 0;
  bool unwound = false;  // the exception callback runs, or would have
  const Program* program = nullptr;
  std::uint64_t executed = 0;
  std::array<std::uint64_t, reg_count> regs = {};
  std::vector<Frame> frames;  // those that wait

  // What the call in hand has asked for.
  const Subprogram* wanted = nullptr;
  std::array<std::uint64_t, 5> wanted_args = {};
  Continuation wanted_next;
  runtime::SleepFn sleep_operation = nullptr;
  std::shared_ptr<const Program> tail_target;
  std::uint64_t answer = 0;

  std::vector<std::shared_ptr<const Program>> reached;  // by tail calls: kept until the end
  std::vector<std::unique_ptr<Block>> more_stack;
  Block stack;

  // With room for what a run may need on its way, when nobody could be told that there is no memory for it.
  explicit Machine(Execution& e) : env(e) {
    frames.reserve(frames_per_block);
    reached.reserve(max_tail_calls + 1);
  }

  // What a run leaves in the state that it had must not reach the next one: neither references nor stack.
  void release() {
    leave_the_long_ones();
    frames.clear();
    env.holdings.forget();
    env.given.clear();
    reached.clear();
    tail_target.reset();
    started.reset();
  }

  std::uint64_t stack_top(std::size_t depth) {
    const std::size_t block = depth / frames_per_block;
    while (block > more_stack.size()) more_stack.push_back(std::make_unique<Block>());
    auto& bytes = block == 0 ? stack.bytes : more_stack[block - 1]->bytes;
    return reinterpret_cast<std::uint64_t>(bytes.data()) + (depth % frames_per_block + 1) * max_stack;
  }

  // The frames of functions that are under way.
  bool on_stack(std::uint64_t from, std::uint64_t size) const {
    for (std::size_t first = 0, block = 0; first <= frames.size(); first += frames_per_block, ++block) {
      const auto& bytes = block == 0 ? stack.bytes : more_stack[block - 1]->bytes;
      const std::uint64_t used = std::min(frames.size() + 1 - first, frames_per_block) * max_stack;
      const std::uint64_t offset = from - reinterpret_cast<std::uint64_t>(bytes.data());
      if (offset <= used && size <= used - offset) return true;
    }
    return false;
  }

  void start(const std::array<std::uint64_t, 5>& args) {
    state = State::running;
    program = started.get();
    pc = entry->start;
    may_goto_left = may_goto_limit;
    tail_calls = 0;
    unwound = false;
    executed = 0;
    frames.clear();
    env.holdings.forget();
    env.given.clear();
    reached.clear();
    regs[0] = 0;
    for (unsigned i = 0; i < 5; ++i) regs[i + 1] = args[i];
    for (unsigned i = 6; i < frame_pointer; ++i) regs[i] = 0;
    give_frame(*entry);
  }

  // The same run gives the same result, also where a program reads what it has not written.
  void give_frame(const Subprogram& callee) {
    const std::uint64_t top = stack_top(frames.size());
    regs[frame_pointer] = top;
    const std::uint64_t used = std::min<std::uint64_t>(callee.stack_depth, max_stack);
    std::memset(reinterpret_cast<void*>(top - used), 0, used);  // NOLINT(performance-no-int-to-ptr)
  }

  void enter(const Subprogram& callee, bool to_call) {
    Frame& frame = frames.emplace_back();
    frame.program = program;
    frame.pc = pc;
    frame.may_goto_left = may_goto_left;
    frame.saved = {regs[6], regs[7], regs[8], regs[9]};
    frame.to_call = to_call;
    if (to_call) {
      frame.next = wanted_next;
      for (unsigned i = 0; i < 5; ++i) regs[i + 1] = wanted_args[i];
      program = callee.program;
    }
    pc = callee.start;
    may_goto_left = may_goto_limit;
    give_frame(callee);
  }

  // Leaves the frame that has exited. False: it was the last. A frame that was a callback's leaves its continuation's
  // result in `result` and asks for it to be acted on.
  bool leave(bool& act, CallResult& result) {
    if (frames.empty()) {
      state = State::finished;
      return false;
    }
    Frame& frame = frames.back();
    program = frame.program;
    pc = frame.pc;
    may_goto_left = frame.may_goto_left;
    for (unsigned i = 0; i < 4; ++i) regs[6 + i] = frame.saved[i];
    const bool to_call = frame.to_call;
    if (to_call) wanted_next = frame.next;
    frames.pop_back();
    regs[frame_pointer] = stack_top(frames.size());
    act = to_call;
    if (to_call)
      result = resume(regs[0]);
    else
      ++pc;
    return true;
  }

  CallResult resume(std::uint64_t value) {
    Continuation self = wanted_next;
    wanted_next.resume = nullptr;
    answer = value;
    if (self.resume == nullptr) return CallResult::of(value);
    const CallResult result = guarded_resume(env, self, value);
    if (result.kind == CallResult::Kind::retry) {
      wanted_next = self;
      state = State::resuming;
    }
    return result;
  }

  // Carries out what the call at `pc` answered. False: the run stops here for now; `progress` says how.
  bool act(const CallResult& result, async::Progress& progress) {
    switch (result.kind) {
      case CallResult::Kind::value:
        regs[0] = result.value;
        ++pc;
        return true;
      case CallResult::Kind::callback:
        enter(*wanted, true);
        return true;
      case CallResult::Kind::sleep:
        state = State::sleeping;
        progress = async::Progress::sleeping;
        return false;
      case CallResult::Kind::retry:
        progress = async::Progress::blocked;
        return false;
      case CallResult::Kind::tail_call:
        switch_program();
        return true;
      case CallResult::Kind::exception:
        unwind(result.value);
        return state != State::finished || finish(progress);
    }
    std::abort();
  }
  static bool finish(async::Progress& progress) {
    progress = async::Progress::finished;
    return false;
  }

  // The target takes over the frame that made the call, with its r1.
  void switch_program() {
    program = tail_target.get();
    pc = program->entry().start;
    may_goto_left = may_goto_limit;
    give_frame(program->entry());
    reached.push_back(std::move(tail_target));
  }

  void unwind(std::uint64_t cookie) {
    const Program* outermost = frames.empty() ? program : frames.front().program;
    frames.clear();
    regs[0] = cookie;
    const std::int32_t handler = outermost->code().exception_callback;
    if (handler < 0 || unwound) {
      state = State::finished;
      return;
    }
    const Subprogram& callback = outermost->code().subprograms[static_cast<std::size_t>(handler)];
    unwound = true;
    program = outermost;
    pc = callback.start;
    may_goto_left = may_goto_limit;
    regs[1] = cookie;
    give_frame(callback);
  }

  CallResult call(const Site& site) {
    std::array<std::uint64_t, 5> args = {regs[1], regs[2], regs[3], regs[4], regs[5]};
    if (site.aux_register != 0) args[site.aux_register - 1U] = reinterpret_cast<std::uint64_t>(program);
    if (site.fn != nullptr) return guarded_call(env, args[0], args[1], args[2], args[3], args[4], site.fn);
    return call_host(env, *site.host, site.arena_arguments, program->arena(), args);
  }

  // A per-CPU global's.
  std::uint64_t address_on_cpu(const Insn* at, std::uint64_t offset) const {
    const std::uint64_t map = static_cast<std::uint32_t>(at->imm) | static_cast<std::uint64_t>(at[1].imm) << 32;
    const std::uint32_t first = 0;
    return reinterpret_cast<std::uint64_t>(reinterpret_cast<maps::Map*>(map)->lookup(&first, cpu)) + offset;  // NOLINT
  }

  std::uint64_t careful_load(const Insn& insn, std::uint64_t address) {
    return engine::careful_load(env, address, access_bytes(insn.size()), insn.mode() == own_mode::careful_signed);
  }

  // An access to a page of an arena that is not there.
  void report_fault(std::uint64_t base) { report_arena_fault(*program, program->code().insns[pc], base, call_trace()); }
  std::string call_trace() const;
  // Before each instruction of an observed run: observe.cpp.
  void tell_observer();

  async::Progress advance(std::uint64_t budget);
  // The leash has said so: what the run holds goes back, and it is finished.
  async::Progress stop();
  runtime::RunPlace place() const;
  void leave_the_long_ones() const {
    if (env.leash.is_long()) services->long_run_ended(&env);
  }
  // The loop (run.cpp); with an observer it is another one.
  template <bool observed>
  async::Progress run(std::uint64_t budget);
  // The quick loop (run_steps.cpp): of at least so many instructions, and at most as many more as stand in a row.
  async::Progress run_steps(std::uint64_t budget);
};

}  // namespace skep::engine
