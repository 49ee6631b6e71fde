// The interpreter. See engine/execution.hpp for what it promises.
//
// One loop over a switch. Between two instructions everything is in Machine: registers, the frame that runs, those that
// wait for it, and what a call has asked for. Nothing is checked here that the verifier has proved. Stack frames are
// 512 bytes of a block that never moves, because programs hold pointers into it.
#include "engine/execution.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "engine/arena_access.hpp"
#include "engine/context.hpp"
#include "engine/map_field.hpp"
#include "engine/memory.hpp"
#include "engine/program_callback.hpp"

namespace skep::engine {
namespace {

using calls::CallResult;
using calls::Continuation;

constexpr std::uint32_t may_goto_limit = 8'388'608;  // iterations, in each frame
constexpr std::size_t frames_per_block = max_call_frames;

constexpr std::uint64_t low(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}
constexpr std::uint64_t wide_immediate(const Insn& insn) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(insn.imm));
}

// Signed division as the instruction set has it: by zero gives zero, and the one overflow wraps.
template <typename Signed, typename Unsigned>
Unsigned signed_divide(Unsigned a, Unsigned b) {
  if (b == 0) return 0;
  if (static_cast<Signed>(b) == -1) return Unsigned{0} - a;
  return static_cast<Unsigned>(static_cast<Signed>(a) / static_cast<Signed>(b));
}
template <typename Signed, typename Unsigned>
Unsigned signed_modulo(Unsigned a, Unsigned b) {
  if (b == 0) return a;
  if (static_cast<Signed>(b) == -1) return 0;
  return static_cast<Unsigned>(static_cast<Signed>(a) % static_cast<Signed>(b));
}

template <typename Unsigned>
constexpr Unsigned swap_bytes(Unsigned value) {
  if constexpr (sizeof(Unsigned) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(Unsigned) == 4) return __builtin_bswap32(value);
  return static_cast<Unsigned>(__builtin_bswap64(value));
}
std::uint64_t swapped(std::uint64_t value, std::int32_t bits) {
  if (bits == 16) return swap_bytes(static_cast<std::uint16_t>(value));
  if (bits == 32) return swap_bytes(static_cast<std::uint32_t>(value));
  return swap_bytes(value);
}
std::uint64_t truncated(std::uint64_t value, std::int32_t bits) {
  if (bits == 16) return static_cast<std::uint16_t>(value);
  return bits == 32 ? low(value) : value;
}
std::uint64_t sign_extended(std::uint64_t value, std::int16_t bits) {
  switch (bits) {
    case 8:
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int8_t>(value)));
    case 16:
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int16_t>(value)));
    case 32:
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(value)));
    default:
      return value;
  }
}

// The old packet loads: big-endian, and false when the packet has no such bytes. Negative offsets name the link-layer
// and the network header.
bool load_packet(void* context, std::int64_t offset, unsigned size, std::uint64_t& result) {
  constexpr std::int64_t network_header = -0x100000, link_header = -0x200000;
  Packet* packet = context != nullptr ? Context::header_of(context).packet : nullptr;
  if (packet == nullptr) return false;
  if (offset < 0) {
    if (offset >= network_header) return false;  // ancillary data is translated by who loads classic programs
    if (offset >= link_header && offset < network_header) {
      offset -= link_header;
      if (offset >= -link_header + network_header) return false;
    } else {
      return false;
    }
  }
  const auto data = packet->data();
  if (static_cast<std::uint64_t>(offset) + size > data.size()) return false;
  const auto at = reinterpret_cast<std::uint64_t>(data.data()) + static_cast<std::uint64_t>(offset);
  result = size == 1   ? load<std::uint8_t>(at)
           : size == 2 ? swap_bytes(load<std::uint16_t>(at))
                       : swap_bytes(load<std::uint32_t>(at));
  return true;
}

}  // namespace

