// What TCP congestion control may call of the kernel's own algorithms.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/cubic.cpp
CallFunction cubictcp_acked, cubictcp_cong_avoid, cubictcp_cwnd_event_tx_start, cubictcp_init, cubictcp_recalc_ssthresh,
    cubictcp_state;
// impl/congestion.cpp
CallFunction tcp_cong_avoid_ai, tcp_reno_cong_avoid, tcp_reno_ssthresh, tcp_reno_undo_cwnd, tcp_slow_start;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "cubictcp_acked",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "void cubictcp_acked(struct sock *sk, const struct ack_sample *sample)",
        .fn = impl::cubictcp_acked,
        .doc = {.summary = "CUBIC: segments were acknowledged.",
                .details = "By RFC 9438; what it remembers is in the connection's `icsk_ca_priv`."},
    },
    Kfunc{
        .name = "cubictcp_cong_avoid",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "void cubictcp_cong_avoid(struct sock *sk, u32 ack, u32 acked)",
        .fn = impl::cubictcp_cong_avoid,
        .doc = {.summary = "CUBIC: grows the congestion window.",
                .details = "By RFC 9438; what it remembers is in the connection's `icsk_ca_priv`."},
    },
    Kfunc{
        .name = "cubictcp_cwnd_event_tx_start",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "void cubictcp_cwnd_event_tx_start(struct sock *sk)",
        .fn = impl::cubictcp_cwnd_event_tx_start,
        .doc = {.summary = "CUBIC: sending goes on after a pause.",
                .details = "By RFC 9438; what it remembers is in the connection's `icsk_ca_priv`."},
    },
    Kfunc{
        .name = "cubictcp_init",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "void cubictcp_init(struct sock *sk)",
        .fn = impl::cubictcp_init,
        .doc = {.summary = "CUBIC: a connection begins.",
                .details = "By RFC 9438; what it remembers is in the connection's `icsk_ca_priv`."},
    },
    Kfunc{
        .name = "cubictcp_recalc_ssthresh",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "u32 cubictcp_recalc_ssthresh(struct sock *sk)",
        .fn = impl::cubictcp_recalc_ssthresh,
        .doc = {.summary = "CUBIC: gives the threshold of slow start after a loss.",
                .details = "By RFC 9438; what it remembers is in the connection's `icsk_ca_priv`."},
    },
    Kfunc{
        .name = "cubictcp_state",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "void cubictcp_state(struct sock *sk, u8 new_state)",
        .fn = impl::cubictcp_state,
        .doc = {.summary = "CUBIC: the state of congestion control changes.",
                .details = "By RFC 9438; what it remembers is in the connection's `icsk_ca_priv`."},
    },
    Kfunc{
        .name = "tcp_cong_avoid_ai",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "void tcp_cong_avoid_ai(struct tcp_sock *tp, u32 w, u32 acked)",
        .fn = impl::tcp_cong_avoid_ai,
        .doc = {.summary = "Grows the congestion window by one segment for each window of acknowledged ones."},
    },
    Kfunc{
        .name = "tcp_reno_cong_avoid",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "void tcp_reno_cong_avoid(struct sock *sk, u32 ack, u32 acked)",
        .fn = impl::tcp_reno_cong_avoid,
        .doc = {.summary = "Reno: grows the congestion window by slow start, then by one segment a round trip."},
    },
    Kfunc{
        .name = "tcp_reno_ssthresh",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "u32 tcp_reno_ssthresh(struct sock *sk)",
        .fn = impl::tcp_reno_ssthresh,
        .doc = {.summary = "Reno: gives half of the congestion window, at least 2."},
    },
    Kfunc{
        .name = "tcp_reno_undo_cwnd",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "u32 tcp_reno_undo_cwnd(struct sock *sk)",
        .fn = impl::tcp_reno_undo_cwnd,
        .doc = {.summary = "Reno: gives the congestion window from before a loss that was none."},
    },
    Kfunc{
        .name = "tcp_slow_start",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "u32 tcp_slow_start(struct tcp_sock *tp, u32 acked)",
        .fn = impl::tcp_slow_start,
        .doc = {.summary = "Grows the congestion window by one segment for each that was acknowledged, up to "
                           "the threshold; gives what is left over."},
    },
};

}  // namespace

std::span<const Kfunc> tcp_congestion_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
