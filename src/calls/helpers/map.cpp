// Helpers that work on maps given as an argument: the element operations, iteration, the local storage of cgroup
// programs.
//
// Entries are in the order of their numbers. Tested by tests/calls/helpers_test.cpp.
#include "calls/helpers/helpers.hpp"

namespace skep::calls::impl {
// impl/map.cpp
CallFunction bpf_map_lookup_elem, bpf_map_update_elem, bpf_map_delete_elem, bpf_get_local_storage, bpf_map_push_elem,
    bpf_map_pop_elem, bpf_map_peek_elem, bpf_for_each_map_elem, bpf_map_lookup_percpu_elem;
// impl/objects.cpp
CallFunction bpf_kptr_xchg;
}  // namespace skep::calls::impl

namespace skep::calls::helper_tables {
namespace {

constexpr Helper entries[] = {
    Helper{
        .id = 1,
        .name = "bpf_map_lookup_elem",
        .ret = RetKind::map_value,
        .ret_flags = ret_flag::maybe_null,
        .args = {{{.kind = ArgKind::const_map}, {.kind = ArgKind::map_key}}},
        .flags = call_flag::packet_args | call_flag::in_signal_handlers,
        .map_use = maps::map_use::lookup,
        .special = Special::map_lookup,
        .since = {3, 19},
        .fn = impl::bpf_map_lookup_elem,
        .signature = "void *bpf_map_lookup_elem(void *map, const void *key)",
        .doc = {.summary = "Finds the value of a key.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 2,
        .name = "bpf_map_update_elem",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map},
                  {.kind = ArgKind::map_key},
                  {.kind = ArgKind::map_value},
                  {.kind = ArgKind::anything}}},
        .flags = call_flag::packet_args,
        .map_use = maps::map_use::update,
        .special = Special::map_update,
        .since = {3, 19},
        .fn = impl::bpf_map_update_elem,
        .signature = "long bpf_map_update_elem(void *map, const void *key, const void *value, u64 flags)",
        .doc = {.summary = "Adds or replaces an element.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 3,
        .name = "bpf_map_delete_elem",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map}, {.kind = ArgKind::map_key}}},
        .flags = call_flag::packet_args,
        .map_use = maps::map_use::erase,
        .special = Special::map_delete,
        .since = {3, 19},
        .fn = impl::bpf_map_delete_elem,
        .signature = "long bpf_map_delete_elem(void *map, const void *key)",
        .doc = {.summary = "Deletes an element.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 81,
        .name = "bpf_get_local_storage",
        .ret = RetKind::map_value,
        .args = {{{.kind = ArgKind::const_map}, {.kind = ArgKind::anything}}},
        .map_use = maps::map_use::cgroup_storage,
        .special = Special::get_local_storage,
        .since = {4, 19},
        .fn = impl::bpf_get_local_storage,
        .signature = "void *bpf_get_local_storage(void *map, u64 flags)",
        .doc = {.summary = "Gives the storage of the program's own attachment."},
    },
    Helper{
        .id = 87,
        .name = "bpf_map_push_elem",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map}, {.kind = ArgKind::map_value}, {.kind = ArgKind::anything}}},
        .flags = call_flag::packet_args,
        .map_use = maps::map_use::push,
        .special = Special::map_push,
        .since = {4, 20},
        .fn = impl::bpf_map_push_elem,
        .signature = "long bpf_map_push_elem(void *map, const void *value, u64 flags)",
        .doc = {.summary = "Adds a value to a queue, stack or bloom filter."},
    },
    Helper{
        .id = 88,
        .name = "bpf_map_pop_elem",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map},
                  {.kind = ArgKind::map_value, .flags = arg_flag::uninit | arg_flag::write}}},
        .map_use = maps::map_use::pop,
        .special = Special::map_pop,
        .since = {4, 20},
        .fn = impl::bpf_map_pop_elem,
        .signature = "long bpf_map_pop_elem(void *map, void *value)",
        .doc = {.summary = "Takes the next value out of a queue or stack."},
    },
    Helper{
        .id = 89,
        .name = "bpf_map_peek_elem",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map},
                  {.kind = ArgKind::map_value, .flags = arg_flag::uninit | arg_flag::write}}},
        .map_use = maps::map_use::peek,
        .special = Special::map_peek,
        .since = {4, 20},
        .fn = impl::bpf_map_peek_elem,
        .signature = "long bpf_map_peek_elem(void *map, void *value)",
        .doc = {.summary = "Reads the next value of a queue or stack, or asks a bloom filter."},
    },
    Helper{
        .id = 164,
        .name = "bpf_for_each_map_elem",
        .ret = RetKind::integer,
        .args = {{{.kind = ArgKind::const_map},
                  {.kind = ArgKind::func},
                  {.kind = ArgKind::stack, .flags = arg_flag::maybe_null},
                  {.kind = ArgKind::anything}}},
        .map_use = maps::map_use::for_each,
        .special = Special::for_each_map_elem,
        .since = {5, 13},
        .fn = impl::bpf_for_each_map_elem,
        .signature = "long bpf_for_each_map_elem(void *map, void *callback_fn, void *callback_ctx, u64 flags)",
        .doc = {.summary = "Calls a function for each element of a map.", .example = "calls.bpf.c"},
    },
    Helper{
        .id = 194,
        .name = "bpf_kptr_xchg",
        .ret = RetKind::btf_id,
        .ret_flags = ret_flag::maybe_null,
        .args = {{{.kind = ArgKind::kptr_xchg_dest},
                  {.kind = ArgKind::btf_id, .flags = arg_flag::maybe_null | arg_flag::release}}},
        .flags = call_flag::spin_lock_ok,
        .special = Special::kptr_xchg,
        .since = {5, 19},
        .fn = impl::bpf_kptr_xchg,
        .signature = "void *bpf_kptr_xchg(void *dst, void *ptr)",
        .doc = {.summary = "Swaps the kernel pointer in a map value or object."},
    },
    Helper{
        .id = 195,
        .name = "bpf_map_lookup_percpu_elem",
        .ret = RetKind::map_value,
        .ret_flags = ret_flag::maybe_null,
        .args = {{{.kind = ArgKind::const_map}, {.kind = ArgKind::map_key}, {.kind = ArgKind::anything}}},
        .flags = call_flag::packet_args,
        .map_use = maps::map_use::lookup_percpu,
        .special = Special::map_lookup_percpu,
        .since = {5, 19},
        .fn = impl::bpf_map_lookup_percpu_elem,
        .signature = "void *bpf_map_lookup_percpu_elem(void *map, const void *key, u32 cpu)",
        .doc = {.summary = "Finds the value of a key on one CPU.", .example = "calls.bpf.c"},
    },
};

}  // namespace

std::span<const Helper> map_helpers() {
  return entries;
}

}  // namespace skep::calls::helper_tables
