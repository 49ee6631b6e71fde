// The tables of kfuncs, one a theme, and the sets of program types that their entries share; calls/tables.cpp joins
// them.
#pragma once

#include <span>

#include "calls/call.hpp"

namespace skep::calls::kfunc_tables {

// Kfuncs are offered to program types by hook, and several types stand behind one hook. These are the unions that
// occur.
inline constexpr ProgTypes everyone = all_prog_types;
inline constexpr ProgTypes generic =
    bit(ProgType::cgroup_device) | bit(ProgType::cgroup_skb) | bit(ProgType::cgroup_sock) |
    bit(ProgType::cgroup_sock_addr) | bit(ProgType::cgroup_sockopt) | bit(ProgType::cgroup_sysctl) |
    bit(ProgType::lsm) | bit(ProgType::perf_event) | bit(ProgType::raw_tracepoint) | bit(ProgType::sched_cls) |
    bit(ProgType::sock_ops) | bit(ProgType::struct_ops) | bit(ProgType::syscall) | bit(ProgType::tracepoint) |
    bit(ProgType::tracing) | bit(ProgType::xdp);
inline constexpr ProgTypes tracers = bit(ProgType::lsm) | bit(ProgType::perf_event) | bit(ProgType::raw_tracepoint) |
                                     bit(ProgType::tracepoint) | bit(ProgType::tracing);
inline constexpr ProgTypes tracers_and_test =
    bit(ProgType::lsm) | bit(ProgType::perf_event) | bit(ProgType::raw_tracepoint) | bit(ProgType::sched_cls) |
    bit(ProgType::syscall) | bit(ProgType::tracepoint) | bit(ProgType::tracing);
inline constexpr ProgTypes tracers_and_syscall = bit(ProgType::lsm) | bit(ProgType::perf_event) |
                                                 bit(ProgType::raw_tracepoint) | bit(ProgType::syscall) |
                                                 bit(ProgType::tracepoint) | bit(ProgType::tracing);
inline constexpr ProgTypes tracers_struct_ops_syscall =
    bit(ProgType::lsm) | bit(ProgType::perf_event) | bit(ProgType::raw_tracepoint) | bit(ProgType::struct_ops) |
    bit(ProgType::syscall) | bit(ProgType::tracepoint) | bit(ProgType::tracing);
inline constexpr ProgTypes cgroup_hooks = bit(ProgType::cgroup_device) | bit(ProgType::cgroup_skb) |
                                          bit(ProgType::cgroup_sock) | bit(ProgType::cgroup_sock_addr) |
                                          bit(ProgType::cgroup_sockopt) | bit(ProgType::cgroup_sysctl) |
                                          bit(ProgType::sock_ops);
inline constexpr ProgTypes packet_readers =
    bit(ProgType::cgroup_device) | bit(ProgType::cgroup_skb) | bit(ProgType::cgroup_sock) |
    bit(ProgType::cgroup_sock_addr) | bit(ProgType::cgroup_sockopt) | bit(ProgType::cgroup_sysctl) |
    bit(ProgType::lsm) | bit(ProgType::lwt_in) | bit(ProgType::lwt_out) | bit(ProgType::lwt_seg6local) |
    bit(ProgType::lwt_xmit) | bit(ProgType::netfilter) | bit(ProgType::perf_event) | bit(ProgType::raw_tracepoint) |
    bit(ProgType::sched_act) | bit(ProgType::sched_cls) | bit(ProgType::sk_skb) | bit(ProgType::sock_ops) |
    bit(ProgType::socket_filter) | bit(ProgType::tracepoint) | bit(ProgType::tracing);

std::span<const Kfunc> wq_kfuncs();
std::span<const Kfunc> object_kfuncs();
std::span<const Kfunc> sections_kfuncs();
std::span<const Kfunc> dynptr_kfuncs();
std::span<const Kfunc> iter_kfuncs();
std::span<const Kfunc> string_kfuncs();
std::span<const Kfunc> task_kfuncs();
std::span<const Kfunc> cpumask_kfuncs();
std::span<const Kfunc> crypto_kfuncs();
std::span<const Kfunc> arena_kfuncs();
std::span<const Kfunc> net_kfuncs();
std::span<const Kfunc> conntrack_kfuncs();
std::span<const Kfunc> tcp_congestion_kfuncs();
std::span<const Kfunc> qdisc_kfuncs();
std::span<const Kfunc> sched_ext_kfuncs();
std::span<const Kfunc> sched_ext_cpu_kfuncs();
std::span<const Kfunc> hid_kfuncs();
std::span<const Kfunc> filesystem_kfuncs();
std::span<const Kfunc> misc_kfuncs();

inline constexpr std::span<const Kfunc> (*themes[])() = {wq_kfuncs,
                                                         object_kfuncs,
                                                         sections_kfuncs,
                                                         dynptr_kfuncs,
                                                         iter_kfuncs,
                                                         string_kfuncs,
                                                         task_kfuncs,
                                                         cpumask_kfuncs,
                                                         crypto_kfuncs,
                                                         arena_kfuncs,
                                                         net_kfuncs,
                                                         conntrack_kfuncs,
                                                         tcp_congestion_kfuncs,
                                                         qdisc_kfuncs,
                                                         sched_ext_kfuncs,
                                                         sched_ext_cpu_kfuncs,
                                                         hid_kfuncs,
                                                         filesystem_kfuncs,
                                                         misc_kfuncs};

}  // namespace skep::calls::kfunc_tables
