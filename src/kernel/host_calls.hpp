// Calls of host functions, as the engine makes them: with user data, the Kernel and the sizes of memory, and no
// exception out of them. Tested by tests/kernel/host_calls_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "calls/call.hpp"
#include "skep/host.hpp"
#include "skep/kernel.hpp"

namespace skep {

// For each argument the place of the one that holds its size, by the names in a C prototype; -1: none.
std::array<int, 5> size_arguments(std::string_view prototype);

// The entry must outlive what is made.
std::unique_ptr<calls::HostCallee> make_host_callee(const HostKfunc& kfunc, const calls::Kfunc& entry, Kernel& kernel);

}  // namespace skep
