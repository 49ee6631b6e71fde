// Names of register types, for messages. See reg_names.cpp.
#pragma once

#include <cstdint>
#include <string>

#include "verifier/state/register.hpp"

namespace skep::verifier {

class Env;

std::string reg_type_name(RegType type, std::uint32_t flags);  // "map_value_or_null"
std::string reg_type_string(Env& env, const RegState& reg);

}  // namespace skep::verifier
