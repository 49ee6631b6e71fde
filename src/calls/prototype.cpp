// See calls/prototype.hpp.
#include "calls/prototype.hpp"

#include <algorithm>

namespace skep::calls {
namespace {

// Parameters in a C prototype, "void" counted as none. Commas inside a function pointer's own parameters do not count.
unsigned count_parameters(std::string_view prototype) {
  const auto open = prototype.find('(');
  const auto close = prototype.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close <= open) return 0;
  const auto list = prototype.substr(open + 1, close - open - 1);
  if (list.empty() || list == "void") return 0;
  unsigned count = 1;
  int depth = 0;
  for (const char c : list) {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c == ',' && depth == 0) ++count;
  }
  return count;
}

}  // namespace

unsigned aux_register_of(const Kfunc& kfunc) {
  const unsigned declared = count_parameters(kfunc.prototype);
  const unsigned reg = (kfunc.flags & call_flag::implicit_args) != 0 ? declared + 1 : declared;
  return reg <= 5 ? reg : 0;
}

std::uint16_t arena_arguments_of(std::string_view prototype) {
  unsigned found = 0, index = 0;
  const auto open = prototype.find('(');
  if (open == std::string_view::npos) return 0;
  std::string_view rest = prototype.substr(open + 1);
  for (; !rest.empty() && index < 5; ++index) {
    const auto end = std::min(rest.find_first_of(",)"), rest.size());
    const std::string_view parameter = rest.substr(0, end);
    if (parameter.ends_with("__arena")) found |= 1U << index;
    if (parameter.ends_with("__arena__nullable")) found |= 0x101U << index;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return static_cast<std::uint16_t>(found);
}

}  // namespace skep::calls
