// Helpers of ring buffers, to user space and from it.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/dynptr.cpp
CallFunction bpf_ringbuf_output, bpf_ringbuf_reserve, bpf_ringbuf_submit, bpf_ringbuf_discard, bpf_ringbuf_query;
// impl/dynptr.cpp
CallFunction bpf_user_ringbuf_drain;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 130,
        .name = "bpf_ringbuf_output",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::anything}}},
        .map_use = maps::map_use::ring,
        .special = Special::ringbuf_output,
        .since = {5, 8},
        .fn = impl::bpf_ringbuf_output,
        .signature = "long bpf_ringbuf_output(void *ringbuf, void *data, u64 size, u64 flags)",
        .doc = {.summary = "Copies a record into a ring buffer.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 131,
        .name = "bpf_ringbuf_reserve",
        .ret = RetKind::ringbuf_mem,
        .ret_flags = ret_flag::maybe_null,
        .args = {{{.kind = ArgKind::const_map},
                  {.kind = ArgKind::const_alloc_size_or_zero},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::acquire,
        .map_use = maps::map_use::ring,
        .special = Special::ringbuf_reserve,
        .since = {5, 8},
        .fn = impl::bpf_ringbuf_reserve,
        .signature = "void *bpf_ringbuf_reserve(void *ringbuf, u64 size, u64 flags)",
        .doc = {.summary = "Reserves a record in a ring buffer.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 132,
        .name = "bpf_ringbuf_submit",
        .ret = RetKind::void_,
        .args = {{{.kind = ArgKind::ringbuf_mem, .flags = arg_flag::release}, {.kind = ArgKind::anything}}},
        .special = Special::ringbuf_submit,
        .since = {5, 8},
        .fn = impl::bpf_ringbuf_submit,
        .signature = "void bpf_ringbuf_submit(void *data, u64 flags)",
        .doc = {.summary = "Publishes a reserved record.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 133,
        .name = "bpf_ringbuf_discard",
        .ret = RetKind::void_,
        .args = {{{.kind = ArgKind::ringbuf_mem, .flags = arg_flag::release}, {.kind = ArgKind::anything}}},
        .special = Special::ringbuf_discard,
        .since = {5, 8},
        .fn = impl::bpf_ringbuf_discard,
        .signature = "void bpf_ringbuf_discard(void *data, u64 flags)",
        .doc = {.summary = "Gives up a reserved record.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 134,
        .name = "bpf_ringbuf_query",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map}, {.kind = ArgKind::anything}}},
        .map_use = maps::map_use::ring,
        .special = Special::ringbuf_query,
        .since = {5, 8},
        .fn = impl::bpf_ringbuf_query,
        .signature = "u64 bpf_ringbuf_query(void *ringbuf, u64 flags)",
        .doc = {.summary = "Reads a property of a ring buffer.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 209,
        .name = "bpf_user_ringbuf_drain",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map},
                  {.kind = ArgKind::func},
                  {.kind = ArgKind::stack, .flags = arg_flag::maybe_null},
                  {.kind = ArgKind::anything}}},
        .map_use = maps::map_use::user_ring,
        .special = Special::user_ringbuf_drain,
        .since = {6, 1},
        .fn = impl::bpf_user_ringbuf_drain,
        .signature = "long bpf_user_ringbuf_drain(void *map, void *callback_fn, void *ctx, u64 flags)",
        .doc = {.summary = "Calls a function for each record that user space has sent."},
    },
};

}  // namespace

std::span<const Helper> ringbuf_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
