// SPDX-License-Identifier: Apache-2.0
//
// What calls answer, asked by programs that can be test-run: each notes its answers in order, and call_oracle.c prints
// them. Of calls that need what a machine may have or not (routes, keys, files), the questions are about arguments
// that the call refuses, and about a machine without such things.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

typedef int s32;
typedef long long s64;
struct bpf_dynptr {
	__u64 opaque[2];
} __attribute__((aligned(8)));
struct bpf_sock_tuple {
	__u32 words[9];
};
struct bpf_fib_lookup {
	__u8 bytes[64];
};
struct bpf_tunnel_key {
	__u8 bytes[44];
};
struct iphdr_ {
	__u8 bytes[20];
};
struct tcphdr_ {
	__u8 bytes[60];
};

char _license[] SEC("license") = "GPL";
enum { most_answers = 64 };
struct {
	long answers[most_answers];
	__u64 asked;
	__u64 user_text; // the address of "a text of user space", which user space puts here
} notes SEC(".data.notes");
__u8 room[256];

#define ASK(...)                                              \
	({                                                    \
		long answer_ = (long)(__VA_ARGS__);           \
		__u64 n_ = notes.asked;                       \
		if (n_ < most_answers)                        \
			notes.answers[n_] = answer_;          \
		notes.asked = n_ + 1;                         \
		answer_;                                      \
	})
#define IS(...) ASK((__VA_ARGS__) != 0)

// ---- the network, from a packet

SEC("tc") int fib_lookup(struct __sk_buff *skb)
{
	struct bpf_fib_lookup p = {};
	ASK(bpf_fib_lookup(skb, (void *)&p, 63, 0));
	ASK(bpf_fib_lookup(skb, (void *)&p, sizeof(p), 0));
	p.bytes[0] = 2;
	ASK(bpf_fib_lookup(skb, (void *)&p, sizeof(p), 0));
	p.bytes[8] = 1; /* ifindex */
	ASK(bpf_fib_lookup(skb, (void *)&p, sizeof(p), 0));
	ASK(bpf_fib_lookup(skb, (void *)&p, sizeof(p), 1));
	ASK(bpf_fib_lookup(skb, (void *)&p, sizeof(p), 2));
	ASK(bpf_fib_lookup(skb, (void *)&p, sizeof(p), 0x40));
	ASK(bpf_fib_lookup(skb, (void *)&p, sizeof(p), 0x80));
	p.bytes[8] = 77;
	ASK(bpf_fib_lookup(skb, (void *)&p, sizeof(p), 0));
	p.bytes[0] = 10;
	ASK(bpf_fib_lookup(skb, (void *)&p, sizeof(p), 0));
	p.bytes[8] = 1;
	ASK(bpf_fib_lookup(skb, (void *)&p, sizeof(p), 0));
	ASK(bpf_fib_lookup(skb, (void *)&p, sizeof(p), 1));
	p.bytes[0] = 9;
	ASK(bpf_fib_lookup(skb, (void *)&p, sizeof(p), 0));
	return 0;
}
SEC("xdp") int fib_lookup_xdp(struct xdp_md *ctx)
{
	struct bpf_fib_lookup p = {};
	ASK(bpf_fib_lookup(ctx, (void *)&p, 63, 0));
	p.bytes[0] = 2;
	ASK(bpf_fib_lookup(ctx, (void *)&p, sizeof(p), 0));
	p.bytes[8] = 1;
	ASK(bpf_fib_lookup(ctx, (void *)&p, sizeof(p), 0));
	ASK(bpf_fib_lookup(ctx, (void *)&p, sizeof(p), 0x80));
	p.bytes[0] = 10;
	ASK(bpf_fib_lookup(ctx, (void *)&p, sizeof(p), 0));
	return 0;
}

SEC("tc") int check_mtu(struct __sk_buff *skb)
{
	__u32 mtu = 0;
	ASK(bpf_check_mtu(skb, 0, &mtu, 0, 0));
	ASK(mtu);
	ASK(bpf_check_mtu(skb, 0, &mtu, 0, 2));
	ASK(bpf_check_mtu(skb, 77, &mtu, 0, 0));
	mtu = 0;
	ASK(bpf_check_mtu(skb, 1, &mtu, 0, 0));
	ASK(mtu);
	ASK(bpf_check_mtu(skb, 1, &mtu, 70000, 0));
	ASK(mtu);
	ASK(bpf_check_mtu(skb, 1, &mtu, -70000, 0));
	ASK(mtu);
	mtu = 65536;
	ASK(bpf_check_mtu(skb, 1, &mtu, 0, 0));
	ASK(mtu);
	mtu = 65537;
	ASK(bpf_check_mtu(skb, 1, &mtu, 0, 0));
	ASK(mtu);
	mtu = 0;
	ASK(bpf_check_mtu(skb, 1, &mtu, 0, 1));
	ASK(mtu);
	mtu = 5;
	ASK(bpf_check_mtu(skb, 1, &mtu, 0, 1));
	ASK(mtu);
	mtu = 0;
	ASK(bpf_check_mtu(skb, 1, &mtu, 5, 1));
	ASK(mtu);
	return 0;
}
SEC("xdp") int check_mtu_xdp(struct xdp_md *ctx)
{
	__u32 mtu = 0;
	ASK(bpf_check_mtu(ctx, 0, &mtu, 0, 0));
	ASK(mtu);
	ASK(bpf_check_mtu(ctx, 0, &mtu, 0, 1));
	ASK(bpf_check_mtu(ctx, 77, &mtu, 0, 0));
	mtu = 0;
	ASK(bpf_check_mtu(ctx, 1, &mtu, 70000, 0));
	ASK(mtu);
	mtu = 65537;
	ASK(bpf_check_mtu(ctx, 1, &mtu, 0, 0));
	ASK(mtu);
	return 0;
}

#define ROOM(delta, mode, flags)                               \
	ASK(bpf_skb_adjust_room(skb, delta, mode, flags)); \
	ASK(skb->len)
SEC("tc") int adjust_room(struct __sk_buff *skb)
{
	ROOM(0, 0, 0);
	ROOM(20, 2, 0);
	ROOM(20, 0, 1 << 12);
	ROOM(4, 1, 0);
	ROOM(4, 0, 0);
	ROOM(20, 1, 2);
	ROOM(20, 1, 4);
	ROOM(20, 1, 2 | 4);
	ROOM(20, 1, 2 | 8);
	ROOM(20, 1, 8 | 16);
	ROOM(20, 1, 32);
	ROOM(20, 1, 64);
	ROOM(-4, 1, 0);
	ROOM(-4, 1, 2);
	ROOM(-20, 1, 1 << 7);
	ROOM(-20, 1, 1 << 8);
	ROOM(-20, 0, 0);
	ROOM(-200, 1, 0);
	ROOM(0x1000, 1, 0);
	ROOM(0xfff, 0, 0);
	return 0;
}

SEC("tc") int syncookies_raw(struct __sk_buff *skb)
{
	struct iphdr_ ip = {};
	struct tcphdr_ tcp = {};
	ASK(bpf_tcp_raw_gen_syncookie_ipv4((void *)&ip, (void *)&tcp, 19));
	ASK(bpf_tcp_raw_gen_syncookie_ipv4((void *)&ip, (void *)&tcp, 20) >= 0);
	tcp.bytes[12] = 0x50;
	ASK(bpf_tcp_raw_gen_syncookie_ipv4((void *)&ip, (void *)&tcp, 20) >= 0);
	ASK(bpf_tcp_raw_gen_syncookie_ipv4((void *)&ip, (void *)&tcp, 60) >= 0);
	ASK(bpf_tcp_raw_gen_syncookie_ipv4((void *)&ip, (void *)&tcp, 60) >> 32);
	ASK(bpf_tcp_raw_gen_syncookie_ipv4((void *)&ip, (void *)&tcp, 0));
	ASK(bpf_tcp_raw_check_syncookie_ipv4((void *)&ip, (void *)&tcp));
	return 0;
}

// ---- redirections

SEC("tc") int redirect(struct __sk_buff *skb)
{
	ASK(bpf_redirect(1, 0));
	ASK(bpf_redirect(77, 0));
	ASK(bpf_redirect(1, 1));
	ASK(bpf_redirect(1, 2));
	ASK(bpf_redirect_neigh(1, NULL, 0, 0));
	ASK(bpf_redirect_neigh(1, NULL, 0, 1));
	ASK(bpf_redirect_peer(1, 0));
	ASK(bpf_redirect_peer(1, 1));
	return 0;
}

// ---- dynptrs and memory

extern int bpf_dynptr_from_skb_meta(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *ptr) __ksym __weak;
extern __u64 bpf_dynptr_size(const struct bpf_dynptr *p) __ksym __weak;
extern bool bpf_dynptr_is_null(const struct bpf_dynptr *p) __ksym __weak;
extern bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *p) __ksym __weak;
extern int bpf_dynptr_adjust(struct bpf_dynptr *p, __u64 start, __u64 end) __ksym __weak;

SEC("tc") int dynptr_of_metadata(struct __sk_buff *skb)
{
	struct bpf_dynptr p;
	__u32 value = 7;
	ASK(bpf_dynptr_from_skb_meta(skb, 0, &p));
	ASK(bpf_dynptr_size(&p));
	ASK(bpf_dynptr_is_null(&p));
	ASK(bpf_dynptr_is_rdonly(&p));
	ASK(bpf_dynptr_write(&p, 0, &value, 4, 0));
	ASK(bpf_dynptr_read(&value, 4, &p, 0, 0));
	ASK(bpf_dynptr_adjust(&p, 0, 0));
	return 0;
}
SEC("tc") int dynptr_of_metadata_flags(struct __sk_buff *skb)
{
	struct bpf_dynptr p;
	ASK(bpf_dynptr_from_skb_meta(skb, 1, &p));
	ASK(bpf_dynptr_is_null(&p));
	return 0;
}

