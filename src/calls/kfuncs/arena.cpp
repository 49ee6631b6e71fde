// Pages of arenas.
//
// Entries are in the order of their names. Tested by tests/calls/kfuncs_test.cpp.
#include "calls/kfuncs/kfuncs.hpp"

namespace skep::calls::impl {
// impl/arena.cpp
CallFunction bpf_arena_alloc_pages, bpf_arena_free_pages, bpf_arena_reserve_pages;
}  // namespace skep::calls::impl

namespace skep::calls::kfunc_tables {
namespace {

constexpr Kfunc entries[] = {
    Kfunc{
        .name = "bpf_arena_alloc_pages",
        .flags = call_flag::spin_lock_ok | call_flag::arena_ret | call_flag::arena_arg2,
        .prog_types = everyone,
        .special = Special::arena_alloc_pages,
        .prototype = "void __arena *bpf_arena_alloc_pages(void *p__map, void __arena *addr__ign, u32 page_cnt, int "
                     "node_id, u64 flags)",
        .since = {6, 9},
        .fn = impl::bpf_arena_alloc_pages,
        .doc = {.summary = "Gives pages of an arena memory."},
    },
    Kfunc{
        .name = "bpf_arena_free_pages",
        .flags = call_flag::spin_lock_ok | call_flag::arena_arg2,
        .prog_types = everyone,
        .special = Special::arena_free_pages,
        .prototype = "void bpf_arena_free_pages(void *p__map, void __arena *ptr__ign, u32 page_cnt)",
        .since = {6, 9},
        .fn = impl::bpf_arena_free_pages,
        .doc = {.summary = "Gives pages of an arena back."},
    },
    Kfunc{
        .name = "bpf_arena_reserve_pages",
        .flags = call_flag::spin_lock_ok | call_flag::arena_arg2,
        .prog_types = everyone,
        .prototype = "int bpf_arena_reserve_pages(void *p__map, void __arena *ptr__ign, u32 page_cnt)",
        .fn = impl::bpf_arena_reserve_pages,
        .doc = {.summary = "Keeps pages of an arena from being given out."},
    },
};

}  // namespace

std::span<const Kfunc> arena_kfuncs() {
  return entries;
}

}  // namespace skep::calls::kfunc_tables
