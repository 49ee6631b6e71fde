// Calls: of the program's own functions, of helpers and kfuncs, and jumps to other programs. See
// engine/llvm/function_emitter.hpp.
#include "calls/call.hpp"
#include "engine/llvm/function_emitter.hpp"

namespace skep::engine::native {

Value FunctionEmitter::call_glue(Type result, const void* function, std::vector<Value> arguments) const {
  std::vector<Type> types;
  for (Value argument : arguments) types.push_back(l_.TypeOf(argument));
  return b_.call(b_.function(result, types), b_.address(function), std::move(arguments));
}

void FunctionEmitter::note_place() const {
  b_.store(b_.number(pc_), state_field(offsetof(State, pc)));
}

// What r1 to r5 hold after a call is nobody's.
void FunctionEmitter::forget_arguments() const {
  for (unsigned i = 1; i <= 5; ++i) b_.store(b_.undefined(b_.i64), numbers_[i]);
}

bool FunctionEmitter::emit_call(const Insn& insn, const runtime::InsnFacts& facts) {
  count();
  if (insn.src == call_kind::subprogram) {
    emit_subprogram_call(static_cast<std::size_t>(facts.callee));
    return true;
  }
  if (facts.helper != nullptr && facts.helper->special == calls::Special::tail_call) {
    emit_tail_call(*facts.helper);
    return true;
  }
  const bool returns_address = [&] {
    Kinds after = kinds_;
    step(after, insn, facts);
    return after[0].is_pointer();
  }();
  if (!emit_inlined(facts)) {
    std::array<Value, 5> arguments = {};
    std::size_t known = arguments.size();
    if (facts.helper != nullptr)
      while (known > 0 && facts.helper->args[known - 1].kind == calls::ArgKind::none) --known;
    if (known == 0) known = arguments.size();
    for (unsigned i = 0; i < arguments.size(); ++i) arguments[i] = i >= known ? b_.undefined(b_.i64) : number(i + 1);
    if (facts.aux_register != 0)
      arguments[facts.aux_register - 1U] = b_.number(reinterpret_cast<std::uint64_t>(&module_.program));
    const CallFn fn = facts.helper != nullptr ? facts.helper->fn : facts.kfunc->fn;
    emit_out_of_line(fn != nullptr ? reinterpret_cast<const void*>(fn) : reinterpret_cast<const void*>(&call_host),
                     arguments);
  }
  if (returns_address) b_.store(b_.to_pointer(b_.load(b_.i64, numbers_[0])), pointers_[0]);
  forget_arguments();
  return true;
}

// The one definition of the call; what it answers other than a value is acted on elsewhere.
void FunctionEmitter::emit_out_of_line(const void* fn, const std::array<Value, 5>& arguments) {
  note_place();
  Type answer_type = b_.structure({b_.i8, b_.i64});
  std::vector<Value> values = {env_};
  values.insert(values.end(), arguments.begin(), arguments.end());
  Value answer =
      b_.call(b_.function(answer_type, {b_.ptr, b_.i64, b_.i64, b_.i64, b_.i64, b_.i64}), b_.address(fn), values);
  Value kind = b_.part(answer, 0), value = b_.part(answer, 1);
  Block slow = b_.new_block(function_), leave = b_.new_block(function_), unwind = b_.new_block(function_);
  Block ended = b_.new_block(function_), after = b_.new_block(function_);
  Block fast = b_.here();
  b_.branch_hardly_ever(b_.compare(LLVMIntNE, kind, l_.ConstInt(b_.i8, 0, 0)), slow, after);

  b_.go_on_in(slow);
  std::vector<Value> all = {env_, b_.zero_extend(kind, b_.i64), value, b_.number(reinterpret_cast<std::uint64_t>(fn))};
  all.insert(all.end(), arguments.begin(), arguments.end());
  Value acted = call_glue(module_.result_type, reinterpret_cast<const void*>(&call_slowly), std::move(all));
  Value slow_value = b_.part(acted, 0), status = b_.part(acted, 1);
  b_.branch(b_.compare(LLVMIntEQ, status, b_.number(goes_on)), after, ended);
  b_.go_on_in(ended);
  b_.branch(b_.compare(LLVMIntEQ, status, b_.number(leaves)), leave, unwind);
  b_.go_on_in(leave);
  give_result(slow_value);
  b_.go_on_in(unwind);
  give_unwinding();

  b_.go_on_in(after);
  Value result = l_.BuildPhi(b_.raw(), b_.i64, "");
  std::array<Value, 2> values_from = {value, slow_value};
  std::array<Block, 2> from = {fast, slow};
  l_.AddIncoming(result, values_from.data(), from.data(), 2);
  set(0, result);
}

void FunctionEmitter::emit_subprogram_call(std::size_t callee) {
  const Body& called = module_.bodies.of[callee];
  Value waiting_field = state_field(offsetof(State, waiting));
  Value before = nullptr;
  if (!called.quiet) {  // somebody may ask who called
    Value record = waiting_;
    before = b_.load(b_.ptr, waiting_field);
    b_.store(before, b_.at(record, offsetof(Waiting, below)));
    b_.store(b_.address(&module_.program), b_.at(record, offsetof(Waiting, program)));
    b_.store(b_.number(pc_), b_.at(record, offsetof(Waiting, pc)));
    b_.store(record, waiting_field);
  }
  Value depth_field = state_field(offsetof(State, depth));
  if (called.may_tail_call)
    b_.store(l_.BuildAdd(b_.raw(), b_.load(b_.i32, depth_field), b_.number32(1), ""), depth_field);
  std::vector<Value> arguments = {env_};
  for (unsigned i = 1; i <= 5; ++i) arguments.push_back(number(i));
  Value result = b_.call(module_.function_type, module_.functions[callee], arguments);
  if (!called.quiet) {
    Block unwind = b_.new_block(function_), after = b_.new_block(function_);
    b_.branch_hardly_ever(b_.compare(LLVMIntNE, b_.part(result, 1), b_.number(returned)), unwind, after);
    b_.go_on_in(unwind);
    give_unwinding();
    b_.go_on_in(after);
    b_.store(before, waiting_field);
  }
  if (called.may_tail_call) {
    b_.store(l_.BuildSub(b_.raw(), b_.load(b_.i32, depth_field), b_.number32(1), ""), depth_field);
    b_.store(b_.address(&module_.program), state_field(offsetof(State, program)));
  }
  set(0, b_.part(result, 0));
  forget_arguments();
}

// A jump, where the target can be jumped to; else the program goes on with an error in r0.
void FunctionEmitter::emit_tail_call(const calls::Helper& helper) {
  note_place();
  Value target = call_glue(
      b_.ptr, reinterpret_cast<const void*>(&tail_target),
      {env_, b_.number(reinterpret_cast<std::uint64_t>(helper.fn)), number(1), number(2), number(3), temporary_});
  Block jumps = b_.new_block(function_), goes_on_here = b_.new_block(function_);
  b_.branch(b_.compare(LLVMIntNE, b_.to_number(target), b_.number(0)), jumps, goes_on_here);
  b_.go_on_in(jumps);
  Value nobodys = b_.undefined(b_.i64);
  Value result = b_.call(module_.function_type, target, {env_, number(1), nobodys, nobodys, nobodys, nobodys});
  l_.SetTailCallKind(result, LLVMTailCallKindMustTail);
  b_.give(result);
  b_.go_on_in(goes_on_here);
  set(0, b_.load(b_.i64, temporary_));
  forget_arguments();
}

bool FunctionEmitter::emit_inlined(const runtime::InsnFacts&) {
  return false;
}

}  // namespace skep::engine::native
