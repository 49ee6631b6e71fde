// Arithmetic and memory: see engine/llvm/function_emitter.hpp.
#include <cstring>

#include "engine/interpreter/arena_access.hpp"
#include "engine/llvm/function_emitter.hpp"
#include "runtime/context.hpp"

namespace skep::engine::native {

bool FunctionEmitter::emit_insn(const Insn& insn, const runtime::InsnFacts& facts) {
  switch (insn.insn_class()) {
    case insn_class::alu:
    case insn_class::alu64:
      emit_alu(insn, facts.arena);
      return true;
    case insn_class::ld:
      if (insn.is_wide_load())
        emit_wide_load(insn, facts);
      else
        emit_packet_load(insn);
      return true;
    case insn_class::jmp:
      return emit_call(insn, facts);
    case insn_class::ldx:
      if (facts.arena && !facts.pointer_field)
        emit_arena(insn);
      else
        emit_load(insn, facts);
      return true;
    case insn_class::st:
      if (facts.arena)
        emit_arena(insn);
      else
        emit_store(insn);
      return true;
    default:
      if (facts.arena)
        emit_arena(insn);
      else if (insn.mode() == mem_mode::atomic && insn.imm == atomic_op::load_acq && facts.fault_protected)
        emit_load(insn, facts);
      else if (insn.mode() == mem_mode::atomic)
        emit_atomic(insn);
      else
        emit_store(insn);
      return true;
  }
}

// ---- arithmetic -----------------------------------------------------------------------------------------------------

void FunctionEmitter::emit_alu(const Insn& insn, bool in_arena) {
  const bool wide = insn.insn_class() == insn_class::alu64 && !in_arena;
  const LLVMBuilderRef raw = b_.raw();
  if (insn.op() == alu_op::mov) return emit_move(insn, wide);
  if (insn.op() == alu_op::end) return emit_swap(insn);
  Type type = wide ? b_.i64 : b_.i32;
  const auto operand = [&](Value v) { return wide ? v : b_.truncate(v, b_.i32); };
  if (insn.op() == alu_op::neg) {
    Value negated = l_.BuildNeg(raw, operand(number(insn.dst)), "");
    return set(insn.dst, wide ? negated : b_.zero_extend(negated, b_.i64));
  }
  const bool add = insn.op() == alu_op::add, sub = insn.op() == alu_op::sub;
  if (wide && (add || sub)) {
    Kinds after = kinds_;
    step(after, insn, {}, module_.bodies.constants);
    if (after[insn.dst].is_pointer()) {
      Value offset = insn.from_register() ? number(insn.src) : b_.number(wide_immediate(insn));
      unsigned base = insn.dst;
      if (add && insn.from_register() && kinds_[insn.src].is_pointer()) {
        base = insn.src;
        offset = number(insn.dst);
      }
      return set_pointer(insn.dst, b_.moved(pointer(base), sub ? l_.BuildNeg(raw, offset, "") : offset));
    }
  }
  Value a = operand(number(insn.dst));
  Value c = operand(insn.from_register() ? number(insn.src) : b_.number(wide_immediate(insn)));
  const bool shifts = insn.op() == alu_op::lsh || insn.op() == alu_op::rsh || insn.op() == alu_op::arsh;
  if (shifts) c = l_.BuildAnd(raw, c, l_.ConstInt(type, wide ? 63 : 31, 0), "");
  Value result = nullptr;
  switch (insn.op()) {
    case alu_op::add:
      result = l_.BuildAdd(raw, a, c, "");
      break;
    case alu_op::sub:
      result = l_.BuildSub(raw, a, c, "");
      break;
    case alu_op::mul:
      result = l_.BuildMul(raw, a, c, "");
      break;
    case alu_op::or_:
      result = l_.BuildOr(raw, a, c, "");
      break;
    case alu_op::and_:
      result = l_.BuildAnd(raw, a, c, "");
      break;
    case alu_op::xor_:
      result = l_.BuildXor(raw, a, c, "");
      break;
    case alu_op::lsh:
      result = l_.BuildShl(raw, a, c, "");
      break;
    case alu_op::rsh:
      result = l_.BuildLShr(raw, a, c, "");
      break;
    case alu_op::arsh:
      result = l_.BuildAShr(raw, a, c, "");
      break;
    default:
      result = divide(insn, a, c, type);
      break;
  }
  set(insn.dst, wide ? result : b_.zero_extend(result, b_.i64));
}

// By zero gives zero (the remainder: what was divided), and the one overflow of signed division wraps.
Value FunctionEmitter::divide(const Insn& insn, Value a, Value c, Type type) const {
  const LLVMBuilderRef raw = b_.raw();
  const bool is_signed = insn.off != 0, remainder = insn.op() == alu_op::mod;
  Value zero = l_.ConstInt(type, 0, 0), one = l_.ConstInt(type, 1, 0), minus_one = l_.ConstInt(type, ~0ULL, 1);
  Value by_zero = b_.compare(LLVMIntEQ, c, zero);
  if (!is_signed) {
    Value by = b_.select(by_zero, one, c);
    Value divided = remainder ? l_.BuildURem(raw, a, by, "") : l_.BuildUDiv(raw, a, by, "");
    return b_.select(by_zero, remainder ? a : zero, divided);
  }
  Value by_minus_one = b_.compare(LLVMIntEQ, c, minus_one);
  Value by = b_.select(l_.BuildOr(raw, by_zero, by_minus_one, ""), one, c);
  Value divided = remainder ? l_.BuildSRem(raw, a, by, "") : l_.BuildSDiv(raw, a, by, "");
  divided = b_.select(by_minus_one, remainder ? zero : l_.BuildNeg(raw, a, ""), divided);
  return b_.select(by_zero, remainder ? a : zero, divided);
}

void FunctionEmitter::emit_move(const Insn& insn, bool wide) {
  if (!insn.from_register()) {
    const std::uint64_t value = wide_immediate(insn);
    return set(insn.dst, b_.number(wide ? value : low(value)));
  }
  if (is_address_space_cast(insn)) {
    if (insn.imm == cast_to_user)
      return set(insn.dst, call_glue(b_.i64, reinterpret_cast<const void*>(&arena_to_user), {env_, number(insn.src)}));
    return set(insn.dst, b_.zero_extend(b_.truncate(number(insn.src), b_.i32), b_.i64));
  }
  Value value = number(insn.src);
  if (insn.off != 0)
    value = b_.sign_extend(b_.truncate(value, b_.integer(static_cast<unsigned>(insn.off) / 8)), b_.i64);
  if (!wide) value = b_.zero_extend(b_.truncate(value, b_.i32), b_.i64);
  if (wide && insn.off == 0 && kinds_[insn.src].is_pointer()) return set_pointer(insn.dst, pointer(insn.src));
  set(insn.dst, value);
}

void FunctionEmitter::emit_swap(const Insn& insn) {
  const bool swaps = insn.insn_class() == insn_class::alu64 || insn.from_register();
  Type type = b_.integer(static_cast<unsigned>(insn.imm) / 8);
  Value value = b_.truncate(number(insn.dst), type);
  if (insn.imm == 64) value = number(insn.dst);
  if (swaps) {
    const unsigned id = l_.LookupIntrinsicID("llvm.bswap", 10);
    Value intrinsic = l_.GetIntrinsicDeclaration(module_.module, id, &type, 1);
    value = b_.call(b_.function(type, {type}), intrinsic, {value});
  }
  set(insn.dst, insn.imm == 64 ? value : b_.zero_extend(value, b_.i64));
}

// ---- memory ---------------------------------------------------------------------------------------------------------

void FunctionEmitter::emit_load(const Insn& insn, const runtime::InsnFacts& facts) {
  const unsigned size = access_bytes(insn.size());
  const bool is_signed = insn.insn_class() == insn_class::ldx && insn.mode() == mem_mode::memsx;
  if (facts.pointer_field) {
    const std::int64_t at = static_cast<std::int64_t>(runtime::Context::shadow_offset(code_.context_size)) +
                            2 * static_cast<std::int64_t>(static_cast<std::uint16_t>(insn.off));
    return set_pointer(insn.dst, b_.load(b_.ptr, b_.at(pointer(insn.src), at)));
  }
  if (facts.map_field != runtime::MapField::none)
    return set(insn.dst, call_glue(b_.i64, reinterpret_cast<const void*>(&map_field),
                                   {number(insn.src), b_.number(static_cast<std::uint64_t>(facts.map_field)),
                                    b_.number(facts.map_field_skip), b_.number(size)}));
  if (facts.fault_protected) {
    Value address = b_.to_number(b_.at(pointer(insn.src), insn.off));
    return set(insn.dst, call_glue(b_.i64, reinterpret_cast<const void*>(&careful_load),
                                   {env_, address, b_.number(size), b_.number(is_signed ? 1 : 0), b_.number(pc_)}));
  }
  Type type = b_.integer(size);
  Value value = constant(insn, size);
  if (value == nullptr) value = b_.load_unaligned(type, b_.at(pointer(insn.src), insn.off));
  if (size < 8) value = is_signed ? b_.sign_extend(value, b_.i64) : b_.zero_extend(value, b_.i64);
  set(insn.dst, value);
}

// What a load reads of memory that never changes, or null.
Value FunctionEmitter::constant(const Insn& insn, unsigned size) const {
  const Kind& base = kinds_[insn.src];
  if (base.what != Kind::What::pointer || base.offset == 0) return nullptr;
  const auto from = static_cast<std::uint64_t>(base.offset + insn.off);
  for (const auto& memory : module_.bodies.constants) {
    const std::uint64_t in_value = from - reinterpret_cast<std::uint64_t>(memory.data());
    if (in_value >= memory.size() || size > memory.size() - in_value) continue;
    std::uint64_t value = 0;
    std::memcpy(&value, memory.data() + in_value, size);
    return l_.ConstInt(b_.integer(size), value, 0);
  }
  return nullptr;
}

void FunctionEmitter::emit_store(const Insn& insn) {
  const unsigned size = access_bytes(insn.size());
  Value value = insn.insn_class() == insn_class::st ? b_.number(wide_immediate(insn)) : number(insn.src);
  if (size < 8) value = b_.truncate(value, b_.integer(size));
  b_.store_unaligned(value, b_.at(pointer(insn.dst), insn.off));
}

// What it answers, or null: nothing. Fetching instructions are full barriers, as the kernel's; others order nothing.
Value FunctionEmitter::emit_atomic_at(const Insn& insn, Value where, Type type) const {
  const LLVMBuilderRef raw = b_.raw();
  const unsigned size = access_bytes(insn.size());
  const auto narrow = [&](unsigned reg) { return size < 8 ? b_.truncate(number(reg), type) : number(reg); };
  if (insn.imm == atomic_op::load_acq) {
    Value loaded = b_.load(type, where);
    l_.SetOrdering(loaded, LLVMAtomicOrderingAcquire);
    l_.SetAlignment(loaded, size);
    return loaded;
  }
  if (insn.imm == atomic_op::store_rel) {
    Value stored = l_.BuildStore(raw, narrow(insn.src), where);
    l_.SetOrdering(stored, LLVMAtomicOrderingRelease);
    l_.SetAlignment(stored, size);
    return nullptr;
  }
  if (insn.imm == atomic_op::cmpxchg) {
    Value both =
        l_.BuildAtomicCmpXchg(raw, where, narrow(0), narrow(insn.src), LLVMAtomicOrderingSequentiallyConsistent,
                              LLVMAtomicOrderingSequentiallyConsistent, 0);
    l_.SetAlignment(both, size);
    return b_.part(both, 0);
  }
  const bool fetches = (insn.imm & atomic_op::fetch) != 0;
  LLVMAtomicRMWBinOp op = LLVMAtomicRMWBinOpXchg;
  switch (insn.imm & ~atomic_op::fetch) {
    case atomic_op::add:
      op = LLVMAtomicRMWBinOpAdd;
      break;
    case atomic_op::or_:
      op = LLVMAtomicRMWBinOpOr;
      break;
    case atomic_op::and_:
      op = LLVMAtomicRMWBinOpAnd;
      break;
    case atomic_op::xor_:
      op = LLVMAtomicRMWBinOpXor;
      break;
    default:
      break;  // xchg
  }
  Value before = l_.BuildAtomicRMW(raw, op, where, narrow(insn.src),
                                   fetches ? LLVMAtomicOrderingSequentiallyConsistent : LLVMAtomicOrderingMonotonic, 0);
  l_.SetAlignment(before, size);
  return fetches ? before : nullptr;
}

void FunctionEmitter::emit_atomic(const Insn& insn) {
  const bool loads = insn.imm == atomic_op::load_acq;
  Type type = b_.integer(access_bytes(insn.size()));
  Value answer = emit_atomic_at(insn, b_.at(pointer(loads ? insn.src : insn.dst), insn.off), type);
  if (answer == nullptr) return;
  if (access_bytes(insn.size()) < 8) answer = b_.zero_extend(answer, b_.i64);
  set(loads ? insn.dst : insn.imm == atomic_op::cmpxchg ? 0U : unsigned{insn.src}, answer);
}

// Through the arena's bounds and pages; where there is none, loads and what fetches give 0, and stores are dropped.
void FunctionEmitter::emit_arena(const Insn& insn) {
  const bool atomic = insn.insn_class() == insn_class::stx && insn.mode() == mem_mode::atomic;
  const bool ordered_load = atomic && insn.imm == atomic_op::load_acq;
  const bool loads = insn.insn_class() == insn_class::ldx;
  const unsigned size = access_bytes(insn.size());
  const unsigned base = loads || ordered_load ? insn.src : insn.dst;
  Value at = call_glue(b_.ptr, reinterpret_cast<const void*>(&native::arena_access),
                       {env_, number(base), b_.number(static_cast<std::uint64_t>(std::int64_t{insn.off})),
                        b_.number(size), b_.number(pc_)});
  Value faults = b_.compare(LLVMIntEQ, b_.to_number(at), b_.number(0));
  Block there = b_.new_block(function_), nowhere = b_.new_block(function_), after = b_.new_block(function_);
  b_.branch_hardly_ever(faults, nowhere, there);

  unsigned answers_in = reg_count;  // the register that a fault clears
  if (loads || ordered_load)
    answers_in = insn.dst;
  else if (atomic && insn.imm == atomic_op::cmpxchg)
    answers_in = 0;
  else if (atomic && insn.imm != atomic_op::store_rel && (insn.imm & atomic_op::fetch) != 0)
    answers_in = insn.src;

  b_.go_on_in(there);
  if (loads) {
    Value value = b_.load_unaligned(b_.integer(size), at);
    if (size < 8)
      value = insn.mode() == mem_mode::memsx ? b_.sign_extend(value, b_.i64) : b_.zero_extend(value, b_.i64);
    set(insn.dst, value);
  } else if (atomic) {
    Value r0 = b_.at(temporary_, 8), dst = b_.at(temporary_, 16);
    b_.store(number(insn.src), temporary_);
    b_.store(number(0), r0);
    call_glue(b_.nothing, reinterpret_cast<const void*>(&native::arena_atomic),
              {at, b_.number(size), b_.number(static_cast<std::uint64_t>(std::int64_t{insn.imm})), temporary_});
    if (answers_in != reg_count)
      set(answers_in, b_.load(b_.i64, ordered_load ? dst : insn.imm == atomic_op::cmpxchg ? r0 : temporary_));
  } else {
    Value value = insn.insn_class() == insn_class::st ? b_.number(wide_immediate(insn)) : number(insn.src);
    b_.store_unaligned(size < 8 ? b_.truncate(value, b_.integer(size)) : value, at);
  }
  b_.jump(after);
  b_.go_on_in(nowhere);
  if (answers_in != reg_count) set(answers_in, b_.number(0));
  b_.jump(after);
  b_.go_on_in(after);
}

void FunctionEmitter::emit_wide_load(const Insn& insn, const runtime::InsnFacts& facts) {
  if (facts.per_cpu_value && facts.map != nullptr) {
    Value address = call_glue(b_.i64, reinterpret_cast<const void*>(&address_on_cpu),
                              {env_, module_.own_number(reinterpret_cast<std::uint64_t>(facts.map)),
                               b_.number(static_cast<std::uint32_t>(insn.imm))});
    return set_pointer(insn.dst, b_.to_pointer(address));
  }
  if (facts.callee >= 0 && insn.src == pseudo::func)
    return set(insn.dst, module_.own_number(reinterpret_cast<std::uint64_t>(
                             &code_.subprograms[static_cast<std::size_t>(facts.callee)])));
  const std::uint64_t value =
      static_cast<std::uint32_t>(insn.imm) | std::uint64_t{static_cast<std::uint32_t>(code_.insns[pc_ + 1].imm)} << 32;
  if (insn.src != 0 && insn.src != pseudo::func) return set_pointer(insn.dst, module_.own_pointer(value));
  set(insn.dst, b_.number(value));
}

// The old loads from packets: without such bytes the function ends with 0.
void FunctionEmitter::emit_packet_load(const Insn& insn) {
  count();
  Value offset = b_.number(wide_immediate(insn));
  if (insn.mode() == mem_mode::ind) {
    Value index = b_.sign_extend(b_.truncate(number(insn.src), b_.i32), b_.i64);
    Value sum = l_.BuildAdd(b_.raw(), index, offset, "");
    offset = b_.sign_extend(b_.truncate(sum, b_.i32), b_.i64);
  }
  Value result = call_glue(module_.result_type, reinterpret_cast<const void*>(&load_packet),
                           {env_, number(6), offset, b_.number(access_bytes(insn.size()))});
  Block missing = b_.new_block(function_), found = b_.new_block(function_);
  b_.branch_hardly_ever(b_.compare(LLVMIntEQ, b_.part(result, 1), b_.number(0)), missing, found);
  b_.go_on_in(missing);
  give_result(b_.number(0));
  b_.go_on_in(found);
  set(0, b_.part(result, 0));
}

}  // namespace skep::engine::native
