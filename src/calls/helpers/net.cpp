// Helpers of routing: tunnels, redirection, encapsulation, route and size lookups.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/packet.cpp
CallFunction bpf_redirect;
// impl/map.cpp
CallFunction bpf_redirect_map;
// impl/network.cpp
CallFunction bpf_skb_get_tunnel_key, bpf_skb_set_tunnel_key, bpf_get_route_realm, bpf_skb_get_tunnel_opt,
    bpf_skb_set_tunnel_opt, bpf_skb_get_xfrm_state, bpf_fib_lookup, bpf_lwt_push_encap, bpf_lwt_seg6_store_bytes,
    bpf_lwt_seg6_adjust_srh, bpf_lwt_seg6_action, bpf_check_mtu;
// impl/frames.cpp
CallFunction bpf_redirect_neigh, bpf_redirect_peer;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 20,
        .name = "bpf_skb_get_tunnel_key",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size},
                  {.kind = ArgKind::anything}}},
        .since = {4, 3},
        .fn = impl::bpf_skb_get_tunnel_key,
        .signature =
            "long bpf_skb_get_tunnel_key(struct sk_buff *skb, struct bpf_tunnel_key *key, u32 size, u64 flags)",
        .doc = {.summary = "Copies the tunnel data of a packet."},
    },
    Helper{
        .id = 21,
        .name = "bpf_skb_set_tunnel_key",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size},
                  {.kind = ArgKind::anything}}},
        .since = {4, 3},
        .fn = impl::bpf_skb_set_tunnel_key,
        .signature =
            "long bpf_skb_set_tunnel_key(struct sk_buff *skb, struct bpf_tunnel_key *key, u32 size, u64 flags)",
        .doc = {.summary = "Sets the tunnel data of a packet."},
    },
    Helper{
        .id = 23,
        .name = "bpf_redirect",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::anything}, {.kind = ArgKind::anything}}},
        .since = {4, 4},
        .fn = impl::bpf_redirect,
        .signature = "long bpf_redirect(u32 ifindex, u64 flags)",
        .doc = {.summary = "Sends the packet to another device.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 24,
        .name = "bpf_get_route_realm",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}}},
        .since = {4, 4},
        .fn = impl::bpf_get_route_realm,
        .signature = "u32 bpf_get_route_realm(struct sk_buff *skb)",
        .doc = {.summary = "Gives the route's realm."},
    },
    Helper{
        .id = 29,
        .name = "bpf_skb_get_tunnel_opt",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size}}},
        .since = {4, 6},
        .fn = impl::bpf_skb_get_tunnel_opt,
        .signature = "long bpf_skb_get_tunnel_opt(struct sk_buff *skb, void *opt, u32 size)",
        .doc = {.summary = "Copies the tunnel options of a packet."},
    },
    Helper{
        .id = 30,
        .name = "bpf_skb_set_tunnel_opt",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size}}},
        .since = {4, 6},
        .fn = impl::bpf_skb_set_tunnel_opt,
        .signature = "long bpf_skb_set_tunnel_opt(struct sk_buff *skb, void *opt, u32 size)",
        .doc = {.summary = "Sets the tunnel options of a packet."},
    },
    Helper{
        .id = 51,
        .name = "bpf_redirect_map",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map}, {.kind = ArgKind::anything}, {.kind = ArgKind::anything}}},
        .map_use = maps::map_use::redirect,
        .special = Special::redirect_map,
        .since = {4, 14},
        .fn = impl::bpf_redirect_map,
        .signature = "long bpf_redirect_map(void *map, u64 key, u64 flags)",
        .doc = {.summary = "Sends the packet where a map's entry says.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 66,
        .name = "bpf_skb_get_xfrm_state",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size},
                  {.kind = ArgKind::anything}}},
        .since = {4, 18},
        .fn = impl::bpf_skb_get_xfrm_state,
        .signature = "long bpf_skb_get_xfrm_state(struct sk_buff *skb, u32 index, struct bpf_xfrm_state *xfrm_state, "
                     "u32 size, u64 flags)",
        .doc = {.summary = "Copies a security state of a packet."},
    },
    Helper{
        .id = 69,
        .name = "bpf_fib_lookup",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::mem, .flags = arg_flag::write},
                  {.kind = ArgKind::const_size},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::gpl_only,
        .since = {4, 18},
        .fn = impl::bpf_fib_lookup,
        .signature = "long bpf_fib_lookup(void *ctx, struct bpf_fib_lookup *params, int plen, u32 flags)",
        .doc = {.summary = "Looks a route up."},
    },
    Helper{
        .id = 73,
        .name = "bpf_lwt_push_encap",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size}}},
        .flags = call_flag::changes_packet,
        .special = Special::skb_change,
        .since = {4, 18},
        .fn = impl::bpf_lwt_push_encap,
        .signature = "long bpf_lwt_push_encap(struct sk_buff *skb, u32 type, void *hdr, u32 len)",
        .doc = {.summary = "Encapsulates the packet."},
    },
    Helper{
        .id = 74,
        .name = "bpf_lwt_seg6_store_bytes",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size}}},
        .flags = call_flag::changes_packet,
        .special = Special::skb_change,
        .since = {4, 18},
        .fn = impl::bpf_lwt_seg6_store_bytes,
        .signature = "long bpf_lwt_seg6_store_bytes(struct sk_buff *skb, u32 offset, const void *from, u32 len)",
        .doc = {.summary = "Writes into a segment routing header."},
    },
    Helper{
        .id = 75,
        .name = "bpf_lwt_seg6_adjust_srh",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}, {.kind = ArgKind::anything}, {.kind = ArgKind::anything}}},
        .flags = call_flag::changes_packet,
        .special = Special::skb_change,
        .since = {4, 18},
        .fn = impl::bpf_lwt_seg6_adjust_srh,
        .signature = "long bpf_lwt_seg6_adjust_srh(struct sk_buff *skb, u32 offset, s32 delta)",
        .doc = {.summary = "Resizes a segment routing header."},
    },
    Helper{
        .id = 76,
        .name = "bpf_lwt_seg6_action",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size}}},
        .flags = call_flag::changes_packet,
        .special = Special::skb_change,
        .since = {4, 18},
        .fn = impl::bpf_lwt_seg6_action,
        .signature = "long bpf_lwt_seg6_action(struct sk_buff *skb, u32 action, void *param, u32 param_len)",
        .doc = {.summary = "Applies a segment routing action."},
    },
    Helper{
        .id = 152,
        .name = "bpf_redirect_neigh",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::anything},
                  {.kind = ArgKind::mem, .flags = arg_flag::maybe_null | arg_flag::rdonly},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::anything}}},
        .since = {5, 10},
        .fn = impl::bpf_redirect_neigh,
        .signature = "long bpf_redirect_neigh(u32 ifindex, struct bpf_redir_neigh *params, int plen, u64 flags)",
        .doc = {.summary = "Sends the packet to a neighbor on another device."},
    },
    Helper{
        .id = 155,
        .name = "bpf_redirect_peer",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::anything}, {.kind = ArgKind::anything}}},
        .since = {5, 10},
        .fn = impl::bpf_redirect_peer,
        .signature = "long bpf_redirect_peer(u32 ifindex, u64 flags)",
        .doc = {.summary = "Sends the packet to the peer of a device, in its namespace."},
    },
    Helper{
        .id = 163,
        .name = "bpf_check_mtu",
        .ret = RetKind::integer,
        .args =
            {{{.kind = ArgKind::ctx},
              {.kind = ArgKind::anything},
              {.kind = ArgKind::mem, .flags = arg_flag::fixed_size | arg_flag::write | arg_flag::aligned, .size = 4},
              {.kind = ArgKind::anything},
              {.kind = ArgKind::anything}}},
        .flags = call_flag::gpl_only,
        .since = {5, 12},
        .fn = impl::bpf_check_mtu,
        .signature = "long bpf_check_mtu(void *ctx, u32 ifindex, u32 *mtu_len, s32 len_diff, u64 flags)",
        .doc = {.summary = "Checks a packet's size against a device's limit."},
    },
};

}  // namespace

std::span<const Helper> net_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