struct Execution::Machine {
  // What a frame that has called another goes on with.
  struct Frame {
    const Program* program = nullptr;
    std::uint32_t pc = 0;  // of the call
    std::uint32_t may_goto_left = 0;
    std::array<std::uint64_t, 4> saved = {};  // r6…r9
    bool to_call = false;                     // the frame above is a callback: its result goes to `next`
    Continuation next;
  };
  enum class State : std::uint8_t {
    running,
    sleeping,  // sleep_off_cpu is due
    slept,     // its result is in `answer`
    resuming,  // a continuation asked to be called again, with `answer`
    finished,
  };
  struct Block {
    alignas(16) std::array<std::uint8_t, frames_per_block * max_stack> bytes;
  };

  Execution& env;
  std::shared_ptr<const Program> started;
  const Subprogram& entry;
  void* context;
  calls::Services& services;

  State state = State::running;
  unsigned cpu = 0;
  std::uint32_t pc = 0;
  std::uint32_t may_goto_left = may_goto_limit;
  std::uint32_t tail_calls = 0;
  bool unwound = false;  // the exception callback runs, or would have
  const Program* program = nullptr;
  std::uint64_t executed = 0;
  std::array<std::uint64_t, reg_count> regs = {};
  std::vector<Frame> frames;  // those that wait

  // What the call in hand has asked for.
  const Subprogram* wanted = nullptr;
  std::array<std::uint64_t, 5> wanted_args = {};
  Continuation wanted_next;
  calls::SleepFn sleep_operation = nullptr;
  std::shared_ptr<const Program> tail_target;
  std::uint64_t answer = 0;

  std::vector<std::pair<std::uint64_t, maps::Map*>> records;  // reserved from ring buffers
  std::vector<std::shared_ptr<const Program>> reached;        // by tail calls: kept until the end
  std::vector<std::unique_ptr<Block>> more_stack;
  Block stack;

  Machine(Execution& e, std::shared_ptr<const Program> p, const Subprogram& s, void* c, calls::Services& v)
      : env(e), started(std::move(p)), entry(s), context(c), services(v) {
    std::memset(stack.bytes.data(), 0, max_stack);  // the same run gives the same result, read or not before written
  }

  std::uint64_t stack_top(std::size_t depth) {
    const std::size_t block = depth / frames_per_block;
    while (block > more_stack.size()) more_stack.push_back(std::make_unique<Block>());
    auto& bytes = block == 0 ? stack.bytes : more_stack[block - 1]->bytes;
    return reinterpret_cast<std::uint64_t>(bytes.data()) + (depth % frames_per_block + 1) * max_stack;
  }

  void start(const std::array<std::uint64_t, 5>& args) {
    state = State::running;
    program = entry.program != nullptr ? entry.program : started.get();
    pc = entry.start;
    may_goto_left = may_goto_limit;
    tail_calls = 0;
    unwound = false;
    executed = 0;
    frames.clear();
    records.clear();
    reached.clear();
    regs = {};
    for (unsigned i = 0; i < 5; ++i) regs[i + 1] = args[i];
    regs[frame_pointer] = stack_top(0);
  }

  void enter(const Subprogram& callee, bool to_call) {
    Frame& frame = frames.emplace_back();
    frame.program = program;
    frame.pc = pc;
    frame.may_goto_left = may_goto_left;
    frame.saved = {regs[6], regs[7], regs[8], regs[9]};
    frame.to_call = to_call;
    if (to_call) {
      frame.next = wanted_next;
      for (unsigned i = 0; i < 5; ++i) regs[i + 1] = wanted_args[i];
      program = callee.program;
    }
    pc = callee.start;
    may_goto_left = may_goto_limit;
    regs[frame_pointer] = stack_top(frames.size());
  }

  // Leaves the frame that has exited. False: it was the last. A frame that was a callback's leaves its continuation's
  // result in `result` and asks for it to be acted on.
  bool leave(bool& act, CallResult& result) {
    if (frames.empty()) {
      state = State::finished;
      return false;
    }
    Frame& frame = frames.back();
    program = frame.program;
    pc = frame.pc;
    may_goto_left = frame.may_goto_left;
    for (unsigned i = 0; i < 4; ++i) regs[6 + i] = frame.saved[i];
    const bool to_call = frame.to_call;
    if (to_call) wanted_next = frame.next;
    frames.pop_back();
    regs[frame_pointer] = stack_top(frames.size());
    act = to_call;
    if (to_call)
      result = resume(regs[0]);
    else
      ++pc;
    return true;
  }

