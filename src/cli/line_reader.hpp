// Lines that somebody types, or that come from a file: with editing, history and completion where the input is a
// terminal and libedit was there when this was built. Tested by tests/debugger/debug_test.py.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skep::cli {

class LineReader {
 public:
  // What a word may become.
  using Complete = std::function<std::vector<std::string>(std::string_view beginning)>;
  LineReader(std::string prompt, Complete complete);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;
  // Nothing: the input has ended. Lines that do not come from a terminal are printed behind the prompt.
  std::optional<std::string> next();

 private:
  struct Editor;
  const std::string prompt_;
  const bool edits_;
  std::unique_ptr<Editor> editor_;  // null: plain lines
};

}  // namespace skep::cli
