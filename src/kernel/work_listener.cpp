// What ran asynchronously, told in the words of user space: program, callback, map, key. Tested by
// tests/work/.
#include "engine/callback.hpp"
#include "kernel/guarded.hpp"
#include "kernel/impl.hpp"

namespace skep {

void Kernel::on_work_run(std::function<void(const WorkRun&)> listener) {
  if (!listener) {
    impl_->executor->on_run(nullptr);
    return;
  }
  impl_->executor->on_run([this, listener = std::move(listener)](const async::RunRecord& record) {
    const auto* callback = dynamic_cast<const engine::ProgramCallback*>(record.callback);
    if (callback == nullptr) return;
    WorkRun run;
    run.program = callback->program().name();
    run.callback = callback->subprogram().name;
    run.map = callback->map().info().name;
    std::uint32_t scratch = 0;
    if (const void* key = callback->key(scratch); key != nullptr) {
      const auto* bytes = static_cast<const std::uint8_t*>(key);
      run.key.assign(bytes, bytes + callback->map().info().key_size);
    }
    run.cpu = record.cpu;
    run.started_ns = record.started_ns;
    run.began_ns = record.began_ns;
    run.ended_ns = record.ended_ns;
    guarded(*this, "the listener of on_work_run", [&] { listener(run); });
  });
}

}  // namespace skep
