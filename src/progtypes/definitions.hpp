// The program types, in the order of their numbers, from 1; each is defined in the file of its name as `NAME_type`.
#pragma once

#include "progtypes/progtype.hpp"

#define SKEP_PROGRAM_TYPES(X) \
  X(socket_filter)            \
  X(kprobe)                   \
  X(sched_cls)                \
  X(sched_act)                \
  X(tracepoint)               \
  X(xdp)                      \
  X(perf_event)               \
  X(cgroup_skb)               \
  X(cgroup_sock)              \
  X(lwt_in)                   \
  X(lwt_out)                  \
  X(lwt_xmit)                 \
  X(sock_ops)                 \
  X(sk_skb)                   \
  X(cgroup_device)            \
  X(sk_msg)                   \
  X(raw_tracepoint)           \
  X(cgroup_sock_addr)         \
  X(lwt_seg6local)            \
  X(lirc_mode2)               \
  X(sk_reuseport)             \
  X(flow_dissector)           \
  X(cgroup_sysctl)            \
  X(raw_tracepoint_writable)  \
  X(cgroup_sockopt)           \
  X(tracing)                  \
  X(struct_ops)               \
  X(ext)                      \
  X(lsm)                      \
  X(sk_lookup)                \
  X(syscall)                  \
  X(netfilter)

namespace skep::progtypes {

#define SKEP_DECLARE(NAME) extern const ProgTypeDef NAME##_type;
SKEP_PROGRAM_TYPES(SKEP_DECLARE)
#undef SKEP_DECLARE

}  // namespace skep::progtypes
