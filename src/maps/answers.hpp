// What user space's operations on a map of each type answer, for the documentation. Tested by
// tests/cli/reference_test.cpp against what Linux 7.3 answered (tests/conformance/map-operations-7.3.txt).
#pragma once

#include <string_view>
#include <vector>

#include "skep/abi.hpp"

namespace skep::maps {

struct Answer {
  std::string_view operation;  // "lookup", "update", "delete", "take" (lookup and delete), "next" (key)
  std::string_view code;       // "0", "-ENOENT"
  std::string_view cause;
};

// Empty: user space has no such operations on it.
std::vector<Answer> documented_answers(MapType type);

}  // namespace skep::maps
