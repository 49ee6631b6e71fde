// A program that was verified, ready to run: instructions with every name resolved, and its functions.
//
// Made by the kernel layer from what the verifier hands over; engines know nothing of BTF or descriptors. Immutable and
// shared: running programs, work items and links hold references.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "calls/call.hpp"
#include "engine/streams.hpp"
#include "isa/insn.hpp"
#include "maps/map.hpp"

namespace skep::maps {
class Arena;
}

namespace skep::engine {

class Program;

// One of a program's functions. Its address is what a function pointer is at run time.
struct Subprogram {
  const Program* program = nullptr;
  std::uint32_t index = 0;
  std::string name;
  std::uint32_t start = 0, end = 0;  // instructions
  std::uint32_t stack_depth = 0;     // bytes
};

// What an engine needs to know of one instruction beyond its bytes.
// The src field of a 64-bit immediate load whose value is each CPU's own: the immediate is the Map, InsnMeta::value the
// place in its first element.
inline constexpr std::uint8_t per_cpu_value = 7;

struct InsnMeta {
  const calls::Helper* helper = nullptr;  // a call of it
  const calls::Kfunc* kfunc = nullptr;
  std::int32_t callee = -1;      // call: index of the subprogram; 64-bit immediate load: whose address it is
  bool fault_protected = false;  // a load that may fault and then reads 0
  bool needs_aux = false;        // the call's implicit last argument is the program
  std::uint64_t value = 0;       // what the verifier proved for the call (bpf_obj_new: the size of the object)
  std::shared_ptr<const btf::Record> record;  // bpf_obj_new: the object's special fields, or null
};

struct Code {
  std::string name;
  ProgType type = ProgType::unspec;
  std::vector<Insn> insns;                        // 64-bit immediates hold addresses: of the Map, of the value area
  std::vector<InsnMeta> meta;                     // one an instruction
  std::vector<Subprogram> subprograms;            // [0] is the entry
  std::vector<std::shared_ptr<maps::Map>> maps;   // kept alive
  std::vector<std::shared_ptr<const void>> keep;  // whatever else must outlive the program (types)
  std::int32_t exception_callback = -1;
  // Where each instruction of the program as it was loaded is now: what jump tables hold. Empty: it has none.
  std::vector<std::uint32_t> moved_to;
  std::string obstacle;  // what keeps it from being run, known already; empty: nothing
  bool might_sleep = false;
};

class Program : public std::enable_shared_from_this<Program> {
 public:
  // Takes every program, whatever it calls: an unimplemented call is refused when
  // it is run, see missing_call().
  static std::shared_ptr<const Program> make(Code code);

  const Code& code() const { return code_; }
  const std::string& name() const { return code_.name; }
  const Subprogram& entry() const { return code_.subprograms.front(); }
  // The first helper or kfunc it calls that has no implementation here; empty: it can run.
  const std::string& missing_call() const { return missing_; }
  // Which of r1…r5 a call with needs_aux expects the program in; 0: none.
  unsigned aux_register(std::uint32_t insn) const { return aux_registers_.empty() ? 0 : aux_registers_[insn]; }
  // What it has said; the one part of a program that changes.
  Streams& streams() const { return *streams_; }
  // The arena that it uses, or null.
  maps::Arena* arena() const { return arena_; }
  // Which of r1…r5 a call of the host application expects addresses in the arena in: a bit each; from bit 8 on, those
  // of which 0 stays 0.
  unsigned arena_arguments(std::uint32_t insn) const { return arena_arguments_.empty() ? 0 : arena_arguments_[insn]; }

 private:
  explicit Program(Code code);
  Code code_;
  std::string missing_;
  std::vector<std::uint8_t> aux_registers_;
  std::vector<std::uint16_t> arena_arguments_;
  maps::Arena* arena_ = nullptr;
  std::unique_ptr<Streams> streams_ = std::make_unique<Streams>();
};

}  // namespace skep::engine
