// Helpers of infrared receivers.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/occasion.cpp
CallFunction bpf_rc_keydown, bpf_rc_pointer_rel, bpf_rc_repeat;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 77,
        .name = "bpf_rc_repeat",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}}},
        .flags = call_flag::gpl_only,
        .since = {4, 18},
        .fn = impl::bpf_rc_repeat,
        .signature = "long bpf_rc_repeat(void *ctx)",
        .doc = {.summary = "Reports that the last key is held."},
    },
    Helper{
        .id = 78,
        .name = "bpf_rc_keydown",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::gpl_only,
        .since = {4, 18},
        .fn = impl::bpf_rc_keydown,
        .signature = "long bpf_rc_keydown(void *ctx, u32 protocol, u64 scancode, u32 toggle)",
        .doc = {.summary = "Reports a decoded key."},
    },
    Helper{
        .id = 92,
        .name = "bpf_rc_pointer_rel",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}, {.kind = ArgKind::anything}, {.kind = ArgKind::anything}}},
        .flags = call_flag::gpl_only,
        .since = {5, 0},
        .fn = impl::bpf_rc_pointer_rel,
        .signature = "long bpf_rc_pointer_rel(void *ctx, s32 rel_x, s32 rel_y)",
        .doc = {.summary = "Reports a pointer movement."},
    },
};

}  // namespace

std::span<const Helper> lirc_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
