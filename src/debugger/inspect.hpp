// What can be looked at where a session is held, as text: registers, the stack, maps, code. Every front end shows it.
// Tested by tests/debugger/debug_test.py.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "debugger/beliefs.hpp"
#include "debugger/session.hpp"

namespace skep::debugger {

// "0x7f… (packet+14)", "2048 (0x800)", "-1".
std::string value_text(const Session& session, std::uint64_t value);

struct RegisterView {
  std::string name;  // "r1"
  std::uint64_t value = 0;
  std::string text;
  std::vector<std::string> believed;
};
// `beliefs`: null, if nobody wants to know.
std::vector<RegisterView> registers_of(const Session& session, const Frame& frame, const Beliefs* beliefs);

// "firewall () at firewall.bpf.c:264", "tcp, instruction 12".
std::string frame_text(Session& session, const Frame& frame);

struct CodeLine {
  std::uint32_t pc = 0;
  std::uint32_t original = 0;  // its number in the program as it was loaded
  std::string text;
  SourcePlace place;
  bool begins = false;  // its line's group
};
// Instructions from `pc` on, at most so many, of the function that the frame is in.
std::vector<CodeLine> code_of_function(Session& session, const Frame& frame);

struct MapView {
  std::string name, type;
  std::size_t elements = 0;
  bool listed = false;
};
std::vector<MapView> maps_of(const Session& session);
// JSON, as `bpftool map dump`. Nothing and `error`: there is no such map, or it cannot be listed.
std::optional<std::string> map_text(const Session& session, const std::string& name, std::string& error);
// A global variable's value, by its type. Nothing: there is none.
std::optional<std::string> global_text(Session& session, const std::string& name);
std::vector<std::string> global_names(Session& session);

// A source file's lines, or nothing: looked for at its path, and below `root` if there is one.
std::vector<std::string> source_lines(const std::string& path, const std::string& root);

}  // namespace skep::debugger