extern int bpf_probe_read_user_dynptr(const struct bpf_dynptr *p, __u64 off, __u64 size, const void *from) __ksym __weak;
extern int bpf_probe_read_kernel_dynptr(const struct bpf_dynptr *p, __u64 off, __u64 size, const void *from) __ksym __weak;
extern int bpf_probe_read_user_str_dynptr(const struct bpf_dynptr *p, __u64 off, __u64 size, const void *from) __ksym __weak;
extern int bpf_probe_read_kernel_str_dynptr(const struct bpf_dynptr *p, __u64 off, __u64 size, const void *from) __ksym __weak;
extern int bpf_copy_from_user_dynptr(const struct bpf_dynptr *p, __u64 off, __u64 size, const void *from) __ksym __weak;
extern int bpf_copy_from_user_str_dynptr(const struct bpf_dynptr *p, __u64 off, __u64 size, const void *from) __ksym __weak;
struct task_struct {
	int nothing;
};
extern int bpf_copy_from_user_task_dynptr(const struct bpf_dynptr *p, __u64 off, __u64 size, const void *from,
					  struct task_struct *task) __ksym __weak;
extern int bpf_copy_from_user_task_str_dynptr(const struct bpf_dynptr *p, __u64 off, __u64 size, const void *from,
					      struct task_struct *task) __ksym __weak;
extern int bpf_copy_from_user_str(void *dst, __u32 dst__sz, const void *from, __u64 flags) __ksym __weak;
extern int bpf_copy_from_user_task_str(void *dst, __u32 dst__sz, const void *from, struct task_struct *task, __u64 flags) __ksym __weak;

static long first_word(void)
{
	return *(__u64 *)room;
}
#define COPIES(CALL, ...)                                           \
	struct bpf_dynptr p;                                        \
	__builtin_memset(room, 0x11, 64);                           \
	if (bpf_dynptr_from_mem(room, 64, 0, &p)) return 1;         \
	const void *from = (const void *)notes.user_text;                 \
	ASK(CALL(&p, 0, 8, from __VA_ARGS__)); ASK(first_word());   \
	ASK(CALL(&p, 1, 0, from __VA_ARGS__)); ASK(first_word());   \
	ASK(CALL(&p, 0, 1, from __VA_ARGS__)); ASK(first_word());   \
	ASK(CALL(&p, 2, 3, from __VA_ARGS__)); ASK(first_word());   \
	ASK(CALL(&p, 0, 64, from __VA_ARGS__)); ASK(first_word());  \
	ASK(CALL(&p, 0, 65, from __VA_ARGS__));                     \
	ASK(CALL(&p, 60, 5, from __VA_ARGS__));                     \
	ASK(CALL(&p, 65, 0, from __VA_ARGS__));                     \
	ASK(CALL(&p, 0, 8, (void *)16 __VA_ARGS__)); ASK(first_word()); \
	ASK(CALL(&p, 0, ~0ULL, from __VA_ARGS__));                  \
	ASK(bpf_dynptr_adjust(&p, 8, 16));                          \
	ASK(CALL(&p, 0, 8, from __VA_ARGS__)); ASK(*(__u64 *)(room + 8)); \
	ASK(CALL(&p, 4, 8, from __VA_ARGS__));                      \
	return 0

SEC("syscall") int user_dynptr(void *ctx) { COPIES(bpf_probe_read_user_dynptr); }
SEC("syscall") int user_str_dynptr(void *ctx) { COPIES(bpf_probe_read_user_str_dynptr); }
SEC("syscall") int copy_dynptr(void *ctx) { COPIES(bpf_copy_from_user_dynptr); }
SEC("syscall") int copy_str_dynptr(void *ctx) { COPIES(bpf_copy_from_user_str_dynptr); }
SEC("syscall") int copy_task_dynptr(void *ctx) { COPIES(bpf_copy_from_user_task_dynptr, , bpf_get_current_task_btf()); }
SEC("syscall") int copy_task_str_dynptr(void *ctx) { COPIES(bpf_copy_from_user_task_str_dynptr, , bpf_get_current_task_btf()); }

SEC("syscall") int copy_task_str(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const void *from = (const void *)notes.user_text;
	__builtin_memset(room, 0x11, 64);
	ASK(bpf_copy_from_user_task_str(room, 8, from, task, 0));
	ASK(first_word());
	ASK(bpf_copy_from_user_task_str(room, 64, from, task, 0));
	ASK(*(__u64 *)(room + 16));
	__builtin_memset(room, 0x11, 64);
	ASK(bpf_copy_from_user_task_str(room, 64, from, task, 1));
	ASK(*(__u64 *)(room + 32));
	ASK(bpf_copy_from_user_task_str(room, 64, from, task, 2));
	ASK(bpf_copy_from_user_task_str(room, 64, (void *)16, task, 1));
	ASK(first_word());
	return 0;
}

// ---- the types of the kernel

struct btf_ptr {
	void *ptr;
	__u32 type_id, flags;
};
SEC("syscall") int find_type(void *ctx)
{
	char name[] = "task_struct", unknown[] = "no_such_thing";
	ASK(bpf_btf_find_by_name_kind(name, sizeof(name), 4, 0) > 0);
	ASK(bpf_btf_find_by_name_kind(name, sizeof(name), 4, 1));
	ASK(bpf_btf_find_by_name_kind(name, sizeof(name) - 1, 4, 0));
	ASK(bpf_btf_find_by_name_kind(name, sizeof(name), 5, 0));
	ASK(bpf_btf_find_by_name_kind(name, sizeof(name), 99, 0));
	ASK(bpf_btf_find_by_name_kind(unknown, sizeof(unknown), 4, 0));
	ASK(bpf_btf_find_by_name_kind(name, 1, 4, 0));
	return 0;
}

struct map_create_attr {
	__u32 map_type, key_size, value_size, max_entries, flags;
};
SEC("syscall") int sys_bpf(void *ctx)
{
	struct map_create_attr attr = { 2, 4, 8, 1, 0 };
	int fd = bpf_sys_bpf(0, &attr, sizeof(attr));
	ASK(fd > 0);
	ASK(bpf_sys_close(fd));
	ASK(bpf_sys_close(fd));
	ASK(bpf_sys_bpf(1, &attr, sizeof(attr)));
	ASK(bpf_sys_bpf(3, &attr, sizeof(attr)));
	ASK(bpf_sys_bpf(10, &attr, sizeof(attr)));
	ASK(bpf_sys_bpf(11, &attr, sizeof(attr)));
	ASK(bpf_sys_bpf(15, &attr, sizeof(attr)));
	ASK(bpf_sys_bpf(99, &attr, sizeof(attr)));
	attr.map_type = 99;
	ASK(bpf_sys_bpf(0, &attr, sizeof(attr)));
	return 0;
}

// ---- tasks, cgroups, keys

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID, PIDTYPE_MAX };
extern struct task_struct *bpf_task_from_vpid(s32 vpid) __ksym __weak;
extern struct task_struct *bpf_task_from_pid(s32 pid) __ksym __weak;
extern void bpf_task_release(struct task_struct *p) __ksym __weak;
extern int bpf_send_signal_task(struct task_struct *task, int sig, enum pid_type type, __u64 value) __ksym __weak;
struct cgroup_subsys_state {
	int id;
};
struct cgroup {
	struct cgroup_subsys_state self;
};
extern struct cgroup *bpf_cgroup_from_id(__u64 id) __ksym __weak;
extern struct cgroup *bpf_cgroup_acquire(struct cgroup *c) __ksym __weak;
extern struct cgroup *bpf_cgroup_ancestor(struct cgroup *c, int level) __ksym __weak;
extern void bpf_cgroup_release(struct cgroup *c) __ksym __weak;
extern long bpf_task_under_cgroup(struct task_struct *task, struct cgroup *ancestor) __ksym __weak;
extern struct cgroup *bpf_task_get_cgroup1(struct task_struct *task, int hierarchy_id) __ksym __weak;

SEC("syscall") int task_from_vpid(void *ctx)
{
	const int pids[] = { 1, 0, -1, 0x7fffffff };
	for (int i = 0; i < 4; i++) {
		struct task_struct *task = bpf_task_from_vpid(pids[i]);
		if (i != 0) /* who that is differs */
			IS(task);
		if (task) bpf_task_release(task);
	}
	struct task_struct *me = bpf_task_from_vpid(bpf_get_current_pid_tgid());
	IS(me);
	if (me) bpf_task_release(me);
	return 0;
}
SEC("syscall") int send_signal_task(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	ASK(bpf_send_signal_task(task, 65, 0, 0));
	ASK(bpf_send_signal_task(task, -1, 0, 0));
	ASK(bpf_send_signal_task(task, 0, 0, 0));
	ASK(bpf_send_signal_task(task, 17, 2, 0));
	ASK(bpf_send_signal_task(task, 17, 9, 0));
	return 0;
}
SEC("syscall") int cgroups(void *ctx)
{
	struct cgroup *none = bpf_cgroup_from_id(0);
	IS(none);
	if (none) bpf_cgroup_release(none);
	none = bpf_cgroup_from_id(1000000);
	IS(none);
	if (none) bpf_cgroup_release(none);
	struct cgroup *root = bpf_cgroup_from_id(1);
	if (!IS(root)) return 1;
	struct cgroup *same = bpf_cgroup_ancestor(root, 0);
	IS(same == root);
	if (same) bpf_cgroup_release(same);
	same = bpf_cgroup_ancestor(root, 1);
	IS(same);
	if (same) bpf_cgroup_release(same);
	same = bpf_cgroup_ancestor(root, -1);
	IS(same);
	if (same) bpf_cgroup_release(same);
	same = bpf_cgroup_acquire(root);
	IS(same == root);
	if (same) bpf_cgroup_release(same);
	ASK(bpf_task_under_cgroup(bpf_get_current_task_btf(), root));
	bpf_cgroup_release(root);
	same = bpf_task_get_cgroup1(bpf_get_current_task_btf(), 0);
	IS(same);
	if (same) bpf_cgroup_release(same);
	same = bpf_task_get_cgroup1(bpf_get_current_task_btf(), 99);
	IS(same);
	if (same) bpf_cgroup_release(same);
	return 0;
}

