// The address of a function that no path runs: which functions are there when it is looked for.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

static int first(u32 i, void *c) { return 0; }
static int last(u32 i, void *c) { return 1; }
static __noinline int busy(struct __sk_buff *skb) { asm volatile(""); return skb->len; }
#define IDLE(f) do { void *p = f; asm volatile("" : "+r"(p)); } while (0)
#define RUN(f) bpf_loop(3, f, 0, 0)
SEC("?tc") int idle_then_run(struct __sk_buff *skb) { IDLE(last); RUN(first); return 0; }
SEC("?tc") int idle_only(struct __sk_buff *skb) { IDLE(last); return 0; }
SEC("?tc") int idle_two(struct __sk_buff *skb) { IDLE(last); IDLE(first); return 0; }
SEC("?tc") int call_then_idle(struct __sk_buff *skb) { int r = busy(skb); IDLE(last); return r; }
SEC("?tc") int idle_then_call(struct __sk_buff *skb) { IDLE(last); return busy(skb); }
SEC("?tc") int idle_between(struct __sk_buff *skb) { RUN(first); IDLE(last); return busy(skb); }
SEC("?tc") int idle_and_run(struct __sk_buff *skb) { IDLE(last); RUN(first); RUN(last); return 0; }
static int second(u32 i, void *c) { return 0; }
// Two that lie together, before one that is there.
SEC("?tc") int idle_idle_call(struct __sk_buff *skb) { IDLE(first); IDLE(second); return busy(skb); }
SEC("?tc") int idle_twice_call(struct __sk_buff *skb) { IDLE(first); IDLE(first); return busy(skb); }
SEC("?tc") int idle_three_call(struct __sk_buff *skb) { IDLE(first); IDLE(second); IDLE(last); return busy(skb); }
SEC("?tc") int call_idle_idle(struct __sk_buff *skb) { int r = busy(skb); IDLE(first); IDLE(second); return r; }