  CallResult resume(std::uint64_t value) {
    Continuation self = wanted_next;
    wanted_next.resume = nullptr;
    answer = value;
    if (self.resume == nullptr) return CallResult::of(value);
    const CallResult result = self.resume(env, self, value);
    if (result.kind == CallResult::Kind::retry) {
      wanted_next = self;
      state = State::resuming;
    }
    return result;
  }

  // Carries out what the call at `pc` answered. False: the run stops here for now; `progress` says how.
  bool act(const CallResult& result, async::Progress& progress) {
    switch (result.kind) {
      case CallResult::Kind::value:
        regs[0] = result.value;
        ++pc;
        return true;
      case CallResult::Kind::callback:
        enter(*wanted, true);
        return true;
      case CallResult::Kind::sleep:
        state = State::sleeping;
        progress = async::Progress::sleeping;
        return false;
      case CallResult::Kind::retry:
        progress = async::Progress::blocked;
        return false;
      case CallResult::Kind::tail_call:
        switch_program();
        return true;
      case CallResult::Kind::exception:
        unwind(result.value);
        return state != State::finished || finish(progress);
    }
    std::abort();
  }
  static bool finish(async::Progress& progress) {
    progress = async::Progress::finished;
    return false;
  }

  // The target takes over the frame that made the call, with its r1.
  void switch_program() {
    program = tail_target.get();
    pc = program->entry().start;
    may_goto_left = may_goto_limit;
    reached.push_back(std::move(tail_target));
  }

  void unwind(std::uint64_t cookie) {
    const Program* outermost = frames.empty() ? program : frames.front().program;
    frames.clear();
    regs[frame_pointer] = stack_top(0);
    regs[0] = cookie;
    const std::int32_t handler = outermost->code().exception_callback;
    if (handler < 0 || unwound) {
      state = State::finished;
      return;
    }
    unwound = true;
    program = outermost;
    pc = program->code().subprograms[static_cast<std::size_t>(handler)].start;
    may_goto_left = may_goto_limit;
    regs[1] = cookie;
  }

  CallResult call(const InsnMeta& meta) {
    std::array<std::uint64_t, 5> args = {regs[1], regs[2], regs[3], regs[4], regs[5]};
    if (meta.needs_aux) {
      if (const unsigned reg = program->aux_register(pc); reg != 0)
        args[reg - 1] = reinterpret_cast<std::uint64_t>(program);
    }
    if (const unsigned in_arena = program->arena_arguments(pc); in_arena != 0)
      return call_with_arena(meta, args, in_arena);
    const calls::CallFn fn = meta.helper != nullptr ? meta.helper->fn : meta.kfunc->fn;
    if (fn != nullptr) return fn(env, args[0], args[1], args[2], args[3], args[4]);
    return CallResult::of(meta.kfunc->host_fn(args));
  }

  // A call of the host application that takes addresses in the arena.
  CallResult call_with_arena(const InsnMeta& meta, std::array<std::uint64_t, 5> args, unsigned in_arena) {
    maps::Arena& arena = *program->arena();
    const std::array<std::uint64_t, 5> given = args;
    for (unsigned i = 0; i < 5; ++i) {
      if ((in_arena >> i & 1) == 0) continue;
      const bool null = low(given[i]) == 0 && (in_arena >> (i + 8) & 1) != 0;
      args[i] = null ? 0 : arena.to_host(given[i]);
      if (args[i] == 0 && !null) return CallResult::error(-ENOMEM);
    }
    const std::uint64_t result = meta.kfunc->host_fn(args);
    for (unsigned i = 0; i < 5; ++i)
      if ((in_arena >> i & 1) != 0) arena.forget_host_access(given[i]);
    return CallResult::of(result);
  }

  // A per-CPU global's.
  std::uint64_t address_on_cpu(const Insn* at, std::uint64_t offset) const {
    const std::uint64_t map = static_cast<std::uint32_t>(at->imm) | static_cast<std::uint64_t>(at[1].imm) << 32;
    const std::uint32_t first = 0;
    return reinterpret_cast<std::uint64_t>(reinterpret_cast<maps::Map*>(map)->lookup(&first, cpu)) + offset;  // NOLINT
  }

