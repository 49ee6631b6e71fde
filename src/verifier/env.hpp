// One verification under way: the program, what is known of each instruction, the current path, the log.
//
// Every room of the verifier works on an Env. The declarations below are the doors between the rooms; each says in
// which directory it is defined. All `check_…` functions return 0, or a negative errno after the refusal was reported
// through `refuse`.
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

inline constexpr std::uint32_t complexity_limit = 1'000'000;  // instructions walked
inline constexpr std::uint32_t jump_sequence_limit = 8192;    // branches waiting

// What a kfunc call instruction means; resolved once before the walk (program/resolve.cpp).
struct KfuncCall {
  const calls::Kfunc* entry = nullptr;
  std::shared_ptr<const btf::Btf> btf;
  btf::TypeId func = 0;   // FUNC
  btf::TypeId proto = 0;  // FUNC_PROTO
  std::string_view name;
};

// What is known of one instruction across all paths.
struct InsnAux {
  bool seen = false;
  bool prune_point = false, jump_point = false, force_checkpoint = false;
  bool calls_callback = false;  // a call that runs a callback synchronously
  bool zero_extend = false;
  RegType pointer_type =
      RegType::not_init;  // what a load or store here went through ("same insn cannot be used with different pointers")
  std::uint32_t pointer_flags = 0;
  const maps::MapInfo* map = nullptr;
  bool map_poisoned = false;  // more than one map reaches this call
  std::uint64_t map_key = 0;  // constant key of a tail call or array lookup
  bool map_key_known = false, map_key_poisoned = false;
  std::uint64_t map_value_offset = 0;
  std::uint32_t btf_var_mem_size = 0;  // a load of a kernel variable's address
  const btf::Btf* btf = nullptr;
  btf::TypeId btf_id = 0;
  RegType ldimm_type = RegType::not_init;
  std::uint32_t ldimm_flags = 0;
  std::uint32_t callee = 0;  // subprogram of a call or of a function address
  const calls::Helper* helper = nullptr;
  const KfuncCall* kfunc = nullptr;
  std::uint16_t live_regs_before = 0;  // bits: registers live before it (path/liveness.cpp)
  std::uint32_t alu_state = 0;
  std::uint32_t scc = 0;  // strongly connected component of the control-flow graph; 0: in no loop
  bool arena_access = false, fault_protected = false, ctx_access = false;
  bool reads_map = false, reads_other = false;  // a load: of what a map says of itself, of anything else
  MapType map_read = MapType::unspec;           // the kind of map that it reads, if it is always the same
  progtypes::CtxField ctx_field = progtypes::CtxField::scalar;
  std::uint64_t value = 0;        // call/: kind-specific fact for the rewriting (obj_new's size, …)
  std::int32_t call_record = -1;  // call/call_facts.cpp: index into Env::call_records
  bool loop_inlinable = false;
  bool field_known = false;  // `value` is the offset of the node that a list or tree takes
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
  std::vector<Insn> insns;  // a working copy: map descriptors resolved (program/resolve.cpp)
  std::vector<InsnAux> aux;
  std::vector<Subprogram> subprograms;                       // by start; [0] is the main program
  std::unordered_map<std::uint64_t, KfuncCall> kfunc_calls;  // by (fd index << 32 | imm)
  std::vector<const maps::MapInfo*> used_maps;
  std::shared_ptr<const btf::Btf> kernel_btf;
  std::vector<std::shared_ptr<const btf::Btf>> module_types;  // of modules whose variables are named
  std::unique_ptr<Log> log;
  std::unique_ptr<Explorer> explorer;

