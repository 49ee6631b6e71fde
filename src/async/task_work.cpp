// See task_work.hpp.
#include "async/task_work.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "async/executor.hpp"
#include "async/slot.hpp"
#include "async/threads.hpp"
#include "rcu/rcu.hpp"

namespace skep::async {
namespace {

constexpr std::uint64_t item_bytes = Item::bytes(sizeof(TaskItem));

// A job, and where and when it is run.
class Noted final : public Job {
 public:
  Noted(Job& job, Executor& executor, RunRecord& record) : job_(job), executor_(executor), record_(record) {}
  Progress advance(unsigned cpu, std::uint64_t budget) override {
    begins(cpu);
    return job_.advance(cpu, budget);
  }
  void sleep_off_cpu() override { job_.sleep_off_cpu(); }
  void run_to_end(Seat& seat) override {
    begins(seat.cpu());
    job_.run_to_end(seat);
  }

 private:
  void begins(unsigned cpu) {
    if (record_.began_ns != 0) return;
    record_.began_ns = executor_.now_ns();
    record_.cpu = cpu;
  }
  Job& job_;
  Executor& executor_;
  RunRecord& record_;
};

// Told of, if somebody listens.
void run_and_tell(Executor& executor, const TaskItem& item, const Callback& callback, Job& job) {
  if (!executor.run_listener.is_there()) return executor.run(job);
  RunRecord record{.callback = &callback, .started_ns = item.queued_ns, .kind = Runnable::Kind::task};
  Noted noted(job, executor, record);
  executor.run(noted);
  record.ended_ns = executor.now_ns();
  record.stopped = job.stopped();
  executor.run_listener.tell(record);
}

}  // namespace

TaskThreads::~TaskThreads() {
  const rcu::ReadGuard section;
  for (auto& stack : stacks_) {
    TaskItem* item = stack.exchange(nullptr, std::memory_order_acquire);
    while (item != nullptr) std::exchange(item, item->next_waiting_)->drop();
  }
}

// What was cancelled would wait for its thread, which may be in the run that brings and cancels it. Others that share
// the stack come back to it in their order.
void TaskThreads::sweep(std::atomic<TaskItem*>& stack) {
  TaskItem* oldest = nullptr;
  for (TaskItem* item = stack.exchange(nullptr, std::memory_order_acq_rel); item != nullptr;)
    oldest = std::exchange(item, std::exchange(item->next_waiting_, oldest));
  while (oldest != nullptr) {
    TaskItem& item = *std::exchange(oldest, oldest->next_waiting_);
    if (item.withdrawn()) {
      item.begin(0);
      waiting_.fetch_sub(1, std::memory_order_acq_rel);
    } else {
      push(stack, item);
    }
  }
  const std::size_t left = waiting_.load(std::memory_order_acquire);
  sweep_at_.store(std::max<std::size_t>(2 * left, 4096), std::memory_order_relaxed);
}

void TaskThreads::enqueue(TaskItem& item) {
  auto& stack = of(item.thread_);
  if (waiting_.fetch_add(1, std::memory_order_acq_rel) >= sweep_at_.load(std::memory_order_relaxed)) sweep(stack);
  push(stack, item);
}

void TaskThreads::push(std::atomic<TaskItem*>& stack, TaskItem& item) {
  TaskItem* top = stack.load(std::memory_order_relaxed);
  do {
    item.next_waiting_ = top;
  } while (!stack.compare_exchange_weak(top, &item, std::memory_order_acq_rel));
}

std::size_t TaskThreads::run(Executor& executor) {
  if (current_run().executor == &executor) return 0;
  const std::int32_t self = gettid();
  std::size_t ran = 0;
  TaskItem* mine = nullptr;  // oldest first
  TaskItem* others = nullptr;
  {
    const rcu::ReadGuard section;
    TaskItem* item = of(self).exchange(nullptr, std::memory_order_acq_rel);
    while (item != nullptr) {
      TaskItem*& list = item->thread_ == self ? mine : others;
      list = std::exchange(item, std::exchange(item->next_waiting_, list));
    }
    while (others != nullptr) {
      TaskItem& other = *std::exchange(others, others->next_waiting_);
      waiting_.fetch_sub(1, std::memory_order_acq_rel);
      enqueue(other);
    }
  }
  while (mine != nullptr) {
    // A callback may sleep: it keeps what it sees by a Hold.
    rcu::ReadGuard section;
    TaskItem& item = *std::exchange(mine, mine->next_waiting_);
    waiting_.fetch_sub(1, std::memory_order_acq_rel);
    if (item.begin(0) != Runnable::Begin::run) continue;
    bool ran_it = false;
    const rcu::Hold hold;
    section.leave();
    if (Callback* callback = item.callback()) {
      if (const JobPtr job = callback->make_job(0)) {
        run_and_tell(executor, item, *callback, *job);
        ran_it = true;
      }
    }
    ran += ran_it ? 1 : 0;
    executor.count(ran_it ? Executor::Later::task_ran : Executor::Later::task_cancelled);
    section.enter();
    item.finish(true);
  }
  return ran;
}

int TaskItem::schedule(std::int32_t thread, std::shared_ptr<Callback> callback) {
  // Pending and not queued: nobody begins it before all is in place.
  std::uint64_t state = 0;
  if (!state_.compare_exchange_strong(state, pending, std::memory_order_acq_rel))
    return (state & cancelled) != 0 ? -ECANCELED : -EBUSY;
  if (const int error = set_callback(std::move(callback)); error != 0) {
    // Whoever has ended it meanwhile has cancelled what it has found scheduled.
    state = pending;
    return state_.compare_exchange_strong(state, 0, std::memory_order_acq_rel) ? error : 0;
  }
  thread_ = thread;
  queued_ns = executor_.run_listener.is_there() ? executor_.now_ns() : 0;
  state = pending;
  if (state_.compare_exchange_strong(state, pending | queued, std::memory_order_acq_rel))
    executor_.task_threads.enqueue(*this);
  return 0;
}

int TaskSlot::schedule(Executor& executor, std::int32_t thread, std::shared_ptr<Callback> callback,
                       bool (*map_alive)(const void* map), const void* map) {
  const rcu::BriefSection section;
  for (;;) {
    if (!map_alive(map)) return -EPERM;
    TaskItem* item = item_.load(std::memory_order_acquire);
    if (item == nullptr) {
      memory::Charge charge;
      if (!charge.take(executor.account, item_bytes)) return -ENOMEM;
      auto fresh = std::make_unique<TaskItem>(executor, std::move(charge));
      if (fresh == nullptr) return -ENOMEM;
      if (item_.compare_exchange_strong(item, fresh.get(), std::memory_order_seq_cst)) item = fresh.release();
    }
    if (!map_alive(map)) {
      // The last user reference went meanwhile: whoever cancelled the map's items may have missed this one.
      cancel();
      return -EPERM;
    }
    // One that was cancelled meanwhile is not the element's any more.
    if (const int result = item->schedule(thread, callback); result != -ECANCELED) return result;
  }
}

bool TaskSlot::busy() const {
  return with_item(item_, false, [](const TaskItem& item) { return item.is_due(); });
}

void TaskSlot::cancel() {
  free_slot(item_, [](TaskItem& item) { item.cancel(); });
}

}  // namespace skep::async
