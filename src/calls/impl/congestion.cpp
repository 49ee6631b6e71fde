// What TCP congestion controls call for the parts that are alike in all of them: slow start, additive increase, and
// halving on loss (RFC 5681), on a struct tcp_sock in the kernel's layout. Tested by tests/drivers/congestion_test.cpp.
#include "calls/impl/congestion.hpp"

#include <algorithm>

namespace skep::calls::impl {

SKEP_CALL(tcp_slow_start) {
  return CallResult::of(slow_start(Connection(env, r1), u32(r2)));
}
SKEP_CALL(tcp_cong_avoid_ai) {
  increase(Connection(env, r1), u32(r2), u32(r3));
  return CallResult::of(0);
}
SKEP_CALL(tcp_reno_ssthresh) {
  return CallResult::of(std::max(Connection(env, r1).window() / 2, 2U));
}
SKEP_CALL(tcp_reno_undo_cwnd) {
  const Connection c(env, r1);
  return CallResult::of(std::max(c.window(), c.get("prior_cwnd")));
}
// r3: what was acknowledged. The window grows only where it was what limited the sender.
SKEP_CALL(tcp_reno_cong_avoid) {
  const Connection c(env, r1);
  if (!is_limited_by_window(c)) return CallResult::of(0);
  std::uint32_t acknowledged = u32(r3);
  if (c.window() < c.get("snd_ssthresh")) acknowledged = slow_start(c, acknowledged);
  if (acknowledged != 0) increase(c, c.window(), acknowledged);
  return CallResult::of(0);
}

}  // namespace skep::calls::impl
