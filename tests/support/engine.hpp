// Which engine the Kernels of a test program have: the test programs of some layers run a second time with the other
// one (SKEP_TEST_ENGINE, set by ctest).
#pragma once

#include <cstdlib>
#include <string_view>

#include "skep/kernel.hpp"

namespace skep::test {

inline Engine engine_under_test() {
  const char* name = std::getenv("SKEP_TEST_ENGINE");
  return name != nullptr && std::string_view(name) == "compiled" ? Engine::compiled : Engine::interpreter;
}

}  // namespace skep::test
