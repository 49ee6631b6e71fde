// Copies of strings from addresses that nobody vouches for. See calls/impl/memory.cpp.
#pragma once

#include <cstdint>

#include "runtime/call_env.hpp"

namespace skep::calls::impl {

// At most size - 1 characters and a zero; the length with it. -EFAULT: there is none, and all of `to` is zeros.
std::int64_t copy_string(runtime::CallEnv& env, std::uint64_t to, std::uint32_t size, std::uint64_t from);

}  // namespace skep::calls::impl
