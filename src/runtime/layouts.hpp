// Where the fields of the contexts stand that programs see, in the user-visible ABI (<linux/bpf.h>). Program types,
// calls and whoever fills contexts in read them here.
#pragma once

#include <cstdint>

#include "runtime/context.hpp"

namespace skep::runtime::layout {

// struct __sk_buff
namespace skb {
inline constexpr std::uint16_t len = 0, pkt_type = 4, mark = 8, queue_mapping = 12, protocol = 16, priority = 32,
                               ingress_ifindex = 36, ifindex = 40, tc_index = 44, cb = 48, cb_end = 68, tc_classid = 72,
                               data = 76, data_end = 80, family = 88, remote_ip4 = 92, remote_port = 132,
                               data_meta = 140, flow_keys = 144, tstamp = 152, wire_len = 160, gso_segs = 164, sk = 168,
                               gso_size = 176, tstamp_type = 180, hwtstamp = 184, size = 192;
inline constexpr PacketFields packet{data, data_end, data_meta};
}  // namespace skb

// struct xdp_md
namespace xdp {
inline constexpr std::uint16_t data = 0, data_end = 4, data_meta = 8, ingress_ifindex = 12, rx_queue_index = 16,
                               egress_ifindex = 20, size = 24;
inline constexpr PacketFields packet{data, data_end, data_meta};
}  // namespace xdp

}  // namespace skep::runtime::layout
