// Which programs may be run in a signal handler: those whose every call is one that waits for nothing, on maps that are
// looked up without a lock, and whose loads cannot fault. See Runner::run_in_signal_handler. Tested by
// tests/work/signal_test.cpp.
#pragma once

#include <string>

#include "kernel/impl.hpp"

namespace skep {

// Why the program may not; empty: it may.
std::string why_not_in_signal_handlers(const Kernel::Impl& kernel, const ProgramObject& program);

}  // namespace skep
