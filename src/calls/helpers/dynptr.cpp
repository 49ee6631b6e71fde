// Helpers of dynamic pointers: memory whose bounds are checked when it is used, not when the program is verified.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/dynptr.cpp
CallFunction bpf_dynptr_from_mem, bpf_ringbuf_reserve_dynptr, bpf_ringbuf_submit_dynptr, bpf_ringbuf_discard_dynptr,
    bpf_dynptr_read, bpf_dynptr_write, bpf_dynptr_data;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 197,
        .name = "bpf_dynptr_from_mem",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::dynptr, .flags = arg_flag::dynptr_local | arg_flag::uninit | arg_flag::write}}},
        .special = Special::dynptr_from_mem,
        .since = {5, 19},
        .fn = impl::bpf_dynptr_from_mem,
        .signature = "long bpf_dynptr_from_mem(void *data, u64 size, u64 flags, struct bpf_dynptr *ptr)",
        .doc = {.summary = "Makes a dynamic pointer to a map's value.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 198,
        .name = "bpf_ringbuf_reserve_dynptr",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::dynptr, .flags = arg_flag::dynptr_ringbuf | arg_flag::uninit | arg_flag::write}}},
        .map_use = maps::map_use::ring,
        .special = Special::ringbuf_reserve_dynptr,
        .since = {5, 19},
        .fn = impl::bpf_ringbuf_reserve_dynptr,
        .signature = "long bpf_ringbuf_reserve_dynptr(void *ringbuf, u32 size, u64 flags, struct bpf_dynptr *ptr)",
        .doc = {.summary = "Reserves a record of a size known at run time."},
    },
    Helper{
        .id = 199,
        .name = "bpf_ringbuf_submit_dynptr",
        .ret = RetKind::void_,
        .args = {{{.kind = ArgKind::dynptr, .flags = arg_flag::dynptr_ringbuf | arg_flag::release},
                  {.kind = ArgKind::anything}}},
        .map_use = maps::map_use::ring,
        .special = Special::ringbuf_submit_dynptr,
        .since = {5, 19},
        .fn = impl::bpf_ringbuf_submit_dynptr,
        .signature = "void bpf_ringbuf_submit_dynptr(struct bpf_dynptr *ptr, u64 flags)",
        .doc = {.summary = "Publishes a record reserved as a dynamic pointer."},
    },
    Helper{
        .id = 200,
        .name = "bpf_ringbuf_discard_dynptr",
        .ret = RetKind::void_,
        .args = {{{.kind = ArgKind::dynptr, .flags = arg_flag::dynptr_ringbuf | arg_flag::release},
                  {.kind = ArgKind::anything}}},
        .map_use = maps::map_use::ring,
        .special = Special::ringbuf_discard_dynptr,
        .since = {5, 19},
        .fn = impl::bpf_ringbuf_discard_dynptr,
        .signature = "void bpf_ringbuf_discard_dynptr(struct bpf_dynptr *ptr, u64 flags)",
        .doc = {.summary = "Gives up a record reserved as a dynamic pointer."},
    },
    Helper{
        .id = 201,
        .name = "bpf_dynptr_read",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::dynptr, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::anything}}},
        .special = Special::dynptr_read,
        .since = {5, 19},
        .fn = impl::bpf_dynptr_read,
        .signature = "long bpf_dynptr_read(void *dst, u64 len, const struct bpf_dynptr *src, u64 offset, u64 flags)",
        .doc = {.summary = "Copies out of a dynamic pointer.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 202,
        .name = "bpf_dynptr_write",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::dynptr},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::anything}}},
        .special = Special::dynptr_write,
        .since = {5, 19},
        .fn = impl::bpf_dynptr_write,
        .signature = "long bpf_dynptr_write(const struct bpf_dynptr *dst, u64 offset, void *src, u64 len, u64 flags)",
        .doc = {.summary = "Copies into a dynamic pointer.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 203,
        .name = "bpf_dynptr_data",
        .ret = RetKind::mem,
        .ret_flags = ret_flag::maybe_null,
        .args = {{{.kind = ArgKind::dynptr}, {.kind = ArgKind::anything}, {.kind = ArgKind::const_alloc_size_or_zero}}},
        .special = Special::dynptr_data,
        .since = {5, 19},
        .fn = impl::bpf_dynptr_data,
        .signature = "void *bpf_dynptr_data(const struct bpf_dynptr *ptr, u64 offset, u64 len)",
        .doc = {.summary = "Gives a slice of a dynamic pointer as plain memory."},
    },
};

}  // namespace

std::span<const Helper> dynptr_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