struct bpf_key {
	int nothing;
};
extern struct bpf_key *bpf_lookup_user_key(s32 serial, __u64 flags) __ksym __weak;
extern struct bpf_key *bpf_lookup_system_key(__u64 id) __ksym __weak;
extern void bpf_key_put(struct bpf_key *key) __ksym __weak;
extern int bpf_verify_pkcs7_signature(const struct bpf_dynptr *data, const struct bpf_dynptr *sig, struct bpf_key *ring) __ksym __weak;

SEC("syscall") int keys(void *ctx)
{
	struct bpf_key *key = bpf_lookup_user_key(12345678, 0);
	IS(key);
	if (key) bpf_key_put(key);
	key = bpf_lookup_user_key(12345678, 8);
	IS(key);
	if (key) bpf_key_put(key);
	key = bpf_lookup_user_key(0, 0);
	IS(key);
	if (key) bpf_key_put(key);
	const int ids[] = { 3, 0, 1, 2 };
	for (int i = 0; i < 4; i++) {
		key = bpf_lookup_system_key(ids[i]);
		IS(key);
		if (key) bpf_key_put(key);
	}
	return 0;
}
SEC("syscall") int signature(void *ctx)
{
	struct bpf_dynptr data, sig;
	struct bpf_key *key = bpf_lookup_system_key(0);
	if (!IS(key)) return 1;
	if (!bpf_dynptr_from_mem(room, 64, 0, &data) && !bpf_dynptr_from_mem(room, 64, 0, &sig))
		ASK(bpf_verify_pkcs7_signature(&data, &sig, key));
	bpf_key_put(key);
	return 0;
}

struct bpf_crypto_params {
	char type[14];
	__u8 reserved[2];
	char algo[128];
	__u8 key[256];
	__u32 key_len, authsize;
};
struct bpf_crypto_ctx {
	int nothing;
};
extern struct bpf_crypto_ctx *bpf_crypto_ctx_create(const struct bpf_crypto_params *params, __u32 params__sz, int *err) __ksym __weak;
extern void bpf_crypto_ctx_release(struct bpf_crypto_ctx *ctx) __ksym __weak;
struct bpf_crypto_params parameters;
int error_of_call;

#define CREATE(SIZE)                                                                      \
	error_of_call = 0;                                                                \
	made = bpf_crypto_ctx_create(&parameters, SIZE, &error_of_call);                  \
	IS(made); ASK(error_of_call);                                                         \
	if (made) bpf_crypto_ctx_release(made)
SEC("syscall") int crypto(void *ctx)
{
	struct bpf_crypto_ctx *made;
	CREATE(sizeof(parameters));
	CREATE(sizeof(parameters) - 4);
	parameters.reserved[0] = 1;
	CREATE(sizeof(parameters));
	parameters.reserved[0] = 0;
	parameters.key_len = 16;
	CREATE(sizeof(parameters));
	__builtin_memcpy(parameters.type, "skcipher", 9);
	CREATE(sizeof(parameters));
	__builtin_memcpy(parameters.algo, "no such cipher", 15);
	CREATE(sizeof(parameters));
	parameters.key_len = 257;
	CREATE(sizeof(parameters));
	return 0;
}

// ---- iterators

struct bpf_iter_css {
	__u64 opaque[3];
};
struct bpf_iter_css_task {
	__u64 opaque[1];
};
struct bpf_iter_task {
	__u64 opaque[3];
};
struct bpf_iter_task_vma {
	__u64 opaque[1];
};
struct bpf_iter_kmem_cache {
	__u64 opaque[1];
};
extern int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task, unsigned int flags) __ksym __weak;
extern struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) __ksym __weak;
extern void bpf_iter_task_destroy(struct bpf_iter_task *it) __ksym __weak;
extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;

#define TASKS(TASK, FLAGS)                                   \
	{                                                    \
		struct bpf_iter_task it;                     \
		ASK(bpf_iter_task_new(&it, TASK, FLAGS));    \
		IS(bpf_iter_task_next(&it));                 \
		bpf_iter_task_destroy(&it);                  \
	}
SEC("syscall") int iter_task(void *ctx)
{
	bpf_rcu_read_lock();
	TASKS(NULL, 0)
	TASKS(NULL, 1)
	TASKS(NULL, 2)
	TASKS(NULL, 3)
	TASKS(bpf_get_current_task_btf(), 2)
	TASKS(bpf_get_current_task_btf(), 9)
	bpf_rcu_read_unlock();
	return 0;
}

// ---- variables of each CPU

extern const int bpf_prog_active __ksym __weak;
SEC("tc") int per_cpu(struct __sk_buff *skb)
{
	const int *at = bpf_per_cpu_ptr(&bpf_prog_active, 0);
	IS(at);
	IS(bpf_per_cpu_ptr(&bpf_prog_active, 4096));
	IS(bpf_per_cpu_ptr(&bpf_prog_active, -1));
	at = bpf_this_cpu_ptr(&bpf_prog_active);
	ASK(*at >= 0);
	return 0;
}

// ---- packets in XDP

extern int bpf_xdp_pull_data(struct xdp_md *x, __u32 len) __ksym __weak;
extern int bpf_xdp_metadata_rx_timestamp(const struct xdp_md *ctx, __u64 *timestamp) __ksym __weak;
extern int bpf_xdp_metadata_rx_hash(const struct xdp_md *ctx, __u32 *hash, int *type) __ksym __weak;
extern int bpf_xdp_metadata_rx_vlan_tag(const struct xdp_md *ctx, __be16 *proto, __u16 *tci) __ksym __weak;
SEC("xdp") int pull(struct xdp_md *ctx)
{
	ASK(bpf_xdp_pull_data(ctx, 0));
	ASK(bpf_xdp_pull_data(ctx, 1));
	ASK(bpf_xdp_pull_data(ctx, 64));
	ASK(bpf_xdp_pull_data(ctx, 65));
	ASK(bpf_xdp_pull_data(ctx, ~0U));
	return 0;
}

struct bpf_xfrm_state_opts {
	s32 error, netns_id;
	__u32 rest[7];
};
struct xfrm_state {
	int nothing;
};
extern struct xfrm_state *bpf_xdp_get_xfrm_state(struct xdp_md *ctx, struct bpf_xfrm_state_opts *opts, __u32 opts__sz) __ksym __weak;
extern void bpf_xdp_xfrm_state_release(struct xfrm_state *x) __ksym __weak;
#define STATE(SIZE)                                           \
	state = bpf_xdp_get_xfrm_state(ctx, &opts, SIZE);     \
	IS(state);                                            \
	ASK(opts.error);                                      \
	if (state) bpf_xdp_xfrm_state_release(state)
SEC("xdp") int xfrm_state(struct xdp_md *ctx)
{
	struct bpf_xfrm_state_opts opts = { .netns_id = -1 };
	struct xfrm_state *state;
	STATE(sizeof(opts));
	STATE(sizeof(opts) - 4);
	opts.netns_id = -2;
	STATE(sizeof(opts));
	opts.netns_id = 5;
	STATE(sizeof(opts));
	return 0;
}

// ---- control groups' memory, and iterations over them

struct mem_cgroup {
	int nothing;
};
enum memcg_memory_event { MEMCG_LOW };
enum vm_event_item { PGPGIN };
extern struct mem_cgroup *bpf_get_root_mem_cgroup(void) __ksym __weak;
extern void bpf_put_mem_cgroup(struct mem_cgroup *memcg) __ksym __weak;
extern unsigned long bpf_mem_cgroup_memory_events(struct mem_cgroup *memcg, enum memcg_memory_event event) __ksym __weak;
extern unsigned long bpf_mem_cgroup_page_state(struct mem_cgroup *memcg, int idx) __ksym __weak;
extern unsigned long bpf_mem_cgroup_vm_events(struct mem_cgroup *memcg, enum vm_event_item event) __ksym __weak;
SEC("syscall") int memory_of_cgroups(void *ctx)
{
	struct mem_cgroup *root = bpf_get_root_mem_cgroup();
	if (!IS(root))
		return 1;
	ASK(bpf_mem_cgroup_memory_events(root, 9999));
	ASK(bpf_mem_cgroup_memory_events(root, -1));
	ASK(bpf_mem_cgroup_page_state(root, 9999));
	ASK(bpf_mem_cgroup_page_state(root, -1));
	ASK(bpf_mem_cgroup_vm_events(root, 9999));
	ASK(bpf_mem_cgroup_vm_events(root, -1));
	bpf_put_mem_cgroup(root);
	return 0;
}

