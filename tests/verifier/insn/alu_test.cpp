#include <gtest/gtest.h>

#include "support/verify.hpp"

namespace skep::test {
namespace {

constexpr Row rows[] = {
    {"a constant", "r0 = 0; exit"},
    {"nothing was written to r0", "exit", "R0 !read_ok"},
    {"a register that was never written", "r0 = r2; exit", "R2 !read_ok"},
    {"r10 is read only", "r10 = 0; exit", "frame pointer is read only"},
    {"division by a constant zero", "r0 = 1; r0 /= 0; exit", "div by zero"},
    {"division by a register that may be zero", "r0 = 1; r1 = 0; r0 /= r1; exit"},
    {"a shift by too much", "r0 = 1; w0 <<= 32; exit", "invalid shift 32"},
    {"a shift within the word", "r0 = 1; r0 <<= 32; exit"},
    {"two pointers added", "r1 += r1; r0 = 0; exit", "R1 pointer += pointer prohibited"},
    {"two pointers subtracted", "r0 = r10; r0 -= r10; exit"},
    {"a pointer subtracted from a number", "r0 = 0; r0 -= r1; exit", "R0 tried to subtract pointer from scalar"},
    {"half a pointer", "w1 += 4; r0 = 0; exit", "R1 32-bit pointer arithmetic prohibited"},
    {"bits of a pointer", "r1 &= 8; r0 = 0; exit", "R1 bitwise operator &= on pointer prohibited"},
    {"a pointer divided", "r1 /= 8; r0 = 0; exit", "R1 pointer arithmetic with /= operator prohibited"},
    {"subtraction from the frame pointer", "r1 = r10; r1 -= 8; r0 = 0; exit",
     "R1 subtraction from stack pointer prohibited"},
    {"the frame pointer plus too much", "r1 = r10; r1 += 0x7fffffff; r0 = 0; exit",
     "math between fp pointer and 2147483647 is not allowed"},
    {"the frame pointer plus the unknown", "call 7; r1 = r10; r1 += r0; r0 = 0; exit",
     "math between fp pointer and register with unbounded min value is not allowed"},
    {"a pointer's low half as a number", "w0 = w1; exit"},
    {"a number that is too far below", R"(
       call 7
       r1 = map_value 4
       if r0 s> 0 goto out
       if r0 s< -600000000 goto out
       r1 += r0
     out: r0 = 0; exit)",
     "value -600000000 makes map_value pointer be out of bounds"},
};

TEST(Alu, Verdicts) {
  for (const Row& row : rows) expect(row);
}

constexpr Row linked_rows[] = {
    {"a bound of a copy holds for the original", R"(
       call 7
       r0 &= 0xff
       r1 = r0
       if r1 < 10 goto out
       if r0 >= 10 goto out
       r0 /= 0
     out: r0 = 0; exit)"},
    {"a bound of a copy that differs by a constant", R"(
       call 7
       r0 &= 0xff
       r1 = r0
       r1 += 4
       if r1 < 6 goto out
       if r0 != 0 goto out
       r0 /= 0
     out: r0 = 0; exit)"},
    {"the same in 32 bits, below zero", R"(
       call 7
       w0 &= 0xff
       w1 = w0
       w1 += -4
       if w1 s< 0 goto out
       if w0 != 0 goto out
       r0 /= 0
     out: r0 = 0; exit)"},
    {"two constants are not followed", R"(
       call 7
       r0 &= 0xff
       r1 = r0
       r1 += 2
       r1 += 2
       if r1 < 6 goto out
       if r0 != 0 goto out
       r0 /= 0
     out: r0 = 0; exit)",
     "div by zero"},
    {"the low half of a copy says nothing of the high half", R"(
       call 7
       r1 = r0
       w1 += 1
       if r1 > 10 goto out
       r0 >>= 32
       if r0 == 0 goto out
       r0 /= 0
     out: r0 = 0; exit)",
     "div by zero"},
};

TEST(LinkedScalars, Verdicts) {
  for (const Row& row : linked_rows) expect(row);
}

}  // namespace
}  // namespace skep::test
