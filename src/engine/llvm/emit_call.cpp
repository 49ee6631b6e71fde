// Calls: of the program's own functions, of helpers and kfuncs, and jumps to other programs. See
// engine/llvm/function_emitter.hpp.
#include <cerrno>

#include "calls/call.hpp"
#include "calls/helpers/ids.hpp"
#include "engine/host_call.hpp"
#include "engine/llvm/compiled.hpp"
#include "engine/llvm/function_emitter.hpp"
#include "maps/objects.hpp"

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
    emit_tail_call(facts);
    return true;
  }
  const bool returns_address = [&] {
    Kinds after = kinds_;
    step(after, insn, facts, module_.bodies.constants);
    return after[0].is_pointer();
  }();
  if (!emit_inlined(facts)) {
    std::array<Value, 5> arguments = {};
    std::size_t known = arguments.size();
    const bool any_number = facts.helper != nullptr && facts.helper->signature.ends_with("...)");
    if (facts.helper != nullptr && !any_number)
      while (known > 0 && facts.helper->args[known - 1].kind == calls::ArgKind::none) --known;
    if (known == 0) known = arguments.size();
    for (unsigned i = 0; i < arguments.size(); ++i) arguments[i] = i >= known ? b_.undefined(b_.i64) : number(i + 1);
    if (facts.aux_register != 0)
      arguments[facts.aux_register - 1U] = module_.own_number(reinterpret_cast<std::uint64_t>(&module_.program));
    const CallFn fn = calls::function_of(facts);
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
  values.push_back(b_.number(reinterpret_cast<std::uint64_t>(fn)));
  Value answer = b_.call(b_.function(answer_type, {b_.ptr, b_.i64, b_.i64, b_.i64, b_.i64, b_.i64, b_.i64}),
                         b_.address(reinterpret_cast<const void*>(&call_guarded)), values);
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

// Notes that this function waits for another; what to put back afterwards.
Value FunctionEmitter::push_waiting() const {
  Value field = state_field(offsetof(State, waiting));
  Value before = b_.load(b_.ptr, field);
  b_.store(before, b_.at(waiting_, offsetof(Waiting, below)));
  b_.store(module_.own_pointer(&module_.program), b_.at(waiting_, offsetof(Waiting, program)));
  b_.store(b_.number(pc_), b_.at(waiting_, offsetof(Waiting, pc)));
  b_.store(waiting_, field);
  return before;
}

void FunctionEmitter::check_unwinding(Value result) {
  Block unwind = b_.new_block(function_), after = b_.new_block(function_);
  b_.branch_hardly_ever(b_.compare(LLVMIntNE, b_.part(result, 1), b_.number(returned)), unwind, after);
  b_.go_on_in(unwind);
  give_unwinding();
  b_.go_on_in(after);
}

void FunctionEmitter::emit_subprogram_call(std::size_t callee) {
  const Body& called = module_.bodies.of[callee];
  Value before = called.quiet ? nullptr : push_waiting();  // somebody may ask who called
  Value depth_field = state_field(offsetof(State, depth));
  if (called.may_tail_call)
    b_.store(l_.BuildAdd(b_.raw(), b_.load(b_.i32, depth_field), b_.number32(1), ""), depth_field);
  std::vector<Value> arguments = {env_};
  for (unsigned i = 1; i <= 5; ++i) arguments.push_back(number(i));
  Value result = b_.call(module_.function_type, module_.functions[callee], arguments);
  if (!called.quiet) {
    check_unwinding(result);
    b_.store(before, state_field(offsetof(State, waiting)));
  }
  if (called.may_tail_call) {
    b_.store(l_.BuildSub(b_.raw(), b_.load(b_.i32, depth_field), b_.number32(1), ""), depth_field);
    b_.store(module_.own_pointer(&module_.program), state_field(offsetof(State, program)));
  }
  set(0, b_.part(result, 0));
  forget_arguments();
}

void FunctionEmitter::go_on_if(Value condition, Block otherwise) const {
  Block next = b_.new_block(function_);
  b_.branch_hardly_ever(l_.BuildXor(b_.raw(), condition, l_.ConstInt(b_.i1, 1, 0), ""), otherwise, next);
  b_.go_on_in(next);
}

// What CompiledRun::tail_call() and switch_program() do where nothing has to be kept for the target, and it has code:
// to jump to. Otherwise nothing has been done.
Value FunctionEmitter::emit_quick_jump(Value slot, Block otherwise) const {
  const auto load_address = [&](Value from) { return load_shared(b_.ptr, from, 8, LLVMAtomicOrderingAcquire); };
  const auto is_there = [&](Value address) { return b_.compare(LLVMIntNE, b_.to_number(address), b_.number(0)); };
  Value so_far = state_field(offsetof(State, tail_calls)), outermost = state_field(offsetof(State, outermost));
  Value jumps = b_.load(b_.i32, so_far);
  go_on_if(b_.compare(LLVMIntULT, jumps, b_.load(b_.i32, state_field(offsetof(State, most_quick_jumps)))), otherwise);
  Value reference = load_address(slot);
  go_on_if(is_there(reference), otherwise);
  Value program = b_.load(b_.ptr, reference);
  Value executable = b_.load(b_.ptr, b_.at(program, Program::place_of_executable()));
  Value target = load_address(b_.at(executable, Compiled::entry_place()));
  go_on_if(is_there(target), otherwise);
  b_.store(l_.BuildAdd(b_.raw(), jumps, b_.number32(1), ""), so_far);
  b_.store(program, state_field(offsetof(State, program)));
  Value in_first_frame = b_.compare(LLVMIntEQ, b_.load(b_.i32, state_field(offsetof(State, depth))), b_.number32(0));
  b_.store(b_.select(in_first_frame, program, b_.load(b_.ptr, outermost)), outermost);
  return target;
}

// A jump, where the target can be jumped to; else the program goes on with an error in r0.
void FunctionEmitter::emit_tail_call(const runtime::InsnFacts& facts) {
  Block slowly = b_.new_block(function_), jumps = b_.new_block(function_), goes_on_here = b_.new_block(function_);
  std::vector<Value> targets;
  std::vector<Block> from;
  const auto jump_to = [&](Value target, Block otherwise) {
    targets.push_back(target);
    from.push_back(b_.here());
    b_.branch(b_.compare(LLVMIntNE, b_.to_number(target), b_.number(0)), jumps, otherwise);
  };
  const auto slots = facts.map != nullptr ? maps::program_slots(*facts.map) : std::span<const maps::ObjectSlot>();
  if (slots.empty()) {
    b_.jump(slowly);
  } else {
    Value index = b_.zero_extend(b_.truncate(number(3), b_.i32), b_.i64);
    go_on_if(b_.compare(LLVMIntULT, index, b_.number(slots.size())), slowly);
    Value slot = b_.moved(module_.own_pointer(slots.data()), l_.BuildShl(b_.raw(), index, b_.number(3), ""));
    targets.push_back(emit_quick_jump(slot, slowly));
    from.push_back(b_.here());
    b_.jump(jumps);
  }
  b_.go_on_in(slowly);
  note_place();
  jump_to(call_glue(b_.ptr, reinterpret_cast<const void*>(&tail_target),
                    {env_, b_.number(reinterpret_cast<std::uint64_t>(facts.helper->fn)), number(1), number(2),
                     number(3), temporary_}),
          goes_on_here);
  b_.go_on_in(jumps);
  Value target = l_.BuildPhi(b_.raw(), b_.ptr, "");
  l_.AddIncoming(target, targets.data(), from.data(), static_cast<unsigned>(targets.size()));
  emit_heat();
  forget_frame();
  Value nobodys = b_.undefined(b_.i64);
  Value result = b_.call(module_.function_type, target, {env_, number(1), nobodys, nobodys, nobodys, nobodys});
  l_.SetTailCallKind(result, LLVMTailCallKindMustTail);
  b_.give(result);
  b_.go_on_in(goes_on_here);
  set(0, b_.load(b_.i64, temporary_));
  forget_arguments();
}

// ---- calls that are made without calling: each does what the call's entry does, which tests/engine/compiled_test.cpp
// compares. Those of maps are in emit_map.cpp, those of iterators in emit_iterator.cpp.

bool FunctionEmitter::emit_inlined(const runtime::InsnFacts& facts) {
  if (facts.mocked) return false;
  if (facts.kfunc != nullptr) {
    switch (facts.kfunc->special) {
      case calls::Special::rcu_read_lock:
      case calls::Special::rcu_read_unlock:
      case calls::Special::preempt_disable:
      case calls::Special::preempt_enable:
        set(0, b_.number(0));
        return true;
      default:
        return emit_iterator(facts);
    }
  }
  if (facts.helper->ret == calls::RetKind::cpu) {
    set(0, b_.zero_extend(b_.load(b_.i32, state_field(offsetof(State, cpu))), b_.i64));
    return true;
  }
  switch (facts.helper->special) {
    case calls::Special::map_lookup:
      return facts.map != nullptr && (emit_array_lookup(*facts.map) || emit_hash_lookup(*facts.map));
    case calls::Special::map_update:
      return facts.map != nullptr && emit_map_update(*facts.map);
    case calls::Special::map_delete:
      return facts.map != nullptr && emit_map_erase(*facts.map);
    case calls::Special::loop:
      if (kinds_[2].what != Kind::What::function) return false;
      emit_loop(static_cast<std::size_t>(kinds_[2].offset));
      return true;
    case calls::Special::for_each_map_elem:
      if (kinds_[2].what != Kind::What::function) return false;
      emit_for_each(static_cast<std::size_t>(kinds_[2].offset));
      return true;
    default:
      return emit_of_services(*facts.helper);
  }
}

bool FunctionEmitter::emit_of_services(const calls::Helper& helper) {
  const auto is = [&](calls::HelperId id) {
    return helper.fn == calls::find_helper(static_cast<std::uint32_t>(id))->fn;
  };
  const void* function = nullptr;
  if (is(calls::HelperId::ktime_get_ns)) function = reinterpret_cast<const void*>(&monotonic_ns);
  if (is(calls::HelperId::get_prandom_u32)) function = reinterpret_cast<const void*>(&random_u32);
  if (function != nullptr) set(0, call_glue(b_.i64, function, {env_}));
  return function != nullptr;
}

// bpf_for_each_map_elem with a function that is known: its code is called for one element after the other.
void FunctionEmitter::emit_for_each(std::size_t callee) {
  note_place();
  Value result = call_glue(module_.result_type, reinterpret_cast<const void*>(&for_each_element),
                           {env_, number(1), module_.functions[callee], number(3), number(4)});
  check_unwinding(result);
  set(0, b_.part(result, 0));
}

// bpf_loop of a function that is known: a loop.
void FunctionEmitter::emit_loop(std::size_t callee) {
  constexpr std::uint64_t most = 8 * 1024 * 1024, rounds_of_a_look = 64;
  const Body& called = module_.bodies.of[callee];
  Value count = b_.zero_extend(b_.truncate(number(1), b_.i32), b_.i64);
  Value context = number(3), flags = number(4);
  Block valid = b_.new_block(function_), some = b_.new_block(function_), begin = b_.new_block(function_);
  Block round = b_.new_block(function_), goes_on_here = b_.new_block(function_), look = b_.new_block(function_);
  Block next = b_.new_block(function_), ended = b_.new_block(function_), done = b_.new_block(function_);
  std::vector<Value> results;
  std::vector<Block> from;
  const auto ends_with = [&](std::uint64_t result) {
    results.push_back(b_.number(result));
    from.push_back(b_.here());
  };

  ends_with(static_cast<std::uint64_t>(-std::int64_t{EINVAL}));
  b_.branch_hardly_ever(b_.compare(LLVMIntNE, flags, b_.number(0)), done, valid);
  b_.go_on_in(valid);
  ends_with(static_cast<std::uint64_t>(-std::int64_t{E2BIG}));
  b_.branch_hardly_ever(b_.compare(LLVMIntUGT, count, b_.number(most)), done, some);
  b_.go_on_in(some);
  ends_with(0);
  b_.branch(b_.compare(LLVMIntEQ, count, b_.number(0)), done, begin);
  b_.go_on_in(begin);
  Value before = called.quiet ? nullptr : push_waiting();
  b_.jump(round);

  b_.go_on_in(round);
  Value index = l_.BuildPhi(b_.raw(), b_.i64, "");
  Value nobodys = b_.undefined(b_.i64);
  Value result =
      b_.call(module_.function_type, module_.functions[callee], {env_, index, context, nobodys, nobodys, nobodys});
  if (!called.quiet) check_unwinding(result);
  Value following = l_.BuildAdd(b_.raw(), index, b_.number(1), "");
  Value stops = b_.compare(LLVMIntNE, b_.part(result, 0), b_.number(0));
  b_.branch(l_.BuildOr(b_.raw(), stops, b_.compare(LLVMIntUGE, following, count), ""), ended, goes_on_here);
  b_.go_on_in(goes_on_here);
  Value in_slice = l_.BuildAnd(b_.raw(), following, b_.number(rounds_of_a_look - 1), "");
  b_.branch_hardly_ever(b_.compare(LLVMIntEQ, in_slice, b_.number(0)), look, next);
  b_.go_on_in(look);
  emit_leash(pc_, rounds_of_a_look * cost_of_a_round);
  b_.jump(next);
  b_.go_on_in(next);
  emit_memory_barrier();  // what the function watches may change from round to round
  b_.jump(round);
  std::array<Value, 2> indices = {b_.number(0), following};
  std::array<Block, 2> indices_from = {begin, next};
  l_.AddIncoming(index, indices.data(), indices_from.data(), 2);

  b_.go_on_in(ended);
  if (before != nullptr) b_.store(before, state_field(offsetof(State, waiting)));
  results.push_back(following);
  from.push_back(ended);
  b_.jump(done);
  b_.go_on_in(done);
  Value answer = l_.BuildPhi(b_.raw(), b_.i64, "");
  l_.AddIncoming(answer, results.data(), from.data(), static_cast<unsigned>(results.size()));
  set(0, answer);
}

}  // namespace skep::engine::native
