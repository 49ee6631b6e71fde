// The debugger in a terminal: one command a line, in the words that people know from GDB. What a command prints is
// text; where lines come from, and that they can be edited, is the caller's. Tested by tests/debugger/debug_test.py
// and docs/debugging.md, whose commands are run.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "debugger/inspect.hpp"
#include "debugger/session.hpp"
#include "debugger/variables.hpp"

namespace skep::debugger {

struct TerminalOptions {
  std::string object_path;
  std::string source_root;  // where sources are that are not where the compiler found them
};

class Terminal {
 public:
  Terminal(Session& session, TerminalOptions options, std::function<void(const std::string& line)> print);

  // Where it is held at first.
  void greet();
  // Takes up where the session is: somebody else has moved it.
  void look();
  // An empty line repeats the last motion. False: the session is over.
  bool execute(const std::string& line);
  // Commands that begin so, for completion.
  static std::vector<std::string> commands_like(std::string_view beginning);

 private:
  using Words = const std::string&;
  struct Command;
  static const std::vector<Command>& commands();
  void go(Motion::Kind kind, bool back, Words words);
  void show_stop();
  void show_line(const SourcePlace& place);
  void list(Words words);
  void set_breakpoint(Words words);
  void delete_breakpoint(Words words);
  void print_value(Words words);
  void examine(Words words);
  void info(Words words);
  void show_registers(bool with_beliefs);
  void show_locals();
  void show_stack();
  void show_code();
  void show_map(Words words);
  void choose_frame(Words words);
  void help();
  const Frame* chosen();
  const Beliefs& beliefs();

  Session& session_;
  const TerminalOptions options_;
  const std::function<void(const std::string&)> print_;
  Variables variables_;
  std::unique_ptr<Beliefs> beliefs_;
  std::vector<Frame> frames_;
  std::size_t frame_ = 0;
  std::string last_;          // the motion that an empty line repeats
  std::uint32_t listed_ = 0;  // the line behind the last that was listed
  bool over_ = false;
};

}  // namespace skep::debugger
