// Results of programs by name. Tested by tests/testbench/verdict_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "skep/abi.hpp"

namespace skep::testbench {

// "XDP_DROP", "TC_ACT_OK"; a number where the result has no name.
std::string verdict_text(ProgType type, std::uint32_t result);
// "XDP_DROP (1)", or the number alone.
std::string verdict_with_number(ProgType type, std::uint32_t result);
// The other way round: a name of the type's, or a number.
std::optional<std::uint32_t> verdict_of(ProgType type, std::string_view text);
// Whether the packet goes on to somewhere.
bool goes_on(ProgType type, std::uint32_t result);

}  // namespace skep::testbench
