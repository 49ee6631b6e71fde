// What TCP congestion control may call of the kernel's own algorithms.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "cubictcp_acked",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "void cubictcp_acked(struct sock *sk, const struct ack_sample *sample)",
    },
    Kfunc{
        .name = "cubictcp_cong_avoid",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "void cubictcp_cong_avoid(struct sock *sk, u32 ack, u32 acked)",
    },
    Kfunc{
        .name = "cubictcp_cwnd_event_tx_start",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "void cubictcp_cwnd_event_tx_start(struct sock *sk)",
    },
    Kfunc{
        .name = "cubictcp_init",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "void cubictcp_init(struct sock *sk)",
    },
    Kfunc{
        .name = "cubictcp_recalc_ssthresh",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "u32 cubictcp_recalc_ssthresh(struct sock *sk)",
    },
    Kfunc{
        .name = "cubictcp_state",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "void cubictcp_state(struct sock *sk, u8 new_state)",
    },
    Kfunc{
        .name = "tcp_cong_avoid_ai",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "void tcp_cong_avoid_ai(struct tcp_sock *tp, u32 w, u32 acked)",
    },
    Kfunc{
        .name = "tcp_reno_cong_avoid",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "void tcp_reno_cong_avoid(struct sock *sk, u32 ack, u32 acked)",
    },
    Kfunc{
        .name = "tcp_reno_ssthresh",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "u32 tcp_reno_ssthresh(struct sock *sk)",
    },
    Kfunc{
        .name = "tcp_reno_undo_cwnd",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "u32 tcp_reno_undo_cwnd(struct sock *sk)",
    },
    Kfunc{
        .name = "tcp_slow_start",
        .prog_types = bit(ProgType::struct_ops),
        .prototype = "u32 tcp_slow_start(struct tcp_sock *tp, u32 acked)",
    },
};

}  // namespace

std::span<const Kfunc> tcp_congestion_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
