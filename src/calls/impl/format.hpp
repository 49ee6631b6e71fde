// The format language that programs print by, for the calls that put the text somewhere. See calls/impl/format.cpp.
#pragma once

#include <span>
#include <string>

#include "calls/impl/support.hpp"

namespace skep::calls::impl {

struct Formatted {
  int error = 0;  // a negative errno, and no text
  std::string text;
};
Formatted format(CallEnv& env, const char* pattern, std::size_t size, std::span<const std::uint64_t> args);

}  // namespace skep::calls::impl
