/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The few types of a kernel that the programs of types.bpf.c are attached to and read. kernel.c makes the kernel's types
 * of them that the test runs with.
 */
#ifndef SKEP_TYPES_KERNEL_H
#define SKEP_TYPES_KERNEL_H

#include <linux/bpf.h>
#include <linux/version.h>

#define __VMLINUX_H__ /* libbpf's headers: registers are called as the kernel calls them */

typedef _Bool bool;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
struct bpf_wq {
	__u64 __opaque[2];
} __attribute__((aligned(8)));
#endif

struct list_head {
	struct list_head *next, *prev;
};

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};
typedef struct pt_regs bpf_user_pt_regs_t;

struct bpf_perf_event_data {
	bpf_user_pt_regs_t regs;
	__u64 sample_period;
	__u64 addr;
};

struct task_struct {
	int pid, tgid;
	struct task_struct *real_parent;
	char comm[16];
};

struct qstr {
	__u32 hash, len;
	const unsigned char *name;
};
struct inode {
	unsigned long i_ino;
};
struct dentry {
	struct qstr d_name;
	struct inode *d_inode;
};
struct path {
	void *mnt;
	struct dentry *dentry;
};
struct file {
	unsigned int f_flags;
	struct path f_path;
	struct inode *f_inode;
};

struct sk_buff {
	unsigned int len, data_len;
	unsigned char *head, *data;
};
struct sock {
	int sk_mark;
};
struct tcp_sock {
	struct sock sk;
	__u32 snd_cwnd, snd_ssthresh;
};
struct nf_hook_state {
	__u8 hook, pf;
	void *in, *out;
	struct sock *sk;
	void *net;
	int (*okfn)(void);
};
struct bpf_nf_ctx {
	const struct nf_hook_state *state;
	struct sk_buff *skb;
};

struct seq_file {
	char *buf;
	unsigned long size, from, count;
};
struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id, seq_num;
};
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct trace_entry {
	unsigned short type;
	unsigned char flags, preempt_count;
	int pid;
};
struct trace_event_raw_sched_switch {
	struct trace_entry ent;
	char prev_comm[16];
	int prev_pid, prev_prio;
	long prev_state;
	char next_comm[16];
	int next_pid, next_prio;
};

struct module;
struct rate_sample;
struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
	char name[16];
	struct module *owner;
};
struct bpf_struct_ops_common_value {
	int refcnt, state;
};
struct bpf_struct_ops_tcp_congestion_ops {
	struct bpf_struct_ops_common_value common;
	struct tcp_congestion_ops data __attribute__((aligned(64)));
};

#pragma clang attribute pop

#endif
