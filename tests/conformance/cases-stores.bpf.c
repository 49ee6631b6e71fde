// Security programs that write their context from the register that they return, and CPU numbers as indices.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define PROGRAM(section, name, text) \
  SEC(section) __attribute__((naked)) int name(void) { asm volatile(text : : [two] "i"(&two), [one] "i"(&one)); }

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64[2]);
} two SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64[1]);
} one SEC(".maps");

PROGRAM("?lsm/file_open", lsm_from_result, "r0 = 0; *(u64 *)(r1 + 0) = r0; exit;")
PROGRAM("?lsm/file_open", lsm_from_result_to_result, "r0 = 0; *(u64 *)(r1 + 8) = r0; exit;")
PROGRAM("?lsm/socket_bind", lsm_from_number, "r0 = 0; r6 = 7; *(u64 *)(r1 + 8) = r6; r6 += -7; r0 = r6; exit;")
PROGRAM("?lsm_cgroup/socket_bind", lsm_cgroup_from_result, "r0 = 1; *(u64 *)(r1 + 0) = r0; exit;")

#define AT_CPU(map) \
  "call 8; r6 = r0; r6 <<= 3; r1 = 0; *(u32 *)(r10 - 4) = r1; r2 = r10; r2 += -4; r1 = %[" #map "] ll; call 1;" \
  "if r0 == 0 goto 9f; r0 += r6; r1 = *(u64 *)(r0 + 0); 9: r0 = 0; exit;"
PROGRAM("?socket", two_cpus, AT_CPU(two))
PROGRAM("?socket", one_cpu, AT_CPU(one))
