// The verifier: proves that a program is safe to run, or says why not, in the kernel's words.
//
// It is pure: bytes, types and map attributes go in; a verdict, a log, statistics, and for an accepted program the
// rewritten instructions with what was proved about each of them come out. It knows no descriptor and no user memory:
// whatever the program names by descriptor is resolved through `Resolver`. The reference is Linux 7.3's verifier. How
// it is built: docs/architecture.md and the README-like heads of the files in domain/, state/, pointer/, insn/, call/,
// path/, program/ and report/. Tested by tests/verifier/ and by the conformance suite.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "btf/btf.hpp"
#include "calls/call.hpp"
#include "isa/insn.hpp"
#include "maps/map_info.hpp"
#include "memory/account.hpp"
#include "progtypes/progtype.hpp"
#include "rules/rules.hpp"
#include "runtime/facts.hpp"

namespace skep::verifier {

// What a program names by descriptor. Pointers stay valid as long as the resolver.
class Resolver {
 public:
  virtual ~Resolver() = default;
  // The map behind a descriptor, or behind entry `index` of the fd_array; null and `error` (-EBADF, -EINVAL).
  virtual const maps::MapInfo* map_by_fd(int fd, int& error) = 0;
  virtual const maps::MapInfo* map_by_index(std::uint32_t index, int& error) = 0;
  // The address that programs see for a map (its identity at run time).
  virtual std::uint64_t map_address(const maps::MapInfo& map) = 0;
  // Kernel types: "vmlinux" (may be null) and the BTF that entry `index` of the fd_array names (kfuncs of modules).
  virtual std::shared_ptr<const btf::Btf> kernel_btf() = 0;
  virtual std::shared_ptr<const btf::Btf> btf_by_index(std::uint32_t index, int& error) = 0;
  // Types of a module, by descriptor (variables of modules).
  virtual std::shared_ptr<const btf::Btf> btf_by_fd(int fd, int& error) {
    (void)fd;
    error = -9;  // EBADF
    return nullptr;
  }
  virtual const calls::KfuncRegistry& kfuncs() = 0;
  // Modules whose structs kptrs may point to.
  virtual std::vector<std::shared_ptr<const btf::Btf>> kernel_modules() { return {}; }
  // What a host module allows at a function of its own: that fmod_ret programs replace its result, that programs sleep.
  virtual bool host_modifiable(std::string_view function) {
    (void)function;
    return false;
  }
  virtual bool host_sleepable(std::string_view function) {
    (void)function;
    return false;
  }
};

// Sees what is believed at each instruction that is walked (of the program as it was loaded). With an observer paths
// join only where the one state allows all that the other does, so that whatever happens when the program runs is
// allowed by one of the states seen there: for tests that compare belief with fact.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void at(std::uint32_t insn, const struct State& state) = 0;
};

struct FuncInfo {
  std::uint32_t insn_off;
  btf::TypeId type;
};
struct LineInfo {
  std::uint32_t insn_off, file_name_off, line_off, line_col;
};

// What a tracing, lsm, struct_ops or ext program is attached to.
struct AttachTarget {
  std::shared_ptr<const btf::Btf> btf;  // of the kernel, a module, or the target program
  btf::TypeId type = 0;                 // FUNC (tracing, lsm, ext), TYPEDEF (tp_btf), STRUCT (struct_ops)
  std::string name;                     // of the function or struct
  std::uint32_t member = 0;             // struct_ops: which member (expected_attach_type)
  struct TargetProgram {                // ext, fentry/fexit of a program
    ProgType type;
    std::uint32_t subprogram;
    bool sleepable, changes_packet, might_sleep;
    const progtypes::ProgTypeDef* def;
    AttachType attach_type;
  };
  std::optional<TargetProgram> program;
};

// A call whose place one of the program's own global functions takes when the program runs, for a test. It is checked
// as the call that it is, and as a call of that function, too.
struct StandIn {
  std::uint32_t call = 0;      // the instruction
  std::uint32_t function = 0;  // where the function begins
};

inline constexpr unsigned most_cpus = 8192;  // as 7.3 is built

