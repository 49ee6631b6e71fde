// Calls out of which no exception comes. One that finds no memory answers as the kernel's: -ENOMEM, or a null pointer.
// Machine code has no frames that an exception could pass, and a callback's run has nobody above it to catch one.
// Tested by tests/allocation/failure_test.cpp.
#pragma once

#include <cerrno>

#include "calls/call.hpp"
#include "runtime/call_env.hpp"
#include "runtime/facts.hpp"

namespace skep::engine {

inline runtime::CallResult answer_without_memory(const runtime::InsnFacts& site) noexcept {
  const bool gives_pointer = site.helper != nullptr
                                 ? site.helper->ret >= calls::RetKind::map_value
                                 : site.kfunc != nullptr && (site.kfunc->flags & calls::call_flag::ret_null) != 0;
  return gives_pointer ? runtime::CallResult::of(0) : runtime::CallResult::error(-ENOMEM);
}

inline runtime::CallResult guarded_call(runtime::CallEnv& env, std::uint64_t r1, std::uint64_t r2, std::uint64_t r3,
                                        std::uint64_t r4, std::uint64_t r5, runtime::CallFn fn) noexcept {
  try {
    return fn(env, r1, r2, r3, r4, r5);
  } catch (...) {
    return answer_without_memory(env.call_site());
  }
}

// What a call goes on with.
inline runtime::CallResult guarded_resume(runtime::CallEnv& env, runtime::Continuation& self,
                                          std::uint64_t value) noexcept {
  try {
    return self.resume(env, self, value);
  } catch (...) {
    return answer_without_memory(env.call_site());
  }
}

}  // namespace skep::engine
