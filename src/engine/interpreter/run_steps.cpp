// The interpreter's quick loop: of runs that nobody steps, observes or counts, over steps (steps.hpp). Each step's code
// ends in a jump to the next one's, so that the machine learns which follows which; and how many instructions have been
// executed is where the loop stands less where it would have begun if it had gone straight here. Whether that is enough
// is asked where the program goes back. What is rare is left to run.cpp, an instruction at a time. Tested by
// tests/engine/execution_test.cpp and tests/engine/steps_test.cpp.
#include <iterator>

#include "engine/interpreter/machine.hpp"
#include "engine/interpreter/operations.hpp"

namespace skep::engine {
namespace {

// By the names of steps, of 64 and of 32 bits.
#define SKEP_OPERATION(OP, EXPRESSION64, EXPRESSION32)             \
  inline std::uint64_t do_##OP(std::uint64_t a, std::uint64_t b) { \
    return EXPRESSION64;                                           \
  }                                                                \
  inline std::uint32_t do_##OP(std::uint32_t a, std::uint32_t b) { \
    return EXPRESSION32;                                           \
  }
SKEP_PLAIN_OPERATIONS(SKEP_OPERATION)
SKEP_OPERATION(div, divide(a, b, false), divide(a, b, false))
SKEP_OPERATION(mod, modulo(a, b, false), modulo(a, b, false))
#undef SKEP_OPERATION

// The operations of pairs: of what the register holds, the step's own number and the other register's.
#define SKEP_OF_PAIR(OP)              \
  template <typename T>               \
  inline T do_##OP##_k(T a, T k, T) { \
    return do_##OP(a, k);             \
  }                                   \
  template <typename T>               \
  inline T do_##OP##_r(T a, T, T b) { \
    return do_##OP(a, b);             \
  }
SKEP_OF_PAIR(add)
SKEP_OF_PAIR(sub)
SKEP_OF_PAIR(mul)
SKEP_OF_PAIR(or_)
SKEP_OF_PAIR(and_)
SKEP_OF_PAIR(xor_)
SKEP_OF_PAIR(lsh)
SKEP_OF_PAIR(rsh)
#undef SKEP_OF_PAIR
template <typename T>
inline T do_mov_r(T, T, T b) {
  return b;
}

#define SKEP_CONDITION(OP, SIGN, CONDITION) \
  template <typename T>                     \
  inline bool is_##OP(T a, T b) {           \
    return CONDITION;                       \
  }
SKEP_CONDITIONS(SKEP_CONDITION)
#undef SKEP_CONDITION

}  // namespace

