// The numbers of bpf(2): commands, map types, program types, attach types, link types and flags.
//
// They are Linux 7.3's, given as scoped enumerations with the kernel's names in lower case and without their prefix
// (BPF_MAP_TYPE_LRU_HASH is MapType::lru_hash). An embedding program may instead include <linux/bpf.h> of any age: the
// values are the same. The structures that the commands take are in src/kernel/attr.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace skep {

// The kernel's ENOTSUPP, which reaches user space as this number: <errno.h> has no name for it.
inline constexpr int enotsupp = 524;

enum class Command : std::uint32_t {
  map_create = 0,
  map_lookup_elem = 1,
  map_update_elem = 2,
  map_delete_elem = 3,
  map_get_next_key = 4,
  prog_load = 5,
  obj_pin = 6,
  obj_get = 7,
  prog_attach = 8,
  prog_detach = 9,
  prog_test_run = 10,
  prog_get_next_id = 11,
  map_get_next_id = 12,
  prog_get_fd_by_id = 13,
  map_get_fd_by_id = 14,
  obj_get_info_by_fd = 15,
  prog_query = 16,
  raw_tracepoint_open = 17,
  btf_load = 18,
  btf_get_fd_by_id = 19,
  task_fd_query = 20,
  map_lookup_and_delete_elem = 21,
  map_freeze = 22,
  btf_get_next_id = 23,
  map_lookup_batch = 24,
  map_lookup_and_delete_batch = 25,
  map_update_batch = 26,
  map_delete_batch = 27,
  link_create = 28,
  link_update = 29,
  link_get_fd_by_id = 30,
  link_get_next_id = 31,
  enable_stats = 32,
  iter_create = 33,
  link_detach = 34,
  prog_bind_map = 35,
  token_create = 36,
  prog_stream_read_by_fd = 37,
  prog_assoc_struct_ops = 38,
};

enum class MapType : std::uint32_t {
  unspec = 0,
  hash = 1,
  array = 2,
  prog_array = 3,
  perf_event_array = 4,
  percpu_hash = 5,
  percpu_array = 6,
  stack_trace = 7,
  cgroup_array = 8,
  lru_hash = 9,
  lru_percpu_hash = 10,
  lpm_trie = 11,
  array_of_maps = 12,
  hash_of_maps = 13,
  devmap = 14,
  sockmap = 15,
  cpumap = 16,
  xskmap = 17,
  sockhash = 18,
  cgroup_storage = 19,
  reuseport_sockarray = 20,
  percpu_cgroup_storage = 21,
  queue = 22,
  stack = 23,
  sk_storage = 24,
  devmap_hash = 25,
  struct_ops = 26,
  ringbuf = 27,
  inode_storage = 28,
  task_storage = 29,
  bloom_filter = 30,
  user_ringbuf = 31,
  cgrp_storage = 32,
  arena = 33,
  insn_array = 34,
  rhash = 35,
};

enum class ProgType : std::uint32_t {
  unspec = 0,
  socket_filter = 1,
  kprobe = 2,
  sched_cls = 3,
  sched_act = 4,
  tracepoint = 5,
  xdp = 6,
  perf_event = 7,
  cgroup_skb = 8,
  cgroup_sock = 9,
  lwt_in = 10,
  lwt_out = 11,
  lwt_xmit = 12,
  sock_ops = 13,
  sk_skb = 14,
  cgroup_device = 15,
  sk_msg = 16,
  raw_tracepoint = 17,
  cgroup_sock_addr = 18,
  lwt_seg6local = 19,
  lirc_mode2 = 20,
  sk_reuseport = 21,
  flow_dissector = 22,
  cgroup_sysctl = 23,
  raw_tracepoint_writable = 24,
  cgroup_sockopt = 25,
  tracing = 26,
  struct_ops = 27,
  ext = 28,
  lsm = 29,
  sk_lookup = 30,
  syscall = 31,
  netfilter = 32,
};

