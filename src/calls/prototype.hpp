// What the C prototype of a kfunc says of its arguments that engines have to act on. Tested by
// tests/calls/prototype_test.cpp.
#pragma once

#include <cstdint>
#include <string_view>

#include "calls/call.hpp"

namespace skep::calls {

// Which of r1…r5 a kfunc that is given its program (call_flag::implicit_args) expects it in: its last parameter, which
// the prototype may leave out. 0: none.
unsigned aux_register_of(const Kfunc& kfunc);

// Which of r1…r5 are addresses in the program's arena, by the names of the parameters: bit 0…4 for those that end in
// "__arena" or "__arena__nullable", and bit 8 higher for the latter, of which 0 stays 0.
std::uint16_t arena_arguments_of(std::string_view prototype);

}  // namespace skep::calls
