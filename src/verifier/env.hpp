// One verification under way: the program, what is known of each instruction, the current path, the log.
//
// Every room of the verifier works on an Env; this header is its state and nothing else. What a room does for the
// others is declared in its own header: path/path.hpp, program/program.hpp, insn/insn.hpp, pointer/pointer.hpp,
// call/call.hpp, report/reg_names.hpp. All `check_…` functions return 0, or a negative errno after the refusal was
// reported through `refuse`. What one room alone may write stands below a line that names it ("path/: …"), and
// tests/house/rooms_test.py holds the rooms to that.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "maps/map_types.hpp"
#include "runtime/facts.hpp"
#include "verifier/report/explanation.hpp"
#include "verifier/state/state.hpp"
#include "verifier/verifier.hpp"

namespace skep::verifier {

// What a kfunc call instruction means; resolved once before the walk (program/resolve.cpp).
struct KfuncCall {
  const calls::Kfunc* entry = nullptr;
  std::shared_ptr<const btf::Btf> btf;
  btf::TypeId func = 0;   // FUNC
  btf::TypeId proto = 0;  // FUNC_PROTO
  std::string_view name;
};

// What is known of one instruction across all paths, by who finds it out. Everyone may read.

// program/: what the instruction's text names, before the walk.
struct InsnNames {
  const calls::Helper* helper = nullptr;
  const KfuncCall* kfunc = nullptr;
  std::uint32_t callee = 0;            // subprogram of a call or of a function address
  std::int32_t stand_in = -1;          // subprogram that takes the place of a helper or kfunc
  const maps::MapInfo* map = nullptr;  // of a load of a map's address, or of one in its values
  std::uint64_t map_value_offset = 0;
  RegType ldimm_type = RegType::not_init;  // of a load of a kernel variable's address, or a function's
  std::uint32_t ldimm_flags = 0;
  std::uint32_t btf_var_mem_size = 0;
  const btf::Btf* btf = nullptr;
  btf::TypeId btf_id = 0;
};

// path/: where paths join, what is live; found before the walk, but for `seen`.
struct InsnFlow {
  bool seen = false;  // some path came here
  bool prune_point = false, jump_point = false, force_checkpoint = false;
  bool calls_callback = false;  // a call that runs a callback synchronously
  bool zero_extend = false;
  std::uint16_t live_regs_before = 0;  // bits: registers live before it
  std::uint32_t scc = 0;               // strongly connected component of the control-flow graph; 0: in no loop
};

// insn/ and pointer/: what a load, store or arithmetic went through, on all paths together.
struct InsnAccess {
  RegType pointer_type = RegType::not_init;  // "same insn cannot be used with different pointers"
  std::uint32_t pointer_flags = 0;
  bool arena_access = false, fault_protected = false, ctx_access = false;
  bool reads_map = false, reads_other = false;  // a load: of what a map says of itself, of anything else
  MapType map_read = MapType::unspec;           // the kind of map that it reads, if it is always the same
  progtypes::CtxField ctx_field = progtypes::CtxField::scalar;
  std::uint32_t alu_state = 0;  // arithmetic on arena pointers: always (1), or not
};

// call/: what a call's arguments were, on all paths together.
struct InsnCall {
  const maps::MapInfo* map = nullptr;  // the one map that reaches it
  bool map_poisoned = false;           // there is more than one
  const btf::Btf* btf = nullptr;       // of what it allocates
  btf::TypeId btf_id = 0;
  std::uint64_t value = 0;                  // for the engines: the size of what it allocates, or a node's offset
  bool field_known = false;                 // `value` is the offset of the node that a list or tree takes
  std::shared_ptr<const btf::Field> field;  // note_field()
  bool fields_differ = false;
  bool loop_inlinable = false;
  std::uint32_t loop_callback = 0;  // subprogram that bpf_loop calls
  std::int32_t record = -1;         // call_facts.cpp: index into Env::call_records
};

struct InsnAux {
  InsnNames names;
  InsnFlow flow;
  InsnAccess access;
  InsnCall call;
};

struct Subprogram {
  std::string name;
  std::uint32_t start = 0, end = 0;  // [start, end)
  std::int32_t btf_func = 0;         // FUNC in the program's BTF; 0: none
  std::uint32_t stack_depth = 0;
  std::uint32_t insns_walked = 0;         // its own instructions
  std::uint32_t insns_walked_within = 0;  // and those of what it calls, callbacks included
  bool is_global = false, is_callback = false, is_async_callback = false, is_exception_callback = false;
  bool has_tail_call = false, has_ld_abs = false, tail_call_reachable = false;
  bool called_protected = false, called_unprotected = false;  // global: inside of what RCU waits for, and outside
  bool changes_packet = false, might_sleep = false, called = false, keep_fastcall_stack = false, might_throw = false;
  bool args_cached = false;
  // Global subprograms: what BTF says of each argument (call/global.cpp)
  struct Arg {
    RegType type = RegType::scalar;
    std::uint32_t flags = 0;
    bool anything = true, is_ctx = false, is_dynptr = false, is_arena = false;
    std::uint32_t mem_size = 0;
    const btf::Btf* btf = nullptr;
    btf::TypeId btf_id = 0;
  };
  std::vector<Arg> args;
  bool returns_void = false;
};

// What holds of a call on every path that came to it (call/call_facts.cpp).
struct CallRecord {
  runtime::CallFacts arguments;
  bool result_not_null = true;
};

class Log;       // report/log.hpp
class Explorer;  // path/explorer.hpp

class Env {
 public:
  explicit Env(const Input& input);
  ~Env();
  Env(const Env&) = delete;
  Env& operator=(const Env&) = delete;

