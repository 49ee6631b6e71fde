// A program as the interpreter's quick loop (run_steps.cpp) has it: a step an instruction, with its operands taken
// apart and the number of what does it. Where two or three instructions that often follow each other do so, the first
// one's step does all of them; the others keep steps of their own, for who jumps there. Made by steps.cpp; tested by
// tests/engine/steps_test.cpp.
#pragma once

#include <cstdint>
#include <vector>

namespace skep::runtime {
class Program;
}

namespace skep::engine {

struct Lowered;

// ---- the steps there are, by name: each list is gone through with X, once for the numbers, once for the code ----

// Operands: `k` is the instruction's own, `r` a register's. Pairs are of operations of one width.
// First of a pair, …
#define SKEP_FIRST(X, MORE) \
  X(mov_r, MORE)            \
  X(add_k, MORE)            \
  X(add_r, MORE)            \
  X(sub_r, MORE)            \
  X(mul_k, MORE)            \
  X(mul_r, MORE)            \
  X(or__r, MORE)            \
  X(and__k, MORE)           \
  X(xor__r, MORE)           \
  X(lsh_k, MORE)            \
  X(rsh_k, MORE)
// … second: of one that writes the same register, …
#define SKEP_SECOND(FIRST, X) \
  X(FIRST, add_k)             \
  X(FIRST, add_r)             \
  X(FIRST, sub_r)             \
  X(FIRST, mul_k)             \
  X(FIRST, mul_r)             \
  X(FIRST, or__r)             \
  X(FIRST, and__k)            \
  X(FIRST, xor__r)            \
  X(FIRST, lsh_k)             \
  X(FIRST, rsh_k)
// … and of one that writes another.
#define SKEP_FIRST_APART(X, MORE) \
  X(mov_r, MORE)                  \
  X(add_k, MORE)                  \
  X(add_r, MORE)                  \
  X(sub_r, MORE)                  \
  X(xor__r, MORE)                 \
  X(or__r, MORE)                  \
  X(lsh_k, MORE)
#define SKEP_SECOND_APART(FIRST, X) \
  X(FIRST, mov_r)                   \
  X(FIRST, add_k)                   \
  X(FIRST, add_r)                   \
  X(FIRST, sub_r)                   \
  X(FIRST, mul_r)                   \
  X(FIRST, xor__r)                  \
  X(FIRST, rsh_k)

// An operation on a register with the same one's value and an operand.
#define SKEP_ARITHMETIC(X) X(add) X(sub) X(mul) X(or_) X(and_) X(xor_) X(lsh) X(rsh) X(arsh) X(div) X(mod)
#define SKEP_JUMPS(X) X(jeq) X(jne) X(jgt) X(jge) X(jlt) X(jle) X(jset) X(jsgt) X(jsge) X(jslt) X(jsle)
#define SKEP_WIDTHS(X) X(b, 8) X(h, 16) X(w, 32) X(dw, 64)
// What counts a loop: an addition, and the jump that looks at the sum.
#define SKEP_COUNTING_JUMPS(X) X(jne) X(jlt) X(jgt) X(jeq)

enum class StepKind : std::uint16_t {
  in_run_cpp,  // one instruction there
  call,
  call_subprogram,
  leave,
  jump,
  may_goto,
  set,       // to the step's own number
  set_wide,  // the same, by an instruction that takes two places
  mov_r64,
  mov_r32,
  mov_signed64,
  mov_signed32,
  neg64,
  neg32,
  truncate,
  swap,
  atomic32,
  atomic64,
#define SKEP_KINDS(OP) OP##_k64, OP##_k32, OP##_r64, OP##_r32,
  SKEP_ARITHMETIC(SKEP_KINDS) SKEP_JUMPS(SKEP_KINDS)
#undef SKEP_KINDS
#define SKEP_KINDS(SIZE, BITS) load_##SIZE, load_signed_##SIZE, store_##SIZE, store_k_##SIZE, load_indexed_##SIZE,
      SKEP_WIDTHS(SKEP_KINDS)
#undef SKEP_KINDS
#define SKEP_KINDS(OP) count_##OP##_k64, count_##OP##_k32, count_##OP##_r64, count_##OP##_r32,
          SKEP_COUNTING_JUMPS(SKEP_KINDS)
#undef SKEP_KINDS
#define SKEP_KINDS(FIRST, SECOND) FIRST##_##SECOND##_64, FIRST##_##SECOND##_32,
              SKEP_FIRST(SKEP_SECOND, SKEP_KINDS)
#undef SKEP_KINDS
#define SKEP_KINDS(FIRST, SECOND) FIRST##_apart_##SECOND##_64, FIRST##_apart_##SECOND##_32,
                  SKEP_FIRST_APART(SKEP_SECOND_APART, SKEP_KINDS)
#undef SKEP_KINDS
                      number_of_kinds,
};

struct Step {
  StepKind kind = StepKind::in_run_cpp;
  std::uint8_t dst = 0, src = 0;
  std::int32_t off = 0;   // of memory; of jumps, in bytes from the next step
  std::uint64_t imm = 0;  // with its sign; calls: the callee
};
static_assert(sizeof(Step) == 16);

// Of a program that has been lowered, as many as instructions.
std::vector<Step> steps_of(const runtime::Program& program, const Lowered& lowered);

}  // namespace skep::engine