  // A load from an address that nobody vouches for: zeros when there is nothing.
  std::uint64_t careful_load(const Insn& insn, std::uint64_t address) {
    constexpr std::uint64_t first_page = 4096;
    std::uint64_t value = 0;
    const unsigned size = access_bytes(insn.size());
    if (address < first_page || services.read_memory(&value, address, size) != 0) return 0;
    if (insn.mode() != mem_mode::memsx) return value;
    return sign_extended(value, static_cast<std::int16_t>(size * 8));
  }

  // An access to a page of an arena that is not there.
  void report_fault(const Insn& insn, std::uint64_t base);
  std::string call_trace() const;

  async::Progress advance(std::uint64_t budget);
  async::Progress run(std::uint64_t budget);
};

async::Progress Execution::Machine::advance(std::uint64_t budget) {
  async::Progress progress = async::Progress::finished;
  switch (state) {
    case State::finished:
      return progress;
    case State::sleeping:
      return async::Progress::sleeping;
    case State::slept:
    case State::resuming:
      state = State::running;
      if (!act(resume(answer), progress)) return progress;
      break;
    case State::running:
      break;
  }
  return run(budget);
}

// The cases of one operation on a register or an immediate. Narrow results clear the upper half.
#define SKEP_ALU(OP, EXPRESSION64, EXPRESSION32)                                                     \
  case insn_class::alu64 | (OP) | 0x08:                                                              \
  case insn_class::alu64 | (OP): {                                                                   \
    const std::uint64_t a = r[insn.dst];                                                             \
    const std::uint64_t b = (insn.code & 8) ? r[insn.src] : wide_immediate(insn);                    \
    r[insn.dst] = (EXPRESSION64);                                                                    \
    break;                                                                                           \
  }                                                                                                  \
  case insn_class::alu | (OP) | 0x08:                                                                \
  case insn_class::alu | (OP): {                                                                     \
    const auto a = static_cast<std::uint32_t>(r[insn.dst]);                                          \
    const auto b = static_cast<std::uint32_t>((insn.code & 8) ? r[insn.src] : wide_immediate(insn)); \
    r[insn.dst] = static_cast<std::uint32_t>(EXPRESSION32);                                          \
    break;                                                                                           \
  }
#define SKEP_JUMP_ONE(CLASS, OP, TYPE, CONDITION)                                               \
  case (CLASS) | (OP) | 0x08: {                                                                 \
    const auto a = static_cast<TYPE>(r[insn.dst]), b = static_cast<TYPE>(r[insn.src]);          \
    if (CONDITION) at += insn.off;                                                              \
    break;                                                                                      \
  }                                                                                             \
  case (CLASS) | (OP): {                                                                        \
    const auto a = static_cast<TYPE>(r[insn.dst]), b = static_cast<TYPE>(wide_immediate(insn)); \
    if (CONDITION) at += insn.off;                                                              \
    break;                                                                                      \
  }
