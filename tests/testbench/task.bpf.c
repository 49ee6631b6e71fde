// SPDX-License-Identifier: Apache-2.0
// Asks who runs it.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

__u64 task, user;
char name[16];

SEC("syscall") int who(void *context)
{
	task = bpf_get_current_pid_tgid();
	user = bpf_get_current_uid_gid();
	bpf_printk("asked");
	return bpf_get_current_comm(name, sizeof(name));
}
