// See engine/llvm/emitter.hpp. Arithmetic and memory are in emit_insn.cpp, calls in emit_call.cpp.
#include "engine/llvm/emitter.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "engine/llvm/function_emitter.hpp"
#include "engine/llvm/object.hpp"

namespace skep::engine::native {

ModuleEmitter::ModuleEmitter(const Library& library, LLVMContextRef context, const Program& program,
                             const Bodies& all_bodies, const EmitOptions& emit_options)
    : builder(library, context),
      program(program),
      bodies(all_bodies),
      options(emit_options),
      module(library.ModuleCreateWithNameInContext("program", context)),
      result_type(builder.structure({builder.i64, builder.i64})),
      function_type(builder.function(result_type,
                                     {builder.ptr, builder.i64, builder.i64, builder.i64, builder.i64, builder.i64})) {}

Value ModuleEmitter::read_table(std::uint64_t value, Type type) {
  const Library& l = builder.library();
  if (table_value_ == nullptr) table_value_ = l.AddGlobal(module, builder.i64, "");
  const auto [found, is_new] = in_table_.try_emplace(value, table_.size());
  if (is_new) table_.push_back(value);
  Value read = builder.load(type, builder.at(table_value_, static_cast<std::int64_t>(8 * found->second)));
  const auto say = [&](std::string_view what) {
    l.SetMetadata(read, l.GetMDKindIDInContext(builder.context(), what.data(), static_cast<unsigned>(what.size())),
                  l.MetadataAsValue(builder.context(), l.MDNodeInContext2(builder.context(), nullptr, 0)));
  };
  say("invariant.load");
  if (type == builder.ptr && value != 0) say("nonnull");
  return read;
}

// Constant, but weak: what it holds here is not what it will hold.
void ModuleEmitter::define_table() {
  if (table_value_ == nullptr) return;
  const Library& l = builder.library();
  Type type = l.ArrayType2(builder.i64, table_.size());
  Value table = l.AddGlobal(module, type, (std::string(unnumbered) + std::string(table_name)).c_str());
  l.SetInitializer(table, l.ConstNull(type));
  l.SetGlobalConstant(table, 1);
  l.SetLinkage(table, LLVMWeakAnyLinkage);
  l.SetVisibility(table, LLVMHiddenVisibility);
  l.SetAlignment(table, 8);
  l.ReplaceAllUsesWith(table_value_, table);
  l.DeleteGlobal(table_value_);
}

void ModuleEmitter::begin_lines() {
  constexpr unsigned dwarf_version = 4;
  const Library& l = builder.library();
  lines_ = l.CreateDIBuilder(module);
  const auto flag = [&](std::string_view name, unsigned value) {
    l.AddModuleFlag(module, LLVMModuleFlagBehaviorWarning, name.data(), name.size(),
                    l.ValueAsMetadata(builder.number32(value)));
  };
  flag("Debug Info Version", l.DebugMetadataVersion());
  flag("Dwarf Version", dwarf_version);
  LLVMMetadataRef file = l.DIBuilderCreateFile(lines_, "instructions", 12, "", 0);
  l.DIBuilderCreateCompileUnit(lines_, LLVMDWARFSourceLanguageC, file, "skep", 4, 1, "", 0, 0, "", 0,
                               LLVMDWARFEmissionLineTablesOnly, 0, 0, 0, "", 0, "", 0);
  LLVMMetadataRef type = l.DIBuilderCreateSubroutineType(lines_, file, nullptr, 0, LLVMDIFlagZero);
  for (std::size_t i = 0; i < functions.size(); ++i) {
    const auto& subprogram = program.code().subprograms[i];
    LLVMMetadataRef scope =
        l.DIBuilderCreateFunction(lines_, file, subprogram.name.data(), subprogram.name.size(), "", 0, file,
                                  subprogram.start + 1, type, 1, 1, subprogram.start + 1, LLVMDIFlagZero, 1);
    l.SetSubprogram(functions[i], scope);
    scopes_.push_back(scope);
  }
}

void ModuleEmitter::come_from(std::size_t function, std::uint32_t pc) const {
  if (lines_ == nullptr) return;
  const Library& l = builder.library();
  l.SetCurrentDebugLocation2(builder.raw(),
                             l.DIBuilderCreateDebugLocation(builder.context(), pc + 1, 0, scopes_[function], nullptr));
}

Emitted ModuleEmitter::emit() {
  const Library& l = builder.library();
  const auto& subprograms = program.code().subprograms;
  const unsigned nounwind = l.GetEnumAttributeKindForName("nounwind", 8);
  for (std::size_t i = 0; i < subprograms.size(); ++i) {
    Value function = l.AddFunction(module, (std::string(unnumbered) + std::to_string(i)).c_str(), function_type);
    l.AddAttributeAtIndex(function, static_cast<LLVMAttributeIndex>(LLVMAttributeFunctionIndex),
                          l.CreateEnumAttribute(builder.context(), nounwind, 0));
    if (options.keep_frame_pointers)
      l.AddAttributeAtIndex(function, static_cast<LLVMAttributeIndex>(LLVMAttributeFunctionIndex),
                            l.CreateStringAttribute(builder.context(), "frame-pointer", 13, "all", 3));
    if (!bodies.has_address[i]) l.SetLinkage(function, LLVMInternalLinkage);
    functions.push_back(function);
  }
  if (options.say_instructions) begin_lines();
  for (std::size_t i = 0; i < subprograms.size(); ++i) FunctionEmitter(*this, i).emit();
  define_table();
  if (lines_ != nullptr) {
    l.DIBuilderFinalize(lines_);
    l.DisposeDIBuilder(lines_);
  }
  return {module, std::move(table_)};
}

Emitted emit(const Library& library, LLVMContextRef context, const Program& program, const Bodies& bodies,
             const EmitOptions& options) {
  return ModuleEmitter(library, context, program, bodies, options).emit();
}

FunctionEmitter::FunctionEmitter(ModuleEmitter& module, std::size_t index)
    : module_(module),
      b_(module.builder),
      l_(module.builder.library()),
      code_(module.program.code()),
      body_(module.bodies.of[index]),
      index_(index),
      function_(module.functions[index]) {}

void FunctionEmitter::emit() {
  module_.come_from(index_, body_.start);
  env_ = l_.GetParam(function_, 0);
  b_.go_on_in(b_.new_block(function_));
  for (unsigned i = 0; i < frame_pointer; ++i) {
    numbers_[i] = b_.room(b_.i64);
    pointers_[i] = b_.room(b_.ptr);
  }
  for (unsigned i = 1; i <= 5; ++i) {
    Value argument = l_.GetParam(function_, i);
    b_.store(argument, numbers_[i]);
    b_.store(b_.to_pointer(argument), pointers_[i]);
  }
  if (body_.stack_bytes != 0) {
    Value stack = b_.room(l_.ArrayType2(b_.i8, body_.stack_bytes));
    l_.SetAlignment(stack, 16);
    // The same run gives the same result, read or not before written.
    l_.BuildMemSet(b_.raw(), stack, l_.ConstInt(b_.i8, 0, 0), b_.number(body_.stack_bytes), 16);
    stack_top_ = b_.at(stack, static_cast<std::int64_t>(body_.stack_bytes));
    if (body_.stack_is_passed && module_.bodies.reaches) note_frame(stack);
  } else {
    stack_top_ = l_.ConstNull(b_.ptr);
  }
  if (body_.has_jcond) {
    iterations_left_ = b_.room(b_.i32);
    b_.store(b_.number32(may_goto_limit), iterations_left_);
  }
  if (module_.options.heat != nullptr) {
    const auto& functions = code_.subprograms;
    const std::size_t end = index_ + 1 < functions.size() ? functions[index_ + 1].start : code_.insns.size();
    spent_ = b_.room(b_.i64);
    b_.store(b_.number(end > body_.start ? end - body_.start : 1), spent_);
  }
  temporary_ = b_.room(l_.ArrayType2(b_.i64, 3));
  waiting_ = b_.room(l_.ArrayType2(b_.i64, 3));

  for (const auto& [pc, kinds] : body_.blocks) blocks_[pc] = b_.new_block(function_);
  b_.jump(blocks_.at(body_.start));
  for (const auto& [pc, kinds] : body_.blocks) emit_block(pc, kinds);
}

void FunctionEmitter::emit_block(std::uint32_t pc, const Kinds& kinds) {
  b_.go_on_in(blocks_.at(pc));
  kinds_ = kinds;
  for (;;) {
    if (pc >= code_.insns.size()) {  // no verified program runs out of its instructions
      l_.BuildUnreachable(b_.raw());
      return;
    }
    const Insn& insn = code_.insns[pc];
    const runtime::InsnFacts& facts = code_.facts[pc];
    pc_ = pc;
    module_.come_from(index_, pc);
    ++uncounted_;
    if (is_exit(insn)) {
      emit_heat();
      return give_result(number(0));
    }
    if (is_jump(insn) || is_indirect_jump(insn)) return emit_jump(insn, pc);
    if (!emit_insn(insn, facts)) return;
    step(kinds_, insn, facts, module_.bodies.constants);
    pc = behind(code_.insns, pc);
    if (const auto next = blocks_.find(pc); next != blocks_.end()) {
      count();
      b_.jump(next->second);
      return;
    }
  }
}

// ---- registers and memory -------------------------------------------------------------------------------------------

Value FunctionEmitter::number(unsigned reg) const {
  const Kind kind = kinds_[reg];
  if (kind.what == Kind::What::stack) return b_.to_number(b_.at(stack_top_, kind.offset));
  return b_.load(b_.i64, numbers_[reg]);
}
Value FunctionEmitter::pointer(unsigned reg) const {
  const Kind kind = kinds_[reg];
  if (kind.what == Kind::What::stack) return b_.at(stack_top_, kind.offset);
  if (kind.what == Kind::What::pointer) return b_.load(b_.ptr, pointers_[reg]);
  return b_.to_pointer(b_.load(b_.i64, numbers_[reg]));
}
void FunctionEmitter::set(unsigned reg, Value value) const {
  b_.store(value, numbers_[reg]);
}
void FunctionEmitter::set_pointer(unsigned reg, Value value) const {
  b_.store(value, pointers_[reg]);
  b_.store(b_.to_number(value), numbers_[reg]);
}

Value FunctionEmitter::state_field(std::size_t offset) const {
  return b_.at(env_, static_cast<std::int64_t>(module_.options.state_offset) + static_cast<std::int64_t>(offset));
}

void FunctionEmitter::count() {
  if (module_.options.count_instructions && uncounted_ != 0) {
    Value where = state_field(offsetof(State, executed));
    b_.store(l_.BuildAdd(b_.raw(), b_.load(b_.i64, where), b_.number(uncounted_), ""), where);
  }
  uncounted_ = 0;
}

// So that it is known as the program's where it is read by its address.
void FunctionEmitter::note_frame(Value stack) {
  Value field = state_field(offsetof(State, frames));
  Value frame = b_.room(l_.ArrayType2(b_.i64, sizeof(Frame) / sizeof(std::uint64_t)));
  frame_below_ = b_.load(b_.ptr, field);
  b_.store(frame_below_, b_.at(frame, offsetof(Frame, below)));
  b_.store(stack, b_.at(frame, offsetof(Frame, begin)));
  b_.store(b_.number(body_.stack_bytes), b_.at(frame, offsetof(Frame, bytes)));
  b_.store(frame, field);
}
// Where the function is left. One that is unwound need not: nobody asks any more.
void FunctionEmitter::forget_frame() const {
  if (frame_below_ != nullptr) b_.store(frame_below_, state_field(offsetof(State, frames)));
}

void FunctionEmitter::give_result(Value value) {
  count();
  forget_frame();
  Value result = b_.with_part(b_.undefined(module_.result_type), value, 0);
  b_.give(b_.with_part(result, b_.number(returned), 1));
}
void FunctionEmitter::give_unwinding() {
  Value result = b_.with_part(b_.undefined(module_.result_type), b_.number(0), 0);
  b_.give(b_.with_part(result, b_.number(unwinding), 1));
}

// ---- jumps ----------------------------------------------------------------------------------------------------------

void FunctionEmitter::emit_jump(const Insn& insn, std::uint32_t pc) {
  count();
  if (is_indirect_jump(insn)) {
    Block wrong = b_.new_block(function_);
    Value choice = l_.BuildSwitch(b_.raw(), number(insn.dst), wrong, static_cast<unsigned>(body_.places.size()));
    for (const std::uint32_t place : body_.places)
      l_.AddCase(choice, b_.number(place), blocks_.at(code_.moved_to[place]));
    b_.go_on_in(wrong);
    call_glue(b_.nothing, reinterpret_cast<const void*>(&wrong_jump), {});
    l_.BuildUnreachable(b_.raw());
    return;
  }
  const std::uint32_t target = jump_target(insn, pc);
  const bool is_jcond = insn.code == (insn_class::jmp | jmp_op::jcond);
  // What others may change meanwhile is read anew each time round.
  if (is_jcond || (target <= pc && watches_memory(module_.program, target, pc))) emit_memory_barrier();
  if (spent_ != nullptr && target <= pc)
    b_.store(l_.BuildAdd(b_.raw(), b_.load(b_.i64, spent_), b_.number(pc + 1 - target), ""), spent_);
  if (is_jcond || (target <= pc && may_repeat_for_ever(module_.program, target, pc))) emit_leash(pc, cost_of_a_round);
  if (!is_conditional(insn)) {
    b_.jump(blocks_.at(target));
    return;
  }
  Block taken = blocks_.at(target), next = blocks_.at(pc + 1);
  if (is_jcond) {
    Value left = b_.load(b_.i32, iterations_left_);
    Block again = b_.new_block(function_);
    b_.branch_hardly_ever(b_.compare(LLVMIntEQ, left, b_.number32(0)), taken, again);
    b_.go_on_in(again);
    b_.store(l_.BuildSub(b_.raw(), left, b_.number32(1), ""), iterations_left_);
    b_.jump(next);
    return;
  }
  b_.branch(condition(insn), taken, next);
}

// The compiler keeps no memory in registers across it. For the machine it is nothing.
void FunctionEmitter::emit_memory_barrier() const {
  static constexpr char clobber[] = "~{memory}";
  Type type = b_.function(b_.nothing, {});
  b_.call(type, l_.GetInlineAsm(type, "", 0, clobber, sizeof clobber - 1, 1, 0, LLVMInlineAsmDialectATT, 0), {});
}

// About as many as have been executed since the function was entered: all that it has, and again those of each round of
// a loop. Threads that count at once lose some, which is no harm.
void FunctionEmitter::emit_heat() {
  if (spent_ == nullptr) return;
  Value heat = module_.own_pointer(module_.options.heat);
  Value where = b_.at(heat, offsetof(Heat, left));
  Value left =
      l_.BuildSub(b_.raw(), load_shared(b_.i64, where, 8, LLVMAtomicOrderingMonotonic), b_.load(b_.i64, spent_), "");
  Value stored = l_.BuildStore(b_.raw(), left, where);
  l_.SetOrdering(stored, LLVMAtomicOrderingMonotonic);
  l_.SetAlignment(stored, 8);
  Block hot = b_.new_block(function_), after = b_.new_block(function_);
  b_.branch_hardly_ever(b_.compare(LLVMIntSLT, left, b_.number(0)), hot, after);
  b_.go_on_in(hot);
  call_glue(b_.nothing, reinterpret_cast<const void*>(&has_become_hot), {heat});
  b_.jump(after);
  b_.go_on_in(after);
}

// Uses up fuel, and asks for more where there is none. What the verifier has walked from end to end needs no leash: it
// ends after a million instructions.
void FunctionEmitter::emit_leash(std::uint32_t pc, std::uint64_t cost) {
  Value where = b_.at(env_, static_cast<std::int64_t>(runtime::leash_fuel_offset));
  Value left = l_.BuildSub(b_.raw(), b_.load(b_.i64, where), b_.number(cost), "");
  b_.store(left, where);
  Block empty = b_.new_block(function_), stop = b_.new_block(function_), after = b_.new_block(function_);
  b_.branch_hardly_ever(b_.compare(LLVMIntSLT, left, b_.number(0)), empty, after);
  b_.go_on_in(empty);
  Value granted = call_glue(b_.i64, reinterpret_cast<const void*>(&renew_leash), {env_, b_.number(pc)});
  b_.branch_hardly_ever(b_.compare(LLVMIntEQ, granted, b_.number(0)), stop, after);
  b_.go_on_in(stop);
  give_unwinding();
  b_.go_on_in(after);
}

Value FunctionEmitter::condition(const Insn& insn) const {
  const bool narrow = insn.insn_class() == insn_class::jmp32;
  Value a = number(insn.dst);
  Value c = insn.from_register() ? number(insn.src) : b_.number(wide_immediate(insn));
  if (narrow) {
    a = b_.truncate(a, b_.i32);
    c = b_.truncate(c, b_.i32);
  }
  switch (insn.op()) {
    case jmp_op::jeq:
      return b_.compare(LLVMIntEQ, a, c);
    case jmp_op::jne:
      return b_.compare(LLVMIntNE, a, c);
    case jmp_op::jgt:
      return b_.compare(LLVMIntUGT, a, c);
    case jmp_op::jge:
      return b_.compare(LLVMIntUGE, a, c);
    case jmp_op::jlt:
      return b_.compare(LLVMIntULT, a, c);
    case jmp_op::jle:
      return b_.compare(LLVMIntULE, a, c);
    case jmp_op::jset:
      return b_.compare(LLVMIntNE, l_.BuildAnd(b_.raw(), a, c, ""), narrow ? b_.number32(0) : b_.number(0));
    case jmp_op::jsgt:
      return b_.compare(LLVMIntSGT, a, c);
    case jmp_op::jsge:
      return b_.compare(LLVMIntSGE, a, c);
    case jmp_op::jslt:
      return b_.compare(LLVMIntSLT, a, c);
    default:
      return b_.compare(LLVMIntSLE, a, c);
  }
}

}  // namespace skep::engine::native
