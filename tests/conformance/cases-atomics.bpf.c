// Atomic instructions whose result goes to the register of their address: of every operation, width and kind of memory.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} array SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} ring SEC(".maps");

#define INSN(code, registers, op) ".byte " #code ", " #registers ", 0, 0, " #op ", 0, 0, 0;"
#define LOOKUP "r1 = 0; *(u64 *)(r10 - 8) = r1; r2 = r10; r2 += -8; r1 = %[array] ll; call 1; if r0 == 0 goto 9f;"
#define STACK "r1 = 0; *(u64 *)(r10 - 8) = r1; r0 = r10; r0 += -8;"
#define END "9: r0 = 0; exit;"
#define PROGRAM(name, text) \
  SEC("?socket") __attribute__((naked)) int name(void) { asm volatile(text END : : [array] "i"(&array), [ring] "i"(&ring)); }
#define RESERVE "r1 = %[ring] ll; r2 = 8; r3 = 0; call 131; if r0 == 0 goto 9f; r6 = r0;"
#define SUBMIT "r1 = r6; r2 = 0; call 132;"

PROGRAM(value_add32, LOOKUP " r1 = r0; " INSN(0xc3, 0x11, 0x1) )
PROGRAM(value_add64, LOOKUP " r1 = r0; " INSN(0xdb, 0x11, 0x1) )
PROGRAM(value_or32, LOOKUP " r1 = r0; " INSN(0xc3, 0x11, 0x41) )
PROGRAM(value_or64, LOOKUP " r1 = r0; " INSN(0xdb, 0x11, 0x41) )
PROGRAM(value_and32, LOOKUP " r1 = r0; " INSN(0xc3, 0x11, 0x51) )
PROGRAM(value_and64, LOOKUP " r1 = r0; " INSN(0xdb, 0x11, 0x51) )
PROGRAM(value_xor32, LOOKUP " r1 = r0; " INSN(0xc3, 0x11, 0xa1) )
PROGRAM(value_xor64, LOOKUP " r1 = r0; " INSN(0xdb, 0x11, 0xa1) )
PROGRAM(value_xchg32, LOOKUP " r1 = r0; " INSN(0xc3, 0x11, 0xe1) )
PROGRAM(value_xchg64, LOOKUP " r1 = r0; " INSN(0xdb, 0x11, 0xe1) )
PROGRAM(value_cmpxchg32, LOOKUP " r1 = 1; " INSN(0xc3, 0x10, 0xf1) )
PROGRAM(value_cmpxchg64, LOOKUP " r1 = 1; " INSN(0xdb, 0x10, 0xf1) )
PROGRAM(value_add_elsewhere, LOOKUP " r1 = r0; r2 = 1; " INSN(0xdb, 0x21, 0x1) )
PROGRAM(value_or_elsewhere, LOOKUP " r1 = r0; r2 = 1; " INSN(0xdb, 0x21, 0x41) )
PROGRAM(value_and_elsewhere, LOOKUP " r1 = r0; r2 = 1; " INSN(0xdb, 0x21, 0x51) )
PROGRAM(value_xor_elsewhere, LOOKUP " r1 = r0; r2 = 1; " INSN(0xdb, 0x21, 0xa1) )
PROGRAM(value_xchg_elsewhere, LOOKUP " r1 = r0; r2 = 1; " INSN(0xdb, 0x21, 0xe1) )
PROGRAM(value_cmpxchg_elsewhere, LOOKUP " r1 = r0; r2 = 1; r0 = 0; " INSN(0xdb, 0x21, 0xf1) )
PROGRAM(value_add_without_result, LOOKUP " r1 = r0; " INSN(0xdb, 0x11, 0) )
PROGRAM(value_load_acquire, LOOKUP " r1 = r0; " ".byte 0xdb, 0x11, 0, 0, 0, 1, 0, 0;" )
PROGRAM(value_cmpxchg_compared_is_source, LOOKUP " r1 = r0; r0 = 0; " INSN(0xdb, 0x01, 0xf1) )
PROGRAM(stack_add32, STACK " r1 = r0; " INSN(0xc3, 0x11, 0x1) )
PROGRAM(stack_add64, STACK " r1 = r0; " INSN(0xdb, 0x11, 0x1) )
PROGRAM(stack_or32, STACK " r1 = r0; " INSN(0xc3, 0x11, 0x41) )
PROGRAM(stack_or64, STACK " r1 = r0; " INSN(0xdb, 0x11, 0x41) )
PROGRAM(stack_and32, STACK " r1 = r0; " INSN(0xc3, 0x11, 0x51) )
PROGRAM(stack_and64, STACK " r1 = r0; " INSN(0xdb, 0x11, 0x51) )
PROGRAM(stack_xor32, STACK " r1 = r0; " INSN(0xc3, 0x11, 0xa1) )
PROGRAM(stack_xor64, STACK " r1 = r0; " INSN(0xdb, 0x11, 0xa1) )
PROGRAM(stack_xchg32, STACK " r1 = r0; " INSN(0xc3, 0x11, 0xe1) )
PROGRAM(stack_xchg64, STACK " r1 = r0; " INSN(0xdb, 0x11, 0xe1) )
PROGRAM(stack_cmpxchg32, STACK " r1 = 1; " INSN(0xc3, 0x10, 0xf1) )
PROGRAM(stack_cmpxchg64, STACK " r1 = 1; " INSN(0xdb, 0x10, 0xf1) )
PROGRAM(stack_add_elsewhere, STACK " r1 = r0; r2 = 1; " INSN(0xdb, 0x21, 0x1) )
PROGRAM(stack_or_elsewhere, STACK " r1 = r0; r2 = 1; " INSN(0xdb, 0x21, 0x41) )
PROGRAM(stack_and_elsewhere, STACK " r1 = r0; r2 = 1; " INSN(0xdb, 0x21, 0x51) )
PROGRAM(stack_xor_elsewhere, STACK " r1 = r0; r2 = 1; " INSN(0xdb, 0x21, 0xa1) )
PROGRAM(stack_xchg_elsewhere, STACK " r1 = r0; r2 = 1; " INSN(0xdb, 0x21, 0xe1) )
PROGRAM(stack_cmpxchg_elsewhere, STACK " r1 = r0; r2 = 1; r0 = 0; " INSN(0xdb, 0x21, 0xf1) )
PROGRAM(stack_add_without_result, STACK " r1 = r0; " INSN(0xdb, 0x11, 0) )
PROGRAM(stack_load_acquire, STACK " r1 = r0; " ".byte 0xdb, 0x11, 0, 0, 0, 1, 0, 0;" )
PROGRAM(stack_cmpxchg_compared_is_source, STACK " r1 = r0; r0 = 0; " INSN(0xdb, 0x01, 0xf1) )
PROGRAM(record_add32, RESERVE " r1 = r0; " INSN(0xc3, 0x11, 0x1) SUBMIT )
PROGRAM(record_add64, RESERVE " r1 = r0; " INSN(0xdb, 0x11, 0x1) SUBMIT )
PROGRAM(record_or32, RESERVE " r1 = r0; " INSN(0xc3, 0x11, 0x41) SUBMIT )
PROGRAM(record_or64, RESERVE " r1 = r0; " INSN(0xdb, 0x11, 0x41) SUBMIT )
PROGRAM(record_and32, RESERVE " r1 = r0; " INSN(0xc3, 0x11, 0x51) SUBMIT )
PROGRAM(record_and64, RESERVE " r1 = r0; " INSN(0xdb, 0x11, 0x51) SUBMIT )
PROGRAM(record_xor32, RESERVE " r1 = r0; " INSN(0xc3, 0x11, 0xa1) SUBMIT )
PROGRAM(record_xor64, RESERVE " r1 = r0; " INSN(0xdb, 0x11, 0xa1) SUBMIT )
PROGRAM(record_xchg32, RESERVE " r1 = r0; " INSN(0xc3, 0x11, 0xe1) SUBMIT )
PROGRAM(record_xchg64, RESERVE " r1 = r0; " INSN(0xdb, 0x11, 0xe1) SUBMIT )
PROGRAM(record_cmpxchg32, RESERVE " r1 = 1; " INSN(0xc3, 0x10, 0xf1) SUBMIT )
PROGRAM(record_cmpxchg64, RESERVE " r1 = 1; " INSN(0xdb, 0x10, 0xf1) SUBMIT )
PROGRAM(record_add_elsewhere, RESERVE " r1 = r0; r2 = 1; " INSN(0xdb, 0x21, 0x1) SUBMIT )
PROGRAM(record_or_elsewhere, RESERVE " r1 = r0; r2 = 1; " INSN(0xdb, 0x21, 0x41) SUBMIT )
PROGRAM(record_and_elsewhere, RESERVE " r1 = r0; r2 = 1; " INSN(0xdb, 0x21, 0x51) SUBMIT )
PROGRAM(record_xor_elsewhere, RESERVE " r1 = r0; r2 = 1; " INSN(0xdb, 0x21, 0xa1) SUBMIT )
PROGRAM(record_xchg_elsewhere, RESERVE " r1 = r0; r2 = 1; " INSN(0xdb, 0x21, 0xe1) SUBMIT )
PROGRAM(record_cmpxchg_elsewhere, RESERVE " r1 = r0; r2 = 1; r0 = 0; " INSN(0xdb, 0x21, 0xf1) SUBMIT )
PROGRAM(record_add_without_result, RESERVE " r1 = r0; " INSN(0xdb, 0x11, 0) SUBMIT )
PROGRAM(record_load_acquire, RESERVE " r1 = r0; " ".byte 0xdb, 0x11, 0, 0, 0, 1, 0, 0;" SUBMIT )
PROGRAM(record_cmpxchg_compared_is_source, RESERVE " r1 = r0; r0 = 0; " INSN(0xdb, 0x01, 0xf1) SUBMIT )
