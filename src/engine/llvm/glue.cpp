// The functions that machine code calls. See engine/llvm/native.hpp.
#include <cerrno>
#include <cstdlib>

#include "engine/call_trace.hpp"
#include "engine/guarded_call.hpp"
#include "engine/host_call.hpp"
#include "engine/interpreter/arena_access.hpp"
#include "engine/llvm/compiled.hpp"
#include "engine/packet_load.hpp"
#include "maps/arena.hpp"
#include "runtime/map_field.hpp"

namespace skep::engine::native {

CallResult call_guarded(CallEnv& env, std::uint64_t r1, std::uint64_t r2, std::uint64_t r3, std::uint64_t r4,
                        std::uint64_t r5, CallFn fn) {
  return guarded_call(env, r1, r2, r3, r4, r5, fn);
}

Result call_slowly(CallEnv* env, std::uint64_t kind, std::uint64_t value, CallFn fn, std::uint64_t r1, std::uint64_t r2,
                   std::uint64_t r3, std::uint64_t r4, std::uint64_t r5) {
  try {
    return CompiledRun::of(env).act({static_cast<CallResult::Kind>(kind), value}, fn, {r1, r2, r3, r4, r5});
  } catch (...) {
    return {answer_without_memory(env->call_site()).value, goes_on};
  }
}

Result for_each_element(CallEnv* env, std::uint64_t map, Fn function, std::uint64_t context, std::uint64_t flags) {
  if (flags != 0) return {CallResult::error(-EINVAL).value, returned};
  return CompiledRun::of(env).for_each(*reinterpret_cast<maps::Map*>(map), function, context);  // NOLINT
}

std::uint64_t monotonic_ns(CallEnv* env) noexcept {
  return CompiledRun::of(env).services().monotonic_ns();
}
std::uint64_t random_u32(CallEnv* env) noexcept {
  return CompiledRun::of(env).services().random_u32();
}

CallResult call_host(CallEnv& env, std::uint64_t r1, std::uint64_t r2, std::uint64_t r3, std::uint64_t r4,
                     std::uint64_t r5) {
  const runtime::InsnFacts& facts = env.call_site();
  return engine::call_host(env, *facts.kfunc, facts.arena_arguments, env.program().arena(), {r1, r2, r3, r4, r5});
}

Fn tail_target(CallEnv* env, CallFn fn, std::uint64_t r1, std::uint64_t map, std::uint64_t index, std::uint64_t* r0) {
  // Without memory for the target's run it is as if there were no target.
  CallResult answer = guarded_call(*env, r1, map, index, 0, 0, fn);
  if (answer.kind == CallResult::Kind::tail_call) {
    try {
      return CompiledRun::of(env).switch_program(r1);
    } catch (...) {
      answer = CallResult::error(-ENOMEM);
    }
  }
  *r0 = answer.value;
  return nullptr;
}

std::uint64_t renew_leash(CallEnv* env, std::uint64_t pc) {
  return CompiledRun::of(env).may_go_on(pc) ? 1 : 0;
}

std::uint64_t careful_load(CallEnv* env, std::uint64_t address, std::uint64_t size, std::uint64_t is_signed,
                           std::uint64_t pc) {
  CompiledRun::of(env).state.pc = pc;
  return engine::careful_load(*env, address, static_cast<unsigned>(size), is_signed != 0);
}

void* arena_access(CallEnv* env, std::uint64_t base, std::int64_t offset, std::uint64_t size, std::uint64_t pc) {
  CompiledRun& run = CompiledRun::of(env);
  const Program& program = *run.state.program;
  void* const at = program.arena()->access(static_cast<std::int64_t>(low(base)) + offset, static_cast<unsigned>(size));
  if (at != nullptr) return at;
  run.state.pc = pc;
  report_arena_fault(program, program.code().insns[pc], base, run.call_trace());
  return nullptr;
}

void arena_atomic(void* at, std::uint64_t size, std::int64_t op, std::uint64_t* registers) {
  const auto address = reinterpret_cast<std::uint64_t>(at);
  const auto what = static_cast<std::int32_t>(op);
  auto& [src, r0, dst] = *reinterpret_cast<std::uint64_t(*)[3]>(registers);
  if (size == 1) engine::arena_atomic<std::uint8_t>(what, address, src, r0, dst);
  if (size == 2) engine::arena_atomic<std::uint16_t>(what, address, src, r0, dst);
  if (size == 4) engine::arena_atomic<std::uint32_t>(what, address, src, r0, dst);
  if (size == 8) engine::arena_atomic<std::uint64_t>(what, address, src, r0, dst);
}

std::uint64_t arena_to_user(CallEnv* env, std::uint64_t address) {
  return env->program().arena()->to_user(address);
}

std::uint64_t map_field(std::uint64_t map, std::uint64_t field, std::uint64_t skip, std::uint64_t size) {
  return runtime::load_map_field(*reinterpret_cast<const maps::Map*>(map),  // NOLINT(performance-no-int-to-ptr)
                                 static_cast<runtime::MapField>(field), static_cast<unsigned>(skip),
                                 static_cast<unsigned>(size));
}

std::uint64_t address_on_cpu(CallEnv* env, std::uint64_t map, std::uint64_t offset) {
  const std::uint32_t first = 0;
  return reinterpret_cast<std::uint64_t>(reinterpret_cast<maps::Map*>(map)->lookup(&first, env->cpu())) +  // NOLINT
         offset;
}

Result load_packet(CallEnv*, std::uint64_t context, std::int64_t offset, std::uint64_t size) {
  Result result;
  result.status = engine::load_packet(reinterpret_cast<void*>(context), offset,  // NOLINT(performance-no-int-to-ptr)
                                      static_cast<unsigned>(size), result.value)
                      ? 1
                      : 0;
  return result;
}

void has_become_hot(Heat* heat) noexcept {
  heat->of->has_become_hot();
}

void wrong_jump() {
  std::abort();
}

}  // namespace skep::engine::native
