// Which fields of __sk_buff programs may read and write; program types add to these rows and hide some. The layout
// itself is in runtime/layouts.hpp.
#pragma once

#include "progtypes/common/fields.hpp"
#include "runtime/layouts.hpp"

namespace skep::progtypes::skb {

using namespace runtime::layout::skb;

// What every type with a packet may read, and the control block, which it may write.
inline constexpr Field shared[] = {
    {.begin = 0, .end = cb, .read = Access::narrow},
    {.begin = cb, .end = cb_end, .read = Access::narrow, .write = Access::narrow, .pairs = true},
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