extern int bpf_iter_css_new(struct bpf_iter_css *it, struct cgroup_subsys_state *start, unsigned int flags) __ksym __weak;
extern struct cgroup_subsys_state *bpf_iter_css_next(struct bpf_iter_css *it) __ksym __weak;
extern void bpf_iter_css_destroy(struct bpf_iter_css *it) __ksym __weak;
SEC("syscall") int iter_css(void *ctx)
{
	struct cgroup *root = bpf_cgroup_from_id(1);
	if (!IS(root))
		return 1;
	bpf_rcu_read_lock();
	for (unsigned int flags = 0; flags < 8; flags++) {
		struct bpf_iter_css it;
		ASK(bpf_iter_css_new(&it, &root->self, flags));
		bpf_iter_css_destroy(&it);
	}
	struct bpf_iter_css up;
	ASK(bpf_iter_css_new(&up, &root->self, 4));
	ASK(bpf_iter_css_next(&up) == &root->self);
	IS(bpf_iter_css_next(&up));
	bpf_iter_css_destroy(&up);
	bpf_rcu_read_unlock();
	bpf_cgroup_release(root);
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
} counted SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
} not_counted SEC(".maps");
struct bpf_map {
	int nothing;
};
extern s64 bpf_map_sum_elem_count(const struct bpf_map *map) __ksym __weak;
SEC("syscall") int elements(void *ctx)
{
	__u32 key = 1;
	bpf_map_update_elem(&counted, &key, &key, 0);
	key = 2;
	bpf_map_update_elem(&counted, &key, &key, 0);
	ASK(bpf_map_sum_elem_count((struct bpf_map *)&counted));
	ASK(bpf_map_sum_elem_count((struct bpf_map *)&not_counted));
	return 0;
}

// ---- objects as text

struct list_head {
	void *next, *prev;
};
struct bpf_insn {
	__u8 code, dst_reg : 4, src_reg : 4;
	__s16 off;
	__s32 imm;
};
enum { compact = 1, no_names = 2, raw_pointers = 4, zeros = 8 };
char printed[256];
static void ask_text(void)
{
	for (int i = 0; i < 96; i += 8)
		ASK(*(__u64 *)(printed + i));
}
#define PRINT(TYPE, VALUE, FLAGS)                                                            \
	{                                                                                    \
		TYPE value = VALUE;                                                          \
		struct btf_ptr at = { &value, __builtin_btf_type_id(*(TYPE *)0, 1), 0 };     \
		__builtin_memset(printed, 0, sizeof(printed));                               \
		ASK(bpf_snprintf_btf(printed, sizeof(printed), (void *)&at, sizeof(at), FLAGS)); \
		ask_text();                                                                  \
	}
#define BRACES(...) { __VA_ARGS__ }
SEC("tc") int text_of_struct(struct __sk_buff *skb)
{
	PRINT(struct bpf_insn, BRACES(1, 2, 3, 4, -5), 0)
	PRINT(struct bpf_insn, BRACES(1, 0, 3, 0, -5), compact)
	PRINT(struct bpf_insn, BRACES(1, 0, 3, 0, -5), compact | no_names | zeros)
	return 0;
}
SEC("tc") int text_of_pointers(struct __sk_buff *skb)
{
	PRINT(struct list_head, BRACES((void *)1, 0), raw_pointers)
	PRINT(struct list_head, BRACES((void *)1, 0), compact | raw_pointers | zeros)
	PRINT(struct list_head, BRACES(0, 0), 0)
	return 0;
}
SEC("tc") int text_refused(struct __sk_buff *skb)
{
	__u64 value = 1234;
	struct btf_ptr at = { &value, __builtin_btf_type_id(*(struct bpf_insn *)0, 1), 0 };
	ASK(bpf_snprintf_btf(printed, sizeof(printed), (void *)&at, sizeof(at) - 4, 0));
	ASK(bpf_snprintf_btf(printed, sizeof(printed), (void *)&at, sizeof(at), 16));
	at.flags = 1;
	ASK(bpf_snprintf_btf(printed, sizeof(printed), (void *)&at, sizeof(at), 0));
	at.flags = 0;
	at.ptr = (void *)16;
	ASK(bpf_snprintf_btf(printed, sizeof(printed), (void *)&at, sizeof(at), 0));
	at.type_id = 0;
	ASK(bpf_snprintf_btf(printed, sizeof(printed), (void *)&at, sizeof(at), 0));
	at.type_id = 1 << 30;
	ASK(bpf_snprintf_btf(printed, sizeof(printed), (void *)&at, sizeof(at), 0));
	return 0;
}
SEC("tc") int text_cut(struct __sk_buff *skb)
{
	struct bpf_insn value = { 1, 2, 3, 4, -5 };
	struct btf_ptr at = { &value, __builtin_btf_type_id(*(struct bpf_insn *)0, 1), 0 };
	__builtin_memset(printed, 0x11, sizeof(printed));
	ASK(bpf_snprintf_btf(printed, 12, (void *)&at, sizeof(at), 1));
	ASK(*(__u64 *)printed);
	ASK(*(__u64 *)(printed + 8));
	return 0;
}

// ---- where headers begin, and headers that programs put in front of packets

#define RELATIVE(OFFSET, SIZE, FROM)                                          \
	ASK(bpf_skb_load_bytes_relative(skb, OFFSET, room, SIZE, FROM));      \
	ASK(*(__u16 *)room)
#define ASK_WHERE_HEADERS_BEGIN                                               \
	ASK(skb->len);                                                        \
	RELATIVE(0, 14, 0);                                                   \
	RELATIVE(12, 2, 0);                                                   \
	RELATIVE(14, 20, 0);                                                  \
	RELATIVE(50, 14, 0);                                                  \
	RELATIVE(51, 14, 0);                                                  \
	RELATIVE(0, 20, 1);                                                   \
	RELATIVE(30, 20, 1);                                                  \
	RELATIVE(31, 20, 1);                                                  \
	RELATIVE(0xffff, 1, 1);                                               \
	RELATIVE(0x10000, 1, 1);                                              \
	RELATIVE(-14, 2, 1);                                                  \
	RELATIVE(0, 2, 2)
SEC("socket") int headers_of_filter(struct __sk_buff *skb)
{
	ASK_WHERE_HEADERS_BEGIN;
	return 0;
}
SEC("cgroup_skb/egress") int headers_of_cgroup(struct __sk_buff *skb)
{
	ASK_WHERE_HEADERS_BEGIN;
	return 1;
}
SEC("tc") int headers_of_classifier(struct __sk_buff *skb)
{
	ASK_WHERE_HEADERS_BEGIN;
	return 0;
}
SEC("tc") int headers_that_moved(struct __sk_buff *skb)
{
	ASK(bpf_skb_change_head(skb, 10, 0));
	RELATIVE(0, 2, 0);
	RELATIVE(10, 2, 0);
	RELATIVE(22, 2, 0);
	RELATIVE(0, 2, 1);
	ASK(bpf_skb_adjust_room(skb, 8, 1, 0));
	RELATIVE(0, 2, 0);
	RELATIVE(10, 2, 0);
	RELATIVE(22, 2, 0);
	RELATIVE(0, 2, 1);
	RELATIVE(8, 2, 1);
	return 0;
}

__u8 tunnel[512];
#define ENCAPSULATE(TYPE, SIZE)                                               \
	ASK(bpf_lwt_push_encap(skb, TYPE, tunnel, SIZE));                     \
	ASK(skb->len)
#define ASK_FRONT                                                             \
	ASK(bpf_skb_load_bytes(skb, 0, room, 32));                            \
	ASK(*(__u64 *)room);                                                  \
	ASK(*(__u64 *)(room + 8));                                            \
	ASK(*(__u64 *)(room + 16))
#define ASK_ENCAPSULATION                                                     \
	ENCAPSULATE(2, 19);                                                   \
	ENCAPSULATE(2, 20);                                                   \
	tunnel[0] = 0x45;                                                     \
	tunnel[8] = 64;                                                       \
	ENCAPSULATE(0, 20);                                                   \
	ENCAPSULATE(1, 20);                                                   \
	ENCAPSULATE(3, 20);                                                   \
	ENCAPSULATE(2, 20);                                                   \
	ASK_FRONT;                                                            \
	tunnel[10] = 7;                                                       \
	ENCAPSULATE(2, 24);                                                   \
	ASK_FRONT;                                                            \
	tunnel[0] = 0x46;                                                     \
	ENCAPSULATE(2, 20);                                                   \
	tunnel[0] = 0x44;                                                     \
	tunnel[10] = 0;                                                       \
	ENCAPSULATE(2, 20)
#define ASK_ENCAPSULATION_IPV6                                                \
	tunnel[0] = 0x60;                                                     \
	ENCAPSULATE(2, 39);                                                   \
	ENCAPSULATE(2, 40);                                                   \
	ASK_FRONT;                                                            \
	ENCAPSULATE(2, 256);                                                  \
	ENCAPSULATE(2, 257)
SEC("lwt_in") int encapsulation_in(struct __sk_buff *skb)
{
	ASK_ENCAPSULATION;
	return 0;
}
SEC("lwt_xmit") int encapsulation_xmit(struct __sk_buff *skb)
{
	ASK_ENCAPSULATION;
	return 0;
}
SEC("lwt_in") int encapsulation_in_ipv6(struct __sk_buff *skb)
{
	ASK_ENCAPSULATION_IPV6;
	return 0;
}
SEC("lwt_xmit") int encapsulation_xmit_ipv6(struct __sk_buff *skb)
{
	ASK_ENCAPSULATION_IPV6;
	return 0;
}