async::Progress Execution::Machine::run_steps(std::uint64_t budget) {
  static const void* const codes[] = {&&do_in_run_cpp,
                                      &&do_call,
                                      &&do_call_subprogram,
                                      &&do_leave,
                                      &&do_jump,
                                      &&do_may_goto,
                                      &&do_set,
                                      &&do_set_wide,
                                      &&do_mov_r64,
                                      &&do_mov_r32,
                                      &&do_mov_signed64,
                                      &&do_mov_signed32,
                                      &&do_neg64,
                                      &&do_neg32,
                                      &&do_truncate,
                                      &&do_swap,
                                      &&do_atomic32,
                                      &&do_atomic64,
#define SKEP_CODES(OP) &&do_##OP##_k64, &&do_##OP##_k32, &&do_##OP##_r64, &&do_##OP##_r32,
                                      SKEP_ARITHMETIC(SKEP_CODES) SKEP_JUMPS(SKEP_CODES)
#undef SKEP_CODES
#define SKEP_CODES(SIZE, BITS) \
  &&do_load_##SIZE, &&do_load_signed_##SIZE, &&do_store_##SIZE, &&do_store_k_##SIZE, &&do_load_indexed_##SIZE,
                                          SKEP_WIDTHS(SKEP_CODES)
#undef SKEP_CODES
#define SKEP_CODES(OP) &&do_count_##OP##_k64, &&do_count_##OP##_k32, &&do_count_##OP##_r64, &&do_count_##OP##_r32,
                                              SKEP_COUNTING_JUMPS(SKEP_CODES)
#undef SKEP_CODES
#define SKEP_CODES(FIRST, SECOND) &&do_##FIRST##_##SECOND##_64, &&do_##FIRST##_##SECOND##_32,
                                                  SKEP_FIRST(SKEP_SECOND, SKEP_CODES)
#undef SKEP_CODES
#define SKEP_CODES(FIRST, SECOND) &&do_##FIRST##_apart_##SECOND##_64, &&do_##FIRST##_apart_##SECOND##_32,
                                                      SKEP_FIRST_APART(SKEP_SECOND_APART, SKEP_CODES)
#undef SKEP_CODES
  };
  static_assert(std::size(codes) == static_cast<std::size_t>(StepKind::number_of_kinds));

  using Place = std::int64_t;  // of a step, in bytes
  constexpr Place size = sizeof(Step);
  std::uint64_t* const r = regs.data();
  const Step* steps = Interpreted::of(*program).lowered().steps.data();
  const Step* at = steps + pc;
  Place origin = reinterpret_cast<Place>(at);
  const Place most = static_cast<Place>(budget) * size;
  std::uint64_t told = 0;  // instructions of this call that `executed` knows of
  async::Progress progress = async::Progress::out_of_budget;

  // Macros and no functions: what has its address taken is not kept in a register.
#define SKEP_COUNT_SO_FAR static_cast<std::uint64_t>((reinterpret_cast<Place>(at) - origin) / size)
#define SKEP_TELL(MORE)                                      \
  {                                                          \
    const std::uint64_t so_far = SKEP_COUNT_SO_FAR + (MORE); \
    executed += so_far - told;                               \
    told = so_far;                                           \
  }
  // Where a frame or a program was changed, the loop takes up its new place: after so many instructions.
#define SKEP_TAKE_UP(DONE)                                                  \
  {                                                                         \
    steps = Interpreted::of(*program).lowered().steps.data();               \
    at = steps + pc;                                                        \
    origin = reinterpret_cast<Place>(at) - static_cast<Place>(DONE) * size; \
  }
#define SKEP_NEXT goto* codes[static_cast<unsigned>(at->kind)]
#define SKEP_GO(STEPS) \
  {                    \
    at += (STEPS);     \
    SKEP_NEXT;         \
  }
  // From the step in front of `at + STEPS`.
#define SKEP_JUMP_FROM(STEPS, OFF)                                                              \
  {                                                                                             \
    const Place distance = (OFF);                                                               \
    origin += distance;                                                                         \
    at = reinterpret_cast<const Step*>(reinterpret_cast<const char*>(at + (STEPS)) + distance); \
    if (distance < 0 && reinterpret_cast<Place>(at) - origin > most) [[unlikely]]               \
      goto used_up;                                                                             \
    SKEP_NEXT;                                                                                  \
  }
  SKEP_NEXT;

do_in_run_cpp: {
  pc = static_cast<std::uint32_t>(at - steps);
  SKEP_TELL(0)
  progress = run<false>(1);
  if (progress != async::Progress::out_of_budget) return progress;
  ++told;
  SKEP_TAKE_UP(told)
  SKEP_NEXT;
}
do_call: {
  pc = static_cast<std::uint32_t>(at - steps);
  const CallResult result = call(Interpreted::of(*program).lowered().sites[pc]);
  if (result.kind == CallResult::Kind::value) {
    r[0] = result.value;
    SKEP_GO(1)
  }
  const std::uint64_t done = SKEP_COUNT_SO_FAR + 1;
  if (!act(result, progress)) {
    SKEP_TELL(result.kind == CallResult::Kind::retry ? 0 : 1)
    return progress;
  }
  SKEP_TAKE_UP(done)
  if (reinterpret_cast<Place>(at) - origin > most) goto used_up;
  SKEP_NEXT;
}
do_call_subprogram: {
  pc = static_cast<std::uint32_t>(at - steps);
  const std::uint64_t done = SKEP_COUNT_SO_FAR + 1;
  enter(program->code().subprograms[at->imm], false);
  at = steps + pc;
  origin = reinterpret_cast<Place>(at) - static_cast<Place>(done) * size;
  SKEP_NEXT;
}
do_leave: {
  bool called_back = false;
  CallResult result;
  const std::uint64_t done = SKEP_COUNT_SO_FAR + 1;
  if (!leave(called_back, result) || (called_back && !act(result, progress))) {
    SKEP_TELL(1)
    return state == State::finished ? async::Progress::finished : progress;
  }
  SKEP_TAKE_UP(done)
  if (reinterpret_cast<Place>(at) - origin > most) goto used_up;
  SKEP_NEXT;
}
do_jump:
  SKEP_JUMP_FROM(1, at->off)
do_may_goto:
  if (may_goto_left == 0) SKEP_JUMP_FROM(1, at->off)
  --may_goto_left;
  SKEP_GO(1)
do_set:
  r[at->dst] = at->imm;
  SKEP_GO(1)
do_set_wide:
  r[at->dst] = at->imm;
  origin += size;  // two places, and one instruction
  SKEP_GO(2)
do_mov_r64:
  r[at->dst] = r[at->src];
  SKEP_GO(1)
do_mov_r32:
  r[at->dst] = low(r[at->src]);
  SKEP_GO(1)
do_mov_signed64:
  r[at->dst] = sign_extended(r[at->src], static_cast<std::int16_t>(at->off));
  SKEP_GO(1)
do_mov_signed32:
  r[at->dst] = low(sign_extended(r[at->src], static_cast<std::int16_t>(at->off)));
  SKEP_GO(1)
do_neg64:
  r[at->dst] = 0 - r[at->dst];
  SKEP_GO(1)
do_neg32:
  r[at->dst] = low(0 - r[at->dst]);
  SKEP_GO(1)
do_truncate:
  r[at->dst] = truncated(r[at->dst], static_cast<std::int32_t>(at->imm));
  SKEP_GO(1)
do_swap:
  r[at->dst] = swapped(r[at->dst], static_cast<std::int32_t>(at->imm));
  SKEP_GO(1)
do_atomic32:
  atomic<std::uint32_t>(static_cast<std::int32_t>(at->imm), r[at->dst] + static_cast<std::uint64_t>(at->off),
                        r[at->src], r[0]);
  SKEP_GO(1)
do_atomic64:
  atomic<std::uint64_t>(static_cast<std::int32_t>(at->imm), r[at->dst] + static_cast<std::uint64_t>(at->off),
                        r[at->src], r[0]);
  SKEP_GO(1)

#define SKEP_ONE(OP, FORM, WIDTH, OPERAND)                                               \
  do_##OP##_##FORM##WIDTH : {                                                            \
    using Number = std::uint##WIDTH##_t;                                                 \
    r[at->dst] = do_##OP(static_cast<Number>(r[at->dst]), static_cast<Number>(OPERAND)); \
    SKEP_GO(1)                                                                           \
  }
