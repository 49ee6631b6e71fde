// One step of the way back, for each class of instruction. See backtrack.hpp.
#include "verifier/path/backtrack.hpp"

#include "verifier/path/flow.hpp"
#include "verifier/path/history.hpp"
#include "verifier/path/path.hpp"
#include "verifier/report/log.hpp"

namespace skep::verifier {

namespace {

constexpr std::uint32_t arguments = 0x3e;  // r1 to r5

struct Step {
  Env& env;
  const Insn& insn;
  std::uint32_t at;
  std::int64_t next;
  const Jump* entry;
  Backtrack& wanted;

  bool touches_stack() const { return entry != nullptr && (entry->flags & history_flag::stack_access) != 0; }
  std::uint32_t stack_frame() const { return entry->flags & history_flag::frame_mask; }
  std::uint64_t stack_bit() const {
    return std::uint64_t{1} << (entry->flags >> history_flag::slot_shift & history_flag::slot_mask);
  }
};

// A branch on one of several copies of a scalar narrowed all of them: if one matters, all do.
void want_linked(const Jump* entry, Backtrack& wanted) {
  if (entry == nullptr || entry->linked_count == 0) return;
  const LinkedRegs linked = linked_regs_of(*entry);
  bool any = false;
  for (std::uint32_t i = 0; i < linked.count; ++i) {
    const auto& item = linked.items[i];
    any |= item.is_reg ? (wanted.regs[item.frame] >> item.number & 1) != 0
                       : (wanted.slots[item.frame] >> item.number & 1) != 0;
  }
  if (!any) return;
  for (std::uint32_t i = 0; i < linked.count; ++i) {
    const auto& item = linked.items[i];
    if (item.is_reg)
      wanted.regs[item.frame] |= 1U << item.number;
    else
      wanted.slots[item.frame] |= std::uint64_t{1} << item.number;
  }
}

bool enter_frame(Step& s) {  // backwards through a return: into the function that was called
  if (s.wanted.frame + 1 >= max_call_frames) return false;
  ++s.wanted.frame;
  return true;
}

bool leave_frame(Step& s) {  // backwards through a call: out to the caller
  if (s.wanted.frame == 0) return false;
  s.wanted.regs[s.wanted.frame] = 0;
  s.wanted.slots[s.wanted.frame] = 0;
  --s.wanted.frame;
  return true;
}

bool back_through_alu(Step& s) {
  const unsigned dst = s.insn.dst, src = s.insn.src;
  if (!s.wanted.wants(dst)) return true;
  const std::uint8_t op = s.insn.op();
  if (op == alu_op::end || op == alu_op::neg) return true;
  if (op == alu_op::mov) s.wanted.drop(dst);
  if (s.insn.from_register() && src != frame_pointer) s.wanted.want(src);
  return true;
}

bool back_through_load(Step& s) {
  if (!s.wanted.wants(s.insn.dst)) return true;
  s.wanted.drop(s.insn.dst);
  // Only the stack keeps what is known of a scalar; a load from elsewhere begins it.
  if (s.touches_stack()) s.wanted.slots[s.stack_frame()] |= s.stack_bit();
  return true;
}

bool is_atomic(const Insn& insn) {
  return insn.insn_class() == insn_class::stx && insn.mode() == mem_mode::atomic;
}

bool back_through_atomic(Step& s) {
  const Insn& insn = s.insn;
  if (insn.imm == atomic_op::load_acq) return back_through_load(s);
  if (insn.imm != atomic_op::store_rel) {
    // The old value, which a fetching operation loads, comes from the memory.
    const unsigned loaded = insn.imm == atomic_op::cmpxchg ? 0U : insn.src;
    const bool fetches = insn.imm == atomic_op::cmpxchg || (insn.imm & atomic_op::fetch) != 0;
    if (fetches && s.wanted.wants(loaded)) {
      s.wanted.drop(loaded);
      if (s.touches_stack()) s.wanted.slots[s.stack_frame()] |= s.stack_bit();
    }
    // A slot that such an operation wrote holds unknown bytes afterwards: it is not wanted.
  }
  if (s.wanted.wants(insn.dst)) return false;
  if (!s.touches_stack() || (s.wanted.slots[s.stack_frame()] & s.stack_bit()) == 0) return true;
  if (insn.imm == atomic_op::store_rel) {
    s.wanted.slots[s.stack_frame()] &= ~s.stack_bit();
    s.wanted.want(insn.src);
  }
  return true;
}

bool back_through_store(Step& s) {
  if (is_atomic(s.insn)) return back_through_atomic(s);
  if (s.wanted.wants(s.insn.dst)) return false;  // a scalar is no address: pointers were subtracted
  if (!s.touches_stack() || (s.wanted.slots[s.stack_frame()] & s.stack_bit()) == 0) return true;
  s.wanted.slots[s.stack_frame()] &= ~s.stack_bit();
  if (s.insn.insn_class() == insn_class::stx && s.insn.src != frame_pointer) s.wanted.want(s.insn.src);
  return true;
}

bool back_through_subprogram_call(Step& s) {
  const std::int64_t target = static_cast<std::int64_t>(s.at) + s.insn.imm + 1;
  const Subprogram* callee = nullptr;
  for (const auto& subprogram : s.env.subprograms) {
    if (subprogram.start == target) callee = &subprogram;
  }
  std::uint32_t& regs = s.wanted.regs[s.wanted.frame];
  if (callee == nullptr) return false;
  if (callee->is_global) {  // walked on its own: the call is one instruction
    if ((regs & arguments) != 0) return false;
    s.wanted.drop(0);
    return true;
  }
  if ((regs & ~arguments) != 0 || s.wanted.slots[s.wanted.frame] != 0 || s.wanted.frame == 0) return false;
  s.wanted.regs[s.wanted.frame - 1] |= regs & arguments;
  return leave_frame(s);
}

bool back_through_call(Step& s) {
  if (is_subprogram_call(s.insn)) return back_through_subprogram_call(s);
  std::uint32_t& regs = s.wanted.regs[s.wanted.frame];
  if (s.env.aux[s.at].flow.calls_callback && s.next != static_cast<std::int64_t>(s.at) + 1) {
    // Out of the callback to the call that runs it; its arguments were made by that call.
    if ((regs & ~arguments) != 0 || s.wanted.slots[s.wanted.frame] != 0) return false;
    return leave_frame(s);
  }
  if (s.insn.src == call_kind::kfunc && s.insn.imm == 0) return false;
  s.wanted.drop(0);
  if ((regs & arguments) != 0) return false;
  const bool tail_call = s.insn.src == call_kind::helper && s.env.aux[s.at].names.helper != nullptr &&
                         s.env.aux[s.at].names.helper->special == calls::Special::tail_call;
  // A tail call that is taken in a subprogram returns to the caller.
  if (tail_call && s.next != static_cast<std::int64_t>(s.at) + 1) return enter_frame(s);
  return true;
}

bool back_through_exit(Step& s) {
  std::uint32_t& regs = s.wanted.regs[s.wanted.frame];
  // Behind a callback stands the call that ran it: what is wanted of that call's arguments was there before it.
  const bool of_callback = s.next >= 0 && s.env.aux[static_cast<std::uint32_t>(s.next)].flow.calls_callback;
  if (!of_callback && (regs & arguments) != 0) return false;
  const bool of_subprogram = s.next >= 1 && is_subprogram_call(s.env.insns[static_cast<std::uint32_t>(s.next - 1)]);
  const bool result_wanted = of_subprogram && s.wanted.wants(0);
  s.wanted.drop(0);
  if (!enter_frame(s)) return false;
  if (result_wanted) s.wanted.want(0);
  return true;
}

bool back_through_jump(Step& s) {
  if (s.insn.op() == jmp_op::call) return back_through_call(s);
  if (s.insn.op() == jmp_op::exit) return back_through_exit(s);
  if (s.insn.op() == jmp_op::ja || s.insn.op() == jmp_op::jcond || !s.insn.from_register()) return true;
  if (!s.wanted.wants(s.insn.dst) && !s.wanted.wants(s.insn.src)) return true;
  // Each narrowed the other.
  const std::uint32_t flags = s.entry != nullptr ? s.entry->flags : 0;
  if ((flags & history_flag::src_is_stack) == 0) s.wanted.want(s.insn.src);
  if ((flags & history_flag::dst_is_stack) == 0) s.wanted.want(s.insn.dst);
  return true;
}

bool back_through_ld(Step& s) {
  if (s.insn.mode() != mem_mode::imm) {
    if (!s.wanted.wants(0)) return true;
    return false;
  }
  s.wanted.drop(s.insn.dst);
  return true;
}

bool back_through(Step& s) {
  switch (s.insn.insn_class()) {
    case insn_class::alu:
    case insn_class::alu64:
      return back_through_alu(s);
    case insn_class::ldx:
      return back_through_load(s);
    case insn_class::st:
    case insn_class::stx:
      return back_through_store(s);
    case insn_class::jmp:
    case insn_class::jmp32:
      return back_through_jump(s);
    default:
      return back_through_ld(s);
  }
}

}  // namespace

bool backtrack_insn(Env& env, std::uint32_t insn, std::int64_t next, const Jump* entry, Backtrack& wanted) {
  if (env.insns[insn].code == 0) return true;  // the second half of a 64-bit immediate load
  if (env.log->everything()) {
    env.log->print("mark_precise: frame{}: regs={} stack={} before {}: {}\n", wanted.frame,
                   regs_text(wanted.regs[wanted.frame]), slots_text(wanted.slots[wanted.frame]), insn,
                   insn_text(env, insn));
  }
  want_linked(entry, wanted);
  Step step{env, env.insns[insn], insn, next, entry, wanted};
  if (!back_through(step)) return false;
  want_linked(entry, wanted);
  return true;
}

std::string regs_text(std::uint32_t mask) {
  std::string text;
  for (unsigned i = 0; i < reg_count; ++i) {
    if ((mask >> i & 1) != 0) text += fmt::format("{}r{}", text.empty() ? "" : ",", i);
  }
  return text;
}

std::string slots_text(std::uint64_t mask) {
  std::string text;
  for (int i = 0; i < 64; ++i) {
    if ((mask >> i & 1) != 0) text += fmt::format("{}-{}", text.empty() ? "" : ",", 8 * (i + 1));
  }
  return text;
}

}  // namespace skep::verifier