// A packet that stands for several: its context says so (call_oracle.c).
#define LARGE(FIELD_AT) (*(volatile __u32 *)((char *)skb + FIELD_AT))
enum { gso_segs_at = 164, gso_size_at = 176, wire_len_at = 160 };
SEC("tc") int large_adjust_room(struct __sk_buff *skb)
{
	ASK(LARGE(gso_size_at));
	ASK(bpf_skb_adjust_room(skb, 8, 0, 0));
	ASK(bpf_skb_adjust_room(skb, 8, 1, 0));
	ASK(bpf_skb_adjust_room(skb, 8, 0, 1));
	ASK(bpf_skb_adjust_room(skb, -8, 0, 0));
	ASK(bpf_skb_adjust_room(skb, -8, 1, 1));
	ASK(bpf_skb_adjust_room(skb, 20, 1, 2));
	ASK(bpf_skb_adjust_room(skb, 20, 1, 6));
	ASK(bpf_skb_adjust_room(skb, -8, 1, 2));
	ASK(bpf_skb_adjust_room(skb, 8, 1, 1 << 10));
	ASK(bpf_skb_adjust_room(skb, 0x2000, 1, 0));
	ASK(bpf_skb_adjust_room(skb, 0, 0, 0));
	ASK(skb->len);
	return 0;
}
SEC("tc") int large_change_proto(struct __sk_buff *skb)
{
	ASK(bpf_skb_change_proto(skb, 0xdd86, 0));
	ASK(skb->len);
	ASK(LARGE(gso_size_at));
	return 0;
}
SEC("tc") int large_change_ends(struct __sk_buff *skb)
{
	ASK(bpf_skb_change_head(skb, 8, 0));
	ASK(LARGE(gso_size_at));
	ASK(bpf_skb_change_tail(skb, 72, 0));
	ASK(LARGE(gso_size_at));
	ASK(LARGE(gso_segs_at));
	ASK(bpf_skb_change_tail(skb, 70, 0));
	ASK(LARGE(gso_size_at));
	ASK(LARGE(gso_segs_at));
	ASK(LARGE(wire_len_at));
	return 0;
}

// ---- addresses at which nothing is, and the shape of trees

#define READS(CALL)                                                           \
	ASK(CALL(room, 8, (void *)0L));                                       \
	ASK(CALL(room, 8, (void *)42L));                                      \
	ASK(CALL(room, 8, (void *)4096L));                                    \
	ASK(CALL(room, 8, (void *)0x800000000000L));                          \
	ASK(CALL(room, 8, (void *)0x4000000000000000L));                      \
	ASK(CALL(room, 8, (void *)0xfff0000000000000L));                      \
	ASK(CALL(room, 8, (void *)0xffffffffff600000L));                      \
	ASK(CALL(room, 8, (void *)-4096L))
SEC("syscall") int reads_of_nothing(void *ctx)
{
	READS(bpf_probe_read_kernel);
	READS(bpf_probe_read);
	READS(bpf_probe_read_user);
	READS(bpf_probe_read_kernel_str);
	READS(bpf_probe_read_str);
	READS(bpf_probe_read_user_str);
	return 0;
}

struct bpf_rb_root {
	__u64 opaque[2];
} __attribute__((aligned(8)));
struct bpf_rb_node {
	__u64 opaque[4];
} __attribute__((aligned(8)));
extern void *bpf_obj_new_impl(__u64 local_type_id, void *meta) __ksym __weak;
extern void bpf_obj_drop_impl(void *object, void *meta) __ksym __weak;
extern int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
			       bool(less)(struct bpf_rb_node *a, const struct bpf_rb_node *b), void *meta,
			       __u64 off) __ksym __weak;
