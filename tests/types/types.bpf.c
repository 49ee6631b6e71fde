// SPDX-License-Identifier: Apache-2.0
// One program of each type, which reads its context, keeps what it saw and starts a work item, whose callback notes that
// it ran. types_test.cpp runs each in every way that there is and makes docs/program-types.md.
#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

extern int bpf_wq_init(struct bpf_wq *wq, void *map, unsigned int flags) __ksym;
extern int bpf_wq_start(struct bpf_wq *wq, unsigned int flags) __ksym;
extern int bpf_wq_set_callback(struct bpf_wq *wq, int (*callback)(void *map, int *key, void *value),
			       unsigned int flags) __ksym;
extern bool bpf_session_is_return(void *ctx) __ksym __weak;

struct item {
	struct bpf_wq work;
	__u64 seen, ran;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct item);
} items SEC(".maps");
// Types whose programs may interrupt anything may use no map with work in its values.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, __u64);
} notes SEC(".maps");

static int later(void *map, int *key, void *value)
{
	((struct item *)value)->ran++;
	return 0;
}

static __always_inline void start(__u64 seen)
{
	int key = 0;
	struct item *item = bpf_map_lookup_elem(&items, &key);

	if (!item)
		return;
	item->seen = seen;
	bpf_wq_init(&item->work, &items, 0);
	bpf_wq_set_callback(&item->work, later, 0);
	bpf_wq_start(&item->work, 0);
}
static __always_inline void note(__u64 seen)
{
	int key = 0;

	bpf_map_update_elem(&notes, &key, &seen, BPF_ANY);
}

// ---- packets

#define ON_PACKET(NAME, SECTION, RESULT)    \
	SEC(SECTION)                        \
	int NAME(struct __sk_buff *skb)     \
	{                                   \
		start(skb->mark + skb->len); \
		return RESULT;              \
	}
ON_PACKET(socket_filter_prog, "socket", 0)
ON_PACKET(sched_cls_prog, "tc", 0)
ON_PACKET(sched_act_prog, "action", 0)
ON_PACKET(cgroup_skb_prog, "cgroup_skb/ingress", 1)
ON_PACKET(lwt_in_prog, "lwt_in", 0)
ON_PACKET(lwt_out_prog, "lwt_out", 0)
ON_PACKET(lwt_xmit_prog, "lwt_xmit", 0)
ON_PACKET(lwt_seg6local_prog, "lwt_seg6local", 0)

SEC("sk_skb/stream_verdict")
int sk_skb_prog(struct __sk_buff *skb)
{
	start(skb->priority + skb->len);
	return SK_PASS;
}

SEC("xdp")
int xdp_prog(struct xdp_md *md)
{
	void *data = (void *)(long)md->data, *end = (void *)(long)md->data_end;

	if (data + 14 > end)
		return XDP_DROP;
	start(md->ingress_ifindex + *(unsigned char *)data);
	return XDP_PASS;
}

SEC("netfilter")
int netfilter_prog(struct bpf_nf_ctx *ctx)
{
	start(ctx->state->hook + ctx->skb->len);
	return 1;
}

SEC("flow_dissector")
int flow_dissector_prog(struct __sk_buff *skb)
{
	struct bpf_flow_keys *keys = skb->flow_keys;

	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	if (data + 14 > end)
		return BPF_DROP;
	start(keys->nhoff + *(unsigned char *)data);
	keys->thoff = 34;
	return 0;
}

// ---- sockets

SEC("cgroup/connect4")
int cgroup_sock_addr_prog(struct bpf_sock_addr *ctx)
{
	start(((__u64)__builtin_bswap16(ctx->user_port) << 32) + __builtin_bswap32(ctx->user_ip4) + ctx->sk->mark);
	ctx->user_ip4 = __builtin_bswap32(0x7f000001);
	return 1;
}

SEC("cgroup/sock_create")
int cgroup_sock_prog(struct bpf_sock *sk)
{
	start(sk->family + sk->protocol);
	sk->mark = 5;
	return 1;
}

SEC("cgroup/setsockopt")
int cgroup_sockopt_prog(struct bpf_sockopt *ctx)
{
	unsigned char *value = ctx->optval;

	if (value + 1 > (unsigned char *)ctx->optval_end)
		return 0;
	start(ctx->level + *value + ctx->sk->mark);
	return 1;
}

SEC("sockops")
int sock_ops_prog(struct bpf_sock_ops *ctx)
{
	start(ctx->op + __builtin_bswap32(ctx->remote_port));
	ctx->reply = 7;
	return 1;
}

SEC("sk_msg")
int sk_msg_prog(struct sk_msg_md *msg)
{
	unsigned char *data = (void *)(long)msg->data;

	if (data + 1 > (unsigned char *)(long)msg->data_end)
		return SK_DROP;
	start(msg->family + *data);
	return SK_PASS;
}