  std::unique_ptr<State> state;  // the current path
  std::uint32_t insn_idx = 0, prev_insn_idx = 0;
  std::uint32_t id_gen = 0;
  Statistics statistics;
  std::optional<Refusal> refusal;
  std::string notes;  // notes since the instruction began: prose of the refusal that may follow
  bool strict_alignment = false, test_state_freq = false, test_reg_invariants = false, allow_ptr_leaks = true;
  bool seen_direct_write = false;
  int exception_callback = -1;  // subprogram
  std::vector<CallRecord> call_records;
  std::uint32_t relied_on =
      0;  // registers of the current frame marked precise since the call at hand began, a bit each
  // call/: special fields of the types that programs allocate
  std::map<std::pair<const btf::Btf*, btf::TypeId>, std::shared_ptr<const btf::Record>> allocated_records;
  const progtypes::ProgTypeDef& type() const { return *input.type; }
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

// ---- path/ : which path next, where paths join
// --------------------------------------------------------------------------- Walks every path from `subprogram`'s
// first instruction, the current state being its entry state.
int explore(Env& env, std::uint32_t subprogram);
// Keeps a copy of the current state to be explored later from `insn`; null after a refusal (too many branches).
State* push_branch(Env& env, std::uint32_t insn, std::uint32_t prev_insn);
// The same for an asynchronous callback: a fresh state with one frame for `subprogram`.
State* push_async(Env& env, std::uint32_t insn, std::uint32_t prev_insn, std::uint32_t subprogram, bool sleepable);
// The value of this scalar register (or spilled slot) was decisive: pruning must compare it, here and back along the
// path.
int mark_precise(Env& env, unsigned reg);
int mark_precise_slot(Env& env, std::uint32_t frame, std::uint32_t slot);
// The same for a register of state.frames[frame] (an outer frame's, as callbacks need it).
int mark_precise_in(Env& env, std::uint32_t frame, unsigned reg);
// What mark_precise cannot see in the instruction itself; call while checking it (history.cpp).
// This load or store reached slot `slot` of state.frames[frame] (through whatever register).
void record_stack_access(Env& env, std::uint32_t frame, std::uint32_t slot);
// These operands of a conditional jump are pointers to the stack (so there is no scalar in them to follow).
void record_stack_operands(Env& env, bool dst, bool src);
// Up to five registers or spilled slots that hold copies of one scalar: a branch on one of them narrows all.
struct LinkedRegs {
  struct Item {
    std::uint8_t frame = 0;
    bool is_reg = true;       // else a stack slot
    std::uint8_t number = 0;  // of the register or slot
  };
  std::array<Item, 5> items{};
  std::uint32_t count = 0;
  bool overflow = false;  // there were more; those must lose their id (collect does that)
};
// Finds those of `id` (live ones; base id, additions ignored) and adds them to `found`; the ids of those beyond five
// are cleared.
void collect_linked_regs(Env& env, State& state, std::uint32_t id, LinkedRegs& found);
// Conditional jumps: remembers them for backtracking. Only of use when there is more than one.
void record_linked_regs(Env& env, const LinkedRegs& linked);
// Loops converge by forgetting what varies: the latest unfinished checkpoint at `insn` that this path came through with
// the same chain of calls (null: none), and the forgetting in `now` of imprecise scalars that differ from it.
const State* find_previous_visit(const Env& env, const State& path, std::uint32_t insn);
void widen_imprecise(const State& previous, State& now);
bool states_equal(Env& env, const State& old, const State& now, Exactness exactness);
int check_cfg(Env& env);         // unreachable code, jumps out of range, loops found; prune points marked
int compute_liveness(Env& env);  // live_regs_before, stack liveness
int compute_scc(Env& env);

// ---- program/ : what is true of the whole
// ----------------------------------------------------------------------------------
int resolve_pseudo_loads(Env& env);  // map descriptors, BTF variables, function addresses; opcode validity
int find_subprograms(Env& env);
int check_subprogram_bounds(Env& env);  // jumps stay inside, last instruction is exit or jump
int check_btf_info(Env& env);           // func_info against subprograms
int resolve_kfuncs(Env& env);
int check_attach(Env& env);     // tracing, lsm, struct_ops, ext targets
int check_recursion(Env& env);  // functions that call themselves, directly or round about
int check_max_stack_depth(Env& env);
Verified finish(Env& env);  // dead code removal, rewriting, facts

// ---- insn/ : one instruction
// ------------------------------------------------------------------------------------------------- Checks the
// instruction at env.insn_idx and advances env.insn_idx. Returns 0 (go on), 1 (this path is finished: exit), or an
// error.
inline constexpr int path_finished = 1;
int check_insn(Env& env);
int check_alu(Env& env, const Insn& insn);
int check_jump(Env& env, const Insn& insn);
int check_load_imm64(Env& env, const Insn& insn);
int check_ld_abs(Env& env, const Insn& insn);
int check_atomic(Env& env, const Insn& insn);
int check_exit(Env& env);  // return value, resources; may return to the caller's frame
int check_return_value(Env& env, unsigned reg, std::string_view where);

enum class RegUse { source, dest, dest_unmarked };
int check_reg(Env& env, unsigned reg, RegUse use);  // readable, or writable

// ---- pointer/ : memory
// --------------------------------------------------------------------------------------------------------
enum class Access : std::uint8_t { read, write };
// A load or store of `size` bytes through `reg` at `off`; `value_reg` is the source or destination register, -1 for
// none.
struct AccessOptions {
  bool strict_alignment_once = false;
  bool sign_extend = false;
  bool is_atomic = false;
};
int check_mem_access(Env& env, std::uint32_t insn, unsigned reg, std::int32_t off, unsigned size, Access access,
                     int value_reg, AccessOptions options = {});
// Memory that a call reads or writes: `size` bytes from `reg`. `uninit`: the call writes it all first.
struct CallMemory {
  Access access = Access::read;
  bool zero_size_allowed = false;
  bool uninit = false;  // need not be initialized
  bool from_kfunc = false;
};
int check_call_memory(Env& env, const RegState& reg, unsigned regno, std::uint64_t size, const CallMemory& options);
// The same when the size is in `size_reg`.
int check_call_memory_sized(Env& env, unsigned regno, unsigned size_regno, const CallMemory& options);
// Pointer arithmetic: dst (a pointer) op= scalar, or the reverse.
int adjust_pointer(Env& env, const Insn& insn, unsigned dst, const RegState& pointer, const RegState& scalar);
// A maybe-null pointer that was compared with zero: all its copies become pointers, or zero.
void mark_null_or_not(State& state, unsigned reg, bool is_null);
void find_good_packet_pointers(State& state, const RegState& pointer, bool range_right_open);
// Forgets packet pointers, as helpers that move the packet make necessary.
void clear_packet_pointers(Env& env);
// The pointer must have a known offset that is not negative (0 unless its kind allows more): "dereference of modified
// …".
int check_fixed_offset(Env& env, const RegState& reg, unsigned regno, std::int32_t off);
// Whether the object in `reg` may be kept in the kptr `field` of a map value or object.
int check_kptr_match(Env& env, const btf::Field& field, const RegState& reg, unsigned regno);
int save_reg_to_stack(Env& env, Frame& frame, int slot, const RegState& reg, unsigned size);

// ---- call/ : helpers, kfuncs, subprograms, callbacks
// --------------------------------------------------------------------------- Helpers and kfuncs leave env.insn_idx at
// the call: the caller steps on. They may give path_finished (bpf_throw).
int check_helper_call(Env& env, const Insn& insn);
int check_kfunc_call(Env& env, const Insn& insn);
// These two set env.insn_idx to where the path goes on.
int check_subprogram_call(Env& env, const Insn& insn);
int check_global_subprograms(Env& env);  // each verified on its own
int prepare_entry_state(Env& env, std::uint32_t subprogram);
int return_to_caller(Env& env);  // exit of an inner frame
// Resources
int acquire_reference(Env& env, std::int32_t insn, std::uint32_t& id);
int release_reference(Env& env, std::uint32_t id);
bool has_reference(const State& state, std::uint32_t id);
// What must not be held when a program exits, tail-calls, or throws. `where`: "BPF_EXIT instruction in main prog",
// "tail_call".
// `given_back`: a reference that goes with the returned value; 0: none.
int check_resources_released(Env& env, std::string_view where, bool exception_exit, bool check_locks,
                             std::uint32_t given_back = 0);
bool in_rcu_section(const Env& env);
// The special fields of an allocated object's type; null: none.
const btf::Record* record_of_allocated(Env& env, const btf::Btf* btf, btf::TypeId id);
void destroy_if_dynptr_slot(Env& env, Frame& frame, int slot);
// Objects that live on the stack: dynptrs, iterators, irq flags. A write over one: refused or destroyed as the rules
// say.
int check_stack_object_overwrite(Env& env, Frame& frame, int slot);

// ---- report/
// ---------------------------------------------------------------------------------------------------------------------
std::string reg_type_name(RegType type, std::uint32_t flags);  // "map_value_or_null", for messages
std::string reg_type_string(Env& env, const RegState& reg);

}  // namespace skep::verifier
