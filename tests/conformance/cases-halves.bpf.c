// Halves against wholes: whole numbers whose low halves differ, numbers that come back from the stack with their sign,
// and slots of which one half is dead.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define PROGRAM(name, code) \
  SEC("?tc") __attribute__((naked)) int name(void *ctx) { asm volatile(code : : : "memory"); }

// ---- equality of whole numbers of which a half is known: what follows is refused where it is walked ----
#define WHOLE(name, half, whole) \
  PROGRAM(whole_##name, "call 7; r8 = r0; r0 <<= 32; r8 |= r0; if " half " goto 2f; " whole " goto 1f; 2: r0 = 0; exit; 1: r10 = 0; r0 = 0; exit;")
WHOLE(above, "w8 s> 10", "if r8 == 31")
WHOLE(far_above, "w8 s> 10", "if r8 == 0x7fffffff")
WHOLE(at, "w8 s> 10", "if r8 == 10")
WHOLE(below, "w8 s> 10", "if r8 == -31")
WHOLE(unsigned_above, "w8 > 10", "if r8 == 31")
WHOLE(unsigned_below, "w8 < 10", "if r8 == 9")
WHOLE(signed_below, "w8 s< 10", "if r8 == 9")
WHOLE(not_the_one, "w8 != 9", "if r8 == 31")
WHOLE(of_register, "w8 s> 10", "r4 = 31; if r4 == r8")
WHOLE(less, "w8 s> 10", "r4 = r8; r4 &= 0xff; r4 += 11; if r4 == r8")

WHOLE(in_a_hole, "w8 == 31", "if r8 == 31")
WHOLE(register_in_a_hole, "w8 == 31", "r4 = 31; if r4 == r8")
WHOLE(zero_in_a_hole, "w8 == 0", "if r8 == 0")
WHOLE(negative_in_a_hole, "w8 == -31", "if r8 == -31")
WHOLE(beside_a_hole, "w8 == 31", "if r8 == 30")
WHOLE(across_signs_below, "w8 s> 10 goto 2f; if w8 s< -5", "if r8 == -31")
WHOLE(across_zero, "w8 s> 10 goto 2f; if w8 s< -5", "if r8 == 31")
WHOLE(across_the_top, "w8 < 0x7ffffff0 goto 2f; if w8 > 0x8000000f", "if r8 == 31")
WHOLE(across_the_top_above, "w8 < 0x7ffffff0 goto 2f; if w8 > 0x8000000f", "if r8 == -31")

// ---- a copy that comes back from the stack with its sign: what is learnt of one is known of the other ----
#define BACK(name, range, store, load) \
  PROGRAM(back_##name, "call 7; r8 = r0; *(u64 *)(r10 - 8) = r8; " range " *(" store " *)(r10 - 8) = r8; r2 = *(" load " *)(r10 - 8); if r8 > 7 goto 1f; r3 = r10; r3 += r2; *(u8 *)(r3 - 8) = 0; 1: r0 = 0; exit;")
BACK(u7_s8, "r8 &= 0x7f;", "u64", "s8")
BACK(u8_s8, "r8 &= 0xff;", "u64", "s8")
BACK(u8_u8, "r8 &= 0xff;", "u64", "u8")
BACK(u7_s8_of_word, "r8 &= 0x7f;", "u32", "s8")
BACK(u7_s8_of_byte, "r8 &= 0x7f;", "u8", "s8")
BACK(u8_s8_of_byte, "r8 &= 0xff;", "u8", "s8")
BACK(u15_s16, "r8 &= 0x7fff;", "u64", "s16")
BACK(u16_s16, "r8 &= 0xffff;", "u64", "s16")
BACK(u16_s32, "r8 &= 0xffff;", "u64", "s32")
BACK(u31_s32, "r8 &= 0x7fffffff;", "u64", "s32")
BACK(u32_s32, "w8 = w8;", "u64", "s32")
BACK(u31_s32_of_word, "r8 &= 0x7fffffff;", "u32", "s32")
BACK(u32_s32_of_word, "w8 = w8;", "u32", "s32")

// ---- a slot of which one half is dead at the branch, and what is read of it ----
#define HALF(name, store, read) \
  PROGRAM(half_##name, "r9 = r1; call 7; r6 = r0; call 7; r7 = r0; " store " if w6 > w7 goto 1f; r3 = 1; if w7 s> w6 goto 1f; " read " r3 = r10; r3 += r2; *(u8 *)(r3 - 8) = 0; 1: r0 = 0; exit;")
HALF(high_of_number, "*(u64 *)(r10 - 8) = 5;", "r2 = *(u32 *)(r10 - 4);")
HALF(high_of_zero, "*(u64 *)(r10 - 8) = 0;", "r2 = *(u32 *)(r10 - 4);")
HALF(high_byte_of_zero, "*(u64 *)(r10 - 8) = 0;", "r2 = *(u8 *)(r10 - 3);")
HALF(low_of_number, "*(u64 *)(r10 - 8) = 5;", "r2 = *(u32 *)(r10 - 8);")
HALF(low_of_pointer, "*(u64 *)(r10 - 8) = r9;", "r2 = *(u32 *)(r10 - 8);")
HALF(high_of_pointer, "*(u64 *)(r10 - 8) = r9;", "r2 = *(u32 *)(r10 - 4);")
HALF(high_over_zero, "r1 = 0; *(u32 *)(r10 - 4) = r1; *(u32 *)(r10 - 8) = r6;", "r2 = *(u32 *)(r10 - 4);")
HALF(high_over_low_zero, "r1 = 0; *(u32 *)(r10 - 4) = r1; *(u32 *)(r10 - 8) = r1;", "r2 = *(u32 *)(r10 - 4);")
