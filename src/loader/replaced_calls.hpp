// Calls of an object's file made calls of its own functions, for tests that mock the one by the other.
//
// libbpf puts into a program the functions that it calls, and no others: so the instruction that calls a helper (or the
// relocation that names a kfunc) is made one that calls the function, before libbpf opens the file. The Kernel is told
// where, and when the program is loaded it makes the real call of it again, for the verifier to check: Mocks::link().
// Tested by tests/testbench/test_test.py.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernel/testing.hpp"

namespace skep::loader {

// The file with its calls replaced, and where they were; nothing if there is none. A function's own calls stay.
std::optional<std::vector<std::uint8_t>> replace_calls(std::span<const std::uint8_t> file,
                                                       std::span<const ReplacedCall> replaced,
                                                       std::vector<ReplacedPlace>& places);

}  // namespace skep::loader
