// SPDX-License-Identifier: Apache-2.0
/*
 * The calls that programs use most, each in a program that says 0 when they answered as they should, under `skep run`.
 * The pages of docs/reference name this file as their example.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

/* A program's result is the line of the first thing that is not so. */
#define EXPECT(CONDITION) do { if (!(CONDITION)) return __LINE__; } while (0)

struct bpf_timer { __u64 opaque[2]; } __attribute__((aligned(8)));
struct bpf_dynptr { __u64 opaque[2]; } __attribute__((aligned(8)));
struct bpf_iter_num { __u64 opaque[1]; } __attribute__((aligned(8)));
struct task_struct { int pid, tgid; } __attribute__((preserve_access_index));
enum { ANY = 0, NOEXIST = 1, CREATE = 1, MONOTONIC = 1 };

struct counter {
	struct bpf_spin_lock lock;
	__u32 count;
};
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 16); __type(key, __u32); __type(value, __u64); } hash SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, struct counter); } locked SEC(".maps");
struct { __uint(type, 6 /* per-CPU array */); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); } each_cpu SEC(".maps");
struct { __uint(type, 3 /* programs */); __uint(max_entries, 1); __type(key, __u32); __type(value, __u32); } programs SEC(".maps");
struct { __uint(type, 4 /* perf events */); __type(key, int); __type(value, int); } events SEC(".maps");
struct { __uint(type, 7 /* stack traces */); __uint(max_entries, 16); __type(key, __u32); __uint(value_size, 8 * 127); } stacks SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } records SEC(".maps");
struct { __uint(type, 29 /* task storage */); __uint(map_flags, 1); __type(key, int); __type(value, __u64); } of_task SEC(".maps");
struct { __uint(type, 14 /* devices */); __uint(max_entries, 4); __type(key, __u32); __type(value, __u32); } devices SEC(".maps");
struct timed { struct bpf_timer timer; };
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, struct timed); } timers SEC(".maps");

/* ---- maps */

SEC("syscall") int maps(void *ctx)
{
	__u32 key = 7, zero = 0;
	__u64 value = 1, *found;

	EXPECT(bpf_map_lookup_elem(&hash, &key) == 0);
	EXPECT(bpf_map_update_elem(&hash, &key, &value, ANY) == 0);
	EXPECT(bpf_map_update_elem(&hash, &key, &value, NOEXIST) == -17 /* EEXIST */);
	found = bpf_map_lookup_elem(&hash, &key);
	EXPECT(found && *found == 1);
	EXPECT(bpf_map_delete_elem(&hash, &key) == 0);
	EXPECT(bpf_map_delete_elem(&hash, &key) == -2 /* ENOENT */);
	found = bpf_map_lookup_percpu_elem(&each_cpu, &zero, 0);
	EXPECT(found);
	return 0;
}

static long add(void *map, __u32 *key, __u64 *value, __u64 *sum)
{
	*sum += *value;
	return 0;
}
SEC("syscall") int each_element(void *ctx)
{
	__u64 sum = 0;

	for (int i = 1; i <= 3; i++) {
		__u32 key = i;
		__u64 value = i;

		bpf_map_update_elem(&hash, &key, &value, ANY);
	}
	EXPECT(bpf_for_each_map_elem(&hash, add, &sum, 0) == 3);
	EXPECT(sum == 6);
	for (int i = 1; i <= 3; i++) {
		__u32 key = i;

		bpf_map_delete_elem(&hash, &key);
	}
	return 0;
}

SEC("tc") int a_lock(struct __sk_buff *skb)
{
	__u32 zero = 0, count;
	struct counter *counter = bpf_map_lookup_elem(&locked, &zero);

	EXPECT(counter);
	bpf_spin_lock(&counter->lock);
	count = ++counter->count;
	bpf_spin_unlock(&counter->lock);
	EXPECT(count > 0);
	return 0;
}

