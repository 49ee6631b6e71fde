// The text of the kernel's BTF log: one line a type, and the complaint at the end of the line that it is about.
// Writing is skipped unless somebody wants the text: a parse runs silently first, and again with text when it failed.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "btf/data.hpp"

namespace skep::btf {

class ParseLog {
 public:
  explicit ParseLog(bool enabled) : enabled_(enabled) {}
  bool enabled() const { return enabled_; }
  const std::string& text() const { return text_; }

  // A sentence of its own, without a newline, as the kernel writes of headers and sections.
  template <typename... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    if (enabled_) fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }

  // "[id] KIND name details complaint"; `basic` leaves the details out, for types whose details cannot be trusted yet.
  void type(TypeId id, const Type& t, std::string_view complaint, bool basic = false);
  void member(const Type& owner, const Member& m, std::string_view raw_name, std::string_view complaint);
  void section_var(const SectionVar& var, std::string_view complaint);

 private:
  bool enabled_;
  std::string text_;
};

std::string_view kind_name(Kind kind);

}  // namespace skep::btf
