// A program that was verified: its instructions with every name resolved, what was proved of each, and its functions.
//
// Made by the kernel layer from what the verifier hands over; nothing here knows BTF or descriptors. Immutable and
// shared: running programs, work items and links hold references. What an engine makes of it, its executable, is made
// once and goes with it. Tested by tests/engine/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "isa/insn.hpp"
#include "maps/map.hpp"
#include "runtime/facts.hpp"
#include "runtime/source.hpp"
#include "runtime/streams.hpp"
#include "skep/abi.hpp"

namespace skep::maps {
class Arena;
}
namespace skep::engine {
class Executable;
}

namespace skep::runtime {

class Program;

// One of a program's functions. Its address is what a function pointer is at run time.
struct Subprogram {
  const Program* program = nullptr;
  std::uint32_t index = 0;
  std::string name;
  std::uint32_t start = 0, end = 0;       // instructions
  std::uint32_t stack_depth = max_stack;  // bytes that it reads or writes
};

struct Code {
  std::string name;
  ProgType type = ProgType::unspec;
  std::uint32_t context_size = 0;                 // of the struct that r1 points to
  std::vector<Insn> insns;                        // 64-bit immediates hold addresses: of the Map, of the value area
  std::vector<InsnFacts> facts;                   // one an instruction
  std::vector<CallFacts> arguments;               // what InsnFacts::arguments counts
  std::vector<Subprogram> subprograms;            // [0] is the entry
  std::vector<std::shared_ptr<maps::Map>> maps;   // kept alive
  std::vector<std::shared_ptr<const void>> keep;  // whatever else must outlive the program (types)
  std::int32_t exception_callback = -1;
  // Where each instruction of the program as it was loaded is now: what jump tables hold. Empty: it has none.
  std::vector<std::uint32_t> moved_to;
  std::shared_ptr<const SourceLines> source;  // null: it was loaded without
  std::string obstacle;                       // what keeps any engine from running it, known already; empty: nothing
  bool might_sleep = false;
  bool writes_packets = false;    // its type may write to the packet
  bool context_pointers = false;  // it loads pointers from a context of its type's layout
};

class Program : public std::enable_shared_from_this<Program> {
 public:
  // Takes every program, whatever it calls. Without subprograms it gets one: all of it. To be run it needs an
  // executable: see engine::load.
  static std::shared_ptr<Program> make(Code code);

  const Code& code() const { return code_; }
  const std::string& name() const { return code_.name; }
  const Subprogram& entry() const { return code_.subprograms.front(); }
  // The arena that it uses, or null.
  maps::Arena* arena() const { return arena_; }
  // What it has said; the one part of a program that changes.
  Streams& streams() const { return *streams_; }

  // What the Kernel's engine made of it. Null only between make() and attach().
  const engine::Executable* executable() const { return executable_; }
  void attach(std::shared_ptr<const engine::Executable> executable) {
    executable_ = executable.get();
    made_by_engine_ = std::move(executable);
  }
  // Where in a Program it is, for machine code, which asks without a call.
  static std::ptrdiff_t place_of_executable();

 private:
  explicit Program(Code code);
  Code code_;
  maps::Arena* arena_ = nullptr;
  std::unique_ptr<Streams> streams_ = std::make_unique<Streams>();
  const engine::Executable* executable_ = nullptr;
  std::shared_ptr<const engine::Executable> made_by_engine_;
};

}  // namespace skep::runtime
