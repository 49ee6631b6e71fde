// Helpers that go together: the groups of which each program type's set is made.
//
// The groups are what the reference release shows: two helpers are in one group when exactly the same program types
// have both. A helper alone in its class is named where it is allowed.
#pragma once

#include "progtypes/common/helper_set.hpp"

namespace skep::progtypes::groups {

using enum calls::HelperId;

// What every program type has, but for the test operations of the kernel (bpf_dummy_ops), which have none.
inline constexpr HelperSet base = {map_lookup_elem,
                                   map_update_elem,
                                   map_delete_elem,
                                   ktime_get_ns,
                                   trace_printk,
                                   get_prandom_u32,
                                   get_smp_processor_id,
                                   tail_call,
                                   get_current_pid_tgid,
                                   get_current_uid_gid,
                                   get_current_comm,
                                   get_cgroup_classid,
                                   perf_event_read,
                                   get_current_task,
                                   current_task_under_cgroup,
                                   get_numa_node_id,
                                   perf_event_read_value,
                                   get_current_cgroup_id,
                                   map_push_elem,
                                   map_pop_elem,
                                   map_peek_elem,
                                   spin_lock,
                                   spin_unlock,
                                   strtol,
                                   strtoul,
                                   send_signal,
                                   probe_read_user,
                                   probe_read_kernel,
                                   probe_read_user_str,
                                   probe_read_kernel_str,
                                   send_signal_thread,
                                   jiffies64,
                                   get_ns_current_pid_tgid,
                                   get_current_ancestor_cgroup_id,
                                   ktime_get_boot_ns,
                                   ringbuf_output,
                                   ringbuf_reserve,
                                   ringbuf_submit,
                                   ringbuf_discard,
                                   ringbuf_query,
                                   get_task_stack,
                                   copy_from_user,
                                   snprintf_btf,
                                   per_cpu_ptr,
                                   this_cpu_ptr,
                                   task_storage_get,
                                   task_storage_delete,
                                   get_current_task_btf,
                                   for_each_map_elem,
                                   snprintf,
                                   timer_init,
                                   timer_set_callback,
                                   timer_start,
                                   timer_cancel,
                                   task_pt_regs,
                                   get_branch_snapshot,
                                   trace_vprintk,
                                   find_vma,
                                   loop,
                                   strncmp,
                                   copy_from_user_task,
                                   kptr_xchg,
                                   map_lookup_percpu_elem,
                                   dynptr_from_mem,
                                   ringbuf_reserve_dynptr,
                                   ringbuf_submit_dynptr,
                                   ringbuf_discard_dynptr,
                                   dynptr_read,
                                   dynptr_write,
                                   dynptr_data,
                                   ktime_get_tai_ns,
                                   user_ringbuf_drain,
                                   cgrp_storage_get,
                                   cgrp_storage_delete};

inline constexpr HelperSet probing = {probe_read,     get_stackid, probe_write_user,
                                      probe_read_str, get_stack,   get_func_ip};

inline constexpr HelperSet packet_writes = {skb_store_bytes, skb_change_tail, skb_change_head};

inline constexpr HelperSet packet_tunnels = {
    l3_csum_replace,    l4_csum_replace,    clone_redirect, skb_get_tunnel_key, skb_set_tunnel_key,
    skb_get_tunnel_opt, skb_set_tunnel_opt, csum_update,    set_hash_invalid,   csum_level};

inline constexpr HelperSet traffic_control = {skb_vlan_push, skb_vlan_pop,       skb_change_proto,   skb_change_type,
                                              set_hash,      skb_get_xfrm_state, skb_cgroup_classid, redirect_neigh,
                                              redirect_peer, skb_set_tstamp};

inline constexpr HelperSet packet_facts = {get_route_realm, skb_under_cgroup, get_hash_recalc};

inline constexpr HelperSet xdp_frames = {xdp_adjust_head, redirect_map,   xdp_adjust_meta,
                                         xdp_adjust_tail, xdp_load_bytes, xdp_store_bytes};

inline constexpr HelperSet socket_options = {setsockopt, getsockopt};

inline constexpr HelperSet stream_redirect = {sk_redirect_map, sk_redirect_hash};

inline constexpr HelperSet tcp_events = {sock_map_update, sock_ops_cb_flags_set, sock_hash_update,
                                         load_hdr_opt,    store_hdr_opt,         reserve_hdr_opt};

inline constexpr HelperSet perf_samples = {perf_prog_read_value, read_branch_records};

inline constexpr HelperSet messages = {msg_redirect_map,  msg_apply_bytes, msg_cork_bytes, msg_pull_data,
                                       msg_redirect_hash, msg_push_data,   msg_pop_data};

inline constexpr HelperSet routing = {fib_lookup,
                                      tcp_check_syncookie,
                                      tcp_gen_syncookie,
                                      check_mtu,
                                      tcp_raw_gen_syncookie_ipv4,
                                      tcp_raw_gen_syncookie_ipv6,
                                      tcp_raw_check_syncookie_ipv4,
                                      tcp_raw_check_syncookie_ipv6};

inline constexpr HelperSet segment_routing = {lwt_seg6_store_bytes, lwt_seg6_adjust_srh, lwt_seg6_action};

inline constexpr HelperSet packet_cgroup = {skb_cgroup_id, skb_ancestor_cgroup_id, sk_fullsock, skb_ecn_set_ce,
                                            get_listener_sock};

inline constexpr HelperSet socket_lookup = {sk_lookup_tcp, sk_lookup_udp, skc_lookup_tcp};

inline constexpr HelperSet settings = {sysctl_get_name, sysctl_get_current_value, sysctl_get_new_value,
                                       sysctl_set_new_value};

inline constexpr HelperSet kernel_objects = {skb_output, xdp_output, d_path, sock_from_file};

inline constexpr HelperSet sequence_files = {seq_printf, seq_write, seq_printf_btf};

inline constexpr HelperSet socket_cgroup = {sk_cgroup_id, sk_ancestor_cgroup_id};

inline constexpr HelperSet socket_casts = {skc_to_tcp6_sock,        skc_to_tcp_sock,  skc_to_tcp_timewait_sock,
                                           skc_to_tcp_request_sock, skc_to_udp6_sock, skc_to_unix_sock,
                                           skc_to_mptcp_sock};

inline constexpr HelperSet security = {inode_storage_get, inode_storage_delete, bprm_opts_set, ima_inode_hash,
                                       ima_file_hash};

inline constexpr HelperSet system_calls = {sys_bpf, btf_find_by_name_kind, sys_close, kallsyms_lookup_name};

inline constexpr HelperSet function_arguments = {get_func_arg, get_func_arg_cnt};

inline constexpr HelperSet result_override = {get_retval, set_retval};

}  // namespace skep::progtypes::groups
