// The tables of helpers, one a theme; calls/tables.cpp joins them.
#pragma once

#include <span>

#include "calls/call.hpp"

namespace skep::calls::helper_tables {

std::span<const Helper> map_helpers();
std::span<const Helper> program_helpers();
std::span<const Helper> string_helpers();
std::span<const Helper> time_helpers();
std::span<const Helper> ringbuf_helpers();
std::span<const Helper> dynptr_helpers();
std::span<const Helper> probe_read_helpers();
std::span<const Helper> trace_output_helpers();
std::span<const Helper> perf_helpers();
std::span<const Helper> tracing_helpers();
std::span<const Helper> task_helpers();
std::span<const Helper> storage_helpers();
std::span<const Helper> cgroup_helpers();
std::span<const Helper> lsm_helpers();
std::span<const Helper> syscall_helpers();
std::span<const Helper> skb_helpers();
std::span<const Helper> net_helpers();
std::span<const Helper> xdp_helpers();
std::span<const Helper> sock_helpers();
std::span<const Helper> tcp_helpers();
std::span<const Helper> sockmap_helpers();
std::span<const Helper> lirc_helpers();

inline constexpr std::span<const Helper> (*themes[])() = {
    map_helpers,        program_helpers,      string_helpers,  time_helpers,    ringbuf_helpers, dynptr_helpers,
    probe_read_helpers, trace_output_helpers, perf_helpers,    tracing_helpers, task_helpers,    storage_helpers,
    cgroup_helpers,     lsm_helpers,          syscall_helpers, skb_helpers,     net_helpers,     xdp_helpers,
    sock_helpers,       tcp_helpers,          sockmap_helpers, lirc_helpers};

// Some helpers take other arguments in some program types: a socket where others take their context, for example.
struct Variant {
  ProgTypes prog_types = 0;
  Helper helper;
};
std::span<const Variant> variants();

}  // namespace skep::calls::helper_tables
