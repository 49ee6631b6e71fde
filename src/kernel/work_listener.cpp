// What ran asynchronously and what is still to run, told in the words of user space: program, callback, map, key.
// Tested by tests/work/observe_test.cpp.
#include <algorithm>
#include <bit>

#include "async/task_work.hpp"
#include "async/timer.hpp"
#include "async/work_item.hpp"
#include "kernel/guarded.hpp"
#include "kernel/impl.hpp"
#include "kernel/work_observer.hpp"
#include "maps/values.hpp"
#include "rcu/brief.hpp"
#include "rcu/rcu.hpp"

namespace skep {
namespace {

// The element may be another's by now, whose key is being written.
std::vector<std::uint8_t> key_bytes(const maps::Map& map, const void* key) {
  std::vector<std::uint8_t> bytes(key != nullptr ? map.info().key_size : 0);
  if (!bytes.empty()) maps::copy_shared(bytes.data(), key, bytes.size());
  return bytes;
}

// Into a WorkRun, an ArmedTimer or a CallbackTimes.
template <typename Named>
void name(const engine::ProgramCallback& callback, Named& named) {
  named.program = callback.program().name();
  named.callback = callback.subprogram().name;
  named.map = callback.map().info().name;
}
template <typename Named>
void name_with_key(const engine::ProgramCallback& callback, Named& named) {
  name(callback, named);
  std::uint32_t scratch = 0;
  named.key = key_bytes(callback.map(), callback.key(scratch));
}

std::uint64_t span(std::uint64_t from_ns, std::uint64_t to_ns) {
  return to_ns > from_ns ? to_ns - from_ns : 0;
}

void tell(const async::Item& item, WorkItemState& state) {
  const async::Item::Figures figures = item.figures();
  state.due = figures.due;
  state.running = figures.running;
  state.armed = figures.armed;
  state.runs = figures.runs;
  state.starts = figures.starts;
  const auto callback = item.shared_callback();
  if (const auto* const named = dynamic_cast<const engine::ProgramCallback*>(callback.get()); named != nullptr) {
    state.program = named->program().name();
    state.callback = named->subprogram().name;
  }
}

}  // namespace

// ---- runs ----------------------------------------------------------------------------------------------------------

void WorkObserver::listen(std::function<void(const WorkRun&)> listener) {
  const std::lock_guard guard(lock_);
  listener_ = listener ? std::make_shared<const std::function<void(const WorkRun&)>>(std::move(listener)) : nullptr;
  changed();
}

void WorkObserver::measure(bool on) {
  const std::lock_guard guard(lock_);
  if (on && !measuring_) {
    const std::lock_guard figures(figures_lock_);
    figures_.clear();
  }
  measuring_ = on;
  changed();
}

void WorkObserver::changed() {
  if (listener_ == nullptr && !measuring_) {
    executor_.run_listener.set(nullptr);
    return;
  }
  executor_.run_listener.set([this, listener = listener_, measuring = measuring_](const async::RunRecord& record) {
    const auto* const callback = dynamic_cast<const engine::ProgramCallback*>(record.callback);
    if (callback == nullptr) return;
    if (measuring) guarded(kernel_, "measuring work", [&] { add(*callback, record); });
    if (listener == nullptr) return;
    guarded(kernel_, "the listener of on_work_run", [&] {
      WorkRun run;
      name_with_key(*callback, run);
      run.timer = record.kind == async::Runnable::Kind::timer;
      run.task_work = record.kind == async::Runnable::Kind::task;
      run.stopped = record.stopped;
      run.cpu = record.cpu;
      run.started_ns = record.started_ns;
      run.began_ns = record.began_ns;
      run.ended_ns = record.ended_ns;
      (*listener)(run);
    });
  });
}

void WorkObserver::add(const engine::ProgramCallback& callback, const async::RunRecord& record) {
  const std::lock_guard guard(figures_lock_);
  CallbackTimes& times = figures_[{callback.program().name(), callback.subprogram().name, callback.map().info().id}];
  name(callback, times);
  times.timer = record.kind == async::Runnable::Kind::timer;
  times.task_work = record.kind == async::Runnable::Kind::task;
  times.stopped += record.stopped ? 1 : 0;
  // Work that was queued before somebody measured has no time of its start.
  if (record.started_ns != 0) times.waited.add(span(record.started_ns, record.began_ns));
  times.took.add(span(record.began_ns, record.ended_ns));
}

std::vector<CallbackTimes> WorkObserver::times() const {
  std::vector<CallbackTimes> all;
  {
    const std::lock_guard guard(figures_lock_);
    for (const auto& [of, times] : figures_) all.push_back(times);
  }
  std::stable_sort(all.begin(), all.end(), [](const CallbackTimes& one, const CallbackTimes& other) {
    return one.took.count > other.took.count;
  });
  return all;
}

void Kernel::on_work_run(std::function<void(const WorkRun&)> listener) {
  impl_->observer->listen(std::move(listener));
}
void measure_work(Kernel& kernel, bool on) {
  kernel.impl().observer->measure(on);
}
std::vector<CallbackTimes> callback_times(const Kernel& kernel) {
  return const_cast<Kernel&>(kernel).impl().observer->times();
}

void TimeHistogram::add(std::uint64_t ns) {
  ++count;
  sum_ns += ns;
  most_ns = std::max(most_ns, ns);
  ++buckets[static_cast<std::size_t>(std::bit_width(ns))];
}

std::uint64_t TimeHistogram::quantile(double part) const {
  const auto wanted = static_cast<std::uint64_t>(std::clamp(part, 0.0, 1.0) * static_cast<double>(count));
  std::uint64_t seen = 0;
  for (std::size_t n = 0; n < buckets.size(); ++n) {
    seen += buckets[n];
    if (seen != 0 && seen >= wanted) return n == 64 ? most_ns : std::min(most_ns, std::uint64_t{1} << n);
  }
  return 0;
}

// ---- what is still to run ------------------------------------------------------------------------------------------

std::vector<ArmedTimer> Kernel::armed_timers() const {
  const rcu::ReadGuard section;
  const std::uint64_t now = impl_->executor->now_ns();
  std::vector<ArmedTimer> timers;
  for (const async::ArmedShot& shot : impl_->executor->armed()) {
    const auto* callback = dynamic_cast<const engine::ProgramCallback*>(shot.callback.get());
    if (callback == nullptr) continue;
    ArmedTimer& timer = timers.emplace_back();
    name_with_key(*callback, timer);
    timer.cpu = shot.cpu;
    timer.due_in_ns = span(now, shot.at_ns);
  }
  return timers;
}

std::vector<WorkItemState> work_items(Kernel& kernel, int map_fd, std::size_t most) {
  std::vector<WorkItemState> items;
  const auto found = kernel.impl().find_descriptor(map_fd);
  if (!found || found->object->kind != ObjectKind::map) return items;
  maps::Map& map = *static_cast<MapObject&>(*found->object).map;
  const std::uint64_t now = kernel.impl().executor->now_ns();
  const rcu::ReadGuard section;
  std::uint64_t cursor = 0;
  maps::Element element;
  if (map.info().record == nullptr) return items;
  while (items.size() < most && map.next_element(cursor, element)) {
    for (const btf::Field& field : map.info().record->fields) {
      const rcu::BriefSection items_stay;
      void* const slot = static_cast<std::uint8_t*>(element.value) + field.offset;
      WorkItemState state;
      if (field.kind == btf::FieldKind::wq) {
        const auto* const item = async::WorkSlot::at(slot).item();
        if (item == nullptr) continue;
        tell(*item, state);
      } else if (field.kind == btf::FieldKind::timer) {
        const auto* const item = async::TimerSlot::at(slot).item();
        if (item == nullptr) continue;
        state.kind = WorkItemState::Kind::timer;
        tell(*item, state);
        if (state.armed) state.due_in_ns = span(now, item->due_at_ns());
      } else if (field.kind == btf::FieldKind::task_work) {
        const auto* const item = async::TaskSlot::at(slot).item();
        if (item == nullptr) continue;
        state.kind = WorkItemState::Kind::task;
        tell(*item, state);
      } else {
        continue;
      }
      if (items.size() == most) break;
      state.key = key_bytes(map, element.key);
      items.push_back(std::move(state));
    }
  }
  return items;
}

}  // namespace skep
