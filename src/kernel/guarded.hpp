// Calls of what the host application has registered, out of which no exception comes. Tested by
// tests/kernel/host_calls_test.cpp.
#pragma once

#include <string_view>

#include "skep/kernel.hpp"

namespace skep {

// Tells the Kernel's on_log of the exception in hand.
void report_exception(Kernel& kernel, std::string_view what) noexcept;

// Calls `function`; an exception ends here, and on_log is told that it came from `what`.
template <typename Function>
void guarded(Kernel& kernel, std::string_view what, Function&& function) noexcept {
  try {
    function();
  } catch (...) {
    report_exception(kernel, what);
  }
}

}  // namespace skep
