// Work items: bpf_wq_init, bpf_wq_set_callback, bpf_wq_start.
//
// The slot keeps the map that owns it, so that a callback knows the element that it is for. Tested by
// tests/calls/runtime_test.cpp.
#include "async/slot.hpp"
#include "async/work_item.hpp"
#include "btf/special_fields.hpp"
#include "calls/impl/support.hpp"
#include "maps/map.hpp"

namespace skep::calls::impl {
namespace {

bool map_alive(const void* map) {
  return static_cast<const maps::Map*>(map)->has_user_ref();
}

async::WorkSlot& slot_at(std::uint64_t item) {
  return async::WorkSlot::at(pointer<void>(item));
}

}  // namespace

SKEP_CALL(bpf_wq_init) {
  if (u32(r3) != 0) return CallResult::error(-EINVAL);
  return CallResult::error(slot_at(r1).init(env.services().executor(), map_alive, &map_at(r2)));
}

SKEP_CALL(bpf_wq_set_callback) {
  if (u32(r3) != 0) return CallResult::error(-EINVAL);
  async::WorkSlot& slot = slot_at(r1);
  if (!slot.initialized()) return CallResult::error(-EINVAL);
  // A program that sets its callback before each start finds it there.
  const auto& fn = *pointer<const runtime::Subprogram>(r2);
  auto* const owner = static_cast<maps::Map*>(slot.owner());  // asked once: another thread may take it away
  if (owner == nullptr) return CallResult::error(-EINVAL);
  if (map_alive(owner) && slot.has_callback(&fn)) return CallResult::of(0);
  maps::Map& map = *owner;
  const auto& record = map.info().record;
  if (!record || record->wq_offset < 0) return CallResult::error(-EINVAL);
  auto* value = pointer<std::uint8_t>(r1) - record->wq_offset;
  auto callback = env.make_callback(fn, map, value);
  if (!callback) return CallResult::error(async::errno_without_callback());
  return CallResult::error(slot.set_callback(std::move(callback), map_alive, &map));
}

SKEP_CALL(bpf_wq_set_callback_impl) {
  return bpf_wq_set_callback(env, r1, r2, r3, r4, r5);
}

SKEP_CALL(bpf_wq_start) {
  if (u32(r2) != 0) return CallResult::error(-EINVAL);
  return CallResult::error(slot_at(r1).start(env.cpu()));
}

}  // namespace skep::calls::impl
