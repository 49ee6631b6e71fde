// A list of names as one text with blanks between them, so that a few hundred of them are a page that one can read and
// compare with what a kernel printed. Tested by tests/progtypes/progtypes_test.cpp.
#pragma once

#include <string_view>

namespace skep::progtypes {

class Names {
 public:
  explicit constexpr Names(std::string_view text) : text_(text) {}

  // Looks through the whole text: a program's load asks a few times.
  constexpr bool contains(std::string_view name) const {
    if (name.empty()) return false;
    for (std::size_t at = text_.find(name); at != text_.npos; at = text_.find(name, at + 1)) {
      const std::size_t end = at + name.size();
      if ((at == 0 || is_blank(text_[at - 1])) && (end == text_.size() || is_blank(text_[end]))) return true;
    }
    return false;
  }

 private:
  static constexpr bool is_blank(char c) { return c == ' ' || c == '\n'; }

  std::string_view text_;
};

}  // namespace skep::progtypes
