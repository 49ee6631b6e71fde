// See cli/pattern.hpp. POSIX expressions, which the suite's authors write for, from the C library: the C++ library's
// recurse on long logs. Tested by tests/cli/pattern_test.cpp.
#include "cli/pattern.hpp"

#include <regex.h>

namespace skep::cli {
namespace {

class Expression {
 public:
  explicit Expression(const std::string& text)
      : valid_(regcomp(&compiled_, text.c_str(), REG_EXTENDED | REG_NEWLINE) == 0) {}
  ~Expression() {
    if (valid_) regfree(&compiled_);
  }
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;
  std::optional<std::size_t> end_of_match(const char* text) const {
    regmatch_t match{};
    if (!valid_ || regexec(&compiled_, text, 1, &match, 0) != 0) return std::nullopt;
    return static_cast<std::size_t>(match.rm_eo);
  }

 private:
  regex_t compiled_{};
  bool valid_;
};

void append_escaped(std::string& out, std::string_view literal) {
  for (const char c : literal) {
    if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
}

}  // namespace

std::optional<std::size_t> find_pattern(const std::string& text, std::size_t begin, std::string_view pattern) {
  if (begin > text.size()) return std::nullopt;
  if (pattern.find("{{") == std::string_view::npos) {
    const auto at = text.find(pattern, begin);
    return at == std::string::npos ? std::nullopt : std::optional(at + pattern.size());
  }
  std::string expression;
  while (!pattern.empty()) {
    const auto open = pattern.find("{{");
    append_escaped(expression, pattern.substr(0, open));
    if (open == std::string_view::npos) break;
    const auto close = pattern.find("}}", open);
    if (close == std::string_view::npos) return std::nullopt;
    expression += '(';
    expression += pattern.substr(open + 2, close - open - 2);
    expression += ')';
    pattern.remove_prefix(close + 2);
  }
  const auto end = Expression(expression).end_of_match(text.c_str() + begin);
  return end ? std::optional(begin + *end) : std::nullopt;
}

}  // namespace skep::cli
