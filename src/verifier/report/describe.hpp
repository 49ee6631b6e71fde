// Values in words, for explanations: "a nullable map value pointer", "stack pointer at offset -8".
#pragma once

#include <cstdint>
#include <string>

#include "verifier/state/register.hpp"

namespace skep::verifier {

// "an integer scalar": what a sentence calls such a value.
std::string kind_phrase(const RegState& reg);
// "map value from counters at offset 8": the value itself.
std::string value_phrase(const RegState& reg);
// "known bits 0x0, unknown mask 0xff"
std::string bits_phrase(const Scalar& r);
// "signed range [0, 255], unsigned range [0, 255]"
std::string ranges_phrase(const Scalar& r);

}  // namespace skep::verifier