/* Each CPU has its own copy of such variables. */
__u8 counts[9] SEC(".percpu") = { 1 };
SEC("tc") int variables_of_each_cpu(struct __sk_buff *skb)
{
	counts[8]++;
	EXPECT(counts[0] == 1 && counts[8] > 0);
	return 0;
}

/* ---- who and when */

SEC("syscall") int who_and_when(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	char name[16];
	int pid = 0;

	EXPECT(bpf_get_current_pid_tgid() >> 32 == task->tgid);
	EXPECT(bpf_get_current_comm(name, sizeof(name)) == 0 && name[0]);
	EXPECT(bpf_get_current_task() == (__u64)task);
	EXPECT(bpf_probe_read_kernel(&pid, sizeof(pid), &task->pid) == 0 && pid == task->pid);
	EXPECT(bpf_probe_read_kernel(&pid, sizeof(pid), 0) == -34 /* ERANGE */);
	EXPECT(bpf_probe_read_user(&pid, sizeof(pid), 0) == -14 /* EFAULT */);
	EXPECT(bpf_probe_read_user_str(name, sizeof(name), 0) == -14);
	EXPECT(bpf_probe_read_kernel_str(name, sizeof(name), 0) == -34);
	EXPECT(bpf_copy_from_user(&pid, sizeof(pid), 0) == -14);
	EXPECT(bpf_ktime_get_ns() != 0 && bpf_jiffies64() != 0);
	EXPECT(bpf_get_smp_processor_id() < 8192);
	bpf_get_prandom_u32();
	EXPECT(bpf_get_current_uid_gid() >> 32 <= 0xffffffff);
	return 0;
}

extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
SEC("syscall") int a_task(void *ctx)
{
	struct task_struct *task;
	__u64 *mine;

	bpf_rcu_read_lock();
	task = bpf_task_acquire(bpf_get_current_task_btf());
	if (task)
		bpf_task_release(task);
	bpf_rcu_read_unlock();
	mine = bpf_task_storage_get(&of_task, bpf_get_current_task_btf(), 0, CREATE);
	EXPECT(mine);
	EXPECT(bpf_task_storage_delete(&of_task, bpf_get_current_task_btf()) == 0);
	return 0;
}

/* ---- text */

SEC("syscall") int text(void *ctx)
{
	static const char format[] = "%d and %s", eight[] = "eight";
	__u64 arguments[2] = { 7 };
	char printed[16];
	long number = 0;
	unsigned long positive = 0;

	arguments[1] = (__u64)eight;
	EXPECT(bpf_snprintf(printed, sizeof(printed), format, arguments, sizeof(arguments)) == 12);
	EXPECT(bpf_strncmp(printed, 5, "7 and") == 0);
	EXPECT(bpf_strtol("-12", 3, 0, &number) == 3 && number == -12);
	EXPECT(bpf_strtoul("12", 2, 0, &positive) == 2 && positive == 12);
	bpf_printk("twelve: %d", 12); /* bpf_trace_printk() */
	return 0;
}

/* ---- loops and functions */

static int count_up(__u32 index, __u32 *sum)
{
	*sum += index;
	return 0;
}
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;
__u32 counted;
SEC("syscall") int loops(void *ctx)
{
	struct bpf_iter_num it;
	__u32 sum = 0;

	EXPECT(bpf_loop(10, count_up, &sum, 0) == 10 && sum == 45);
	counted = 0;
	bpf_iter_num_new(&it, 0, 10);
	while (bpf_iter_num_next(&it))
		counted++;
	bpf_iter_num_destroy(&it);
	EXPECT(counted == 10);
	return 0;
}
SEC("tc") int another_program(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &programs, 0); /* nobody is there: it goes on */
	return 0;
}

/* ---- records */

