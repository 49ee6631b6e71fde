// SPDX-License-Identifier: Apache-2.0
// A kernel in which there is nothing but the types of what the programs of types.bpf.c are attached to.
#include "kernel.h"

// What programs follow without asking whether it is null, as the kernel's types tell the verifier.
struct file__safe_trusted {
	struct inode *f_inode;
};
struct task_struct__safe_trusted {
	struct task_struct *real_parent;
};
struct bpf_iter_meta__safe_trusted {
	struct seq_file *seq;
};
struct bpf_iter__task__safe_trusted {
	struct bpf_iter_meta *meta;
};

typedef void (*btf_trace_sched_switch)(void *__data, bool preempt, struct task_struct *prev, struct task_struct *next,
				       unsigned int prev_state);
typedef void (*btf_trace_bpf_testmod_test_writable_bare)(void *__data, void *ctx);

#define FUNCTION __attribute__((noinline, used))

FUNCTION int vfs_open(const struct path *path, struct file *file)
{
	return path == (void *)file;
}
FUNCTION int bpf_fentry_test1(int a)
{
	return a + 1;
}
FUNCTION int bpf_modify_return_test(int a, int *b)
{
	return a + *b;
}
FUNCTION int bpf_lsm_file_open(struct file *file)
{
	return 0;
}
FUNCTION int bpf_iter_task(struct bpf_iter_meta *meta, struct task_struct *task)
{
	return 0;
}
FUNCTION void __bpf_trace_sched_switch(void *__data, bool preempt, struct task_struct *prev, struct task_struct *next,
				       unsigned int prev_state)
{
}

// A call that kernels define for sessions.
FUNCTION bool bpf_session_is_return(void *ctx)
{
	return 0;
}

// Everything that has to be among the types.
union everything {
	struct file__safe_trusted a;
	struct task_struct__safe_trusted b;
	struct bpf_iter_meta__safe_trusted c;
	struct bpf_iter__task__safe_trusted d;
	btf_trace_sched_switch e;
	btf_trace_bpf_testmod_test_writable_bare f;
	struct bpf_struct_ops_tcp_congestion_ops g;
	struct tcp_sock h;
	struct bpf_nf_ctx i;
	struct bpf_iter__task j;
	struct trace_event_raw_sched_switch k;
	bpf_user_pt_regs_t l;
	struct bpf_perf_event_data m;
	struct __sk_buff n;
	struct xdp_md o;
	struct bpf_sock p;
	struct bpf_sock_addr q;
	struct bpf_sockopt r;
	struct bpf_sysctl s;
	struct bpf_cgroup_dev_ctx t;
	struct bpf_sock_ops u;
	struct sk_msg_md v;
	struct sk_reuseport_md w;
	struct bpf_sk_lookup x;
	struct bpf_flow_keys y;
	struct bpf_raw_tracepoint_args z;
	struct inode aa;
	struct dentry ab;
	struct path ac;
	struct file ad;
	struct seq_file ae;
	struct bpf_iter_meta af;
	struct sk_buff ag;
	struct nf_hook_state ah;
	struct bpf_wq ai;
};
FUNCTION void everything(union everything *everything)
{
}