enum class AttachType : std::uint32_t {
  cgroup_inet_ingress = 0,
  cgroup_inet_egress = 1,
  cgroup_inet_sock_create = 2,
  cgroup_sock_ops = 3,
  sk_skb_stream_parser = 4,
  sk_skb_stream_verdict = 5,
  cgroup_device = 6,
  sk_msg_verdict = 7,
  cgroup_inet4_bind = 8,
  cgroup_inet6_bind = 9,
  cgroup_inet4_connect = 10,
  cgroup_inet6_connect = 11,
  cgroup_inet4_post_bind = 12,
  cgroup_inet6_post_bind = 13,
  cgroup_udp4_sendmsg = 14,
  cgroup_udp6_sendmsg = 15,
  lirc_mode2 = 16,
  flow_dissector = 17,
  cgroup_sysctl = 18,
  cgroup_udp4_recvmsg = 19,
  cgroup_udp6_recvmsg = 20,
  cgroup_getsockopt = 21,
  cgroup_setsockopt = 22,
  trace_raw_tp = 23,
  trace_fentry = 24,
  trace_fexit = 25,
  modify_return = 26,
  lsm_mac = 27,
  trace_iter = 28,
  cgroup_inet4_getpeername = 29,
  cgroup_inet6_getpeername = 30,
  cgroup_inet4_getsockname = 31,
  cgroup_inet6_getsockname = 32,
  xdp_devmap = 33,
  cgroup_inet_sock_release = 34,
  xdp_cpumap = 35,
  sk_lookup = 36,
  xdp = 37,
  sk_skb_verdict = 38,
  sk_reuseport_select = 39,
  sk_reuseport_select_or_migrate = 40,
  perf_event = 41,
  trace_kprobe_multi = 42,
  lsm_cgroup = 43,
  struct_ops = 44,
  netfilter = 45,
  tcx_ingress = 46,
  tcx_egress = 47,
  trace_uprobe_multi = 48,
  cgroup_unix_connect = 49,
  cgroup_unix_sendmsg = 50,
  cgroup_unix_recvmsg = 51,
  cgroup_unix_getpeername = 52,
  cgroup_unix_getsockname = 53,
  netkit_primary = 54,
  netkit_peer = 55,
  trace_kprobe_session = 56,
  trace_uprobe_session = 57,
  trace_fsession = 58,
  trace_fentry_multi = 59,
  trace_fexit_multi = 60,
  trace_fsession_multi = 61,
};

enum class LinkType : std::uint32_t {
  unspec = 0,
  raw_tracepoint = 1,
  tracing = 2,
  cgroup = 3,
  iter = 4,
  netns = 5,
  xdp = 6,
  perf_event = 7,
  kprobe_multi = 8,
  struct_ops = 9,
  netfilter = 10,
  tcx = 11,
  uprobe_multi = 12,
  netkit = 13,
  sockmap = 14,
  tracing_multi = 15,
};

// Flags of MAP_CREATE (map_flags).
namespace map_flag {
inline constexpr std::uint32_t no_prealloc = 1U << 0;
inline constexpr std::uint32_t no_common_lru = 1U << 1;
inline constexpr std::uint32_t numa_node = 1U << 2;
inline constexpr std::uint32_t rdonly = 1U << 3;
inline constexpr std::uint32_t wronly = 1U << 4;
inline constexpr std::uint32_t stack_build_id = 1U << 5;
inline constexpr std::uint32_t zero_seed = 1U << 6;
inline constexpr std::uint32_t rdonly_prog = 1U << 7;
inline constexpr std::uint32_t wronly_prog = 1U << 8;
inline constexpr std::uint32_t clone = 1U << 9;
inline constexpr std::uint32_t mmapable = 1U << 10;
inline constexpr std::uint32_t preserve_elems = 1U << 11;
inline constexpr std::uint32_t inner_map = 1U << 12;
inline constexpr std::uint32_t link = 1U << 13;
inline constexpr std::uint32_t path_fd = 1U << 14;
inline constexpr std::uint32_t vtype_btf_obj_fd = 1U << 15;
inline constexpr std::uint32_t token_fd = 1U << 16;
inline constexpr std::uint32_t segv_on_fault = 1U << 17;
inline constexpr std::uint32_t no_user_conv = 1U << 18;
inline constexpr std::uint32_t rb_overwrite = 1U << 19;
}  // namespace map_flag

// Flags of MAP_UPDATE_ELEM and its kin.
namespace elem_flag {
inline constexpr std::uint64_t any = 0;
inline constexpr std::uint64_t noexist = 1;
inline constexpr std::uint64_t exist = 2;
inline constexpr std::uint64_t lock = 4;
inline constexpr std::uint64_t cpu = 8;
inline constexpr std::uint64_t all_cpus = 16;
}  // namespace elem_flag

// Flags of PROG_LOAD (prog_flags).
namespace prog_flag {
inline constexpr std::uint32_t strict_alignment = 1U << 0;
inline constexpr std::uint32_t any_alignment = 1U << 1;
inline constexpr std::uint32_t test_rnd_hi32 = 1U << 2;
inline constexpr std::uint32_t test_state_freq = 1U << 3;
inline constexpr std::uint32_t sleepable = 1U << 4;
inline constexpr std::uint32_t xdp_has_frags = 1U << 5;
inline constexpr std::uint32_t xdp_dev_bound_only = 1U << 6;
inline constexpr std::uint32_t test_reg_invariants = 1U << 7;
inline constexpr std::uint32_t token_fd = 1U << 16;
}  // namespace prog_flag

// The length of an object's name, its terminating zero included (BPF_OBJ_NAME_LEN).
inline constexpr std::size_t object_name_len = 16;

}  // namespace skep
