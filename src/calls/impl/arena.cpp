// Pages of arenas: given, taken back, and kept from being given. Results are what Linux 7.3 gives: null for what cannot
// be had, and nothing for what is not there to be freed. Tested by tests/maps/arena_test.cpp.
#include "maps/arena.hpp"

#include "calls/impl/support.hpp"

namespace skep::calls::impl {
namespace {

constexpr std::int32_t any_node = -1;

maps::Arena* arena_at(std::uint64_t reg) {
  maps::Map& map = map_at(reg);
  return map.info().type == MapType::arena ? static_cast<maps::Arena*>(&map) : nullptr;
}

}  // namespace

// r4: the node, of which there is one; r5: flags, of which there are none.
SKEP_CALL(bpf_arena_alloc_pages) {
  maps::Arena* const arena = arena_at(r1);
  if (arena == nullptr || r5 != 0 || (s32(r4) != any_node && s32(r4) != 0)) return CallResult::of(0);
  return CallResult::of(arena->allocate(r2, u32(r3)));
}

SKEP_CALL(bpf_arena_free_pages) {
  if (maps::Arena* const arena = arena_at(r1); arena != nullptr) arena->release(r2, u32(r3));
  return CallResult::of(0);
}

SKEP_CALL(bpf_arena_reserve_pages) {
  maps::Arena* const arena = arena_at(r1);
  return arena == nullptr ? CallResult::error(-EINVAL) : CallResult::error(arena->reserve(r2, u32(r3)));
}

}  // namespace skep::calls::impl
