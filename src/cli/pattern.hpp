// Expected messages: plain text in which `{{…}}` is a regular expression.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace skep::cli {

// Where the first match of `pattern` in `text` from `begin` on ends; nullopt: there is none. A pattern whose expression
// is malformed matches nothing.
std::optional<std::size_t> find_pattern(const std::string& text, std::size_t begin, std::string_view pattern);

}  // namespace skep::cli
