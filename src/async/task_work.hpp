// Task work: what a `struct bpf_task_work` in a map's value refers to. See item.hpp for its life; docs/task-work.md
// tells it as users see it.
//
// An item is scheduled for a thread of the process and runs on that thread, when it comes back from a call of the
// Kernel's to the application (run_due()): nobody may interrupt a foreign thread in the midst of whatever it does. It
// is scheduled once at a time. Scheduling is lock-free. Tested by tests/async/task_work_test.cpp.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "async/item.hpp"

namespace skep::async {

class TaskItem;

// The work that waits for threads.
class TaskThreads {
 public:
  TaskThreads() = default;
  ~TaskThreads();
  TaskThreads(const TaskThreads&) = delete;
  TaskThreads& operator=(const TaskThreads&) = delete;

  void enqueue(TaskItem& item);
  // Runs what waits for the calling thread, in the order in which it was scheduled; nothing from inside a run. Outside
  // of read sections. How many runs ended.
  std::size_t run_due(Executor& executor) { return waiting_.load(std::memory_order_acquire) != 0 ? run(executor) : 0; }
  std::size_t waiting() const { return waiting_.load(std::memory_order_acquire); }

 private:
  std::size_t run(Executor& executor);
  void sweep(std::atomic<TaskItem*>& stack);
  static void push(std::atomic<TaskItem*>& stack, TaskItem& item);
  std::atomic<TaskItem*>& of(std::int32_t thread) {
    return stacks_[static_cast<std::uint32_t>(thread) % stacks_.size()];
  }

  std::array<std::atomic<TaskItem*>, 16> stacks_{};
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::uint64_t> sweep_at_{4096};
};

class TaskItem final : public Item {
 public:
  TaskItem(Executor& executor, memory::Charge charge) : Item(executor, std::move(charge), Kind::task) {}
  int schedule(std::int32_t thread, std::shared_ptr<Callback> callback);
  std::int32_t thread() const { return thread_; }

 private:
  friend class TaskThreads;
  std::int32_t thread_ = 0;           // of who scheduled it, until it has begun
  TaskItem* next_waiting_ = nullptr;  // TaskThreads'
};

// The 8 bytes of a bpf_task_work in a value. Zero bytes are a free slot.
class TaskSlot {
 public:
  static TaskSlot& at(void* field) { return *static_cast<TaskSlot*>(field); }

  // Runs the callback once on that thread: 0; -EBUSY: it is scheduled, or runs; -EPERM: the map has no user reference;
  // -ENOMEM.
  int schedule(Executor& executor, std::int32_t thread, std::shared_ptr<Callback> callback,
               bool (*map_alive)(const void* map), const void* map);
  // Whether schedule() would say -EBUSY at this moment.
  bool busy() const;
  // The element goes: as WorkSlot::cancel().
  void cancel();

  // Inside a brief section; null: nothing was scheduled on it.
  const TaskItem* item() const { return item_.load(std::memory_order_acquire); }

 private:
  std::atomic<TaskItem*> item_;
};
static_assert(sizeof(TaskSlot) == 8);

}  // namespace skep::async
