// Task work: bpf_task_work_schedule_signal and bpf_task_work_schedule_resume.
//
// The two differ in how soon the kernel makes the thread look: one interrupts what it waits for. Nothing interrupts a
// thread of the application here, so they are the same. Tested by tests/work/later_rows_test.cpp.
#include "async/task_work.hpp"

#include "async/slot.hpp"
#include "btf/special_fields.hpp"
#include "calls/impl/support.hpp"
#include "maps/map.hpp"

namespace skep::calls::impl {
namespace {

bool map_alive(const void* map) {
  return static_cast<const maps::Map*>(map)->has_user_ref();
}

CallResult schedule(CallEnv& env, std::uint64_t task, std::uint64_t field, maps::Map& map,
                    const runtime::Subprogram& fn) {
  const auto& record = map.info().record;
  if (!record || record->task_work_offset < 0) return CallResult::error(-EINVAL);
  async::TaskSlot& slot = async::TaskSlot::at(pointer<void>(field));
  if (!map_alive(&map) || slot.busy()) return CallResult::error(-EBUSY);
  const std::int32_t thread = env.services().task_id(pointer<const void>(task));
  if (thread == 0) return CallResult::error(-ESRCH);
  auto callback = env.make_callback(fn, map, pointer<std::uint8_t>(field) - record->task_work_offset);
  if (!callback) return CallResult::error(async::errno_without_callback());
  const int result = slot.schedule(env.services().executor(), thread, std::move(callback), map_alive, &map);
  return CallResult::error(result == -EPERM ? -EBUSY : result);  // the map is being closed: as above
}

}  // namespace

SKEP_CALL(bpf_task_work_schedule_signal) {
  return schedule(env, r1, r2, map_at(r3), *pointer<const runtime::Subprogram>(r4));
}
SKEP_CALL(bpf_task_work_schedule_resume) {
  return schedule(env, r1, r2, map_at(r3), *pointer<const runtime::Subprogram>(r4));
}

}  // namespace skep::calls::impl
