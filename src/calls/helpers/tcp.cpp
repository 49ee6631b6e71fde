// Helpers of TCP: SYN cookies, header options, acknowledgments.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/network.cpp
CallFunction bpf_tcp_check_syncookie, bpf_tcp_gen_syncookie, bpf_tcp_send_ack, bpf_load_hdr_opt, bpf_store_hdr_opt,
    bpf_reserve_hdr_opt;
// impl/syncookies.cpp
CallFunction bpf_tcp_raw_gen_syncookie_ipv4, bpf_tcp_raw_gen_syncookie_ipv6, bpf_tcp_raw_check_syncookie_ipv4,
    bpf_tcp_raw_check_syncookie_ipv6;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 100,
        .name = "bpf_tcp_check_syncookie",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::btf_id_sock_common},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size}}},
        .flags = call_flag::gpl_only | call_flag::packet_args,
        .since = {5, 2},
        .fn = impl::bpf_tcp_check_syncookie,
        .signature = "long bpf_tcp_check_syncookie(void *sk, void *iph, u32 iph_len, struct tcphdr *th, u32 th_len)",
        .doc = {.summary = "Checks a SYN cookie."},
    },
    Helper{
        .id = 110,
        .name = "bpf_tcp_gen_syncookie",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::btf_id_sock_common},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size}}},
        .flags = call_flag::gpl_only | call_flag::packet_args,
        .since = {5, 3},
        .fn = impl::bpf_tcp_gen_syncookie,
        .signature = "s64 bpf_tcp_gen_syncookie(void *sk, void *iph, u32 iph_len, struct tcphdr *th, u32 th_len)",
        .doc = {.summary = "Makes a SYN cookie."},
    },
    Helper{
        .id = 116,
        .name = "bpf_tcp_send_ack",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::btf_id, .btf_type = "tcp_sock"}, {.kind = ArgKind::anything}}},
        .since = {5, 5},
        .fn = impl::bpf_tcp_send_ack,
        .signature = "long bpf_tcp_send_ack(void *tp, u32 rcv_nxt)",
        .doc = {.summary = "Sends a TCP acknowledgment."},
    },
    Helper{
        .id = 142,
        .name = "bpf_load_hdr_opt",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::mem, .flags = arg_flag::write},
                  {.kind = ArgKind::const_size},
                  {.kind = ArgKind::anything}}},
        .since = {5, 10},
        .fn = impl::bpf_load_hdr_opt,
        .signature = "long bpf_load_hdr_opt(struct bpf_sock_ops *skops, void *searchby_res, u32 len, u64 flags)",
        .doc = {.summary = "Reads a TCP header option."},
    },
    Helper{
        .id = 143,
        .name = "bpf_store_hdr_opt",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size},
                  {.kind = ArgKind::anything}}},
        .since = {5, 10},
        .fn = impl::bpf_store_hdr_opt,
        .signature = "long bpf_store_hdr_opt(struct bpf_sock_ops *skops, const void *from, u32 len, u64 flags)",
        .doc = {.summary = "Writes a TCP header option."},
    },
    Helper{
        .id = 144,
        .name = "bpf_reserve_hdr_opt",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}, {.kind = ArgKind::anything}, {.kind = ArgKind::anything}}},
        .since = {5, 10},
        .fn = impl::bpf_reserve_hdr_opt,
        .signature = "long bpf_reserve_hdr_opt(struct bpf_sock_ops *skops, u32 len, u64 flags)",
        .doc = {.summary = "Reserves room for a TCP header option."},
    },
    Helper{
        .id = 204,
        .name = "bpf_tcp_raw_gen_syncookie_ipv4",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::fixed_size | arg_flag::rdonly, .size = 20},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size_or_zero}}},
        .flags = call_flag::gpl_only | call_flag::packet_args,
        .since = {6, 0},
        .fn = impl::bpf_tcp_raw_gen_syncookie_ipv4,
        .signature = "s64 bpf_tcp_raw_gen_syncookie_ipv4(struct iphdr *iph, struct tcphdr *th, u32 th_len)",
        .doc = {.summary = "Makes a SYN cookie without a socket, for IPv4."},
    },
    Helper{
        .id = 205,
        .name = "bpf_tcp_raw_gen_syncookie_ipv6",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::fixed_size | arg_flag::rdonly, .size = 40},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size_or_zero}}},
        .flags = call_flag::gpl_only | call_flag::packet_args,
        .since = {6, 0},
        .fn = impl::bpf_tcp_raw_gen_syncookie_ipv6,
        .signature = "s64 bpf_tcp_raw_gen_syncookie_ipv6(struct ipv6hdr *iph, struct tcphdr *th, u32 th_len)",
        .doc = {.summary = "Makes a SYN cookie without a socket, for IPv6."},
    },
    Helper{
        .id = 206,
        .name = "bpf_tcp_raw_check_syncookie_ipv4",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::fixed_size | arg_flag::rdonly, .size = 20},
                  {.kind = ArgKind::mem, .flags = arg_flag::fixed_size | arg_flag::rdonly, .size = 20}}},
        .flags = call_flag::gpl_only | call_flag::packet_args,
        .since = {6, 0},
        .fn = impl::bpf_tcp_raw_check_syncookie_ipv4,
        .signature = "long bpf_tcp_raw_check_syncookie_ipv4(struct iphdr *iph, struct tcphdr *th)",
        .doc = {.summary = "Checks a SYN cookie without a socket, for IPv4."},
    },
    Helper{
        .id = 207,
        .name = "bpf_tcp_raw_check_syncookie_ipv6",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::fixed_size | arg_flag::rdonly, .size = 40},
                  {.kind = ArgKind::mem, .flags = arg_flag::fixed_size | arg_flag::rdonly, .size = 20}}},
        .flags = call_flag::gpl_only | call_flag::packet_args,
        .since = {6, 0},
        .fn = impl::bpf_tcp_raw_check_syncookie_ipv6,
        .signature = "long bpf_tcp_raw_check_syncookie_ipv6(struct ipv6hdr *iph, struct tcphdr *th)",
        .doc = {.summary = "Checks a SYN cookie without a socket, for IPv6."},
    },
};

}  // namespace

std::span<const Helper> tcp_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