extern struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root, struct bpf_rb_node *node) __ksym __weak;
extern struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root) __ksym __weak;
extern struct bpf_rb_node *bpf_rbtree_root(struct bpf_rb_root *root) __ksym __weak;
extern struct bpf_rb_node *bpf_rbtree_left(struct bpf_rb_root *root, struct bpf_rb_node *node) __ksym __weak;
extern struct bpf_rb_node *bpf_rbtree_right(struct bpf_rb_root *root, struct bpf_rb_node *node) __ksym __weak;
struct leaf {
	struct bpf_rb_node node;
	int key;
};
SEC(".data.tree") static struct bpf_spin_lock tree_lock;
SEC(".data.tree") static struct bpf_rb_root tree __attribute__((btf_decl_tag("contains:leaf:node")));
#define LEAF(NODE) ((struct leaf *)(NODE))
static bool less_leaf(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return LEAF(a)->key < LEAF(b)->key;
}
#define BELOW(SIDE, OF)                                     \
	((OF) ? bpf_rbtree_##SIDE(&tree, OF) : 0)
#define ASK_KEY(NODE) ASK((NODE) ? LEAF(NODE)->key : -1)
#define ASK_SHAPE                                           \
	bpf_spin_lock(&tree_lock);                          \
	top = bpf_rbtree_root(&tree);                       \
	ASK_KEY(top);                                       \
	left = BELOW(left, top);                            \
	right = BELOW(right, top);                          \
	ASK_KEY(left);                                      \
	ASK_KEY(right);                                     \
	at = BELOW(left, left);                             \
	ASK_KEY(at);                                        \
	at = BELOW(right, left);                            \
	ASK_KEY(at);                                        \
	at = BELOW(left, right);                            \
	ASK_KEY(at);                                        \
	at = BELOW(right, right);                           \
	ASK_KEY(at);                                        \
	bpf_spin_unlock(&tree_lock)
#define TAKE(WHICH)                                         \
	bpf_spin_lock(&tree_lock);                          \
	at = bpf_rbtree_##WHICH(&tree);                     \
	if (at)                                             \
		at = bpf_rbtree_remove(&tree, at);          \
	bpf_spin_unlock(&tree_lock);                        \
	if (at)                                             \
		bpf_obj_drop_impl(LEAF(at), 0)
SEC("tc") int shape_of_tree(struct __sk_buff *skb)
{
	struct bpf_rb_node *top, *left, *right, *at;
	for (int i = 0; i < 20; i++) {
		struct leaf *leaf = bpf_obj_new_impl(__builtin_btf_type_id(*(struct leaf *)0, 0), 0);
		if (!leaf)
			return 1;
		leaf->key = i * 7 % 20;
		bpf_spin_lock(&tree_lock);
		bpf_rbtree_add_impl(&tree, &leaf->node, less_leaf, 0, 0);
		bpf_spin_unlock(&tree_lock);
		if (i == 4 || i == 9) {
			ASK_SHAPE;
		}
	}
	ASK_SHAPE;
	TAKE(root);
	ASK_SHAPE;
	TAKE(first);
	TAKE(first);
	TAKE(root);
	ASK_SHAPE;
	TAKE(first);
	TAKE(first);
	TAKE(root);
	TAKE(root);
	TAKE(root);
	ASK_SHAPE;
	return 0;
}

// ---- messages about packets

extern int bpf_icmp_send(struct __sk_buff *skb, int type, int code) __ksym __weak;
SEC("cgroup_skb/egress") int icmp_send(struct __sk_buff *skb)
{
	ASK(bpf_icmp_send(skb, 3, 1));
	ASK(bpf_icmp_send(skb, 3, 99));
	ASK(bpf_icmp_send(skb, 8, 0));
	return 1;
}

struct bpf_ksock_create_opts {
	__u8 family, type, protocol, reserved;
};
struct bpf_ksock {
	int nothing;
};
extern struct bpf_ksock *bpf_ksock_create(const struct bpf_ksock_create_opts *opts, __u32 opts__sz, int *err) __ksym __weak;
extern void bpf_ksock_release(struct bpf_ksock *ks) __ksym __weak;
struct bpf_ksock_create_opts socket_options;
#define SOCKET(SIZE)                                                   \
	error_of_call = 0;                                             \
	made = bpf_ksock_create(&socket_options, SIZE, &error_of_call); \
	IS(made);                                                      \
	ASK(error_of_call);                                            \
	if (made) bpf_ksock_release(made)
SEC("syscall") int kernel_socket(void *ctx)
{
	struct bpf_ksock *made;
	SOCKET(sizeof(socket_options));
	SOCKET(3);
	socket_options.family = 2;
	SOCKET(sizeof(socket_options));
	socket_options.reserved = 1;
	socket_options.type = 2;
	SOCKET(sizeof(socket_options));
	socket_options.reserved = 0;
	socket_options.family = 77;
	SOCKET(sizeof(socket_options));
	return 0;
}

// ---- the extensible scheduler, where none is loaded

struct cpumask {
	__u64 bits[1];
};
struct rq {
	int nothing;
};
struct scx_event_stats {
	__s64 counts[32];
};
struct scx_cid_topo {
	__s32 words[8];
};
struct bpf_iter_scx_dsq {
	__u64 opaque[6];
} __attribute__((aligned(8)));
struct scx_bpf_select_cpu_and_args {
	s32 prev_cpu;
	__u64 wake_flags, flags;
};
extern s32 scx_bpf_create_dsq(__u64 dsq_id, s32 node) __ksym __weak;
extern void scx_bpf_destroy_dsq(__u64 dsq_id) __ksym __weak;
extern s32 scx_bpf_dsq_nr_queued(__u64 dsq_id) __ksym __weak;
extern struct task_struct *scx_bpf_dsq_peek(__u64 dsq_id) __ksym __weak;
extern int bpf_iter_scx_dsq_new(struct bpf_iter_scx_dsq *it, __u64 dsq_id, __u64 flags) __ksym __weak;
extern struct task_struct *bpf_iter_scx_dsq_next(struct bpf_iter_scx_dsq *it) __ksym __weak;
extern void bpf_iter_scx_dsq_destroy(struct bpf_iter_scx_dsq *it) __ksym __weak;
extern __u32 scx_bpf_cpuperf_cap(s32 cpu) __ksym __weak;
extern __u32 scx_bpf_cpuperf_cur(s32 cpu) __ksym __weak;
extern void scx_bpf_cpuperf_set(s32 cpu, __u32 perf) __ksym __weak;
extern __u32 scx_bpf_nr_cpu_ids(void) __ksym __weak;
extern __u32 scx_bpf_nr_node_ids(void) __ksym __weak;
extern s32 scx_bpf_cpu_node(s32 cpu) __ksym __weak;
extern __u64 scx_bpf_now(void) __ksym __weak;
extern const struct cpumask *scx_bpf_get_possible_cpumask(void) __ksym __weak;
extern const struct cpumask *scx_bpf_get_online_cpumask(void) __ksym __weak;
extern const struct cpumask *scx_bpf_get_idle_cpumask(void) __ksym __weak;
extern const struct cpumask *scx_bpf_get_idle_smtmask(void) __ksym __weak;
extern void scx_bpf_put_cpumask(const struct cpumask *cpumask) __ksym __weak;
extern void scx_bpf_put_idle_cpumask(const struct cpumask *idle_mask) __ksym __weak;
extern bool scx_bpf_test_and_clear_cpu_idle(s32 cpu) __ksym __weak;
extern s32 scx_bpf_pick_idle_cpu(const struct cpumask *cpus_allowed, __u64 flags) __ksym __weak;
extern s32 scx_bpf_pick_any_cpu(const struct cpumask *cpus_allowed, __u64 flags) __ksym __weak;
extern s32 scx_bpf_pick_idle_cpu_node(const struct cpumask *cpus_allowed, s32 node, __u64 flags) __ksym __weak;
extern s32 scx_bpf_pick_any_cpu_node(const struct cpumask *cpus_allowed, s32 node, __u64 flags) __ksym __weak;
extern bool scx_bpf_task_running(const struct task_struct *p) __ksym __weak;
extern s32 scx_bpf_task_cpu(const struct task_struct *p) __ksym __weak;
extern s32 scx_bpf_task_cid(const struct task_struct *p) __ksym __weak;
extern bool scx_bpf_task_set_slice(struct task_struct *p, __u64 slice) __ksym __weak;
extern bool scx_bpf_task_set_dsq_vtime(struct task_struct *p, __u64 vtime) __ksym __weak;
extern struct cgroup *scx_bpf_task_cgroup(struct task_struct *p) __ksym __weak;
extern void bpf_cgroup_release(struct cgroup *cgrp) __ksym __weak;
extern struct task_struct *scx_bpf_cpu_curr(s32 cpu) __ksym __weak;
extern struct task_struct *scx_bpf_cid_curr(s32 cid) __ksym __weak;
extern struct task_struct *scx_bpf_tid_to_task(__u64 tid) __ksym __weak;
extern struct rq *scx_bpf_locked_rq(void) __ksym __weak;
extern void scx_bpf_events(struct scx_event_stats *events, __u64 events__sz) __ksym __weak;
extern s32 scx_bpf_cid_to_cpu(s32 cid) __ksym __weak;
extern s32 scx_bpf_cpu_to_cid(s32 cpu) __ksym __weak;
extern s32 scx_bpf_this_cid(void) __ksym __weak;
extern __u32 scx_bpf_nr_cids(void) __ksym __weak;
extern __u32 scx_bpf_nr_online_cids(void) __ksym __weak;
extern void scx_bpf_cid_topo(s32 cid, struct scx_cid_topo *out, __u64 out__sz) __ksym __weak;
extern __u32 scx_bpf_cidperf_cap(s32 cid) __ksym __weak;
extern __u32 scx_bpf_cidperf_cur(s32 cid) __ksym __weak;
extern s32 scx_bpf_cidperf_set(s32 cid, __u32 perf) __ksym __weak;
extern void scx_bpf_kick_cpu(s32 cpu, __u64 flags) __ksym __weak;
extern void scx_bpf_kick_cid(s32 cid, __u64 flags) __ksym __weak;
extern void scx_bpf_dsq_reenq(__u64 dsq_id, __u64 flags) __ksym __weak;
extern s32 scx_bpf_select_cpu_dfl(struct task_struct *p, s32 prev_cpu, __u64 wake_flags, bool *is_idle) __ksym __weak;
extern s32 scx_bpf_select_cpu_and(struct task_struct *p, s32 prev_cpu, __u64 wake_flags, const struct cpumask *allowed,
				  __u64 flags) __ksym __weak;
extern s32 __scx_bpf_select_cpu_and(struct task_struct *p, const struct cpumask *allowed,
				    struct scx_bpf_select_cpu_and_args *args) __ksym __weak;
extern void scx_bpf_dump_bstr(char *fmt, unsigned long long *data, __u32 data__sz) __ksym __weak;
extern void scx_bpf_error_bstr(char *fmt, unsigned long long *data, __u32 data__sz) __ksym __weak;
extern void scx_bpf_exit_bstr(__s64 exit_code, char *fmt, unsigned long long *data, __u32 data__sz) __ksym __weak;
extern s32 scx_bpf_sub_kill_bstr(__u64 cgroup_id, char *fmt, unsigned long long *data, __u32 data__sz) __ksym __weak;
extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;

SEC("syscall") int scheduler_queues(void *ctx)
{
	struct bpf_iter_scx_dsq it;
	ASK(scx_bpf_create_dsq(1, -1));
	ASK(scx_bpf_create_dsq(1, 77));
	ASK(scx_bpf_create_dsq(1ULL << 63, -1));
	scx_bpf_destroy_dsq(1);
	ASK(scx_bpf_dsq_nr_queued(1));
	ASK(scx_bpf_dsq_nr_queued((1ULL << 63) | 2));
	scx_bpf_dsq_reenq(1, 0);
	bpf_rcu_read_lock();
	IS(scx_bpf_dsq_peek(1));
	ASK(bpf_iter_scx_dsq_new(&it, 1, 0));
	IS(bpf_iter_scx_dsq_next(&it));
	bpf_iter_scx_dsq_destroy(&it);
	ASK(bpf_iter_scx_dsq_new(&it, 1, 1ULL << 40));
	bpf_iter_scx_dsq_destroy(&it);
	bpf_rcu_read_unlock();
	return 0;
}
SEC("syscall") int scheduler_machine(void *ctx)
{
	static struct scx_event_stats events;
	ASK(scx_bpf_cpuperf_cap(0));
	ASK(scx_bpf_cpuperf_cap(77));
	ASK(scx_bpf_cpuperf_cur(0));
	ASK(scx_bpf_cpuperf_cur(-1));
	scx_bpf_cpuperf_set(0, 77);
	ASK(scx_bpf_nr_cpu_ids());
	ASK(scx_bpf_nr_node_ids());
	ASK(scx_bpf_cpu_node(0));
	ASK(scx_bpf_cpu_node(1));
	ASK(scx_bpf_cpu_node(77));
	IS(scx_bpf_now());
	events.counts[0] = 7;
	events.counts[1] = 8;
	scx_bpf_events(&events, 16);
	ASK(events.counts[0]);
	ASK(events.counts[1]);
	scx_bpf_kick_cpu(0, 0);
	scx_bpf_kick_cid(0, 0);
	IS(scx_bpf_locked_rq());
	return 0;
}
SEC("syscall") int scheduler_idle(void *ctx)
{
	const struct cpumask *mask = scx_bpf_get_possible_cpumask();
	ASK(mask->bits[0]);
	ASK(scx_bpf_pick_idle_cpu(mask, 0));
	ASK(scx_bpf_pick_any_cpu(mask, 0));
	ASK(scx_bpf_pick_idle_cpu_node(mask, 0, 0));
	ASK(scx_bpf_pick_any_cpu_node(mask, 0, 0));
	scx_bpf_put_cpumask(mask);
	mask = scx_bpf_get_online_cpumask();
	ASK(mask->bits[0]);
	scx_bpf_put_cpumask(mask);
	mask = scx_bpf_get_idle_cpumask();
	ASK(mask->bits[0]);
	scx_bpf_put_idle_cpumask(mask);
	mask = scx_bpf_get_idle_smtmask();
	ASK(mask->bits[0]);
	scx_bpf_put_idle_cpumask(mask);
	ASK(scx_bpf_test_and_clear_cpu_idle(0));
	return 0;
}
SEC("syscall") int scheduler_tasks(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct cgroup *cgroup;
	struct scx_bpf_select_cpu_and_args args = {};
	const struct cpumask *mask;
	bool idle = true;

	ASK(scx_bpf_task_running(task));
	ASK(scx_bpf_task_cpu(task) == bpf_get_smp_processor_id());
	ASK(scx_bpf_task_cid(task));
	ASK(scx_bpf_task_set_slice(task, 5));
	ASK(scx_bpf_task_set_dsq_vtime(task, 5));
	cgroup = scx_bpf_task_cgroup(task);
	IS(cgroup);
	bpf_cgroup_release(cgroup);
	ASK(scx_bpf_select_cpu_dfl(task, 1, 0, &idle));
	ASK(idle);
	mask = scx_bpf_get_possible_cpumask();
	ASK(scx_bpf_select_cpu_and(task, 1, 0, mask, 0));
	ASK(__scx_bpf_select_cpu_and(task, mask, &args));
	scx_bpf_put_cpumask(mask);
	bpf_rcu_read_lock();
	IS(scx_bpf_cpu_curr(0));
	IS(scx_bpf_cpu_curr(77));
	IS(scx_bpf_cid_curr(0));
	IS(scx_bpf_tid_to_task(1));
	bpf_rcu_read_unlock();
	return 0;
}
SEC("syscall") int scheduler_cids(void *ctx)
{
	static struct scx_cid_topo place;
	ASK(scx_bpf_cid_to_cpu(0));
	ASK(scx_bpf_cid_to_cpu(77));
	ASK(scx_bpf_cpu_to_cid(0));
	ASK(scx_bpf_cpu_to_cid(77));
	ASK(scx_bpf_this_cid());
	ASK(scx_bpf_nr_cids());
	ASK(scx_bpf_nr_online_cids());
	place.words[0] = 7;
	place.words[7] = 7;
	scx_bpf_cid_topo(0, &place, sizeof(place));
	ASK(place.words[0]);
	ASK(place.words[7]);
	ASK(scx_bpf_cidperf_cap(0));
	ASK(scx_bpf_cidperf_cur(0));
	ASK(scx_bpf_cidperf_set(0, 77));
	return 0;
}
SEC("syscall") int scheduler_words(void *ctx)
{
	static char text[] = "a number: %d";
	static unsigned long long number = 7;
	scx_bpf_error_bstr(text, &number, sizeof(number));
	scx_bpf_dump_bstr(text, &number, sizeof(number));
	scx_bpf_exit_bstr(1, text, &number, sizeof(number));
	ASK(scx_bpf_sub_kill_bstr(1, text, &number, sizeof(number)));
	return 0;
}

// ---- frames in pieces: call_oracle.c runs what is named so on one of 9000 bytes, each of which is its place modulo 251

extern int bpf_dynptr_from_xdp(struct xdp_md *xdp, __u64 flags, struct bpf_dynptr *ptr) __ksym __weak;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, __u64 offset, void *buffer, __u64 buffer__szk) __ksym __weak;
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *p, __u64 offset, void *buffer, __u64 buffer__szk) __ksym __weak;
extern int bpf_xdp_pull_data(struct xdp_md *xdp, __u32 len) __ksym __weak;
extern __u64 bpf_dynptr_size(const struct bpf_dynptr *p) __ksym __weak;
#define LINEAR ((long)ctx->data_end - (long)ctx->data)

