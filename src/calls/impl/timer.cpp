// Timers: bpf_timer_init, bpf_timer_set_callback, bpf_timer_start, bpf_timer_cancel,
// bpf_timer_cancel_async.
//
// As with work items the slot keeps the map that owns it, so that a callback knows the element that it is for.
// Cancelling waits for a callback that runs at this moment: it is the engine that waits, by making the call again.
// Tested by tests/work/life_test.cpp (work started from a timer's callback) and tests/work/timer_test.cpp.
#include "async/timer.hpp"

#include "async/slot.hpp"
#include "btf/special_fields.hpp"
#include "calls/impl/support.hpp"
#include "maps/map.hpp"

namespace skep::calls::impl {
namespace {

bool map_alive(const void* map) {
  return static_cast<const maps::Map*>(map)->has_user_ref();
}

async::TimerSlot& slot_at(std::uint64_t timer) {
  return async::TimerSlot::at(pointer<void>(timer));
}

}  // namespace

SKEP_CALL(bpf_timer_init) {
  return CallResult::error(slot_at(r1).init(env.services().executor(), r3, map_alive, &map_at(r2)));
}

SKEP_CALL(bpf_timer_set_callback) {
  async::TimerSlot& slot = slot_at(r1);
  if (!slot.initialized()) return CallResult::error(-EINVAL);
  const auto& fn = *pointer<const runtime::Subprogram>(r2);
  auto* const owner = static_cast<maps::Map*>(slot.owner());  // asked once: another thread may take it away
  if (owner == nullptr) return CallResult::error(-EINVAL);
  if (map_alive(owner) && slot.has_callback(&fn)) return CallResult::of(0);
  maps::Map& map = *owner;
  const auto& record = map.info().record;
  if (!record || record->timer_offset < 0) return CallResult::error(-EINVAL);
  auto callback = env.make_callback(fn, map, pointer<std::uint8_t>(r1) - record->timer_offset);
  if (!callback) return CallResult::error(async::errno_without_callback());
  return CallResult::error(slot.set_callback(std::move(callback), map_alive, &map));
}

SKEP_CALL(bpf_timer_start) {
  return CallResult::error(slot_at(r1).start(env.cpu(), r2, r3));
}

SKEP_CALL(bpf_timer_cancel) {
  const int result = slot_at(r1).cancel();
  return result == -EAGAIN ? CallResult{CallResult::Kind::retry} : CallResult::error(result);
}

SKEP_CALL(bpf_timer_cancel_async) {
  return CallResult::error(slot_at(r1).cancel_async());
}

}  // namespace skep::calls::impl
