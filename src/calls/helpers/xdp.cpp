// Helpers that read and change an XDP frame.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/xdp.cpp
CallFunction bpf_xdp_adjust_head, bpf_xdp_adjust_meta, bpf_xdp_adjust_tail, bpf_xdp_get_buff_len, bpf_xdp_load_bytes,
    bpf_xdp_store_bytes;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 44,
        .name = "bpf_xdp_adjust_head",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}, {.kind = ArgKind::anything}}},
        .flags = call_flag::changes_packet,
        .special = Special::skb_change,
        .since = {4, 10},
        .fn = impl::bpf_xdp_adjust_head,
        .signature = "long bpf_xdp_adjust_head(struct xdp_md *xdp_md, int delta)",
        .doc = {.summary = "Moves the start of the frame.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 54,
        .name = "bpf_xdp_adjust_meta",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}, {.kind = ArgKind::anything}}},
        .flags = call_flag::changes_packet,
        .special = Special::skb_change,
        .since = {4, 15},
        .fn = impl::bpf_xdp_adjust_meta,
        .signature = "long bpf_xdp_adjust_meta(struct xdp_md *xdp_md, int delta)",
        .doc = {.summary = "Moves the start of the metadata.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 65,
        .name = "bpf_xdp_adjust_tail",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}, {.kind = ArgKind::anything}}},
        .flags = call_flag::changes_packet,
        .special = Special::skb_change,
        .since = {4, 18},
        .fn = impl::bpf_xdp_adjust_tail,
        .signature = "long bpf_xdp_adjust_tail(struct xdp_md *xdp_md, int delta)",
        .doc = {.summary = "Moves the end of the frame.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 188,
        .name = "bpf_xdp_get_buff_len",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}}},
        .since = {5, 18},
        .fn = impl::bpf_xdp_get_buff_len,
        .signature = "u64 bpf_xdp_get_buff_len(struct xdp_md *xdp_md)",
        .doc = {.summary = "Gives the frame's length, fragments included.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 189,
        .name = "bpf_xdp_load_bytes",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size}}},
        .since = {5, 18},
        .fn = impl::bpf_xdp_load_bytes,
        .signature = "long bpf_xdp_load_bytes(struct xdp_md *xdp_md, u32 offset, void *buf, u32 len)",
        .doc = {.summary = "Copies from a frame."},
    },
    Helper{
        .id = 190,
        .name = "bpf_xdp_store_bytes",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size}}},
        .since = {5, 18},
        .fn = impl::bpf_xdp_store_bytes,
        .signature = "long bpf_xdp_store_bytes(struct xdp_md *xdp_md, u32 offset, void *buf, u32 len)",
        .doc = {.summary = "Writes into a frame."},
    },
};

}  // namespace

std::span<const Helper> xdp_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
