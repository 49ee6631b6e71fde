// See engine/llvm/body.hpp.
#include "engine/llvm/body.hpp"

#include <algorithm>
#include <optional>

#include "calls/call.hpp"

namespace skep::engine::native {
namespace {

using runtime::InsnFacts;

bool returns_pointer(const InsnFacts& facts) {
  if (facts.kfunc != nullptr) return facts.kfunc->has(calls::call_flag::iter_next);
  if (facts.helper == nullptr) return false;
  switch (facts.helper->ret) {
    case calls::RetKind::map_value:
    case calls::RetKind::ringbuf_mem:
    case calls::RetKind::mem:
      return true;
    default:
      return false;
  }
}

// Of a load of the address of a value that is constant; else 0.
std::int64_t constant_address(const Insn& insn, const InsnFacts& facts, const Constants& constants) {
  if (facts.map == nullptr || facts.per_cpu_value) return 0;
  const std::uint64_t begin = facts.map->info().value_address;
  for (const auto& memory : constants) {
    if (reinterpret_cast<std::uint64_t>(memory.data()) != begin) continue;
    // The lower half of the address is enough to tell where in the value it is.
    const std::uint32_t in_value = static_cast<std::uint32_t>(insn.imm) - static_cast<std::uint32_t>(begin);
    if (in_value < memory.size()) return static_cast<std::int64_t>(begin + in_value);
  }
  return 0;
}

// Changes the kinds of a block's start to what also holds on another path. False: nothing has changed.
bool join(Kinds& into, const Kinds& from, bool& stack_is_passed) {
  bool changed = false;
  for (unsigned i = 0; i < reg_count; ++i) {
    Kind joined = into[i];
    if (joined.what == Kind::What::unknown)
      joined = from[i];
    else if (joined != from[i] && from[i].what != Kind::What::unknown)
      joined = {joined.is_pointer() && from[i].is_pointer() ? Kind::What::pointer : Kind::What::number, 0};
    changed |= joined != into[i];
    const bool was_stack = into[i].what == Kind::What::stack || from[i].what == Kind::What::stack;
    stack_is_passed |= was_stack && joined.what != Kind::What::stack;
    into[i] = joined;
  }
  return changed;
}

// Where the indirect jumps of a program may go: what its frozen tables hold.
std::vector<std::uint32_t> places_of(const runtime::Program& program) {
  std::vector<std::uint32_t> places;
  const auto& moved_to = program.code().moved_to;
  for (const auto& map : program.code().maps)
    for (const std::uint32_t place : map->info().insn_targets)
      if (place < moved_to.size()) places.push_back(place);
  std::ranges::sort(places);
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

class Finder {
 public:
  Finder(const runtime::Program& program, const std::vector<std::uint32_t>& places, const Constants& constants)
      : code_(program.code()), insns_(code_.insns), places_(places), constants_(constants) {}

  Body find(const runtime::Subprogram& subprogram, std::vector<std::int32_t>& calls) {
    body_ = {};
    body_.start = subprogram.start;
    subprogram_ = &subprogram;
    find_blocks(calls);
    find_kinds(subprogram.index == 0);
    std::uint64_t bytes = std::max<std::uint64_t>(subprogram.stack_depth, static_cast<std::uint64_t>(-lowest_));
    // Without a depth nobody has looked how far addresses reach.
    if (uses_stack_ && subprogram.stack_depth == 0) bytes = std::max<std::uint64_t>(bytes, max_stack);
    body_.stack_bytes = uses_stack_ ? static_cast<std::uint32_t>((bytes + 15) / 16 * 16) : 0;
    return std::move(body_);
  }

 private:
  bool in_subprogram(std::uint32_t pc) const {
    return subprogram_->end == 0 || (pc >= subprogram_->start && pc < subprogram_->end);
  }

  void find_blocks(std::vector<std::int32_t>& calls) {
    std::vector<bool> seen(insns_.size());
    std::vector<std::uint32_t> todo = {subprogram_->start};
    while (!todo.empty()) {
      std::uint32_t pc = todo.back();
      todo.pop_back();
      if (pc >= insns_.size()) continue;
      body_.blocks.try_emplace(pc);
      while (pc < insns_.size() && !seen[pc]) {
        seen[pc] = true;
        const Insn& insn = insns_[pc];
        note(insn, code_.facts[pc], calls);
        if (is_exit(insn)) break;
        if (is_indirect_jump(insn)) {
          for (const std::uint32_t place : places_)
            if (in_subprogram(code_.moved_to[place])) {
              body_.places.push_back(place);
              todo.push_back(code_.moved_to[place]);
            }
          break;
        }
        if (is_jump(insn)) {
          todo.push_back(jump_target(insn, pc));
          if (!is_conditional(insn)) break;
          todo.push_back(pc + 1);
          break;
        }
        pc = behind(insns_, pc);
      }
    }
    std::ranges::sort(body_.places);
    body_.places.erase(std::unique(body_.places.begin(), body_.places.end()), body_.places.end());
  }

  void note(const Insn& insn, const InsnFacts& facts, std::vector<std::int32_t>& calls) {
    body_.has_jcond |= insn.code == (insn_class::jmp | jmp_op::jcond);
    uses_stack_ |= insn.dst == frame_pointer || insn.src == frame_pointer;
    if (facts.arena || body_.has_jcond) body_.quiet = false;  // and what a leash may stop
    if (!is_call(insn)) return;
    if (insn.src == call_kind::subprogram) {
      calls.push_back(facts.callee);
      return;
    }
    body_.quiet = false;
    body_.may_tail_call |= facts.helper != nullptr && facts.helper->special == calls::Special::tail_call;
  }

  void find_kinds(bool is_entry) {
    Kinds& start = body_.blocks.at(body_.start);
    start.fill({Kind::What::number, 0});
    if (is_entry) start[1] = {Kind::What::pointer, 0};
    start[frame_pointer] = {Kind::What::stack, 0};
    std::vector<std::uint32_t> todo = {body_.start};
    while (!todo.empty()) {
      std::uint32_t pc = todo.back();
      todo.pop_back();
      Kinds kinds = body_.blocks.at(pc);
      const auto reach = [&](std::uint32_t to) {
        const auto found = body_.blocks.find(to);
        if (found != body_.blocks.end() && join(found->second, kinds, body_.stack_is_passed)) todo.push_back(to);
      };
      for (;;) {
        const Insn& insn = insns_[pc];
        note_access(insn, kinds);
        if (is_exit(insn)) break;
        if (is_indirect_jump(insn)) {
          for (const std::uint32_t place : body_.places) reach(code_.moved_to[place]);
          break;
        }
        if (is_jump(insn)) {
          reach(jump_target(insn, pc));
          if (is_conditional(insn)) reach(pc + 1);
          break;
        }
        const Kinds before = kinds;
        step(kinds, insn, code_.facts[pc], constants_);
        note_passed(insn, before, kinds);
        pc = behind(insns_, pc);
        if (pc >= insns_.size()) break;
        if (body_.blocks.contains(pc)) {
          reach(pc);
          break;
        }
      }
    }
  }

  void note_access(const Insn& insn, const Kinds& kinds) {
    const std::uint8_t cls = insn.insn_class();
    if (cls != insn_class::ldx && cls != insn_class::st && cls != insn_class::stx) return;
    for (const unsigned base : {unsigned{insn.dst}, unsigned{insn.src}})
      if (kinds[base].what == Kind::What::stack) lowest_ = std::min(lowest_, kinds[base].offset + insn.off);
  }

  // Loads, stores and moves that keep it an address of the stack do not pass it on.
  void note_passed(const Insn& insn, const Kinds& before, const Kinds& after) {
    const auto is_stack = [&](unsigned reg) { return before[reg].what == Kind::What::stack; };
    switch (insn.insn_class()) {
      case insn_class::jmp:  // calls; jumps do not come here
        for (unsigned i = 1; i <= 5; ++i) body_.stack_is_passed |= is_stack(i);
        break;
      case insn_class::stx:
        body_.stack_is_passed |= is_stack(insn.src);
        break;
      case insn_class::alu:
      case insn_class::alu64: {
        const bool reads_dst = insn.op() != alu_op::mov;
        const bool reads = (insn.from_register() && is_stack(insn.src)) || (reads_dst && is_stack(insn.dst));
        body_.stack_is_passed |= reads && after[insn.dst].what != Kind::What::stack;
        break;
      }
      default:
        break;
    }
  }

  const runtime::Code& code_;
  const std::vector<Insn>& insns_;
  const std::vector<std::uint32_t>& places_;
  const Constants& constants_;
  const runtime::Subprogram* subprogram_ = nullptr;
  Body body_;
  bool uses_stack_ = false;
  std::int64_t lowest_ = 0;
};

}  // namespace

bool is_call(const Insn& insn) {
  return insn.code == (insn_class::jmp | jmp_op::call);
}
bool is_exit(const Insn& insn) {
  return insn.code == (insn_class::jmp | jmp_op::exit);
}
bool is_indirect_jump(const Insn& insn) {
  return insn.code == (insn_class::jmp | jmp_op::ja | 0x08);
}
bool is_jump(const Insn& insn) {
  return (insn.insn_class() == insn_class::jmp || insn.insn_class() == insn_class::jmp32) && !is_call(insn) &&
         !is_exit(insn) && !is_indirect_jump(insn);
}
bool is_conditional(const Insn& insn) {
  return is_jump(insn) && insn.op() != jmp_op::ja;
}
std::uint32_t jump_target(const Insn& insn, std::uint32_t pc) {
  const bool far = insn.code == (insn_class::jmp32 | jmp_op::ja);
  return static_cast<std::uint32_t>(static_cast<std::int64_t>(pc) + 1 + (far ? insn.imm : insn.off));
}

void step(Kinds& kinds, const Insn& insn, const InsnFacts& facts, const Constants& constants) {
  using What = Kind::What;
  const Kind number{What::number, 0}, pointer{What::pointer, 0};
  Kind& dst = kinds[insn.dst];
  const Kind src = kinds[insn.src];
  switch (insn.insn_class()) {
    case insn_class::alu64: {
      if (facts.arena) {
        dst = number;
        break;
      }
      const bool add = insn.op() == alu_op::add, sub = insn.op() == alu_op::sub;
      if (insn.op() == alu_op::mov) {
        dst = insn.from_register() && insn.off == 0 ? src : number;
      } else if ((add || sub) && !insn.from_register()) {
        if (dst.what == What::function) dst = number;
        if (dst.what == What::stack || (dst.what == What::pointer && dst.offset != 0))
          dst.offset += add ? insn.imm : -std::int64_t{insn.imm};
      } else if (add) {
        dst = dst.is_pointer() != src.is_pointer() ? pointer : number;
      } else if (sub) {
        dst = dst.is_pointer() && !src.is_pointer() ? pointer : number;
      } else {
        dst = number;
      }
      break;
    }
    case insn_class::alu:
      dst = number;
      break;
    case insn_class::ldx:
      dst = facts.pointer_field ? pointer : number;
      break;
    case insn_class::ld:
      if (insn.is_wide_load())
        dst = insn.src == pseudo::func && facts.callee >= 0 ? Kind{What::function, facts.callee}
              : insn.src != 0 && insn.src != pseudo::func
                  ? Kind{What::pointer, constant_address(insn, facts, constants)}
                  : number;
      else
        kinds[0] = number;
      break;
    case insn_class::stx:
      if (insn.mode() != mem_mode::atomic) break;
      if (insn.imm == atomic_op::load_acq)
        dst = number;
      else if (insn.imm == atomic_op::cmpxchg)
        kinds[0] = number;
      else if (insn.imm != atomic_op::store_rel && (insn.imm & atomic_op::fetch) != 0)
        kinds[insn.src] = number;
      break;
    case insn_class::jmp:
      if (!is_call(insn)) break;
      for (unsigned i = 0; i <= 5; ++i) kinds[i] = number;
      if (insn.src != call_kind::subprogram && returns_pointer(facts)) kinds[0] = pointer;
      break;
    default:
      break;
  }
}

Constants find_constants(const runtime::Program& program) {
  Constants constants;
  for (const auto& map : program.code().maps)
    if (const auto data = map->info().constant_data; !data.empty()) constants.push_back(data);
  return constants;
}

Bodies find_bodies(const runtime::Program& program, Constants constants) {
  const runtime::Code& code = program.code();
  const std::vector<std::uint32_t> places = places_of(program);
  Bodies bodies;
  bodies.constants = std::move(constants);
  Finder finder(program, places, bodies.constants);
  const std::size_t count = code.subprograms.size();
  bodies.calls.resize(count);
  bodies.has_address.resize(count);
  bodies.has_address[0] = true;
  if (code.exception_callback >= 0) bodies.has_address[static_cast<std::size_t>(code.exception_callback)] = true;
  for (std::size_t i = 0; i < count; ++i) bodies.of.push_back(finder.find(code.subprograms[i], bodies.calls[i]));
  for (std::size_t i = 0; i < code.insns.size(); ++i) {
    if (!code.insns[i].is_wide_load()) continue;
    if (code.insns[i].src == pseudo::func && code.facts[i].callee >= 0)
      bodies.has_address[static_cast<std::size_t>(code.facts[i].callee)] = true;
    ++i;
  }
  for (const InsnFacts& facts : code.facts)
    if (facts.stand_in >= 0) bodies.has_address[static_cast<std::size_t>(facts.stand_in)] = true;
  const auto reaches = [](const runtime::InsnFacts& facts) {
    constexpr std::uint32_t flag = calls::call_flag::any_address;
    return facts.fault_protected || (facts.helper != nullptr && facts.helper->has(flag)) ||
           (facts.kfunc != nullptr && facts.kfunc->has(flag));
  };
  bodies.reaches = std::ranges::any_of(code.facts, reaches);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < count; ++i) {
      for (const std::int32_t callee : bodies.calls[i]) {
        const Body& called = bodies.of[static_cast<std::size_t>(callee)];
        Body& body = bodies.of[i];
        if ((body.quiet && !called.quiet) || (!body.may_tail_call && called.may_tail_call)) changed = true;
        body.quiet = body.quiet && called.quiet;
        body.may_tail_call = body.may_tail_call || called.may_tail_call;
      }
    }
  }
  return bodies;
}

