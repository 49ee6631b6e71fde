// The layout of __sk_buff, once; program types add to these rows and hide some.
#pragma once

#include "progtypes/common/fields.hpp"

namespace skep::progtypes::skb {

// Offsets of the fields whose rules differ by type.
inline constexpr std::uint16_t mark = 8, queue_mapping = 12, priority = 32, tc_index = 44, cb = 48, tc_classid = 72,
                               data = 76, data_end = 80, family = 88, remote_ip4 = 92, remote_port = 132,
                               data_meta = 140, flow_keys = 144, tstamp = 152, wire_len = 160, tstamp_type = 180,
                               hwtstamp = 184, size = 192;

// What every type with a packet may read, and the control block, which it may write.
inline constexpr Field shared[] = {
    {.begin = 0, .end = cb, .read = Access::narrow},
    {.begin = cb, .end = 68, .read = Access::narrow, .write = Access::narrow, .pairs = true},
    {.begin = 68, .end = 72, .read = Access::narrow},    // hash
    {.begin = 84, .end = 88, .read = Access::narrow},    // napi_id
    {.begin = 164, .end = 168, .read = Access::narrow},  // gso_segs
    {.begin = 168, .end = 176, .width = 8, .read = Access::exact, .kind = CtxField::sock_common_or_null},
    {.begin = 176, .end = 180, .read = Access::narrow},  // gso_size
};

inline constexpr Field writable(std::uint16_t field) {
  return {.begin = field, .end = static_cast<std::uint16_t>(field + 4), .read = Access::narrow, .write = Access::exact};
}
inline constexpr Field packet_start = {.begin = data, .end = data_end, .read = Access::exact, .kind = CtxField::packet};
inline constexpr Field packet_end = {.begin = data_end, .end = 84, .read = Access::exact, .kind = CtxField::packet_end};

}  // namespace skep::progtypes::skb
