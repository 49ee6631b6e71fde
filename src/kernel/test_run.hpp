// What the files of test runs share.
#pragma once

#include <cstdint>
#include <string>

#include "kernel/impl.hpp"

namespace skep {

// The kernel's functions for test runs are called, and what is attached to them runs: fentry, fmod_ret and fexit
// programs. 0 with what the kernel's test run returns, or a negative errno. See test_run_functions.cpp.
int run_test_functions(Kernel::Impl& kernel, const ProgramObject& program, std::uint32_t& retval);

// The member is run on the caller's arguments, if it is of the table that the kernel has for that; what it made of its
// state goes back. See test_run_operations.cpp.
int run_test_operation(Kernel::Impl& kernel, Call<attr::TestRun>& call, const ProgramObject& program);

}  // namespace skep