bool may_repeat_for_ever(const runtime::Program& program, std::uint32_t from, std::uint32_t to) {
  const runtime::Code& code = program.code();
  for (std::uint32_t pc = from; pc <= to; pc = behind(code.insns, pc)) {
    const calls::Kfunc* kfunc = is_call(code.insns[pc]) ? code.facts[pc].kfunc : nullptr;
    if (kfunc != nullptr && kfunc->has(calls::call_flag::iter_next)) return true;
  }
  return false;
}

bool watches_memory(const runtime::Program& program, std::uint32_t from, std::uint32_t to) {
  const auto& insns = program.code().insns;
  // Registers, and the stack as a whole, that may hold another value the next time round.
  std::array<bool, reg_count> changes = {};
  bool stack_changes = false;
  for (bool again = true; again;) {
    again = false;
    const auto change = [&](bool& what) {
      again |= !what;
      what = true;
    };
    for (std::uint32_t pc = from; pc <= to; pc = behind(insns, pc)) {
      const Insn& insn = insns[pc];
      switch (insn.insn_class()) {
        case insn_class::alu:
        case insn_class::alu64:
          if (insn.op() != alu_op::mov || (insn.from_register() && changes[insn.src])) change(changes[insn.dst]);
          break;
        case insn_class::ldx:
          if (insn.src != frame_pointer || stack_changes) change(changes[insn.dst]);
          break;
        case insn_class::st:
        case insn_class::stx:
          if (insn.dst == frame_pointer) change(stack_changes);
          if (insn.mode() == mem_mode::atomic)
            for (const unsigned reg : {0U, unsigned{insn.src}, unsigned{insn.dst}})
              if (reg != frame_pointer) change(changes[reg]);
          break;
        case insn_class::ld:
          if (!insn.is_wide_load()) change(changes[0]);
          break;
        default:
          if (is_call(insn))
            for (unsigned i = 0; i <= 5; ++i) change(changes[i]);
          break;
      }
    }
  }
  for (std::uint32_t pc = from; pc <= to; pc = behind(insns, pc)) {
    const Insn& insn = insns[pc];
    if (insn.insn_class() == insn_class::ldx && insn.src != frame_pointer && !changes[insn.src]) return true;
  }
  return false;
}

}  // namespace skep::engine::native