  const Input& input;
  std::unique_ptr<Log> log;
  std::unique_ptr<Explorer> explorer;
  std::shared_ptr<const btf::Btf> kernel_btf;
  bool strict_alignment = false, test_state_freq = false, test_reg_invariants = false, allow_ptr_leaks = true;

  // ---- what the program is ----
  std::vector<Insn> insns;  // a working copy: map descriptors resolved (program/resolve.cpp)
  std::vector<InsnAux> aux;
  std::vector<Subprogram> subprograms;  // by start; [0] is the main program
  // program/: what its text names.
  std::unordered_map<std::uint64_t, KfuncCall> kfunc_calls;  // by (fd index << 32 | imm)
  std::vector<const maps::MapInfo*> used_maps;
  std::vector<std::shared_ptr<const btf::Btf>> module_types;  // of modules whose variables are named
  int exception_callback = -1;                                // subprogram

  // ---- the walk ----
  std::unique_ptr<State> state;  // the current path
  std::uint32_t insn_idx = 0, prev_insn_idx = 0;
  std::uint32_t id_gen = 0;
  Statistics statistics;
  std::optional<Refusal> refusal;
  std::string notes;  // notes since the instruction began: prose of the refusal that may follow

  // pointer/: what was seen on all paths together; see Verified for the sizes.
  bool seen_direct_write = false;
  std::uint32_t context_used = 0, tracepoint_buffer_used = 0;
  // call/: the facts of calls, and the special fields of the types that programs allocate.
  std::vector<CallRecord> call_records;
  std::map<std::pair<const btf::Btf*, btf::TypeId>, std::shared_ptr<const btf::Record>> allocated_records;
  // call/ and path/: registers of the current frame marked precise since the call at hand began, a bit each.
  std::uint32_t relied_on = 0;

  const progtypes::ProgTypeDef& type() const { return *input.type; }
  progtypes::AttachedTo attached_to() const { return progtypes::attached_to(*input.type, input.traits); }
  std::uint32_t new_id() { return ++id_gen; }
  Frame& frame() { return state->current(); }
  RegState& reg(unsigned number) { return state->reg(number); }
  const Insn& insn() const { return insns[insn_idx]; }
  InsnAux& insn_aux() { return aux[insn_idx]; }
  bool sleepable() const { return state->in_sleepable; }

  // Ends the verification: logs the message, then the explanation, and keeps both as the refusal. Returns `error`.
  // Called a second time on the way out, it adds a line of prose (and keeps the first explanation).
  int refuse_text(int error, std::string message, const Explanation* why = nullptr);
  template <typename... Args>
  int refuse(int error, fmt::format_string<Args...> format, Args&&... args) {
    return refuse_text(error, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  int refuse(int error, const Explanation& why, fmt::format_string<Args...> format, Args&&... args) {
    return refuse_text(error, fmt::format(format, std::forward<Args>(args)...), &why);
  }
  // A line of the log that is not (yet) a refusal, seen at log level 1 and up; it counts as prose of the refusal that
  // follows.
  void note_text(std::string_view line);
  template <typename... Args>
  void note(fmt::format_string<Args...> format, Args&&... args) {
    note_text(fmt::format(format, std::forward<Args>(args)...));
  }
};

}  // namespace skep::verifier