SEC("sk_lookup")
int sk_lookup_prog(struct bpf_sk_lookup *ctx)
{
	start(ctx->local_port + __builtin_bswap16(ctx->remote_port));
	return SK_PASS;
}

SEC("sk_reuseport")
int sk_reuseport_prog(struct sk_reuseport_md *md)
{
	start(md->hash + md->ip_protocol);
	return SK_PASS;
}

// ---- settings and devices

SEC("cgroup/dev")
int cgroup_device_prog(struct bpf_cgroup_dev_ctx *ctx)
{
	start(ctx->major + ctx->minor);
	return 1;
}

SEC("cgroup/sysctl")
int cgroup_sysctl_prog(struct bpf_sysctl *ctx)
{
	start(ctx->write + ctx->file_pos);
	return 1;
}

// ---- functions of the kernel

SEC("fentry/vfs_open")
int BPF_PROG(fentry_prog, const struct path *path, struct file *file)
{
	start(file->f_flags + path->dentry->d_name.len);
	return 0;
}

SEC("fexit/vfs_open")
int BPF_PROG(fexit_prog, const struct path *path, struct file *file, int ret)
{
	start(file->f_inode->i_ino + ret);
	return 0;
}

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(fentry_test_prog, int a)
{
	start(a);
	return 0;
}

SEC("fmod_ret/bpf_modify_return_test")
int BPF_PROG(fmod_ret_prog, int a, int *b, int ret)
{
	start(a);
	return 3;
}

SEC("fsession/vfs_open")
int fsession_prog(void *ctx)
{
	start(bpf_session_is_return(ctx) ? 20 : 10);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(tp_btf_prog, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	start(preempt + prev->pid + next->real_parent->pid);
	return 0;
}

SEC("iter/task")
int iter_prog(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (!task) {
		start(ctx->meta->seq_num);
		return 0;
	}
	BPF_SEQ_PRINTF(ctx->meta->seq, "%d %s\n", task->pid, task->comm);
	return 0;
}

SEC("lsm/file_open")
int BPF_PROG(lsm_prog, struct file *file)
{
	unsigned char first;

	bpf_probe_read_kernel(&first, 1, file->f_path.dentry->d_name.name);
	start(first);
	return -1;
}

SEC("struct_ops/ssthresh")
__u32 BPF_PROG(struct_ops_prog, struct sock *sk)
{
	start(((struct tcp_sock *)sk)->snd_cwnd);
	return 2;
}
SEC("struct_ops/cong_avoid")
void BPF_PROG(cong_avoid_prog, struct sock *sk, __u32 ack, __u32 acked)
{
}
SEC("struct_ops/undo_cwnd")
__u32 BPF_PROG(undo_cwnd_prog, struct sock *sk)
{
	return 4;
}
SEC(".struct_ops")
struct tcp_congestion_ops congestion = {
	.ssthresh = (void *)struct_ops_prog,
	.cong_avoid = (void *)cong_avoid_prog,
	.undo_cwnd = (void *)undo_cwnd_prog,
	.name = "types",
};

struct arguments {
	__u64 number;
	const char *text;
};
SEC("syscall")
int syscall_prog(struct arguments *arguments)
{
	start(arguments->number);
	return 0;
}

// ---- what interrupts anything

SEC("kprobe/vfs_open")
int kprobe_prog(struct pt_regs *ctx)
{
	note(PT_REGS_PARM2(ctx));
	return 0;
}

SEC("kprobe.session/vfs_open")
int kprobe_session_prog(struct pt_regs *ctx)
{
	note(bpf_session_is_return(ctx) ? PT_REGS_RC(ctx) : 0);
	return 0;
}

SEC("tracepoint/sched/sched_switch")
int tracepoint_prog(struct trace_event_raw_sched_switch *ctx)
{
	note(ctx->next_pid + ctx->prev_comm[0]);
	return 0;
}

SEC("raw_tp/sched_switch")
int raw_tracepoint_prog(struct bpf_raw_tracepoint_args *ctx)
{
	int pid = 0;

	bpf_probe_read_kernel(&pid, sizeof(pid), &((struct task_struct *)ctx->args[1])->pid);
	note(pid);
	return 0;
}

SEC("raw_tp.w")
int raw_tracepoint_writable_prog(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 *record = (__u64 *)ctx->args[0];

	record[100] += 5;
	return (int)record[100];
}

SEC("perf_event")
int perf_event_prog(struct bpf_perf_event_data *ctx)
{
	note(ctx->sample_period + ctx->regs.ip);
	return 0;
}

// ---- functions of other programs

__attribute__((noinline)) int answer(struct xdp_md *md)
{
	volatile int result = 1;

	return result + (md != 0);
}
SEC("xdp")
int asks(struct xdp_md *md)
{
	return answer(md);
}

char _license[] SEC("license") = "GPL";
