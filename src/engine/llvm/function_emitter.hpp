// One function of a program on its way to LLVM: see emitter.hpp, and for the parts emitter.cpp (blocks and jumps),
// emit_insn.cpp (arithmetic and memory), emit_call.cpp,
// emit_iterator.cpp and emit_map.cpp.
#pragma once

#include <array>
#include <map>
#include <vector>

#include "engine/interpreter/arithmetic.hpp"
#include "engine/llvm/builder.hpp"
#include "engine/llvm/emitter.hpp"

namespace skep::maps {
struct HashPlace;
}
namespace skep::calls {
struct Helper;
}

namespace skep::engine::native {

inline constexpr std::uint64_t cost_of_a_round = 20;        // instructions, about, as the leash counts
inline constexpr std::uint32_t may_goto_limit = 8'388'608;  // iterations, in each frame

struct ModuleEmitter {
  ModuleEmitter(const Library& library, LLVMContextRef context, const Program& program, const Bodies& all_bodies,
                const EmitOptions& emit_options);
  Emitted emit();
  // An address (a number) that may be another when the same program is loaded again: of the program itself, of a map,
  // of what one holds. Code reads it from the program's table, as something that never changes.
  Value own_number(std::uint64_t value) { return read_table(value, builder.i64); }
  Value own_pointer(std::uint64_t value) { return read_table(value, builder.ptr); }
  Value own_pointer(const void* at) { return own_pointer(reinterpret_cast<std::uint64_t>(at)); }

  // What is built next comes from that instruction, if somebody wants to know.
  void come_from(std::size_t function, std::uint32_t pc) const;

  Builder builder;
  const Program& program;
  const Bodies& bodies;
  const EmitOptions& options;
  LLVMModuleRef module;
  Type result_type, function_type;
  std::vector<Value> functions;

 private:
  Value read_table(std::uint64_t value, Type type);
  void define_table();
  void begin_lines();

  std::vector<std::uint64_t> table_;
  std::map<std::uint64_t, std::size_t> in_table_;
  LLVMDIBuilderRef lines_ = nullptr;
  std::vector<LLVMMetadataRef> scopes_;  // of the functions, for lines
  Value table_value_ = nullptr;          // it stands in for the table until all that is in it is known
};

class FunctionEmitter {
 public:
  FunctionEmitter(ModuleEmitter& module, std::size_t index);
  void emit();

 private:
  void emit_block(std::uint32_t pc, const Kinds& kinds);
  void emit_jump(const Insn& insn, std::uint32_t pc);
  void emit_memory_barrier() const;
  void emit_heat();
  void emit_leash(std::uint32_t pc, std::uint64_t cost);
  Value condition(const Insn& insn) const;

  // ---- emit_insn.cpp. False: the block has ended.
  bool emit_insn(const Insn& insn, const runtime::InsnFacts& facts);
  void emit_alu(const Insn& insn, bool in_arena);
  void emit_move(const Insn& insn, bool wide);
  void emit_swap(const Insn& insn);
  Value divide(const Insn& insn, Value a, Value c, Type type) const;
  void emit_load(const Insn& insn, const runtime::InsnFacts& facts);
  Value constant(const Insn& insn, unsigned size) const;
  void emit_store(const Insn& insn);
  void emit_atomic(const Insn& insn);
  Value emit_atomic_at(const Insn& insn, Value where, Type type) const;
  void emit_arena(const Insn& insn);
  void emit_wide_load(const Insn& insn, const runtime::InsnFacts& facts);
  void emit_packet_load(const Insn& insn);

  // ---- emit_call.cpp
  bool emit_call(const Insn& insn, const runtime::InsnFacts& facts);
  void emit_subprogram_call(std::size_t callee);
  void emit_tail_call(const runtime::InsnFacts& facts);
  Value emit_quick_jump(Value slot, Block otherwise) const;
  void go_on_if(Value condition, Block otherwise) const;
  bool emit_inlined(const runtime::InsnFacts& facts);
  bool emit_of_services(const calls::Helper& helper);
  void emit_loop(std::size_t callee);
  void emit_for_each(std::size_t callee);
  Value push_waiting() const;
  void check_unwinding(Value result);
  void emit_out_of_line(const void* fn, const std::array<Value, 5>& arguments);
  void forget_arguments() const;
  Value call_glue(Type result, const void* function, std::vector<Value> arguments) const;
  void note_place() const;

  // ---- emit_iterator.cpp. False: it is no call of such an iterator.
  bool emit_iterator(const runtime::InsnFacts& facts);

  // ---- emit_map.cpp. False: not of such a map.
  bool emit_array_lookup(const maps::Map& map);
  bool emit_hash_lookup(const maps::Map& map);
  bool emit_map_update(maps::Map& map);
  bool emit_map_erase(maps::Map& map);
  Value emit_hash(const maps::HashPlace& place, Value key, std::vector<Value>& words) const;
  Value of_this_cpu(Value value, std::uint64_t stride) const;
  Value load_shared(Type type, Value from, unsigned bytes, LLVMAtomicOrdering ordering) const;

  Value number(unsigned reg) const;
  Value pointer(unsigned reg) const;
  void set(unsigned reg, Value value) const;
  void set_pointer(unsigned reg, Value value) const;
  Value state_field(std::size_t offset) const;
  void count();
  void note_frame(Value stack);
  void forget_frame() const;
  void give_result(Value value);
  void give_unwinding();

  ModuleEmitter& module_;
  const Builder& b_;
  const Library& l_;
  const runtime::Code& code_;
  const Body& body_;
  const std::size_t index_;
  Value function_;
  Value env_ = nullptr;
  std::array<Value, frame_pointer> numbers_ = {}, pointers_ = {};  // where each register is, as either
  Value stack_top_ = nullptr, iterations_left_ = nullptr, temporary_ = nullptr, waiting_ = nullptr;
  Value spent_ = nullptr;        // instructions for the program's heat; null: it counts none
  Value frame_below_ = nullptr;  // null: this function's frame is not noted
  std::map<std::uint32_t, Block> blocks_;
  Kinds kinds_ = {};
  std::uint32_t pc_ = 0;
  std::uint64_t uncounted_ = 0;  // instructions since count()
};

}  // namespace skep::engine::native
