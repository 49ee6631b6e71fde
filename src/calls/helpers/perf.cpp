// Helpers of perf events: counters, stacks, branch records.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/observation.cpp
CallFunction bpf_perf_event_read, bpf_get_stackid, bpf_perf_event_read_value, bpf_perf_prog_read_value, bpf_get_stack,
    bpf_read_branch_records, bpf_get_task_stack, bpf_get_branch_snapshot;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 22,
        .name = "bpf_perf_event_read",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map}, {.kind = ArgKind::anything}}},
        .flags = call_flag::gpl_only,
        .map_use = maps::map_use::perf_events,
        .since = {4, 3},
        .fn = impl::bpf_perf_event_read,
        .signature = "u64 bpf_perf_event_read(void *map, u64 flags)",
        .doc = {.summary = "Reads a perf event's counter."},
    },
    Helper{
        .id = 27,
        .name = "bpf_get_stackid",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx}, {.kind = ArgKind::const_map}, {.kind = ArgKind::anything}}},
        .flags = call_flag::gpl_only,
        .map_use = maps::map_use::stack_ids,
        .special = Special::get_stackid,
        .since = {4, 6},
        .fn = impl::bpf_get_stackid,
        .signature = "long bpf_get_stackid(void *ctx, void *map, u64 flags)",
        .doc = {.summary = "Records the stack in a map and gives its number."},
    },
    Helper{
        .id = 55,
        .name = "bpf_perf_event_read_value",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map},
                  {.kind = ArgKind::anything},
                  {.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size}}},
        .flags = call_flag::gpl_only,
        .map_use = maps::map_use::perf_events,
        .since = {4, 15},
        .fn = impl::bpf_perf_event_read_value,
        .signature =
            "long bpf_perf_event_read_value(void *map, u64 flags, struct bpf_perf_event_value *buf, u32 buf_size)",
        .doc = {.summary = "Reads a perf event's counter and its times."},
    },
    Helper{
        .id = 56,
        .name = "bpf_perf_prog_read_value",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size}}},
        .flags = call_flag::gpl_only,
        .since = {4, 15},
        .fn = impl::bpf_perf_prog_read_value,
        .signature = "long bpf_perf_prog_read_value(struct bpf_perf_event_data *ctx, struct bpf_perf_event_value *buf, "
                     "u32 buf_size)",
        .doc = {.summary = "Reads the counter of the event that runs the program."},
    },
    Helper{
        .id = 67,
        .name = "bpf_get_stack",
        .ret = RetKind::length,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::faults_if_sleepable | call_flag::gpl_only,
        .since = {4, 18},
        .fn = impl::bpf_get_stack,
        .signature = "long bpf_get_stack(void *ctx, void *buf, u32 size, u64 flags)",
        .doc = {.summary = "Copies the stack."},
    },
    Helper{
        .id = 119,
        .name = "bpf_read_branch_records",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::ctx},
                  {.kind = ArgKind::mem, .flags = arg_flag::maybe_null | arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::gpl_only,
        .since = {5, 6},
        .fn = impl::bpf_read_branch_records,
        .signature = "long bpf_read_branch_records(struct bpf_perf_event_data *ctx, void *buf, u32 size, u64 flags)",
        .doc = {.summary = "Copies the last branches of the event."},
    },
    Helper{
        .id = 141,
        .name = "bpf_get_task_stack",
        .ret = RetKind::length,
        .args = {{{.kind = ArgKind::btf_id, .btf_type = "task_struct"},
                  {.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size_or_zero},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::faults_if_sleepable,
        .since = {5, 9},
        .fn = impl::bpf_get_task_stack,
        .signature = "long bpf_get_task_stack(struct task_struct *task, void *buf, u32 size, u64 flags)",
        .doc = {.summary = "Copies the stack of a task."},
    },
    Helper{
        .id = 176,
        .name = "bpf_get_branch_snapshot",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::mem, .flags = arg_flag::uninit | arg_flag::write},
                  {.kind = ArgKind::const_size_or_zero}}},
        .flags = call_flag::gpl_only,
        .since = {5, 16},
        .fn = impl::bpf_get_branch_snapshot,
        .signature = "long bpf_get_branch_snapshot(void *entries, u32 size, u64 flags)",
        .doc = {.summary = "Copies the last branches of the CPU."},
    },
};

}  // namespace

std::span<const Helper> perf_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
