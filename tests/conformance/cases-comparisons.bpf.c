// Two numbers that cannot be equal, where bits and ranges show it only together: which branches are walked all the same.
// The branch that cannot be taken writes the frame pointer.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

// r5: random bits in `mask5`; r7: those in `mask7`, plus `more`. `first` cuts r5 to 32 bits or not.
#define PROGRAM(name, first, mask5, mask7, more, compare)                                                          \
  SEC("?socket") __attribute__((naked)) int name(void) {                                                           \
    asm volatile("call 7;" first "r5 &= " #mask5 "; r7 = r0; r7 &= " #mask7 "; r7 += " #more ";" compare : : : "r0"); \
  }
#define WIDE "r5 = r0;"
#define NARROW "w5 = w0;"
#define IF_NE(a, b) "if " a " != " b " goto 1f; r10 = 0; 1: r0 = 0; exit;"
#define IF_EQ(a, b) "if " a " == " b " goto 1f; r0 = 0; exit; 1: r10 = 0; r0 = 0; exit;"
#define ALL(name, mask5, mask7, more)                                             \
  PROGRAM(name##_ne64, WIDE, mask5, mask7, more, IF_NE("r5", "r7"))              \
  PROGRAM(name##_ne32, NARROW, mask5, mask7, more, IF_NE("w5", "w7"))            \
  PROGRAM(name##_ne32_of_wide, WIDE, mask5, mask7, more, IF_NE("w5", "w7"))      \
  PROGRAM(name##_eq64, WIDE, mask5, mask7, more, IF_EQ("r5", "r7"))              \
  PROGRAM(name##_eq32, NARROW, mask5, mask7, more, IF_EQ("w5", "w7"))            \
  PROGRAM(name##_swapped64, WIDE, mask5, mask7, more, IF_EQ("r7", "r5"))         \
  PROGRAM(name##_swapped32, NARROW, mask5, mask7, more, IF_NE("w7", "w5"))

ALL(negative, -4, 1, -43)           // the bits agree on -44, of -43 to -42
ALL(positive, -4, 1, 5)             // on 4, of 5 to 6
ALL(disjoint, -4, 1, 2)             // on nothing
ALL(zero, -8, 3, 1)                 // on 0, of 1 to 4
ALL(below, 8, 3, 9)                 // on 8, of 9 to 12
ALL(two_bits, 24, 3, 9)             // on 8, of 9 to 12
ALL(two_numbers, 8, 7, 9)           // on 0 and 8, of 9 to 16
ALL(three_numbers, 10, 3, 11)       // on 8 and 10, of 11 to 14
ALL(above, 0x7ffffff0, 3, 0x7ffffff9)
ALL(inside, -4, 7, 5)               // on 4, 8 and 12, of 5 to 12
ALL(one_inside, -8, 7, 5)           // on 0 and 8, of 5 to 12
ALL(top, -2, 1, -1)                 // on -2 to 0, of -1 to 0

// r0: random bits with some sure to be set. Two orders leave one number, or few, which lack those bits.
#define ORDERED(name, first, set, low, high)                                                                         \
  SEC("?socket") __attribute__((naked)) int name(void) {                                                             \
    asm volatile("call 7; r5 = r0; r5 <<= 32; r0 |= r5; r0 |= " #set ";" first low " goto 2f;" high                  \
                 " goto 1f; 2: r0 = 0; exit; 1: r10 = 0; r0 = 0; exit;" : : : "r0");                                  \
  }
#define ORDERED_ALL(name, set, number)                                                        \
  ORDERED(name##_s64, "", set, "if r0 s> " #number, "if r0 s>= " #number)                     \
  ORDERED(name##_u64, "", set, "if r0 > " #number, "if r0 >= " #number)                       \
  ORDERED(name##_s32, "", set, "if w0 s> " #number, "if w0 s>= " #number)                     \
  ORDERED(name##_u32, "", set, "if w0 > " #number, "if w0 >= " #number)                       \
  ORDERED(name##_s32_narrow, "w0 = w0;", set, "if w0 s> " #number, "if w0 s>= " #number)      \
  ORDERED(name##_u64_narrow, "w0 = w0;", set, "if r0 > " #number, "if r0 >= " #number)
ORDERED_ALL(order_zero, 0x100, 0)
ORDERED_ALL(order_one, 0x100, 1)
ORDERED_ALL(order_negative, 1, -2)
ORDERED_ALL(order_even, 1, 6)
ORDERED_ALL(order_two_bits, 0x101, 3)
ORDERED_ALL(order_same, 0x100, 0x100)
ORDERED(order_three_s64, "", 0x100, "if r0 s> 2", "if r0 s>= 0")
ORDERED(order_three_u64, "", 0x100, "if r0 > 4", "if r0 >= 2")
ORDERED(order_behind_s64, "", 0x100, "if r0 s> 0x104", "if r0 s>= 0x101")
