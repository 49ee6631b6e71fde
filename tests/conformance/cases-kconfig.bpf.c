// SPDX-License-Identifier: Apache-2.0
// What a program finds in `__kconfig` externs, and what of it is decided before the walk: a fault stands where only the
// release's own answer leads.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern bool LINUX_HAS_SYSCALL_WRAPPER __kconfig __weak;
extern bool LINUX_HAS_BPF_COOKIE __kconfig __weak;
extern unsigned long CONFIG_HZ __kconfig __weak;
extern unsigned long CONFIG_NR_CPUS __kconfig __weak;
extern unsigned long CONFIG_SKEP_HAS_NO_SUCH __kconfig __weak;
extern enum libbpf_tristate CONFIG_BPF_SYSCALL __kconfig __weak;
char LICENSE[] SEC("license") = "GPL";

#define FAULT asm volatile("r1 = 0; r0 = *(u64 *)(r1 + 0);" ::: "r0", "r1")
#define FAULTS_IF(name, condition)              \
  SEC("raw_tp/sys_enter") int name(void* ctx) { \
    if (condition) FAULT;                       \
    return 0;                                   \
  }

FAULTS_IF(has_wrapper, LINUX_HAS_SYSCALL_WRAPPER)
FAULTS_IF(has_no_wrapper, !LINUX_HAS_SYSCALL_WRAPPER)
FAULTS_IF(has_cookie, LINUX_HAS_BPF_COOKIE)
FAULTS_IF(ticks_250_times, CONFIG_HZ == 250)
FAULTS_IF(ticks_otherwise, CONFIG_HZ != 250)
FAULTS_IF(has_8192_cpus, CONFIG_NR_CPUS == 8192)
FAULTS_IF(has_no_such, CONFIG_SKEP_HAS_NO_SUCH)
FAULTS_IF(has_bpf, CONFIG_BPF_SYSCALL == TRI_YES)
FAULTS_IF(is_7_3, LINUX_KERNEL_VERSION >= 0x070300 && LINUX_KERNEL_VERSION < 0x070400)
