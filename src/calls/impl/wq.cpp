// Work items: bpf_wq_init, bpf_wq_set_callback, bpf_wq_start.
//
// The second word of the 16 bytes keeps the map, which is the same in every life of the item, so that a callback knows
// the element that it is for. Tested by tests/calls/runtime_test.cpp.
#include "async/work_item.hpp"
#include "btf/special_fields.hpp"
#include "calls/impl/impl.hpp"
#include "maps/map.hpp"

namespace skep::calls::impl {
namespace {

bool map_alive(const void* map) {
  return static_cast<const maps::Map*>(map)->has_user_ref();
}

// Written before the item is set, so whoever sees an item sees its map.
std::uint64_t& map_word(std::uint64_t item) {
  return pointer<std::uint64_t>(item)[1];
}

}  // namespace

SKEP_CALL(bpf_wq_init) {
  if (u32(r3) != 0) return CallResult::error(-EINVAL);
  const maps::Map& map = map_at(r2);
  __atomic_store_n(&map_word(r1), r2, __ATOMIC_RELAXED);
  auto& slot = async::WorkSlot::at(pointer<void>(r1));
  return CallResult::error(slot.init(env.services().executor(), map_alive, &map));
}

SKEP_CALL(bpf_wq_set_callback) {
  if (u32(r3) != 0) return CallResult::error(-EINVAL);
  auto& slot = async::WorkSlot::at(pointer<void>(r1));
  if (!slot.initialized()) return CallResult::error(-EINVAL);
  const std::uint64_t map_address = __atomic_load_n(&map_word(r1), __ATOMIC_RELAXED);
  if (map_address == 0) return CallResult::error(-EINVAL);  // torn down just now
  maps::Map& map = map_at(map_address);
  const auto& record = map.info().record;
  if (!record || record->wq_offset < 0) return CallResult::error(-EINVAL);
  auto* value = pointer<std::uint8_t>(r1) - record->wq_offset;
  auto callback = env.make_callback(*pointer<const runtime::Subprogram>(r2), map, value);
  if (!callback) return CallResult::error(-EOPNOTSUPP);
  return CallResult::error(slot.set_callback(std::move(callback), map_alive, &map));
}

SKEP_CALL(bpf_wq_set_callback_impl) {
  return bpf_wq_set_callback(env, r1, r2, r3, r4, r5);
}

SKEP_CALL(bpf_wq_start) {
  if (u32(r2) != 0) return CallResult::error(-EINVAL);
  return CallResult::error(async::WorkSlot::at(pointer<void>(r1)).start(env.cpu()));
}

}  // namespace skep::calls::impl
