// What machine code and the C++ around it know of each other: how a function of a program is called, what a run keeps
// for it, and the functions that machine code calls. Nothing here knows LLVM. Implemented by glue.cpp; tested by
// tests/engine/compiled_test.cpp.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "runtime/call_env.hpp"

namespace skep::maps {
class Arena;
}  // namespace skep::maps

namespace skep::engine::native {

using runtime::CallEnv;
using runtime::CallFn;
using runtime::CallResult;
using runtime::Program;

// What a function of a program returns: r0, and whether everything is being unwound (then r0 means nothing).
struct Result {
  std::uint64_t value = 0;
  std::uint64_t status = 0;
};
inline constexpr std::uint64_t returned = 0, unwinding = 1;
// And what call_slowly() returns: go on behind the call, leave the function as it exits, or with `unwinding`.
inline constexpr std::uint64_t goes_on = 0, leaves = 2;

// Every function of a program has this form, so that one can jump to another (tail calls). Of the five arguments
// callees take what they know.
using Fn = Result (*)(CallEnv* env, std::uint64_t r1, std::uint64_t r2, std::uint64_t r3, std::uint64_t r4,
                      std::uint64_t r5);

// A function that has called another, for who asks for the trace of calls.
struct Waiting {
  Waiting* below = nullptr;
  const Program* program = nullptr;
  std::uint64_t pc = 0;
};

// The stack of a function that is under way, where somebody may ask for it (Bodies::reaches).
struct Frame {
  Frame* below = nullptr;
  const void* begin = nullptr;
  std::uint64_t bytes = 0;
};

class Compiled;
// Of a program whose code may be replaced by better code: how many more instructions of it are to be executed before.
struct Heat {
  std::atomic<std::int64_t> left{0};
  const Compiled* of = nullptr;
};

// What machine code reads and writes of its run.
struct State {
  const Program* program = nullptr;  // that is running
  Waiting* waiting = nullptr;
  Frame* frames = nullptr;
  std::uint64_t pc = 0;        // of the last call that left machine code
  std::uint64_t executed = 0;  // instructions, where code counts them
  std::uint32_t cpu = 0;
  std::uint32_t depth = 0;  // calls under way of functions that may jump to another program
  std::uint32_t tail_calls = 0;
  std::uint32_t most_quick_jumps = 0;  // none in runs that sleep: they keep what they have reached
  const Program* outermost = nullptr;  // in the first frame
};

// ---- the functions that machine code calls ----

// A call of `fn`, which throws nothing.
CallResult call_guarded(CallEnv& env, std::uint64_t r1, std::uint64_t r2, std::uint64_t r3, std::uint64_t r4,
                        std::uint64_t r5, CallFn fn);
// Acts on what a call answered other than a value: runs the callback, sleeps, makes the call again, jumps, unwinds.
Result call_slowly(CallEnv* env, std::uint64_t kind, std::uint64_t value, CallFn fn, std::uint64_t r1, std::uint64_t r2,
                   std::uint64_t r3, std::uint64_t r4, std::uint64_t r5);
// bpf_for_each_map_elem with the code of the function: what its definition does, without an answer for each element.
Result for_each_element(CallEnv* env, std::uint64_t map, Fn function, std::uint64_t context, std::uint64_t flags);
// bpf_ktime_get_ns and bpf_get_prandom_u32.
std::uint64_t monotonic_ns(CallEnv* env) noexcept;
std::uint64_t random_u32(CallEnv* env) noexcept;
// A call of the host application's.
CallResult call_host(CallEnv& env, std::uint64_t r1, std::uint64_t r2, std::uint64_t r3, std::uint64_t r4,
                     std::uint64_t r5);
// The code to jump to for a tail call, the run's state being the target's already; null: the program goes on, with r0
// in `r0`.
Fn tail_target(CallEnv* env, CallFn fn, std::uint64_t r1, std::uint64_t map, std::uint64_t index, std::uint64_t* r0);
// The leash's fuel is used up: asks for more. 0: the run has been stopped, and is to be unwound.
std::uint64_t renew_leash(CallEnv* env, std::uint64_t pc);
std::uint64_t careful_load(CallEnv* env, std::uint64_t address, std::uint64_t size, std::uint64_t is_signed,
                           std::uint64_t pc);
// Where an access to the arena goes; null: it faults, and was reported.
void* arena_access(CallEnv* env, std::uint64_t base, std::int64_t offset, std::uint64_t size, std::uint64_t pc);
// An atomic in an arena: in `registers` src, r0 and dst.
void arena_atomic(void* at, std::uint64_t size, std::int64_t op, std::uint64_t* registers);
std::uint64_t arena_to_user(CallEnv* env, std::uint64_t address);
std::uint64_t map_field(std::uint64_t map, std::uint64_t field, std::uint64_t skip, std::uint64_t size);
std::uint64_t address_on_cpu(CallEnv* env, std::uint64_t map, std::uint64_t offset);
// value, and in `status` whether the packet has it.
Result load_packet(CallEnv* env, std::uint64_t context, std::int64_t offset, std::uint64_t size);
// Nothing is left of it.
void has_become_hot(Heat* heat) noexcept;
[[noreturn]] void wrong_jump();

}  // namespace skep::engine::native
