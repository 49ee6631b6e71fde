// Helpers through which tracing programs send data out: the trace, perf events, files of iterators.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/format.cpp
CallFunction bpf_trace_printk, bpf_trace_vprintk;
// impl/observation.cpp
CallFunction bpf_perf_event_output, bpf_skb_output, bpf_xdp_output;
// impl/occasion.cpp
CallFunction bpf_seq_printf, bpf_seq_write;
// impl/btf_text.cpp
CallFunction bpf_seq_printf_btf, bpf_snprintf_btf;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 6,
        .name = "bpf_trace_printk",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::rdonly}, {.kind = ArgKind::const_size}}},
        .flags = call_flag::any_address | call_flag::gpl_only,
        .special = Special::trace_printk,
        .since = {4, 1},
        .fn = impl::bpf_trace_printk,
        .signature = "long bpf_trace_printk(const char *fmt, u32 fmt_size, ...)",
        .doc = {.summary = "Prints a line into the kernel's trace.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 25,
        .name = "bpf_perf_event_output",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::const_map},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size_or_zero}}},
        .flags = call_flag::gpl_only,
        .map_use = maps::map_use::perf_events,
        .special = Special::perf_event_output,
        .since = {4, 4},
        .fn = impl::bpf_perf_event_output,
        .signature = "long bpf_perf_event_output(void *ctx, void *map, u64 flags, void *data, u64 size)",
        .doc = {.summary = "Sends a record to a perf event.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 111,
        .name = "bpf_skb_output",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::btf_id, .btf_type = "sk_buff"},
                  {.kind = ArgKind::const_map},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size_or_zero}}},
        .flags = call_flag::gpl_only,
        .map_use = maps::map_use::perf_events,
        .special = Special::perf_event_output,
        .since = {5, 5},
        .fn = impl::bpf_skb_output,
        .signature = "long bpf_skb_output(void *ctx, void *map, u64 flags, void *data, u64 size)",
        .doc = {.summary = "Sends a record and a part of a packet to a perf event."},
    },
    Helper{
        .id = 121,
        .name = "bpf_xdp_output",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::btf_id, .btf_type = "xdp_buff"},
                  {.kind = ArgKind::const_map},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size_or_zero}}},
        .flags = call_flag::gpl_only,
        .map_use = maps::map_use::perf_events,
        .special = Special::perf_event_output,
        .since = {5, 6},
        .fn = impl::bpf_xdp_output,
        .signature = "long bpf_xdp_output(void *ctx, void *map, u64 flags, void *data, u64 size)",
        .doc = {.summary = "Sends a record and a part of an XDP frame to a perf event."},
    },
    Helper{
        .id = 126,
        .name = "bpf_seq_printf",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::btf_id, .btf_type = "seq_file"},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size},
                  {.kind = ArgKind::mem, .flags = arg_flag::maybe_null | arg_flag::rdonly},
                  {.kind = ArgKind::const_size_or_zero}}},
        .flags = call_flag::gpl_only,
        .special = Special::seq_printf,
        .since = {5, 8},
        .fn = impl::bpf_seq_printf,
        .signature =
            "long bpf_seq_printf(struct seq_file *m, const char *fmt, u32 fmt_size, const void *data, u32 data_len)",
        .doc = {.summary = "Prints into the file of an iterator."},
    },
    Helper{
        .id = 127,
        .name = "bpf_seq_write",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::btf_id, .btf_type = "seq_file"},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size_or_zero}}},
        .flags = call_flag::gpl_only,
        .since = {5, 8},
        .fn = impl::bpf_seq_write,
        .signature = "long bpf_seq_write(struct seq_file *m, const void *data, u32 len)",
        .doc = {.summary = "Writes into the file of an iterator."},
    },
    Helper{
        .id = 149,
        .name = "bpf_snprintf_btf",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::write},
                  {.kind = ArgKind::const_size},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size},
                  {.kind = ArgKind::anything}}},
        .since = {5, 10},
        .fn = impl::bpf_snprintf_btf,
        .signature = "long bpf_snprintf_btf(char *str, u32 str_size, struct btf_ptr *ptr, u32 btf_ptr_size, u64 flags)",
        .doc = {.summary = "Prints a kernel object by its type."},
    },
    Helper{
        .id = 150,
        .name = "bpf_seq_printf_btf",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::btf_id, .btf_type = "seq_file"},
                  {.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::gpl_only,
        .since = {5, 10},
        .fn = impl::bpf_seq_printf_btf,
        .signature = "long bpf_seq_printf_btf(struct seq_file *m, struct btf_ptr *ptr, u32 ptr_size, u64 flags)",
        .doc = {.summary = "Prints a kernel object by its type into the file of an iterator."},
    },
    Helper{
        .id = 177,
        .name = "bpf_trace_vprintk",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::rdonly},
                  {.kind = ArgKind::const_size},
                  {.kind = ArgKind::mem, .flags = arg_flag::maybe_null | arg_flag::rdonly},
                  {.kind = ArgKind::const_size_or_zero}}},
        .flags = call_flag::any_address | call_flag::gpl_only,
        .special = Special::trace_vprintk,
        .since = {5, 16},
        .fn = impl::bpf_trace_vprintk,
        .signature = "long bpf_trace_vprintk(const char *fmt, u32 fmt_size, const void *data, u32 data_len)",
        .doc = {.summary = "Prints a line of any number of values into the kernel's trace."},
    },
};

}  // namespace

std::span<const Helper> trace_output_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
