// Helpers of the program itself: tail calls, loops, locks, per-CPU variables of the kernel, small facts of the CPU.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/environment.cpp
CallFunction bpf_get_prandom_u32, bpf_get_smp_processor_id, bpf_get_numa_node_id;
// impl/map.cpp
CallFunction bpf_tail_call, bpf_loop;
// impl/sections.cpp
CallFunction bpf_spin_lock, bpf_spin_unlock;
// impl/objects.cpp
CallFunction bpf_per_cpu_ptr, bpf_this_cpu_ptr;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 7,
        .name = "bpf_get_prandom_u32",
        .ret = RetKind::integer,
        .flags = call_flag::in_signal_handlers,
        .since = {4, 1},
        .fn = impl::bpf_get_prandom_u32,
        .signature = "u32 bpf_get_prandom_u32(void)",
        .doc = {.summary = "Gives a random number.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 8,
        .name = "bpf_get_smp_processor_id",
        .ret = RetKind::cpu,
        .flags = call_flag::fastcall | call_flag::in_signal_handlers,
        .since = {4, 1},
        .fn = impl::bpf_get_smp_processor_id,
        .signature = "u32 bpf_get_smp_processor_id(void)",
        .doc = {.summary = "Gives the number of the CPU that runs the program.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 12,
        .name = "bpf_tail_call",
        .ret = RetKind::void_,
        .args = {{{.kind = ArgKind::ctx}, {.kind = ArgKind::const_map}, {.kind = ArgKind::anything}}},
        .map_use = maps::map_use::tail_call,
        .special = Special::tail_call,
        .since = {4, 2},
        .fn = impl::bpf_tail_call,
        .signature = "long bpf_tail_call(void *ctx, void *prog_array_map, u32 index)",
        .doc = {.summary = "Goes on in another program and does not come back.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 42,
        .name = "bpf_get_numa_node_id",
        .ret = RetKind::integer,
        .since = {4, 10},
        .fn = impl::bpf_get_numa_node_id,
        .signature = "long bpf_get_numa_node_id(void)",
        .doc = {.summary = "Gives the NUMA node of the CPU that runs the program."},
    },
    Helper{
        .id = 93,
        .name = "bpf_spin_lock",
        .ret = RetKind::void_,
        .args = {{{.kind = ArgKind::spin_lock}}},
        .special = Special::spin_lock,
        .since = {5, 1},
        .fn = impl::bpf_spin_lock,
        .signature = "long bpf_spin_lock(struct bpf_spin_lock *lock)",
        .doc = {.summary = "Takes the lock of a map value or object.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 94,
        .name = "bpf_spin_unlock",
        .ret = RetKind::void_,
        .args = {{{.kind = ArgKind::spin_lock}}},
        .flags = call_flag::spin_lock_ok,
        .special = Special::spin_unlock,
        .since = {5, 1},
        .fn = impl::bpf_spin_unlock,
        .signature = "long bpf_spin_unlock(struct bpf_spin_lock *lock)",
        .doc = {.summary = "Gives the lock back.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 153,
        .name = "bpf_per_cpu_ptr",
        .ret = RetKind::mem_or_btf_id,
        .ret_flags = ret_flag::maybe_null | ret_flag::rdonly,
        .args = {{{.kind = ArgKind::percpu_btf_id}, {.kind = ArgKind::anything}}},
        .special = Special::per_cpu_ptr,
        .since = {5, 10},
        .fn = impl::bpf_per_cpu_ptr,
        .signature = "void *bpf_per_cpu_ptr(const void *percpu_ptr, u32 cpu)",
        .doc = {.summary = "Gives a per-CPU variable of the kernel on one CPU."},
    },
    Helper{
        .id = 154,
        .name = "bpf_this_cpu_ptr",
        .ret = RetKind::mem_or_btf_id,
        .ret_flags = ret_flag::rdonly,
        .args = {{{.kind = ArgKind::percpu_btf_id}}},
        .special = Special::this_cpu_ptr,
        .since = {5, 10},
        .fn = impl::bpf_this_cpu_ptr,
        .signature = "void *bpf_this_cpu_ptr(const void *percpu_ptr)",
        .doc = {.summary = "Gives a per-CPU variable of the kernel on this CPU."},
    },
    Helper{
        .id = 181,
        .name = "bpf_loop",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::anything},
                  {.kind = ArgKind::func},
                  {.kind = ArgKind::stack, .flags = arg_flag::maybe_null},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::in_signal_handlers,
        .special = Special::loop,
        .since = {5, 17},
        .fn = impl::bpf_loop,
        .signature = "long bpf_loop(u32 nr_loops, void *callback_fn, void *callback_ctx, u64 flags)",
        .doc = {.summary = "Calls a function a number of times.", .example = "calls.bpf.c"},
    },
};

}  // namespace

std::span<const Helper> program_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
