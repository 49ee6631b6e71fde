// SPDX-License-Identifier: Apache-2.0
//
// A sched_ext scheduler: one queue for all CPUs, by a virtual time that goes slower for tasks of more weight.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

typedef int s32;
struct sched_ext_entity {
	__u64 slice, dsq_vtime;
	__u32 weight;
} __attribute__((preserve_access_index));
struct task_struct {
	int pid;
	struct sched_ext_entity scx;
} __attribute__((preserve_access_index));
extern s32 scx_bpf_create_dsq(__u64 dsq_id, s32 node) __ksym;
extern void scx_bpf_dsq_insert(struct task_struct *p, __u64 dsq_id, __u64 slice, __u64 flags) __ksym;
extern void scx_bpf_dsq_insert_vtime(struct task_struct *p, __u64 dsq_id, __u64 slice, __u64 vtime, __u64 flags) __ksym;
extern bool scx_bpf_dsq_move_to_local(__u64 dsq_id) __ksym;
extern s32 scx_bpf_select_cpu_dfl(struct task_struct *p, s32 prev_cpu, __u64 wake_flags, bool *is_idle) __ksym;
extern bool scx_bpf_task_set_dsq_vtime(struct task_struct *p, __u64 vtime) __ksym;

enum { shared = 1, slice_ns = 20000000, usual_weight = 100 };
const volatile __u64 local_dsq = 0x8000000000000002ULL;

__u64 now; // the virtual time of what runs
__u64 direct, queued;

SEC("struct_ops") s32 BPF_PROG(choose, struct task_struct *p, s32 previous, __u64 flags)
{
	bool idle = false;
	s32 cpu = scx_bpf_select_cpu_dfl(p, previous, flags, &idle);

	if (idle) {
		__sync_fetch_and_add(&direct, 1);
		scx_bpf_dsq_insert(p, local_dsq, slice_ns, 0);
	}
	return cpu;
}

SEC("struct_ops") void BPF_PROG(enqueue, struct task_struct *p, __u64 flags)
{
	__u64 vtime = p->scx.dsq_vtime;

	/* what has slept gets at most one slice for it */
	if ((__s64)(vtime - (now - slice_ns)) < 0)
		vtime = now - slice_ns;
	__sync_fetch_and_add(&queued, 1);
	scx_bpf_dsq_insert_vtime(p, shared, slice_ns, vtime, flags);
}

SEC("struct_ops") void BPF_PROG(dispatch, s32 cpu, struct task_struct *previous)
{
	scx_bpf_dsq_move_to_local(shared);
}

SEC("struct_ops") void BPF_PROG(running, struct task_struct *p)
{
	if ((__s64)(p->scx.dsq_vtime - now) > 0)
		now = p->scx.dsq_vtime;
}

SEC("struct_ops") void BPF_PROG(stopping, struct task_struct *p, bool runnable)
{
	__u64 used = (slice_ns - p->scx.slice) * usual_weight / (p->scx.weight ?: usual_weight);

	scx_bpf_task_set_dsq_vtime(p, p->scx.dsq_vtime + used);
}

SEC("struct_ops") void BPF_PROG(enable, struct task_struct *p)
{
	scx_bpf_task_set_dsq_vtime(p, now);
}

SEC("struct_ops.s") s32 BPF_PROG(init)
{
	return scx_bpf_create_dsq(shared, -1);
}

struct sched_ext_ops {
	s32 (*select_cpu)(struct task_struct *p, s32 prev_cpu, __u64 wake_flags);
	void (*enqueue)(struct task_struct *p, __u64 enq_flags);
	void (*dispatch)(s32 cpu, struct task_struct *prev);
	void (*running)(struct task_struct *p);
	void (*stopping)(struct task_struct *p, bool runnable);
	void (*enable)(struct task_struct *p);
	s32 (*init)(void);
	char name[128];
};
SEC(".struct_ops.link") struct sched_ext_ops by_weight = {
	.select_cpu = (void *)choose,
	.enqueue = (void *)enqueue,
	.dispatch = (void *)dispatch,
	.running = (void *)running,
	.stopping = (void *)stopping,
	.enable = (void *)enable,
	.init = (void *)init,
	.name = "by_weight",
};
