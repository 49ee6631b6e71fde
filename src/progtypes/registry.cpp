// Finds program types by number and by name.
//
// Tested by tests/progtypes/progtypes_test.cpp.
#include <array>

#include "progtypes/definitions.hpp"

namespace skep::progtypes {
namespace {

// In the order of their numbers, from 1.
constexpr std::array<const ProgTypeDef*, 32> types = {&socket_filter_type,
                                                      &kprobe_type,
                                                      &sched_cls_type,
                                                      &sched_act_type,
                                                      &tracepoint_type,
                                                      &xdp_type,
                                                      &perf_event_type,
                                                      &cgroup_skb_type,
                                                      &cgroup_sock_type,
                                                      &lwt_in_type,
                                                      &lwt_out_type,
                                                      &lwt_xmit_type,
                                                      &sock_ops_type,
                                                      &sk_skb_type,
                                                      &cgroup_device_type,
                                                      &sk_msg_type,
                                                      &raw_tracepoint_type,
                                                      &cgroup_sock_addr_type,
                                                      &lwt_seg6local_type,
                                                      &lirc_mode2_type,
                                                      &sk_reuseport_type,
                                                      &flow_dissector_type,
                                                      &cgroup_sysctl_type,
                                                      &raw_tracepoint_writable_type,
                                                      &cgroup_sockopt_type,
                                                      &tracing_type,
                                                      &struct_ops_type,
                                                      &ext_type,
                                                      &lsm_type,
                                                      &sk_lookup_type,
                                                      &syscall_type,
                                                      &netfilter_type};

}  // namespace

const ProgTypeDef* find(ProgType type) {
  const auto number = static_cast<std::size_t>(type);
  return number == 0 || number > types.size() ? nullptr : types[number - 1];
}

const ProgTypeDef* find(std::string_view name) {
  for (const ProgTypeDef* type : types) {
    if (type->name == name) return type;
  }
  return nullptr;
}

std::span<const ProgTypeDef* const> all() {
  return types;
}

}  // namespace skep::progtypes