struct Input {
  std::string name;
  const progtypes::ProgTypeDef* type = nullptr;
  progtypes::ProgramTraits traits;
  std::uint32_t flags = 0;                  // prog_flag::
  const Rules* rules = &reference_rules();  // never null
  unsigned cpus = most_cpus;                // how many CPUs it may run on
  std::span<const Insn> insns;
  std::shared_ptr<const btf::Btf> btf;  // the program's own types; null: none
  std::vector<FuncInfo> func_info;      // validated
  std::vector<LineInfo> line_info;      // validated
  std::optional<AttachTarget> attach;
  std::vector<StandIn> stand_ins;
  Resolver* resolver = nullptr;
  std::uint32_t log_level = 0;                 // bits 1 (steps), 2 (states), 4 (statistics)
  const std::atomic<bool>* give_up = nullptr;  // set from outside: stop with -EAGAIN (a time limit of the caller's)
  Observer* observer = nullptr;
  memory::AccountPtr account;  // what the states that are kept are charged to; null: they are not counted
};

// A refusal, as one value. `message` is the kernel's line(s); the others are what 7.x prints under "Verification
// failed:".
struct Refusal {
  int error = 0;         // negative errno
  std::string message;   // every line of prose, '\n'-separated, without the explanation
  std::string category;  // "Memory Safety"
  std::string title;     // "Access outside bounds"
  std::string reason;
  std::string suggestion;
  std::string at;          // "name @ file.c:37:9"
  std::string annotation;  // what to say of the source there
  std::int32_t insn = -1;  // as the program was loaded; -1: it is about none
  struct Place {
    std::string function, file, text;  // text: the line, its indentation included; without line info only the function
    std::uint32_t line = 0, column = 0;  // both from 1
    std::string instruction;             // "(85) call bpf_map_peek_elem#89"
  };
  Place place;
};

struct Statistics {
  std::uint32_t insns_processed = 0;
  std::uint32_t max_states_per_insn = 0;
  std::uint32_t total_states = 0;
  std::uint32_t peak_states = 0;
  std::uint32_t max_stack_depth = 0;  // of a chain of calls, in bytes; 0 if it was not worked out
  std::uint64_t usec = 0;
};

// What was proved of one instruction, for the engines.
struct InsnFacts {
  const maps::MapInfo* map = nullptr;  // the one map that a call or direct access here can mean
  const calls::Helper* helper = nullptr;
  const calls::Kfunc* kfunc = nullptr;
  std::int32_t callee = -1;                  // subprogram called, or whose address is loaded
  std::int32_t stand_in = -1;                // subprogram that takes the call's place: see StandIn
  std::int32_t arguments = -1;               // index into Verified::arguments: of calls of helpers and kfuncs
  bool result_not_null = false;              // a call's
  bool fault_protected = false;              // the load may fault: it reads 0 then (PTR_UNTRUSTED, probe reads)
  bool zero_extend = false;                  // the upper half must be cleared
  bool arena = false;                        // through, or arithmetic with, an address in an arena
  bool map_field = false;                    // a load of what a map says of itself, as its max_entries
  MapType map_field_type = MapType::unspec;  // of a map of this type; unspec: sometimes of something else
  std::uint8_t ctx_field = 0;                // progtypes::CtxField: a context load that yields a pointer
  bool is_ctx_access = false;
  bool needs_aux = false;                     // kfunc with implicit arguments
  std::uint64_t value = 0;                    // obj_new: local type size; loop: inlined subprogram; …
  std::shared_ptr<const btf::Record> record;  // obj_new: the special fields of the local type, or null
  std::shared_ptr<const btf::Field> field;    // see runtime::InsnFacts
};
struct SubprogramFacts {
  std::string name;
  std::uint32_t start = 0;  // instruction
  std::uint32_t end = 0;    // one past its last
  std::uint32_t stack_depth = 0;
  bool is_global = false, is_async_callback = false, is_exception_callback = false, might_sleep = false;
};

struct Verified {
  std::vector<Insn> insns;       // dead code removed, immediates resolved
  std::vector<InsnFacts> facts;  // one an instruction
  std::vector<runtime::CallFacts> arguments;
  std::vector<std::uint32_t> original;  // one an instruction: where it stood in the program as it was loaded
  std::vector<SubprogramFacts> subprograms;
  std::vector<const maps::MapInfo*> used_maps;
  bool might_sleep = false, changes_packet = false, has_tail_call = false;
  std::uint32_t context_used = 0;            // bytes of its context that it reads and writes, from the first on
  std::uint32_t tracepoint_buffer_used = 0;  // how far it reads and writes into a writable tracepoint's record
};

struct Output {
  int error = 0;                    // 0: accepted
  std::optional<Verified> program;  // when accepted
  std::optional<Refusal> refusal;   // when not
  Statistics statistics;
  std::string log;  // as the kernel would have written it at Input::log_level
};

Output verify(const Input& input);

}  // namespace skep::verifier
