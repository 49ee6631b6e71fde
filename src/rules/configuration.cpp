// See configuration.hpp.
#include "rules/configuration.hpp"

namespace skep {
namespace {

void add_each(std::string& text, std::string_view names, char end, std::string_view value) {
  while (!names.empty()) {
    const auto length = names.find(end);
    text.append("CONFIG_").append(names.substr(0, length)).append(value).push_back('\n');
    if (length == std::string_view::npos) return;
    names.remove_prefix(length + 1);
  }
}

}  // namespace

std::string configuration_text(const Configuration& configuration) {
  std::string text;
  add_each(text, configuration.built_in, ' ', "=y");
  add_each(text, configuration.modules, ' ', "=m");
  add_each(text, configuration.others, '\n', "");
  return text;
}

}  // namespace skep
