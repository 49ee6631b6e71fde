// Calls that programs may make in a signal handler (skep/runner.hpp): they wait for nothing, lock nothing and allocate
// nothing that the interrupted call may hold or be about to. Whoever makes such runs asks, so it stands here and not
// among the flags that the verifier reads. Tested by tests/work/signal_test.cpp.
#pragma once

#include "calls/call.hpp"

namespace skep::calls::call_flag {

inline constexpr std::uint32_t in_signal_handlers = 1U << 31;

}  // namespace skep::calls::call_flag