SEC("syscall") int ring_buffer(void *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&records, 8, 0), value = 8;

	EXPECT(record);
	*record = 7;
	bpf_ringbuf_submit(record, 0);
	record = bpf_ringbuf_reserve(&records, 8, 0);
	if (record)
		bpf_ringbuf_discard(record, 0);
	EXPECT(bpf_ringbuf_output(&records, &value, sizeof(value), 0) == 0);
	EXPECT(bpf_ringbuf_query(&records, 0) > 0);
	return 0;
}
SEC("tc") int perf_events(struct __sk_buff *skb)
{
	__u64 value = 7;

	/* -ENOENT: nobody listens on this CPU */
	long error = bpf_perf_event_output(skb, &events, 0xffffffffULL, &value, sizeof(value));
	EXPECT(error == 0 || error == -2);
	return 0;
}

/* ---- dynamic pointers and objects */

extern int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *ptr) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, __u64 offset, void *buffer, __u64 buffer__szk) __ksym;
SEC("tc") int dynamic_pointers(struct __sk_buff *skb)
{
	static __u8 memory[16];
	struct bpf_dynptr p, packet;
	__u8 bytes[4] = { 1, 2, 3, 4 }, *slice;

	EXPECT(bpf_dynptr_from_mem(memory, sizeof(memory), 0, &p) == 0);
	EXPECT(bpf_dynptr_write(&p, 4, bytes, sizeof(bytes), 0) == 0);
	EXPECT(memory[5] == 2);
	EXPECT(bpf_dynptr_read(bytes, sizeof(bytes), &p, 5, 0) == 0 && bytes[0] == 2);
	EXPECT(bpf_dynptr_read(bytes, sizeof(bytes), &p, 14, 0) == -7 /* E2BIG */);
	EXPECT(bpf_dynptr_from_skb(skb, 0, &packet) == 0);
	slice = bpf_dynptr_slice(&packet, 0, bytes, sizeof(bytes));
	EXPECT(slice);
	return 0;
}

/* ---- packets */

SEC("tc") int a_packet(struct __sk_buff *skb)
{
	__u8 byte = 9;

	EXPECT(bpf_skb_pull_data(skb, 0) == 0);
	EXPECT(bpf_skb_store_bytes(skb, 20, &byte, 1, 0) == 0);
	byte = 0;
	EXPECT(bpf_skb_load_bytes(skb, 20, &byte, 1) == 0 && byte == 9);
	EXPECT(bpf_skb_load_bytes(skb, 60000, &byte, 1) == -14);
	EXPECT(bpf_skb_change_tail(skb, 100, 0) == 0 && skb->len == 100);
	EXPECT(bpf_redirect(1, 0) == 7 /* TC_ACT_REDIRECT */);
	return 0;
}
SEC("xdp") int a_frame(struct xdp_md *ctx)
{
	__u32 words[2] = { 1, 2 };

	EXPECT(bpf_csum_diff(0, 0, words, sizeof(words), 0) == 3);
	EXPECT(bpf_xdp_adjust_head(ctx, -8) == 0);
	EXPECT(bpf_xdp_adjust_tail(ctx, -4) == 0);
	EXPECT(bpf_xdp_adjust_meta(ctx, -4) == 0);
	EXPECT(bpf_xdp_get_buff_len(ctx) == 64 + 8 - 4);
	EXPECT(bpf_redirect_map(&devices, 0, 2) == 2 /* nothing is there: XDP_PASS */);
	return 0;
}

/* ---- later */

static int on_time(void *map, __u32 *key, struct timed *value)
{
	return 0;
}
SEC("tc") int a_timer(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct timed *timed = bpf_map_lookup_elem(&timers, &zero);
	int error;

	EXPECT(timed);
	error = bpf_timer_init((void *)&timed->timer, &timers, MONOTONIC);
	EXPECT(error == 0 || error == -16 /* EBUSY: it was */);
	EXPECT(bpf_timer_set_callback((void *)&timed->timer, on_time) == 0);
	EXPECT(bpf_timer_start((void *)&timed->timer, 1000, 0) == 0);
	return 0;
}