SEC("xdp.frags") int frames_bytes(struct xdp_md *ctx)
{
	__u8 some[8] = {}, many[64];
	ASK(LINEAR);
	ASK(bpf_xdp_get_buff_len(ctx));
	ASK(bpf_xdp_load_bytes(ctx, 0, some, 8));
	ASK(*(__u64 *)some);
	ASK(bpf_xdp_load_bytes(ctx, 3516, some, 8));
	ASK(*(__u64 *)some);
	ASK(bpf_xdp_load_bytes(ctx, 8992, some, 8));
	ASK(*(__u64 *)some);
	ASK(bpf_xdp_load_bytes(ctx, 8993, some, 8));
	ASK(bpf_xdp_load_bytes(ctx, 0xffff, some, 8));
	ASK(bpf_xdp_load_bytes(ctx, 0x10000, some, 8));
	ASK(bpf_xdp_load_bytes(ctx, -1, some, 8));
	*(__u64 *)some = 77;
	ASK(bpf_xdp_store_bytes(ctx, 7612, some, 8));
	ASK(bpf_xdp_load_bytes(ctx, 7610, many, 16));
	ASK(*(__u64 *)many);
	ASK(*(__u64 *)(many + 8));
	ASK(bpf_xdp_store_bytes(ctx, 8999, some, 8));
	ASK(bpf_xdp_store_bytes(ctx, 0x10000, some, 8));
	return 0;
}
SEC("xdp.frags") int frames_longer(struct xdp_md *ctx)
{
	__u8 some[8];
	ASK(bpf_xdp_adjust_tail(ctx, 10));
	ASK(bpf_xdp_get_buff_len(ctx));
	ASK(bpf_xdp_load_bytes(ctx, 8998, some, 8));
	ASK(*(__u64 *)some);
	ASK(bpf_xdp_adjust_tail(ctx, 4096));
	ASK(bpf_xdp_get_buff_len(ctx));
	ASK(bpf_xdp_adjust_tail(ctx, 1000));
	ASK(bpf_xdp_get_buff_len(ctx));
	ASK(bpf_xdp_adjust_tail(ctx, 1));
	ASK(bpf_xdp_adjust_tail(ctx, 2));
	ASK(bpf_xdp_adjust_tail(ctx, 1644));
	ASK(bpf_xdp_get_buff_len(ctx));
	ASK(bpf_xdp_adjust_tail(ctx, 0));
	return 0;
}
SEC("xdp.frags") int frames_shorter(struct xdp_md *ctx)
{
	ASK(bpf_xdp_adjust_tail(ctx, -8987));
	ASK(bpf_xdp_adjust_tail(ctx, -1384));
	ASK(bpf_xdp_get_buff_len(ctx));
	ASK(bpf_xdp_adjust_tail(ctx, 10));
	ASK(bpf_xdp_adjust_tail(ctx, -10));
	ASK(bpf_xdp_get_buff_len(ctx));
	ASK(bpf_xdp_adjust_tail(ctx, -4100));
	ASK(bpf_xdp_get_buff_len(ctx));
	ASK(LINEAR);
	ASK(bpf_xdp_adjust_tail(ctx, 10));
	ASK(bpf_xdp_get_buff_len(ctx));
	ASK(bpf_xdp_adjust_tail(ctx, -3480));
	ASK(LINEAR);
	ASK(bpf_xdp_adjust_tail(ctx, -1000));
	return 0;
}
SEC("xdp.frags") int frames_begin(struct xdp_md *ctx)
{
	ASK(bpf_xdp_adjust_head(ctx, 20));
	ASK(LINEAR);
	ASK(bpf_xdp_get_buff_len(ctx));
	ASK(bpf_xdp_adjust_head(ctx, 3480));
	ASK(LINEAR);
	ASK(bpf_xdp_adjust_head(ctx, 10));
	ASK(LINEAR);
	ASK(bpf_xdp_adjust_head(ctx, -3490));
	ASK(bpf_xdp_adjust_meta(ctx, -4));
	ASK(bpf_xdp_get_buff_len(ctx));
	return 0;
}
SEC("xdp.frags") int frames_slices(struct xdp_md *ctx)
{
	struct bpf_dynptr p;
	__u8 some[16] = {}, *at;
	ASK(bpf_dynptr_from_xdp(ctx, 0, &p));
	ASK(bpf_dynptr_size(&p));
	at = bpf_dynptr_slice(&p, 3512, some, 16);
	ASK(at == some);
	ASK(at ? at[0] : -1);
	ASK(at ? at[15] : -1);
	at = bpf_dynptr_slice(&p, 3496, some, 16);
	ASK(at && at != some);
	at = bpf_dynptr_slice_rdwr(&p, 5000, some, 16);
	ASK(at && at != some);
	if (at)
		at[0] = 7;
	at = bpf_dynptr_slice(&p, 8992, some, 16);
	IS(at);
	ASK(bpf_dynptr_read(some, 8, &p, 5000, 0));
	ASK(*(__u64 *)some);
	ASK(bpf_dynptr_write(&p, 3518, some, 8, 0));
	ASK(bpf_xdp_load_bytes(ctx, 3517, some, 8));
	ASK(*(__u64 *)some);
	ASK(bpf_dynptr_write(&p, 8996, some, 8, 0));
	ASK(bpf_dynptr_read(some, 8, &p, 8996, 0));
	return 0;
}
SEC("xdp.frags") int frames_pulled(struct xdp_md *ctx)
{
	__u8 some[8];
	ASK(bpf_xdp_pull_data(ctx, 0));
	ASK(bpf_xdp_pull_data(ctx, 9001));
	ASK(bpf_xdp_pull_data(ctx, 3530));
	ASK(LINEAR);
	ASK(bpf_xdp_get_buff_len(ctx));
	ASK(bpf_xdp_load_bytes(ctx, 3524, some, 8));
	ASK(*(__u64 *)some);
	ASK(bpf_xdp_pull_data(ctx, 3736));
	ASK(LINEAR);
	ASK(bpf_xdp_pull_data(ctx, 3737));
	ASK(LINEAR);
	ASK(bpf_xdp_pull_data(ctx, 3800));
	ASK(bpf_xdp_adjust_head(ctx, 3000));
	ASK(bpf_xdp_pull_data(ctx, 3000));
	ASK(LINEAR);
	ASK(bpf_xdp_get_buff_len(ctx));
	return 0;
}
SEC("xdp") int frames_in_one_piece(struct xdp_md *ctx)
{
	ASK(LINEAR);
	return 0;
}
SEC("xdp") int frame(struct xdp_md *ctx)
{
	__u8 some[8];
	ASK(bpf_xdp_load_bytes(ctx, 0xffff, some, 8));
	ASK(bpf_xdp_load_bytes(ctx, 0x10000, some, 8));
	ASK(bpf_xdp_load_bytes(ctx, 57, some, 8));
	ASK(bpf_xdp_store_bytes(ctx, 0x10000, some, 8));
	ASK(bpf_xdp_adjust_tail(ctx, 3457));
	ASK(bpf_xdp_adjust_tail(ctx, 3456));
	ASK(LINEAR);
	return 0;
}
SEC("xdp.frags") int frames_counted(struct xdp_md *ctx)
{
	ASK(0);
	return 2;
}
SEC("xdp") int frame_counted(struct xdp_md *ctx)
{
	ASK(0);
	return 1;
}

// ---- the kernel's object behind a context

struct net_device {
	int ifindex;
} __attribute__((preserve_access_index));
struct sk_buff {
	unsigned int len, data_len, mark, priority;
	__be16 protocol;
	__u16 mac_len, mac_header, network_header;
	unsigned int tail, end;
	unsigned char *head, *data;
	struct net_device *dev;
} __attribute__((preserve_access_index));
struct xdp_rxq_info {
	struct net_device *dev;
	__u32 queue_index;
} __attribute__((preserve_access_index));
struct xdp_buff {
	void *data, *data_end, *data_meta, *data_hard_start;
	struct xdp_rxq_info *rxq;
	__u32 frame_sz;
} __attribute__((preserve_access_index));
extern void *bpf_cast_to_kern_ctx(void *obj) __ksym __weak;