#define SKEP_FORMS(OP)            \
  SKEP_ONE(OP, k, 64, at->imm)    \
  SKEP_ONE(OP, k, 32, at->imm)    \
  SKEP_ONE(OP, r, 64, r[at->src]) \
  SKEP_ONE(OP, r, 32, r[at->src])
  SKEP_ARITHMETIC(SKEP_FORMS)
#undef SKEP_FORMS
#undef SKEP_ONE

#define SKEP_ONE(OP, FORM, TYPE, WIDTH, OPERAND, CONDITION)                       \
  do_##OP##_##FORM##WIDTH : {                                                     \
    const auto a = static_cast<TYPE>(r[at->dst]), b = static_cast<TYPE>(OPERAND); \
    if (CONDITION) SKEP_JUMP_FROM(1, at->off)                                     \
    SKEP_GO(1)                                                                    \
  }
#define SKEP_FORMS(OP, SIGN, CONDITION)                       \
  SKEP_ONE(OP, k, std::SIGN##64_t, 64, at->imm, CONDITION)    \
  SKEP_ONE(OP, k, std::SIGN##32_t, 32, at->imm, CONDITION)    \
  SKEP_ONE(OP, r, std::SIGN##64_t, 64, r[at->src], CONDITION) \
  SKEP_ONE(OP, r, std::SIGN##32_t, 32, r[at->src], CONDITION)
  SKEP_CONDITIONS(SKEP_FORMS)
#undef SKEP_FORMS
#undef SKEP_ONE

#define SKEP_MEMORY(SIZE, BITS)                                                                                 \
  do_load_##SIZE : {                                                                                            \
    r[at->dst] = load<std::uint##BITS##_t>(r[at->src] + static_cast<std::uint64_t>(at->off));                   \
    SKEP_GO(1)                                                                                                  \
  }                                                                                                             \
  do_load_signed_##SIZE : {                                                                                     \
    r[at->dst] = static_cast<std::uint64_t>(                                                                    \
        static_cast<std::int64_t>(load<std::int##BITS##_t>(r[at->src] + static_cast<std::uint64_t>(at->off)))); \
    SKEP_GO(1)                                                                                                  \
  }                                                                                                             \
  do_store_##SIZE : {                                                                                           \
    store<std::uint##BITS##_t>(r[at->dst] + static_cast<std::uint64_t>(at->off), r[at->src]);                   \
    SKEP_GO(1)                                                                                                  \
  }                                                                                                             \
  do_store_k_##SIZE : {                                                                                         \
    store<std::uint##BITS##_t>(r[at->dst] + static_cast<std::uint64_t>(at->off), at->imm);                      \
    SKEP_GO(1)                                                                                                  \
  }                                                                                                             \
  do_load_indexed_##SIZE : {                                                                                    \
    r[at->dst] = load<std::uint##BITS##_t>(r[at->src] + r[at[1].src] + static_cast<std::uint64_t>(at[2].off));  \
    SKEP_GO(3)                                                                                                  \
  }
  SKEP_WIDTHS(SKEP_MEMORY)
#undef SKEP_MEMORY

#define SKEP_COUNT(OP, FORM, WIDTH, OPERAND)                                                            \
  do_count_##OP##_##FORM##WIDTH : {                                                                     \
    using Number = std::uint##WIDTH##_t;                                                                \
    const auto a = static_cast<Number>(static_cast<Number>(r[at->dst]) + static_cast<Number>(at->imm)); \
    r[at->dst] = a;                                                                                     \
    const auto b = static_cast<Number>(OPERAND);                                                        \
    if (is_##OP(a, b)) SKEP_JUMP_FROM(2, at[1].off)                                                     \
    SKEP_GO(2)                                                                                          \
  }
#define SKEP_COUNTS(OP)               \
  SKEP_COUNT(OP, k, 64, at[1].imm)    \
  SKEP_COUNT(OP, k, 32, at[1].imm)    \
  SKEP_COUNT(OP, r, 64, r[at[1].src]) \
  SKEP_COUNT(OP, r, 32, r[at[1].src])
  SKEP_COUNTING_JUMPS(SKEP_COUNTS)
#undef SKEP_COUNTS
#undef SKEP_COUNT

#define SKEP_PAIR(FIRST, SECOND, WIDTH)                                                                             \
  do_##FIRST##_##SECOND##_##WIDTH : {                                                                               \
    using Number = std::uint##WIDTH##_t;                                                                            \
    const auto first =                                                                                              \
        do_##FIRST(static_cast<Number>(r[at->dst]), static_cast<Number>(at->imm), static_cast<Number>(r[at->src])); \
    r[at->dst] = do_##SECOND(first, static_cast<Number>(at[1].imm), static_cast<Number>(r[at[1].src]));             \
    SKEP_GO(2)                                                                                                      \
  }
