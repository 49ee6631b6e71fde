// What TCP congestion controls call for the parts that are alike in all of them: slow start, additive increase, and
// halving on loss (RFC 5681), on a struct tcp_sock in the kernel's layout. Tested by tests/drivers/congestion_test.cpp.
#include <algorithm>

#include "calls/impl/kernel_fields.hpp"
#include "calls/impl/support.hpp"

namespace skep::calls::impl {
namespace {

// Fields of the connection's struct tcp_sock.
class Connection {
 public:
  Connection(CallEnv& env, std::uint64_t at) : env_(env), at_(at) {}
  std::uint32_t get(std::string_view name) const { return u32(read_field(env_, at_, "tcp_sock", {name})); }
  void set(std::string_view name, std::uint32_t value) const { write_field(env_, at_, "tcp_sock", {name}, value); }
  std::uint32_t window() const { return get("snd_cwnd"); }
  void set_window(std::uint32_t value) const { set("snd_cwnd", std::min(value, get("snd_cwnd_clamp"))); }

 private:
  CallEnv& env_;
  const std::uint64_t at_;
};

// One segment for each that was acknowledged, up to the threshold; how many are left over.
std::uint32_t slow_start(const Connection& c, std::uint32_t acknowledged) {
  const std::uint32_t before = c.window();
  const std::uint32_t after = std::min(before + acknowledged, c.get("snd_ssthresh"));
  if (after <= before) return acknowledged;
  c.set_window(after);
  return acknowledged - (after - before);
}

// One segment for each `per` that were acknowledged.
void increase(const Connection& c, std::uint32_t per, std::uint32_t acknowledged) {
  if (per == 0) return;
  std::uint32_t counted = c.get("snd_cwnd_cnt"), window = c.window();
  if (counted >= per) {  // credit of a larger window
    counted = 0;
    ++window;
  }
  counted += acknowledged;
  window += counted / per;
  c.set("snd_cwnd_cnt", counted % per);
  c.set_window(window);
}

}  // namespace

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
  const bool starts_slowly = c.window() < c.get("snd_ssthresh");
  const bool limited = starts_slowly ? c.window() < 2 * c.get("max_packets_out") : c.get("is_cwnd_limited") != 0;
  if (!limited) return CallResult::of(0);
  std::uint32_t acknowledged = u32(r3);
  if (starts_slowly) acknowledged = slow_start(c, acknowledged);
  if (acknowledged != 0) increase(c, c.window(), acknowledged);
  return CallResult::of(0);
}

}  // namespace skep::calls::impl
