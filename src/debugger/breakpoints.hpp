// Where a run is to be held: a line, a function, an instruction, a call, a map that is used, a variable that changes.
//
//   firewall.bpf.c:120   120            a line, of that file or of the one that is looked at
//   decide                              a function, where it is entered
//   *17                                 an instruction of the program, as it was loaded
//   call bpf_map_update_elem            a helper or kfunc that is called
//   map flows                           a call that is given the map, or an access to its values
//   watch cleaned                       a global variable whose value has changed
//
// Kept in words, because every playback loads everything anew; `Tripwires` finds them in one. Tested by
// tests/debugger/debug_test.py.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "debugger/line_walk.hpp"
#include "debugger/lines.hpp"
#include "debugger/playback.hpp"

namespace skep::debugger {

struct Breakpoint {
  enum class Kind : std::uint8_t { line, function, instruction, call, map, watch };
  int number = 0;
  Kind kind = Kind::line;
  std::string name;        // file, function, program (of an instruction), call, map or variable
  std::uint32_t line = 0;  // or the instruction
  bool enabled = true;
  std::string text() const;
};

// What is meant by the words above. Nothing and `error`: they mean nothing, or there is no such line, function, call,
// map or variable in what is loaded; a line without instructions becomes the next one that has some. `file` and
// `program`: that are looked at.
bool parse_breakpoint(const std::string& words, AllLines& lines, const std::string& file, const std::string& program,
                      Breakpoint& breakpoint, std::string& error);

// A global variable, where it is in this playback.
struct GlobalVariable {
  std::uint8_t* at = nullptr;
  std::uint32_t size = 0;
  btf::TypeId type = 0;
  std::shared_ptr<const btf::Btf> types;
};
// Nothing: there is none of that name.
bool find_global(const AllLines& lines, const std::string& name, GlobalVariable& found);

class Tripwires {
 public:
  Tripwires(const std::vector<Breakpoint>& breakpoints, AllLines& lines, unsigned cpus);
  // The number of the breakpoint that holds the run there; 0: none. To be asked at each event.
  int at(const Event& event, const LineWalk& walk);

 private:
  struct InProgram {
    std::vector<std::pair<std::uint32_t, int>> instructions, functions;  // places, and whose
    std::vector<std::pair<const Breakpoint*, bool>> files;               // of lines: whether it has any of them
  };
  const InProgram& in(const Lines& lines);
  bool is_of(const Breakpoint& breakpoint, const runtime::Program& program, std::uint64_t address,
             std::uint32_t size) const;

  const std::vector<Breakpoint>& breakpoints_;
  AllLines& lines_;
  const unsigned cpus_;
  std::map<const runtime::Program*, InProgram> programs_;
  struct Watched {
    int number;
    GlobalVariable variable;
    std::vector<std::uint8_t> before;
  };
  std::vector<Watched> watched_;
  bool has_lines_ = false, has_functions_ = false, has_instructions_ = false, has_calls_ = false, has_maps_ = false;
};

}  // namespace skep::debugger
