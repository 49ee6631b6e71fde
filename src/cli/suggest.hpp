// What somebody may have meant by a word that is not known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skep::cli {

// The candidate that differs least from `word`, if it differs little; else nothing.
std::string closest(std::string_view word, const std::vector<std::string>& candidates);
// "; did you mean 'X'?", or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace skep::cli
