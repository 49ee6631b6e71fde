// SPDX-License-Identifier: Apache-2.0
//
// Takes what user space has put into its ring buffer, and adds it up.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

struct bpf_dynptr;
struct {
	__uint(type, 31); /* BPF_MAP_TYPE_USER_RINGBUF */
	__uint(max_entries, 4096);
} from_user SEC(".maps");

__u64 sum, bytes, stop_at;

static long add(struct bpf_dynptr *record, void *context)
{
	__u64 number = 0;

	if (bpf_dynptr_read(&number, sizeof(number), record, 0, 0))
		return 1;
	sum += number;
	bytes += bpf_dynptr_data(record, 16, 8) ? 24 : 8;
	return number == stop_at;
}

SEC("syscall") int drain(void *context)
{
	return bpf_user_ringbuf_drain(&from_user, add, NULL, 0);
}
SEC("syscall") int drain_with_unknown_flags(void *context)
{
	return bpf_user_ringbuf_drain(&from_user, add, NULL, 4);
}