#define SKEP_JUMP(OP, SIGN, CONDITION)                           \
  SKEP_JUMP_ONE(insn_class::jmp, OP, std::SIGN##64_t, CONDITION) \
  SKEP_JUMP_ONE(insn_class::jmp32, OP, std::SIGN##32_t, CONDITION)
#define SKEP_MEMORY(SIZE, TYPE)                                                                \
  case insn_class::ldx | mem_mode::mem | (SIZE):                                               \
    r[insn.dst] = meta[at - code].fault_protected                                              \
                      ? careful_load(insn, r[insn.src] + static_cast<std::uint64_t>(insn.off)) \
                      : load<TYPE>(r[insn.src] + static_cast<std::uint64_t>(insn.off));        \
    break;                                                                                     \
  case insn_class::stx | mem_mode::mem | (SIZE):                                               \
    store<TYPE>(r[insn.dst] + static_cast<std::uint64_t>(insn.off), r[insn.src]);              \
    break;                                                                                     \
  case insn_class::st | mem_mode::mem | (SIZE):                                                \
    store<TYPE>(r[insn.dst] + static_cast<std::uint64_t>(insn.off), wide_immediate(insn));     \
    break;
#define SKEP_SIGNED_LOAD(SIZE, TYPE)                                                           \
  case insn_class::ldx | mem_mode::memsx | (SIZE):                                             \
    r[insn.dst] = meta[at - code].fault_protected                                              \
                      ? careful_load(insn, r[insn.src] + static_cast<std::uint64_t>(insn.off)) \
                      : static_cast<std::uint64_t>(static_cast<std::int64_t>(                  \
                            load<TYPE>(r[insn.src] + static_cast<std::uint64_t>(insn.off))));  \
    break;
#define SKEP_ATOMIC(SIZE, TYPE)                                                                                  \
  case insn_class::stx | mem_mode::atomic | (SIZE):                                                              \
    if (insn.imm == atomic_op::load_acq)                                                                         \
      r[insn.dst] = __atomic_load_n(reinterpret_cast<TYPE*>(r[insn.src] + static_cast<std::uint64_t>(insn.off)), \
                                    __ATOMIC_ACQUIRE);                                                           \
    else if (insn.imm == atomic_op::store_rel)                                                                   \
      __atomic_store_n(reinterpret_cast<TYPE*>(r[insn.dst] + static_cast<std::uint64_t>(insn.off)),              \
                       static_cast<TYPE>(r[insn.src]), __ATOMIC_RELEASE);                                        \
    else                                                                                                         \
      atomic<TYPE>(insn.imm, r[insn.dst] + static_cast<std::uint64_t>(insn.off), r[insn.src], r[0]);             \
    break;

// An access to an arena that only falls through to the one place where they are made.
#define SKEP_ARENA(SIZE)                                   \
  case insn_class::ldx | arena_mode::plain | (SIZE):       \
  case insn_class::ldx | arena_mode::sign_extend | (SIZE): \
  case insn_class::st | arena_mode::plain | (SIZE):        \
  case insn_class::stx | arena_mode::plain | (SIZE):       \
  case insn_class::stx | arena_mode::atomic | (SIZE):

// At most `budget` instructions from `pc`. `at` stands on the instruction while it runs and is moved past it
// afterwards, so jumps add their offset alone.
async::Progress Execution::Machine::run(std::uint64_t budget) {
  std::uint64_t left = budget;
  std::uint64_t* const r = regs.data();
  const Insn* code = program->code().insns.data();
  const InsnMeta* meta = program->code().meta.data();
  const Insn* at = code + pc;
  async::Progress progress = async::Progress::out_of_budget;

  // Where a frame or a program was changed, the loop takes up its new place.
  const auto reload = [&] {
    code = program->code().insns.data();
    meta = program->code().meta.data();
    at = code + pc;
  };

  for (; left != 0; --left) {
    const Insn insn = *at;
    switch (insn.code) {
      SKEP_ALU(alu_op::add, a + b, a + b)
      SKEP_ALU(alu_op::sub, a - b, a - b)
      SKEP_ALU(alu_op::mul, a * b, a * b)
      SKEP_ALU(alu_op::or_, a | b, a | b)
      SKEP_ALU(alu_op::and_, a & b, a & b)
      SKEP_ALU(alu_op::xor_, a ^ b, a ^ b)
      SKEP_ALU(alu_op::lsh, a << (b & 63), a << (b & 31))
      SKEP_ALU(alu_op::rsh, a >> (b & 63), a >> (b & 31))
      SKEP_ALU(alu_op::arsh, static_cast<std::uint64_t>(static_cast<std::int64_t>(a) >> (b & 63)),
               static_cast<std::int32_t>(a) >> (b & 31))
      SKEP_ALU(alu_op::div,
               insn.off != 0 ? (signed_divide<std::int64_t>(a, b))
               : b != 0      ? a / b
                             : 0,
               insn.off != 0 ? (signed_divide<std::int32_t>(a, b))
               : b != 0      ? a / b
                             : 0)
      SKEP_ALU(alu_op::mod,
               insn.off != 0 ? (signed_modulo<std::int64_t>(a, b))
               : b != 0      ? a % b
                             : a,
               insn.off != 0 ? (signed_modulo<std::int32_t>(a, b))
               : b != 0      ? a % b
                             : a)
      case insn_class::alu64 | alu_op::mov | 0x08:
        // Offsets 8, 16 and 32 extend a sign; 1 casts between the address spaces of programs and user space.
        if (insn.off == 0)
          r[insn.dst] = r[insn.src];
        else if (insn.off == address_space_cast)
          r[insn.dst] = insn.imm == cast_to_user ? program->arena()->to_user(r[insn.src]) : low(r[insn.src]);
        else
          r[insn.dst] = sign_extended(r[insn.src], insn.off);
        break;
      case insn_class::alu64 | alu_op::mov:
        r[insn.dst] = wide_immediate(insn);
        break;
      case insn_class::alu | alu_op::mov | 0x08:
        r[insn.dst] = low(sign_extended(r[insn.src], insn.off));
        break;
      case insn_class::alu | alu_op::mov:
        r[insn.dst] = low(wide_immediate(insn));
        break;
      case insn_class::alu64 | alu_op::neg:
        r[insn.dst] = 0 - r[insn.dst];
        break;
      case insn_class::alu | alu_op::neg:
        r[insn.dst] = low(0 - r[insn.dst]);
        break;
      case insn_class::alu | alu_op::end:
        r[insn.dst] = truncated(r[insn.dst], insn.imm);
        break;
      case insn_class::alu | alu_op::end | 0x08:
      case insn_class::alu64 | alu_op::end:
        r[insn.dst] = swapped(r[insn.dst], insn.imm);
        break;

        SKEP_JUMP(jmp_op::jeq, uint, a == b)
        SKEP_JUMP(jmp_op::jne, uint, a != b)
        SKEP_JUMP(jmp_op::jgt, uint, a > b)
        SKEP_JUMP(jmp_op::jge, uint, a >= b)
        SKEP_JUMP(jmp_op::jlt, uint, a < b)
        SKEP_JUMP(jmp_op::jle, uint, a <= b)
        SKEP_JUMP(jmp_op::jset, uint, (a & b) != 0)
        SKEP_JUMP(jmp_op::jsgt, int, a > b)
        SKEP_JUMP(jmp_op::jsge, int, a >= b)
        SKEP_JUMP(jmp_op::jslt, int, a < b)
        SKEP_JUMP(jmp_op::jsle, int, a <= b)
      case insn_class::jmp | jmp_op::ja:
        at += insn.off;
        break;
      case insn_class::jmp32 | jmp_op::ja:
        at += insn.imm;
        break;
      case insn_class::jmp | jmp_op::ja | 0x08: {  // the verifier has seen the table, which is frozen
        const auto& moved_to = program->code().moved_to;
        if (r[insn.dst] >= moved_to.size()) std::abort();
        at = code + moved_to[r[insn.dst]] - 1;
        break;
      }
      case insn_class::jmp | jmp_op::jcond:
        if (may_goto_left == 0)
          at += insn.off;
        else
          --may_goto_left;
        break;

      case insn_class::jmp | jmp_op::call: {
        pc = static_cast<std::uint32_t>(at - code);
        const InsnMeta& site = meta[pc];
        if (insn.src == call_kind::subprogram) {
          enter(program->code().subprograms[static_cast<std::size_t>(site.callee)], false);
          at = code + pc;
          continue;
        }
        const CallResult result = call(site);
        if (result.kind == CallResult::Kind::value) {
          r[0] = result.value;
          break;
        }
        if (!act(result, progress)) {
          executed += budget - left + (result.kind == CallResult::Kind::retry ? 0 : 1);
          return progress;
        }
        reload();
        continue;
      }
      case insn_class::jmp | jmp_op::exit: {
      leave_frame:
        bool called_back = false;
        CallResult result;
        if (!leave(called_back, result) || (called_back && !act(result, progress))) {
          executed += budget - left + 1;
          return state == State::finished ? async::Progress::finished : progress;
        }
        reload();
        continue;
      }

        SKEP_MEMORY(mem_size::b, std::uint8_t)
        SKEP_MEMORY(mem_size::h, std::uint16_t)
        SKEP_MEMORY(mem_size::w, std::uint32_t)
        SKEP_MEMORY(mem_size::dw, std::uint64_t)
        SKEP_SIGNED_LOAD(mem_size::b, std::int8_t)
        SKEP_SIGNED_LOAD(mem_size::h, std::int16_t)
        SKEP_SIGNED_LOAD(mem_size::w, std::int32_t)
        SKEP_ATOMIC(mem_size::b, std::uint8_t)
        SKEP_ATOMIC(mem_size::h, std::uint16_t)
        SKEP_ATOMIC(mem_size::w, std::uint32_t)
        SKEP_ATOMIC(mem_size::dw, std::uint64_t)

        SKEP_ARENA(mem_size::b)
        SKEP_ARENA(mem_size::h)
        SKEP_ARENA(mem_size::w)
        SKEP_ARENA(mem_size::dw) {
          const std::uint64_t base = r[arena_base_is_source(insn) ? insn.src : insn.dst];
          if (!access_arena(*program->arena(), insn, r)) {
            pc = static_cast<std::uint32_t>(at - code);
            report_fault(insn, base);
          }
          break;
        }

      case insn_class::ldx | map_field_mode | mem_size::b:
      case insn_class::ldx | map_field_mode | mem_size::h:
      case insn_class::ldx | map_field_mode | mem_size::w:
      case insn_class::ldx | map_field_mode | mem_size::dw:
        r[insn.dst] = load_map_field(*reinterpret_cast<const maps::Map*>(r[insn.src]),  // NOLINT
                                     meta[at - code].value, access_bytes(insn.size()));
        break;

      case insn_class::ld | mem_mode::imm | mem_size::dw: {
        if (insn.src == per_cpu_value) {
          r[insn.dst] = address_on_cpu(at, meta[at - code].value);
          ++at;
          break;
        }
        const std::int32_t callee = meta[at - code].callee;
        r[insn.dst] =
            callee >= 0 && insn.src == pseudo::func
                ? reinterpret_cast<std::uint64_t>(&program->code().subprograms[static_cast<std::size_t>(callee)])
                : (static_cast<std::uint32_t>(insn.imm) | static_cast<std::uint64_t>(at[1].imm) << 32);
        ++at;
        break;
      }
      case insn_class::ld | mem_mode::abs | mem_size::b:
      case insn_class::ld | mem_mode::abs | mem_size::h:
      case insn_class::ld | mem_mode::abs | mem_size::w:
      case insn_class::ld | mem_mode::ind | mem_size::b:
      case insn_class::ld | mem_mode::ind | mem_size::h:
      case insn_class::ld | mem_mode::ind | mem_size::w: {
        const std::int64_t index = insn.mode() == mem_mode::ind ? static_cast<std::int32_t>(r[insn.src]) : 0;
        auto* skb = reinterpret_cast<void*>(r[6]);  // NOLINT(performance-no-int-to-ptr)
        if (load_packet(skb, static_cast<std::int32_t>(index + insn.imm), access_bytes(insn.size()), r[0])) break;
        r[0] = 0;
        goto leave_frame;
      }
      default:
        std::abort();  // Program::missing_call() has named it; it must not be run
    }
    ++at;
  }
  pc = static_cast<std::uint32_t>(at - code);
  executed += budget;
  return async::Progress::out_of_budget;
}

#undef SKEP_ALU
#undef SKEP_JUMP_ONE
#undef SKEP_JUMP
#undef SKEP_MEMORY
#undef SKEP_SIGNED_LOAD
#undef SKEP_ATOMIC
#undef SKEP_ARENA

std::string Execution::Machine::call_trace() const {
  std::string text = "CPU: " + std::to_string(cpu) + " UID: " + std::to_string(low(services.uid_gid())) +
                     " PID: " + std::to_string(low(services.pid_tgid())) + " Comm: " + std::string(services.comm()) +
                     "\nCall trace:\n";
  const auto add = [&](const Program& of, std::uint32_t at) {
    for (const Subprogram& function : of.code().subprograms) {
      if (at < function.start || at >= function.end) continue;
      char place[48];
      std::snprintf(place, sizeof place, "+0x%x/0x%x\n", (at - function.start) * 8U,
                    (function.end - function.start) * 8U);
      text += function.name + place;
    }
  };
  add(*program, pc);
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) add(*frame->program, frame->pc);
  return text;
}

void Execution::Machine::report_fault(const Insn& insn, std::uint64_t base) {
  const std::uint64_t at = program->arena()->user_address(low(base) + static_cast<std::uint64_t>(insn.off));
  char line[80];
  std::snprintf(line, sizeof line, "ERROR: Arena %s access at unmapped address 0x%llx\n",
                arena_base_is_source(insn) ? "READ" : "WRITE", static_cast<unsigned long long>(at));
  program->streams().write(Streams::errors, line + call_trace());
}

Execution::Execution(std::shared_ptr<const Program> program, const Subprogram& entry, std::array<std::uint64_t, 5> args,
                     void* context, calls::Services& services)
    : machine_(std::make_unique<Machine>(*this, std::move(program), entry, context, services)) {
  machine_->start(args);
}
Execution::~Execution() = default;

async::Progress Execution::advance(unsigned cpu, std::uint64_t budget) {
  machine_->cpu = cpu;
  return machine_->advance(budget);
}

void Execution::sleep_off_cpu() {
  Machine& m = *machine_;
  if (m.state != Machine::State::sleeping) return;
  m.answer = m.sleep_operation(m.wanted_next.state);
  m.state = Machine::State::slept;
}

bool Execution::finished() const {
  return machine_->state == Machine::State::finished;
}
std::uint64_t Execution::result() const {
  return machine_->regs[0];
}
std::uint64_t Execution::instructions() const {
  return machine_->executed;
}
std::uint32_t Execution::pc() const {
  return machine_->pc;
}
std::span<const std::uint64_t> Execution::registers() const {
  return machine_->regs;
}
void Execution::restart(std::array<std::uint64_t, 5> args) {
  machine_->start(args);
}

calls::Services& Execution::services() {
  return machine_->services;
}
unsigned Execution::cpu() const {
  return machine_->cpu;
}
const Program& Execution::program() const {
  return *machine_->program;
}
void* Execution::context() const {
  return machine_->context;
}
std::shared_ptr<const Program> Execution::shared_program() const {
  return machine_->program == machine_->started.get() ? machine_->started : machine_->program->shared_from_this();
}

calls::CallResult Execution::invoke(const Subprogram& fn, std::array<std::uint64_t, 5> args,
                                    const calls::Continuation& next) {
  machine_->wanted = &fn;
  machine_->wanted_args = args;
  machine_->wanted_next = next;
  return {calls::CallResult::Kind::callback, 0};
}

calls::CallResult Execution::sleep(calls::SleepFn operation, const calls::Continuation& next) {
  machine_->sleep_operation = operation;
  machine_->wanted_next = next;
  return {calls::CallResult::Kind::sleep, 0};
}

// What a call without a target, or one too many, answers: the program goes on behind it.
calls::CallResult Execution::tail_call(const Program& target) {
  if (machine_->tail_calls >= max_tail_calls) return calls::CallResult::error(-EINVAL);
  auto held = target.weak_from_this().lock();
  if (held == nullptr || !held->missing_call().empty()) return calls::CallResult::error(-EINVAL);
  ++machine_->tail_calls;
  machine_->tail_target = std::move(held);
  return {calls::CallResult::Kind::tail_call, 0};
}

std::string Execution::call_trace() const {
  return machine_->call_trace();
}

std::uint64_t Execution::call_site_value() const {
  return machine_->program->code().meta[machine_->pc].value;
}

std::shared_ptr<const btf::Record> Execution::call_site_record() const {
  return machine_->program->code().meta[machine_->pc].record;
}

void Execution::remember_record(std::uint64_t record, maps::Map& ring) {
  machine_->records.emplace_back(record, &ring);
}
maps::Map* Execution::forget_record(std::uint64_t record) {
  auto& records = machine_->records;
  const auto found = std::ranges::find(records, record, [](const auto& entry) { return entry.first; });
  if (found == records.end()) return nullptr;
  maps::Map* ring = found->second;
  *found = records.back();
  records.pop_back();
  return ring;
}

std::shared_ptr<async::Callback> Execution::make_callback(const Subprogram& fn, maps::Map& map, void* value) {
  return std::make_shared<ProgramCallback>(fn.program->shared_from_this(), fn, map, value, machine_->services);
}

}  // namespace skep::engine
