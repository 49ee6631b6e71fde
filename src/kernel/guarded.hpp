// Calls of what the host application has registered, out of which no exception comes. Tested by
// tests/kernel/host_calls_test.cpp.
#pragma once

#include <cerrno>
#include <string_view>
#include <system_error>

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

// The result of `function`, or the negative errno for what it threw: memory or threads that could not be had.
template <typename Function>
int errno_of(Function&& function) noexcept {
  try {
    return function();
  } catch (const std::system_error& thrown) {
    return thrown.code().value() > 0 ? -thrown.code().value() : -EAGAIN;
  } catch (...) {
    return -ENOMEM;
  }
}

}  // namespace skep
