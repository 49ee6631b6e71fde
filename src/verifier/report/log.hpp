// The verifier's log: text that grows, and that is cut back when a path turned out well.
//
// At level 1 only the path that was refused stays in the log (the walker cuts it back to where the path began); at
// level 2 everything stays. What the lines look like is decided by those who write them. Tested by
// tests/verifier/report/.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace skep::verifier {

class Env;
struct State;

class Log {
 public:
  explicit Log(std::uint32_t level) : level_(level) {}

  bool steps() const { return (level_ & 3) != 0; }       // instructions, and the states between them
  bool everything() const { return (level_ & 2) != 0; }  // every state, every path
  bool statistics() const { return (level_ & 4) != 0; }
  bool any() const { return level_ != 0; }

  void text(std::string_view what) {
    if (any()) text_.append(what);
  }
  void line(std::string_view what) {
    if (!any()) return;
    text_.append(what);
    text_.push_back('\n');
  }
  template <typename... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    if (any()) fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }
  std::size_t position() const { return text_.size(); }
  void cut_back(std::size_t position) {
    if (position < text_.size()) text_.resize(position);
  }
  std::string take() { return std::move(text_); }
  const std::string& content() const { return text_; }

 private:
  std::uint32_t level_;
  std::string text_;
};

// The instruction about to be walked (its source line before it), and the state that the path is in.
void log_insn(Env& env);
// `all`: every register and slot of `state`'s frame `frame`; otherwise what the last instruction changed.
void log_state(Env& env, const State& state, std::uint32_t frame, bool all);

}  // namespace skep::verifier
