// Helpers that read clocks, and the timers of map values.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/environment.cpp
CallFunction bpf_ktime_get_ns, bpf_jiffies64, bpf_ktime_get_boot_ns, bpf_ktime_get_coarse_ns, bpf_ktime_get_tai_ns;
// impl/timer.cpp
CallFunction bpf_timer_init, bpf_timer_set_callback, bpf_timer_start, bpf_timer_cancel;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 5,
        .name = "bpf_ktime_get_ns",
        .ret = RetKind::integer,
        .flags = call_flag::in_signal_handlers,
        .since = {4, 1},
        .fn = impl::bpf_ktime_get_ns,
        .signature = "u64 bpf_ktime_get_ns(void)",
        .doc = {.summary = "Gives the monotonic time in nanoseconds.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 118,
        .name = "bpf_jiffies64",
        .ret = RetKind::integer,
        .since = {5, 6},
        .fn = impl::bpf_jiffies64,
        .signature = "u64 bpf_jiffies64(void)",
        .doc = {.summary = "Gives the kernel's tick counter.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 125,
        .name = "bpf_ktime_get_boot_ns",
        .ret = RetKind::integer,
        .flags = call_flag::in_signal_handlers,
        .since = {5, 8},
        .fn = impl::bpf_ktime_get_boot_ns,
        .signature = "u64 bpf_ktime_get_boot_ns(void)",
        .doc = {.summary = "Gives the time since boot in nanoseconds, suspended time included."},
    },
    Helper{
        .id = 160,
        .name = "bpf_ktime_get_coarse_ns",
        .ret = RetKind::integer,
        .since = {5, 11},
        .fn = impl::bpf_ktime_get_coarse_ns,
        .signature = "u64 bpf_ktime_get_coarse_ns(void)",
        .doc = {.summary = "Gives a coarse monotonic time in nanoseconds."},
    },
    Helper{
        .id = 169,
        .name = "bpf_timer_init",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::timer}, {.kind = ArgKind::const_map}, {.kind = ArgKind::anything}}},
        .flags = call_flag::gpl_only | call_flag::in_signal_handlers,
        .special = Special::timer_init,
        .since = {5, 15},
        .fn = impl::bpf_timer_init,
        .signature = "long bpf_timer_init(struct bpf_timer *timer, void *map, u64 flags)",
        .doc = {.summary = "Makes a timer of a map's value ready for use.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 170,
        .name = "bpf_timer_set_callback",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::timer}, {.kind = ArgKind::func}}},
        .flags = call_flag::gpl_only | call_flag::in_signal_handlers,
        .special = Special::timer_set_callback,
        .since = {5, 15},
        .fn = impl::bpf_timer_set_callback,
        .signature = "long bpf_timer_set_callback(struct bpf_timer *timer, void *callback_fn)",
        .doc = {.summary = "Says what a timer runs.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 171,
        .name = "bpf_timer_start",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::timer}, {.kind = ArgKind::anything}, {.kind = ArgKind::anything}}},
        .flags = call_flag::gpl_only | call_flag::in_signal_handlers,
        .special = Special::timer_start,
        .since = {5, 15},
        .fn = impl::bpf_timer_start,
        .signature = "long bpf_timer_start(struct bpf_timer *timer, u64 nsecs, u64 flags)",
        .doc = {.summary = "Arms a timer.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 172,
        .name = "bpf_timer_cancel",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::timer}}},
        .flags = call_flag::gpl_only | call_flag::in_signal_handlers,
        .special = Special::timer_cancel,
        .since = {5, 15},
        .fn = impl::bpf_timer_cancel,
        .signature = "long bpf_timer_cancel(struct bpf_timer *timer)",
        .doc = {.summary = "Stops a timer and waits for its callback."},
    },
    Helper{
        .id = 208,
        .name = "bpf_ktime_get_tai_ns",
        .ret = RetKind::integer,
        .since = {6, 1},
        .fn = impl::bpf_ktime_get_tai_ns,
        .signature = "u64 bpf_ktime_get_tai_ns(void)",
        .doc = {.summary = "Gives the international atomic time in nanoseconds."},
    },
};

}  // namespace

std::span<const Helper> time_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
