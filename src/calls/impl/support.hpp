// What the implementations of calls share: turning registers into what they mean.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "runtime/call_env.hpp"
#include "runtime/context.hpp"
#include "runtime/facts.hpp"

// The signature that every call has (CallFn).
#define SKEP_CALL(NAME)                                                                                                \
  CallResult NAME([[maybe_unused]] CallEnv& env, [[maybe_unused]] std::uint64_t r1, [[maybe_unused]] std::uint64_t r2, \
                  [[maybe_unused]] std::uint64_t r3, [[maybe_unused]] std::uint64_t r4,                                \
                  [[maybe_unused]] std::uint64_t r5)

namespace skep::calls::impl {

using runtime::CallEnv;
using runtime::CallResult;
using runtime::Continuation;
using runtime::Held;
using runtime::Services;

template <typename T>
T* pointer(std::uint64_t reg) {
  return reinterpret_cast<T*>(reg);  // NOLINT(performance-no-int-to-ptr)
}
inline std::uint64_t address(const void* p) {
  return reinterpret_cast<std::uint64_t>(p);
}
inline maps::Map& map_at(std::uint64_t reg) {
  return *pointer<maps::Map>(reg);
}
inline CallResult result_of(const void* p) {
  return CallResult::of(address(p));
}

// Sizes and small numbers are 32 bits wide in the C prototypes: the upper half of the register means nothing.
constexpr std::uint32_t u32(std::uint64_t reg) {
  return static_cast<std::uint32_t>(reg);
}
constexpr std::int32_t s32(std::uint64_t reg) {
  return static_cast<std::int32_t>(reg);
}

// The packet behind a context, or null.
inline runtime::Packet* packet_of(std::uint64_t context) {
  return context == 0 ? nullptr : runtime::Context::header_of(pointer<void>(context)).packet;
}

// Where the packet of the run is to go; nothing happens where there is none.
inline void note_redirect(const CallEnv& env, const runtime::Redirect& redirect) {
  if (runtime::Packet* const packet = packet_of(reinterpret_cast<std::uint64_t>(env.context())); packet != nullptr)
    packet->redirect = redirect;
}

}  // namespace skep::calls::impl
