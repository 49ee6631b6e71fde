// What is newer than the distribution's libbpf: jump tables, per-CPU globals, sections of sleepable programs, functions
// of a named module, symbols without types. Loaded by stand_in_test.cpp and sections_test.cpp.
// clang-format off
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
// clang-format on

char LICENSE[] SEC("license") = "GPL";

#define GOTOX_R2 ".8byte 0x20d;"

// A switch as clang compiles it: the table in `.jumptables` holds places in the section.
// clang-format off
#define PICK(table, base, first, second)       \
  asm volatile(                                \
      ".pushsection .jumptables,\"\",@progbits;" \
      ".global " table ";"                     \
      table ":"                                \
      ".quad 1f - " base ";"                   \
      ".quad 2f - " base ";"                   \
      ".size " table ", 16;"                   \
      ".popsection;"                           \
      "r2 = " table " ll;"                     \
      "r1 &= 1;"                               \
      "r1 <<= 3;"                              \
      "r2 += r1;"                              \
      "r2 = *(u64 *)(r2 + 0);"                 \
      GOTOX_R2                                 \
      "1: r0 = " #first ";"                    \
      "exit;"                                  \
      "2: r0 = " #second ";"                   \
      "exit;" ::: "memory")
// clang-format on

// Not at the start of their section, and moved behind the program that calls them.
static __attribute__((naked, noinline)) int one_more(int x) {
  asm volatile("r0 = r1; r0 += 1; exit;");
}
static __attribute__((naked, noinline)) int pick_in_text(int which) {
  PICK("table_in_text", ".text", 10, 20);
}

SEC("socket") int before(struct __sk_buff* skb) {
  return skb->len != 0;
}

SEC("socket") __attribute__((naked)) int pick(void) {
  asm volatile("r1 = *(u32 *)(r1 + 0);");
  PICK("table_in_socket", "socket", 1, 2);
}

SEC("socket") int pick_in_subprogram(struct __sk_buff* skb) {
  return one_more(0) + pick_in_text(skb->len);
}

int counter SEC(".percpu") = 7;
int named SEC(".percpu.named");
long seen;

SEC("syscall") int count(void* ctx) {
  seen = counter++;
  named = 1;
  return 0;
}

SEC("?raw_tp.s") int raw_tp_sleeps(void* ctx) {
  return 0;
}
SEC("?raw_tracepoint.s/sys_enter") int raw_tracepoint_sleeps(void* ctx) {
  return 0;
}
SEC("?tp.s/syscalls/sys_enter_getpid") int tp_sleeps(void* ctx) {
  return 0;
}
SEC("?tracepoint.s/syscalls/sys_enter_getpid") int tracepoint_sleeps(void* ctx) {
  return 0;
}
SEC("?tp_btf.s/one_event") int tp_btf_sleeps(unsigned long long* ctx) {
  return 0;
}
SEC("?tp_btf.s/no_event") int tp_btf_unknown(unsigned long long* ctx) {
  return 0;
}

SEC("?fentry/one:same_name") int in_one(void* ctx) {
  return 0;
}
SEC("?fentry/two:same_name") int in_two(void* ctx) {
  return 0;
}
SEC("?fexit/two:only_in_one") int not_in_two(void* ctx) {
  return 0;
}
SEC("?fentry/three:same_name") int in_no_module(void* ctx) {
  return 0;
}

extern const void only_in_one __ksym;
extern const void __per_cpu_start __ksym;
extern const void no_such_symbol __ksym __weak;

SEC("?syscall") int symbols(void* ctx) {
  return bpf_get_smp_processor_id() + (unsigned long)&only_in_one + (unsigned long)&__per_cpu_start == 0 ||
         &no_such_symbol;
}
