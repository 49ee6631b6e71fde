// Slices of a dynptr that may be written: the kernel asks whether the program may write packets, whatever is behind it.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct value {
  __u64 words[8];
};
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, struct value);
} array SEC(".maps");

extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *p, u64 offset, void *buffer, u64 buffer__szk) __ksym __weak;

static __always_inline void write(void)
{
  __u32 key = 0;
  struct value *v = bpf_map_lookup_elem(&array, &key);
  struct bpf_dynptr d;
  char buffer[8], *p;
  if (!v) return;
  bpf_dynptr_from_mem(v, sizeof(*v), 0, &d);
  p = bpf_dynptr_slice_rdwr(&d, 0, buffer, sizeof(buffer));
  if (p) *p = 1;
}
#define WRITES(section, name, result) \
  SEC(section) int name(void *ctx) \
  { \
    write(); \
    return result; \
  }
WRITES("?socket", socket, 0)
WRITES("?tc", tc, 0)
WRITES("?action", action, 0)
WRITES("?xdp", xdp, 0)
WRITES("?kprobe/vfs_unlink", kprobe, 0)
WRITES("?tracepoint/sched/sched_switch", tracepoint, 0)
WRITES("?perf_event", perf_event, 0)
WRITES("?raw_tp/sys_enter", raw_tracepoint, 0)
WRITES("?raw_tp.w/sys_enter", raw_tracepoint_writable, 0)
WRITES("?fentry/bpf_fentry_test1", fentry, 0)
WRITES("?fexit/bpf_fentry_test1", fexit, 0)
WRITES("?tp_btf/sys_enter", tp_btf, 0)
WRITES("?iter/task", iter, 0)
WRITES("?lsm/file_open", lsm, 0)
WRITES("?lsm_cgroup/socket_bind", lsm_cgroup, 1)
WRITES("?syscall", syscall, 0)
WRITES("?netfilter", netfilter, 1)
WRITES("?cgroup_skb/egress", cgroup_skb, 1)
WRITES("?cgroup/sock_create", cgroup_sock, 1)
WRITES("?cgroup/connect4", cgroup_sock_addr, 1)
WRITES("?cgroup/dev", cgroup_device, 1)
WRITES("?cgroup/sysctl", cgroup_sysctl, 1)
WRITES("?cgroup/getsockopt", cgroup_getsockopt, 1)
WRITES("?cgroup/setsockopt", cgroup_setsockopt, 1)
WRITES("?sockops", sockops, 1)
WRITES("?sk_skb/stream_verdict", sk_skb, 0)
WRITES("?sk_msg", sk_msg, 0)
WRITES("?sk_lookup", sk_lookup, 1)
WRITES("?sk_reuseport", sk_reuseport, 1)
WRITES("?flow_dissector", flow_dissector, 0)
WRITES("?lwt_in", lwt_in, 0)
WRITES("?lwt_out", lwt_out, 0)
WRITES("?lwt_xmit", lwt_xmit, 0)
WRITES("?lwt_seg6local", lwt_seg6local, 0)
