// Calls of the host application's functions, for every engine. Tested by tests/kernel/host_calls_test.cpp.
#pragma once

#include <array>
#include <cerrno>
#include <cstdint>

#include "calls/call.hpp"
#include "maps/arena.hpp"
#include "runtime/call_env.hpp"

namespace skep::engine {

// What the host's call took for the program is noted, or struck out.
inline runtime::CallResult host_result(runtime::CallEnv& env, const calls::Kfunc& kfunc, std::uint64_t first,
                                       std::uint64_t result) {
  if (kfunc.result_bytes != 0) env.given.add(result, kfunc.result_bytes);
  if (kfunc.has(calls::call_flag::release)) env.holdings.remove(runtime::Held::reference, first);
  if (kfunc.has(calls::call_flag::acquire) && result != 0 && kfunc.released_by != nullptr)
    env.holdings.add(
        runtime::Held::reference, result,
        [](std::uint64_t object, void* release) { static_cast<const calls::HostCallee*>(release)->call({object}); },
        const_cast<calls::HostCallee*>(kfunc.released_by->host_fn));
  return runtime::CallResult::of(result);
}

// `in_arena`: which arguments are addresses in the arena; see calls::arena_arguments_of. Such are converted.
inline runtime::CallResult call_host(runtime::CallEnv& env, const calls::Kfunc& kfunc, unsigned in_arena,
                                     maps::Arena* arena, std::array<std::uint64_t, 5> args) {
  if (in_arena == 0 || arena == nullptr) return host_result(env, kfunc, args[0], kfunc.host_fn->call(args));
  const std::array<std::uint64_t, 5> given = args;
  for (unsigned i = 0; i < 5; ++i) {
    if ((in_arena >> i & 1) == 0) continue;
    const bool null = static_cast<std::uint32_t>(given[i]) == 0 && (in_arena >> (i + 8) & 1) != 0;
    args[i] = null ? 0 : arena->to_host(given[i]);
    if (args[i] == 0 && !null) return runtime::CallResult::error(-ENOMEM);
  }
  const std::uint64_t result = kfunc.host_fn->call(args);
  for (unsigned i = 0; i < 5; ++i)
    if ((in_arena >> i & 1) != 0) arena->forget_host_access(given[i]);
  return host_result(env, kfunc, args[0], result);
}

}  // namespace skep::engine
