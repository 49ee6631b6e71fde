// Where instructions of loaded programs come from, and where lines of C and functions have become instructions.
//
// A line of C may have become several groups of instructions, and those of several lines may be mixed; instructions
// that the verifier removed are nowhere. Tested by tests/debugger/session_test.cpp.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernel/testing.hpp"
#include "skep/skep.hpp"

namespace skep::debugger {

struct SourcePlace {
  std::string file;                    // as the compiler had it
  std::uint32_t line = 0, column = 0;  // from 1; 0: not known
  std::string text;                    // as written, without indentation
  bool known() const { return line != 0; }
  std::string short_file() const { return file.substr(file.rfind('/') + 1); }
};

// The lines of one program.
class Lines {
 public:
  explicit Lines(LoadedCode loaded);
  // Of a program that nobody can ask for by descriptor: what it brings along itself.
  explicit Lines(std::shared_ptr<const runtime::Program> program);

  const runtime::Program& program() const { return *loaded_.code; }
  const btf::Btf* types() const { return loaded_.types.get(); }
  SourcePlace at(std::uint32_t pc) const;
  std::uint32_t line_at(std::uint32_t pc) const { return records_.empty() ? 0 : places_[records_[pc]].line; }
  // Whether other instructions of the function, or none, stand before it: it begins a group of its line.
  bool begins(std::uint32_t pc) const { return records_.empty() || begins_[pc]; }
  bool has_lines() const { return !places_.empty(); }
  // The lines from `line` on that have instructions, of a file that `file` is the end of (empty: of any): the first of
  // them. 0: there is none.
  std::uint32_t first_line_from(const std::string& file, std::uint32_t line) const;
  // Whether the instruction's line is in that file.
  bool in_file(std::uint32_t pc, const std::string& file) const;
  // What it was written as, if the verifier removed all of its instructions.
  bool is_removed(const std::string& file, std::uint32_t line) const;
  const std::vector<SourcePlace>& places() const { return places_; }
  // The function's name, as in C.
  const std::string& function_name(std::uint32_t function) const;
  std::string disassembly(std::uint32_t pc) const;

 private:
  void index();
  LoadedCode loaded_;
  std::vector<SourcePlace> places_;     // one a record of line information
  std::vector<std::uint32_t> first_;    // … and its first instruction, as the program was loaded
  std::vector<std::uint32_t> records_;  // of each instruction: which record
  std::vector<bool> begins_;
};

// Whether a file's path is what somebody calls it: its end, directories whole.
bool is_file(const std::string& path, const std::string& asked);

// Those of all programs of an object, and of others when they run.
class AllLines {
 public:
  void add(Kernel& kernel, const Object& object);
  const Lines& of(const runtime::Program& program);
  const std::map<const runtime::Program*, Lines>& all() const { return lines_; }

 private:
  std::map<const runtime::Program*, Lines> lines_;
};

}  // namespace skep::debugger