SEC("tc") int behind_skb(struct __sk_buff *skb)
{
	struct sk_buff *kernel;
	skb->mark = 7;
	skb->priority = 8;
	kernel = bpf_cast_to_kern_ctx(skb);
	ASK(kernel->len);
	ASK(kernel->data_len);
	ASK(kernel->mark);
	ASK(kernel->priority);
	ASK(kernel->protocol);
	ASK((long)kernel->data == (long)skb->data);
	ASK(kernel->dev->ifindex);
	return 0;
}
SEC("xdp") int behind_xdp(struct xdp_md *ctx)
{
	struct xdp_buff *kernel = bpf_cast_to_kern_ctx(ctx);
	ASK((long)kernel->data == (long)ctx->data);
	ASK(kernel->data_end - kernel->data);
	ASK(kernel->data - kernel->data_meta);
	ASK(kernel->data - kernel->data_hard_start);
	ASK(kernel->rxq->dev->ifindex);
	ASK(kernel->rxq->queue_index);
	ASK(kernel->frame_sz);
	return 0;
}
static const __u8 protocols[] = { 0, 4, 6, 17, 47 };
static void encapsulate_protocols(struct __sk_buff *skb)
{
	for (int i = 0; i < sizeof(protocols); i++) {
		tunnel[0] = 0x45;
		tunnel[9] = protocols[i];
		tunnel[6] = 0;
		ENCAPSULATE(2, 20);
		tunnel[0] = 0x60;
		tunnel[6] = protocols[i];
		ENCAPSULATE(2, 40);
	}
	tunnel[6] = tunnel[9] = 17;
	tunnel[0] = 0x45;
	ENCAPSULATE(2, 27);
	ENCAPSULATE(2, 28);
	tunnel[0] = 0x46;
	ENCAPSULATE(2, 31);
	ENCAPSULATE(2, 32);
	tunnel[0] = 0x60;
	ENCAPSULATE(2, 47);
	ENCAPSULATE(2, 48);
}
SEC("lwt_xmit") int encapsulation_protocols(struct __sk_buff *skb)
{
	encapsulate_protocols(skb);
	return 0;
}
SEC("lwt_xmit") int large_encapsulation(struct __sk_buff *skb)
{
	encapsulate_protocols(skb);
	return 0;
}

struct nf_hook_state {
	__u8 hook, pf;
	struct net_device *in, *out;
} __attribute__((preserve_access_index));
struct bpf_nf_ctx {
	const struct nf_hook_state *state;
	struct sk_buff *skb;
} __attribute__((preserve_access_index));
SEC("netfilter") int behind_hook(struct bpf_nf_ctx *ctx)
{
	ASK(ctx->state->hook);
	ASK(ctx->state->pf);
	ASK(ctx->skb->len);
	ASK(ctx->skb->data_len);
	ASK(ctx->skb->protocol);
	ASK(ctx->skb->mark);
	ASK(ctx->skb->mac_len);
	ASK(ctx->skb->network_header - ctx->skb->mac_header);
	ASK(ctx->skb->data - ctx->skb->head - ctx->skb->network_header);
	ASK(ctx->skb->end - ctx->skb->tail);
	ASK(ctx->skb->tail - ctx->skb->len + ctx->skb->head == ctx->skb->data);
	ASK(ctx->skb->dev->ifindex);
	ASK(ctx->state->in->ifindex);
	ASK(ctx->state->out->ifindex);
	return 1;
}

// ---- tunnels: what is to be put in front of a packet, and what was in front of it
static __always_inline void ask_key(struct __sk_buff *skb, __u32 size, __u64 flags)
{
	union {
		struct bpf_tunnel_key key;
		__u64 words[6];
	} k;
	__builtin_memset(&k, 0xff, sizeof(k));
	ASK(bpf_skb_get_tunnel_key(skb, &k.key, size, flags));
	for (int i = 0; i < 6; i++)
		ASK(k.words[i]);
}
static __always_inline void ask_option(struct __sk_buff *skb, __u32 size)
{
	__u64 option[2] = {-1, -1};
	ASK(bpf_skb_get_tunnel_opt(skb, option, size));
	ASK(option[0]);
	ASK(option[1]);
}
#define TUNNEL(name)                                                                                               \
	struct bpf_tunnel_key name = {{0x11, 0x22, 0x33, 0x44, 10, 20, 30, 40, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, \
				       0x2c, 63, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}
SEC("tc") int tunnel_keys(struct __sk_buff *skb)
{
	TUNNEL(key);
	ask_key(skb, 44, 0);
	ask_option(skb, 8);
	ASK(bpf_skb_set_tunnel_opt(skb, &key, 8));
	ASK(bpf_skb_set_tunnel_key(skb, &key, 44, 0));
	ask_key(skb, 44, 0);
	ask_key(skb, 44, 1);
	ask_key(skb, 28, 0);
	ask_key(skb, 24, 0);
	return 0;
}
SEC("tc") int tunnel_of_version_6(struct __sk_buff *skb)
{
	TUNNEL(key);
	key.bytes[26] = 3; /* its label */
	ASK(bpf_skb_set_tunnel_key(skb, &key, 44, 0));
	ASK(bpf_skb_set_tunnel_key(skb, &key, 44, 1));
	ask_key(skb, 44, 0);
	ask_key(skb, 44, 1);
	ask_key(skb, 44, 1 | 16);
	ask_key(skb, 44, 16 | 2);
	ask_key(skb, 24, 1);
	return 0;
}
SEC("tc") int tunnel_sizes(struct __sk_buff *skb)
{
	TUNNEL(key);
#define SIZED(size)                                                    \
	ASK(bpf_skb_set_tunnel_key(skb, &key, size, 0));               \
	ask_key(skb, 44, 0)
	SIZED(8);
	SIZED(24);
	SIZED(28);
	ASK(bpf_skb_set_tunnel_key(skb, &key, 20, 0));
	ASK(bpf_skb_set_tunnel_key(skb, &key, 40, 0));
	ASK(bpf_skb_get_tunnel_key(skb, &key, 8, 0));
	ASK(bpf_skb_get_tunnel_key(skb, &key, 7, 0));
	ASK(bpf_skb_get_tunnel_key(skb, &key, 26, 0));
	ASK(bpf_skb_get_tunnel_key(skb, &key, 43, 0));
	ASK(bpf_skb_get_tunnel_key(skb, &key, 8, 32));
	return 0;
}
SEC("tc") int tunnel_flags(struct __sk_buff *skb)
{
	TUNNEL(key);
#define FLAGGED(flags)                                                 \
	ASK(bpf_skb_set_tunnel_key(skb, &key, 28, flags));             \
	ask_key(skb, 28, 16)
	FLAGGED(0);
	FLAGGED(2);
	FLAGGED(4);
	FLAGGED(8);
	FLAGGED(16);
	FLAGGED(31);
	FLAGGED(30);
	ASK(bpf_skb_set_tunnel_key(skb, &key, 28, 32));
	ask_key(skb, 28, 0);
	return 0;
}
SEC("tc") int tunnel_options(struct __sk_buff *skb)
{
	TUNNEL(key);
	static __u8 much[256];
	ASK(bpf_skb_set_tunnel_key(skb, &key, 28, 0));
	ask_option(skb, 8);
	ASK(bpf_skb_set_tunnel_opt(skb, &key, 8));
	ask_option(skb, 8);
	ask_option(skb, 4);
	ask_option(skb, 16);
	ask_key(skb, 28, 16);
	ASK(bpf_skb_set_tunnel_opt(skb, &key, 12));
	ask_option(skb, 16);
	ASK(bpf_skb_set_tunnel_opt(skb, &key, 6));
	ASK(bpf_skb_set_tunnel_opt(skb, much, 252));
	ASK(bpf_skb_set_tunnel_opt(skb, much, 256));
	ask_option(skb, 16);
	ASK(bpf_skb_set_tunnel_key(skb, &key, 28, 0));
	ask_option(skb, 16);
	key.bytes[22] = 1; /* extension */
	ASK(bpf_skb_set_tunnel_key(skb, &key, 28, 0));
	return 0;
}
SEC("lwt_xmit") int tunnel_behind_route(struct __sk_buff *skb)
{
	TUNNEL(key);
	ask_key(skb, 28, 0);
	ASK(bpf_skb_set_tunnel_key(skb, &key, 28, 2));
	ask_key(skb, 28, 16);
	ASK(bpf_skb_set_tunnel_opt(skb, &key, 12));
	ask_option(skb, 12);
	return 0;
}
SEC("tc") int tunnel_old_sizes(struct __sk_buff *skb)
{
	TUNNEL(key);
	ASK(bpf_skb_set_tunnel_key(skb, &key, 22, 0));
	ask_key(skb, 22, 0);
	ask_key(skb, 8, 0);
	ASK(bpf_skb_set_tunnel_key(skb, &key, 8, 1));
	ask_key(skb, 44, 1);
	ask_key(skb, 8, 1);
	ask_key(skb, 22, 1);
	key.bytes[26] = key.bytes[27] = 0xff; /* a label with more than its twenty bits */
	ASK(bpf_skb_set_tunnel_key(skb, &key, 44, 1));
	ask_key(skb, 44, 1);
	ASK(bpf_skb_set_tunnel_opt(skb, &key, 4));
	ASK(bpf_skb_set_tunnel_key(skb, &key, 44, 32));
	ask_option(skb, 4);
	return 0;
}
