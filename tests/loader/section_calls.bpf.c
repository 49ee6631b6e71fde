// Programs that call programs: as subprograms, in whichever section these stand. Loaded by section_calls_test.cpp.
// clang-format off
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
// clang-format on

char LICENSE[] SEC("license") = "GPL";
struct task_struct {
  int pid;
} __attribute__((preserve_access_index));
int called;

__attribute__((noinline)) int in_text(int x) {
  asm volatile("" : "+r"(x));
  return x + 100;
}
SEC("tc") int starts(struct __sk_buff* skb) {
  return 3;
}
SEC("tc") int callee(struct __sk_buff* skb) {
  called++;
  return in_text(skb->len) + __builtin_preserve_field_info(((struct task_struct*)0)->pid, 2 /* exists */);
}
SEC("tc") int beside(struct __sk_buff* skb) {
  return 2 * callee(skb);
}
SEC("classifier") int from_elsewhere(struct __sk_buff* skb) {
  return beside(skb) + starts(skb);
}
SEC("action") int calls_none(struct __sk_buff* skb) {
  return 5;
}