#define SKEP_PAIRS(FIRST, SECOND) SKEP_PAIR(FIRST, SECOND, 64) SKEP_PAIR(FIRST, SECOND, 32)
  SKEP_FIRST(SKEP_SECOND, SKEP_PAIRS)
#undef SKEP_PAIRS
#undef SKEP_PAIR

#define SKEP_PAIR(FIRST, SECOND, WIDTH)                                                                             \
  do_##FIRST##_apart_##SECOND##_##WIDTH : {                                                                         \
    using Number = std::uint##WIDTH##_t;                                                                            \
    r[at->dst] =                                                                                                    \
        do_##FIRST(static_cast<Number>(r[at->dst]), static_cast<Number>(at->imm), static_cast<Number>(r[at->src])); \
    r[at[1].dst] = do_##SECOND(static_cast<Number>(r[at[1].dst]), static_cast<Number>(at[1].imm),                   \
                               static_cast<Number>(r[at[1].src]));                                                  \
    SKEP_GO(2)                                                                                                      \
  }
#define SKEP_PAIRS(FIRST, SECOND) SKEP_PAIR(FIRST, SECOND, 64) SKEP_PAIR(FIRST, SECOND, 32)
  SKEP_FIRST_APART(SKEP_SECOND_APART, SKEP_PAIRS)
#undef SKEP_PAIRS
#undef SKEP_PAIR

used_up:
  pc = static_cast<std::uint32_t>(at - steps);
  SKEP_TELL(0)
  return async::Progress::out_of_budget;
}

#undef SKEP_TAKE_UP
#undef SKEP_TELL
#undef SKEP_COUNT_SO_FAR
#undef SKEP_JUMP_FROM
#undef SKEP_GO
#undef SKEP_NEXT

}  // namespace skep::engine
