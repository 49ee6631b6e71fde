// The program types, each defined in the file of its name; registry.cpp lists them.
#pragma once

#include "progtypes/progtype.hpp"

namespace skep::progtypes {

extern const ProgTypeDef cgroup_device_type;
extern const ProgTypeDef cgroup_skb_type;
extern const ProgTypeDef cgroup_sock_addr_type;
extern const ProgTypeDef cgroup_sock_type;
extern const ProgTypeDef cgroup_sockopt_type;
extern const ProgTypeDef cgroup_sysctl_type;
extern const ProgTypeDef ext_type;
extern const ProgTypeDef flow_dissector_type;
extern const ProgTypeDef kprobe_type;
extern const ProgTypeDef lirc_mode2_type;
extern const ProgTypeDef lsm_type;
extern const ProgTypeDef lwt_in_type;
extern const ProgTypeDef lwt_out_type;
extern const ProgTypeDef lwt_seg6local_type;
extern const ProgTypeDef lwt_xmit_type;
extern const ProgTypeDef netfilter_type;
extern const ProgTypeDef perf_event_type;
extern const ProgTypeDef raw_tracepoint_type;
extern const ProgTypeDef raw_tracepoint_writable_type;
extern const ProgTypeDef sched_act_type;
extern const ProgTypeDef sched_cls_type;
extern const ProgTypeDef sk_lookup_type;
extern const ProgTypeDef sk_msg_type;
extern const ProgTypeDef sk_reuseport_type;
extern const ProgTypeDef sk_skb_type;
extern const ProgTypeDef sock_ops_type;
extern const ProgTypeDef socket_filter_type;
extern const ProgTypeDef struct_ops_type;
extern const ProgTypeDef syscall_type;
extern const ProgTypeDef tracepoint_type;
extern const ProgTypeDef tracing_type;
extern const ProgTypeDef xdp_type;

}  // namespace skep::progtypes
