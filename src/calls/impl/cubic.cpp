// CUBIC (RFC 9438), which congestion controls in BPF may call for the members that they do not implement themselves:
// the window grows by a cubic function of the time since the last loss, flat around the window at which that was. What
// it remembers of a connection is in its icsk_ca_priv, as in the kernel. Tested by tests/drivers/congestion_test.cpp.
#include <cmath>

#include "calls/impl/congestion.hpp"

namespace skep::calls::impl {
namespace {

constexpr double growth = 0.4, decrease = 0.7;  // C and beta

struct Memory {
  float plateau = 0;          // the window at which the last loss was, in segments
  float origin = 0;           // … or where it was as this epoch began
  float friendly = 0;         // what Reno would have
  float seconds_to_it = 0;    // K
  std::uint64_t epoch = 0;    // when growth began anew; 0: it has not
  std::uint64_t last_ns = 0;  // of the last acknowledgment
  std::uint32_t least_rtt_us = 0;
};

// The connection's memory, for the time of a call.
class Remembered {
 public:
  Remembered(CallEnv& env, std::uint64_t at) : env_(env) {
    const auto place = find_field(env.services().kernel_types(), "tcp_sock", {"inet_conn", "icsk_ca_priv"});
    if (!place || place->size < sizeof m) return;
    at_ = at + place->offset;
    if (env.services().read_memory(&m, at_, sizeof m) != 0) at_ = 0;
  }
  ~Remembered() {
    if (at_ != 0) env_.services().write_memory(at_, &m, sizeof m);
  }
  Remembered(const Remembered&) = delete;
  Remembered& operator=(const Remembered&) = delete;
  Memory m;

 private:
  CallEnv& env_;
  std::uint64_t at_ = 0;
};

// After how many acknowledged segments the window grows by one.
std::uint32_t segments_to_grow(Memory& m, double window, std::uint32_t acknowledged, std::uint64_t now) {
  constexpr double reno_growth = 3 * (1 - decrease) / (1 + decrease);
  if (m.epoch == 0) {
    m.epoch = now;
    m.origin = static_cast<float>(std::max<double>(m.plateau, window));
    m.seconds_to_it = static_cast<float>(std::cbrt((m.origin - window) / growth));
    m.friendly = static_cast<float>(window);
  }
  m.last_ns = now;
  m.friendly += static_cast<float>(reno_growth * acknowledged / window);
  const double seconds = static_cast<double>(now - m.epoch) / 1e9 + m.least_rtt_us / 1e6 - m.seconds_to_it;
  const double wanted =
      std::min(std::max<double>(m.origin + growth * seconds * seconds * seconds, m.friendly), 1.5 * window);
  const double segments = wanted > window ? window / (wanted - window) : 100 * window;
  return static_cast<std::uint32_t>(std::clamp(segments, 2.0, 1e9));
}

}  // namespace

SKEP_CALL(cubictcp_init) {
  Remembered(env, r1).m = {};
  return CallResult::of(0);
}
SKEP_CALL(cubictcp_cong_avoid) {
  const Connection c(env, r1);
  if (!is_limited_by_window(c)) return CallResult::of(0);
  std::uint32_t acknowledged = u32(r3);
  if (c.window() < c.get("snd_ssthresh")) acknowledged = slow_start(c, acknowledged);
  if (acknowledged == 0) return CallResult::of(0);
  Remembered of(env, r1);
  increase(c, segments_to_grow(of.m, std::max(c.window(), 1U), acknowledged, env.services().monotonic_ns()),
           acknowledged);
  return CallResult::of(0);
}
SKEP_CALL(cubictcp_recalc_ssthresh) {
  const auto window = static_cast<float>(Connection(env, r1).window());
  Remembered of(env, r1);
  // A flow that has lost earlier than the time before makes room for new ones.
  of.m.plateau = window < of.m.plateau ? window * static_cast<float>((1 + decrease) / 2) : window;
  of.m.epoch = 0;
  return CallResult::of(std::max(static_cast<std::uint32_t>(window * static_cast<float>(decrease)), 2U));
}
SKEP_CALL(cubictcp_state) {
  constexpr std::uint8_t loss = 4;
  if (static_cast<std::uint8_t>(r2) != loss) return CallResult::of(0);
  Remembered(env, r1).m = {};
  return CallResult::of(0);
}
// Time in which nothing was sent does not count.
SKEP_CALL(cubictcp_cwnd_event_tx_start) {
  Remembered of(env, r1);
  const std::uint64_t now = env.services().monotonic_ns();
  if (of.m.epoch != 0 && now > of.m.last_ns) of.m.epoch += now - of.m.last_ns;
  return CallResult::of(0);
}
// struct ack_sample: segments, then microseconds.
SKEP_CALL(cubictcp_acked) {
  const auto rtt = s32(read_field(env, r2, "ack_sample", {"rtt_us"}));
  if (rtt <= 0) return CallResult::of(0);
  Remembered of(env, r1);
  if (of.m.least_rtt_us == 0 || u32(static_cast<std::uint64_t>(rtt)) < of.m.least_rtt_us)
    of.m.least_rtt_us = static_cast<std::uint32_t>(rtt);
  return CallResult::of(0);
}

}  // namespace skep::calls::impl
