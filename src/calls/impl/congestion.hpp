// What congestion controls share: the connection's struct tcp_sock in the kernel's layout, slow start, and additive
// increase (RFC 5681). Used by congestion.cpp and cubic.cpp.
#pragma once

#include <algorithm>
#include <string_view>

#include "calls/impl/kernel_fields.hpp"
#include "calls/impl/support.hpp"

namespace skep::calls::impl {

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
inline std::uint32_t slow_start(const Connection& c, std::uint32_t acknowledged) {
  const std::uint32_t before = c.window();
  const std::uint32_t after = std::min(before + acknowledged, c.get("snd_ssthresh"));
  if (after <= before) return acknowledged;
  c.set_window(after);
  return acknowledged - (after - before);
}

// One segment for each `per` that were acknowledged.
inline void increase(const Connection& c, std::uint32_t per, std::uint32_t acknowledged) {
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

// Whether its window was what limited the sender; if not, it does not grow.
inline bool is_limited_by_window(const Connection& c) {
  return c.window() < c.get("snd_ssthresh") ? c.window() < 2 * c.get("max_packets_out") : c.get("is_cwnd_limited") != 0;
}

}  // namespace skep::calls::impl
