// What the files of test runs share.
#pragma once

#include <cstdint>
#include <string>

#include "engine/engine.hpp"
#include "kernel/impl.hpp"

namespace skep {

// Why a program that was accepted cannot be run here; empty: it can.
std::string cannot_run(const ProgramObject& program);
// A run of the program from its entry, with r1 and what calls see as its context.
engine::RunPtr make_run(Kernel::Impl& kernel, const ProgramObject& program, std::uint64_t r1, void* context);

// The kernel's functions for test runs are called, and what is attached to them runs: fentry, fmod_ret and fexit
// programs. 0 with what the kernel's test run returns, or a negative errno. See test_run_functions.cpp.
int run_test_functions(Kernel::Impl& kernel, const ProgramObject& program, std::uint32_t& retval);

}  // namespace skep
