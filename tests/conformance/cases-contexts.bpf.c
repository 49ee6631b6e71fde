// The context as an argument of kfuncs that ask for the kernel's own structure, and what a cast gives in each type.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

extern void *bpf_cast_to_kern_ctx(void *) __ksym __weak;
extern int bpf_sock_ops_enable_tx_tstamp(struct bpf_sock_ops_kern *, u64) __ksym __weak;
extern int bpf_sock_addr_set_sun_path(struct bpf_sock_addr_kern *, const u8 *, u32) __ksym __weak;
extern int bpf_dynptr_from_skb(struct __sk_buff *, u64, struct bpf_dynptr *) __ksym __weak;
extern int bpf_dynptr_from_xdp(struct xdp_md *, u64, struct bpf_dynptr *) __ksym __weak;

SEC("?sockops") int tstamp_plain(struct bpf_sock_ops *ctx)
{
  bpf_sock_ops_enable_tx_tstamp((void *)ctx, 0);
  return 1;
}
SEC("?sockops") int tstamp_cast(struct bpf_sock_ops *ctx)
{
  bpf_sock_ops_enable_tx_tstamp(bpf_cast_to_kern_ctx(ctx), 0);
  return 1;
}
SEC("?cgroup/connect_unix") int path_plain(struct bpf_sock_addr *ctx)
{
  bpf_sock_addr_set_sun_path((void *)ctx, (const u8 *)"abc", 3);
  return 1;
}
SEC("?cgroup/connect_unix") int path_cast(struct bpf_sock_addr *ctx)
{
  bpf_sock_addr_set_sun_path(bpf_cast_to_kern_ctx(ctx), (const u8 *)"abc", 3);
  return 1;
}
SEC("?tc") int skb_plain(struct __sk_buff *ctx)
{
  struct bpf_dynptr d;
  return bpf_dynptr_from_skb(ctx, 0, &d);
}
SEC("?tc") int skb_cast(struct __sk_buff *ctx)
{
  struct bpf_dynptr d;
  return bpf_dynptr_from_skb(bpf_cast_to_kern_ctx(ctx), 0, &d);
}
SEC("?xdp") int xdp_cast(struct xdp_md *ctx)
{
  struct bpf_dynptr d;
  return bpf_dynptr_from_xdp(bpf_cast_to_kern_ctx(ctx), 0, &d);
}
#define CAST(section, name, result) \
  SEC(section) int cast_##name(void *ctx) \
  { \
    void *k = bpf_cast_to_kern_ctx(ctx); \
    asm volatile("" : : "r"(k)); \
    return result; \
  } \
  SEC(section) int read_##name(void *ctx) \
  { \
    asm volatile("call %[cast]; w2 = *(u8 *)(r0 + 0);" : : [cast] "i"(bpf_cast_to_kern_ctx) : "r0", "r1", "r2", "r3", "r4", "r5"); \
    return result; \
  }
CAST("?socket", socket, 0)
CAST("?tc", tc, 0)
CAST("?action", action, 0)
CAST("?xdp", xdp, 0)
CAST("?kprobe/vfs_unlink", kprobe, 0)
CAST("?tracepoint/sched/sched_switch", tracepoint, 0)
CAST("?perf_event", perf_event, 0)
CAST("?cgroup_skb/egress", cgroup_skb, 1)
CAST("?cgroup/sock_create", cgroup_sock, 1)
CAST("?lwt_in", lwt_in, 0)
CAST("?lwt_out", lwt_out, 0)
CAST("?lwt_xmit", lwt_xmit, 0)
CAST("?lwt_seg6local", lwt_seg6local, 0)
CAST("?sockops", sockops, 1)
CAST("?sk_skb/stream_verdict", sk_skb, 0)
CAST("?sk_msg", sk_msg, 0)
CAST("?cgroup/dev", cgroup_device, 1)
CAST("?cgroup/connect4", cgroup_sock_addr, 1)
CAST("?cgroup/sysctl", cgroup_sysctl, 1)
CAST("?cgroup/getsockopt", cgroup_sockopt, 1)
CAST("?raw_tp/sys_enter", raw_tracepoint, 0)
CAST("?raw_tp.w/sys_enter", raw_tracepoint_writable, 0)
CAST("?sk_reuseport", sk_reuseport, 1)
CAST("?sk_lookup", sk_lookup, 1)
CAST("?flow_dissector", flow_dissector, 0)
CAST("?netfilter", netfilter, 1)
CAST("?syscall", syscall, 0)
CAST("?fentry/bpf_fentry_test1", fentry, 0)
CAST("?tp_btf/sys_enter", tp_btf, 0)
CAST("?iter/task", iter, 0)
CAST("?lsm/file_open", lsm, 0)
