// Which kernel functions, hooks and members are open or closed to programs. See attach_lists.cpp.
#pragma once

#include <string_view>

#include "verifier/env.hpp"

namespace skep::verifier {

bool is_untraceable(std::string_view function);
bool never_returns(std::string_view function);
bool is_sleepable_function(std::string_view function, bool modify_return);
bool is_modifiable_function(std::string_view function);
bool is_sleepable_hook(std::string_view hook);
bool is_disabled_hook(std::string_view hook);
bool is_faultable_tracepoint(std::string_view event);
bool is_unsupported_member(std::string_view struct_name, std::string_view member, bool sleepable);
int unsupported_member_error(std::string_view struct_name);

}  // namespace skep::verifier
