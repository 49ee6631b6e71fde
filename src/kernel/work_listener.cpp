// What ran asynchronously, told in the words of user space: program, callback, map, key. Tested by
// tests/work/.
#include "engine/callback.hpp"
#include "kernel/guarded.hpp"
#include "kernel/impl.hpp"
#include "rcu/rcu.hpp"

namespace skep {
namespace {

// Into a WorkRun or an ArmedTimer.
template <typename Named>
void name(const engine::ProgramCallback& callback, Named& named) {
  named.program = callback.program().name();
  named.callback = callback.subprogram().name;
  named.map = callback.map().info().name;
  std::uint32_t scratch = 0;
  if (const void* key = callback.key(scratch); key != nullptr) {
    const auto* bytes = static_cast<const std::uint8_t*>(key);
    named.key.assign(bytes, bytes + callback.map().info().key_size);
  }
}

}  // namespace

void Kernel::on_work_run(std::function<void(const WorkRun&)> listener) {
  if (!listener) {
    impl_->executor->on_run(nullptr);
    return;
  }
  impl_->executor->on_run([this, listener = std::move(listener)](const async::RunRecord& record) {
    const auto* callback = dynamic_cast<const engine::ProgramCallback*>(record.callback);
    if (callback == nullptr) return;
    WorkRun run;
    name(*callback, run);
    run.timer = record.timer;
    run.stopped = record.stopped;
    run.cpu = record.cpu;
    run.started_ns = record.started_ns;
    run.began_ns = record.began_ns;
    run.ended_ns = record.ended_ns;
    guarded(*this, "the listener of on_work_run", [&] { listener(run); });
  });
}

std::vector<ArmedTimer> Kernel::armed_timers() const {
  const rcu::ReadGuard section;
  const std::uint64_t now = impl_->executor->now_ns();
  std::vector<ArmedTimer> timers;
  for (const async::ArmedShot& shot : impl_->executor->armed()) {
    const auto* callback = dynamic_cast<const engine::ProgramCallback*>(shot.callback.get());
    if (callback == nullptr) continue;
    ArmedTimer& timer = timers.emplace_back();
    name(*callback, timer);
    timer.cpu = shot.cpu;
    timer.due_in_ns = shot.at_ns > now ? shot.at_ns - now : 0;
  }
  return timers;
}

}  // namespace skep
