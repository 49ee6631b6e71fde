// Locks of two kinds, types that the kernel does not have, what functions return, and calls of sub-schedulers.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define HELD(name) SEC(".data." #name) __hidden __attribute__((aligned(8)))
HELD(a) struct bpf_spin_lock spin;
HELD(b) struct bpf_res_spin_lock res;
HELD(c) struct bpf_res_spin_lock other;

SEC("?tc") int res_in_spin(void *ctx) {
  bpf_spin_lock(&spin);
  if (!bpf_res_spin_lock(&res)) bpf_res_spin_unlock(&res);
  bpf_spin_unlock(&spin);
  return 0;
}
SEC("?tc") int res_irq_in_spin(void *ctx) {
  unsigned long flags;
  bpf_spin_lock(&spin);
  if (!bpf_res_spin_lock_irqsave(&res, &flags)) bpf_res_spin_unlock_irqrestore(&res, &flags);
  bpf_spin_unlock(&spin);
  return 0;
}
SEC("?tc") int spin_in_res(void *ctx) {
  if (bpf_res_spin_lock(&res)) return 0;
  bpf_spin_lock(&spin);
  bpf_spin_unlock(&spin);
  bpf_res_spin_unlock(&res);
  return 0;
}
SEC("?tc") int res_outlives_spin(void *ctx) {
  bpf_spin_lock(&spin);
  if (bpf_res_spin_lock(&res)) {
    bpf_spin_unlock(&spin);
    return 0;
  }
  bpf_spin_unlock(&spin);
  bpf_res_spin_unlock(&res);
  return 0;
}
SEC("?tc") int two_res_in_spin(void *ctx) {
  bpf_spin_lock(&spin);
  if (!bpf_res_spin_lock(&res)) {
    if (!bpf_res_spin_lock(&other)) bpf_res_spin_unlock(&other);
    bpf_res_spin_unlock(&res);
  }
  bpf_spin_unlock(&spin);
  return 0;
}
SEC("?tc") int res_left_in_spin(void *ctx) {
  bpf_spin_lock(&spin);
  if (bpf_res_spin_lock(&res)) return 0;
  bpf_spin_unlock(&spin);
  return 0;
}
SEC("?tc") int spin_in_spin(void *ctx) {
  bpf_spin_lock(&spin);
  bpf_spin_lock(&spin);
  bpf_spin_unlock(&spin);
  return 0;
}

int number;
__weak int *address(void) { return &number; }
SEC("?tc") int returns_pointer(void *ctx) { return *address(); }

struct nowhere_to_be_found {
  int x;
};
__weak int trusting(struct nowhere_to_be_found *p __arg_trusted) { return 0; }
__weak int untrusting(struct nowhere_to_be_found *p __attribute__((btf_decl_tag("arg:untrusted")))) { return 0; }
SEC("?tp_btf/task_newtask") int trusted_without_a_match(void *ctx) { return trusting(ctx); }
SEC("?tp_btf/task_newtask") int untrusted_without_a_match(void *ctx) { return untrusting(ctx); }

struct {
  __uint(type, BPF_MAP_TYPE_ARENA);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 10);
} arena SEC(".maps");

SEC("?syscall") int sub_caps(void *ctx) {
  void *map = &arena;
  asm volatile("" : "+r"(map));
  scx_bpf_sub_caps(0, 0, 0);
  return 0;
}
SEC("?syscall") int sub_grant(void *ctx) {
  void *map = &arena;
  asm volatile("" : "+r"(map));
  scx_bpf_sub_grant(0, 0, 0, 0);
  return 0;
}
SEC("?syscall") int sub_revoke(void *ctx) {
  void *map = &arena;
  asm volatile("" : "+r"(map));
  scx_bpf_sub_revoke(0, 0, 0);
  return 0;
}
SEC("?syscall") int cid_override(void *ctx) {
  void *map = &arena;
  asm volatile("" : "+r"(map));
  scx_bpf_cid_override(0, 0, 0, 0);
  return 0;
}
#define SUB(section, name) \
  SEC(section) int name(void *ctx) { \
    void *map = &arena; \
    asm volatile("" : "+r"(map)); \
    scx_bpf_sub_caps(0, 0, 0); \
    scx_bpf_sub_grant(0, 0, 0, 0); \
    scx_bpf_sub_revoke(0, 0, 0); \
    return 0; \
  }
SUB("?tc", sub_tc)
SUB("?socket", sub_socket)
SUB("?kprobe/vfs_read", sub_kprobe)
SUB("?fentry/vfs_read", sub_fentry)
SUB("?lsm/file_open", sub_lsm)
SUB("?cgroup_skb/egress", sub_cgroup)
