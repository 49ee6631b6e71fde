// A work item: what a `struct bpf_wq` in a map's value refers to, and its life.
//
// The 16 bytes in the value hold a pointer to a WorkItem (null: not initialized), set by compare-and-swap. An item is
// started any number of times; while it is pending that is one run, while it runs exactly one more; two runs of one
// item never overlap; cancelling never waits in a program's context and what is pending then does not run. The item's
// whole state is one word, so every step of its life is one atomic operation, and whoever takes the last step reclaims
// it after a grace period: a callback that outlives its element still touches valid memory. Everything here is
// lock-free. docs/work-queues.md tells the life as users see it; tested by tests/async/.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "async/job.hpp"
#include "async/owner_word.hpp"
#include "memory/account.hpp"

namespace skep::async {

// Makes the job of one run of an item: a callback of a program with its arguments. Kept by the item until another
// callback is set or the item is cancelled; keeps the program alive. Released after a grace period, on RCU's thread.
class Callback {
 public:
  virtual ~Callback() = default;
  // The job of one run on `cpu`. Null: there is nothing to run after all.
  virtual JobPtr make_job(unsigned cpu) = 0;
  // The callback that a program has set, of what stands for it (a timer's shot); null: it is gone.
  virtual std::shared_ptr<const Callback> subject() const { return nullptr; }
};

// Counts for `skep run` and the stress test: every start is accounted for.
struct WorkCounts {
  std::uint64_t started = 0;    // start calls that returned 0 (those that merged are counted when their run begins)
  std::uint64_t merged = 0;     // of those, into a run that was already pending
  std::uint64_t ran = 0;        // runs finished
  std::uint64_t cancelled = 0;  // starts that will not run any more
  std::uint64_t timers = 0;     // timers' callbacks that ended
};

class Executor;

// What stands in an executor's queue: a work item, or one firing of a timer. In at most one queue at a time.
class Runnable {
 public:
  enum class Begin : std::uint8_t {
    run,      // call callback()->make_job(cpu), run it, call finish()
    dropped,  // cancelled meanwhile; the object may be gone
    merged,   // it runs elsewhere at this moment, and that runner will run it again: nothing to do
  };
  // All are called by executors inside a read section. begin: it was taken from the queue of `cpu`.
  virtual Begin begin(unsigned cpu) = 0;
  virtual Callback* callback() = 0;
  // The run is over. True: run it again at once. `again` false: it may not (the executor is being destroyed).
  virtual bool finish(bool again) = 0;
  // It was taken from the queue and will not run: the executor is being destroyed.
  virtual void drop() = 0;

  Runnable* next_in_queue = nullptr;  // the executor's
  bool is_timer = false;              // not a start: counted apart
  std::uint64_t queued_ns = 0;        // the executor's; only when somebody listens

 protected:
  ~Runnable() = default;
};

// The item behind a slot.
class WorkItem final : public Runnable {
 public:
  WorkItem(Executor& executor, memory::Charge charge) : executor_(executor), charge_(std::move(charge)) {}
  ~WorkItem();
  WorkItem(const WorkItem&) = delete;
  WorkItem& operator=(const WorkItem&) = delete;

  int set_callback(std::shared_ptr<Callback> callback);  // 0; -EINVAL when cancelled; -ENOMEM
  int start(unsigned cpu);                               // 0; -EINVAL when cancelled or without a callback
  // By the owner, once; the item may be gone afterwards, when the caller leaves its read section.
  void cancel();

  Begin begin(unsigned cpu) override;
  Callback* callback() override;
  bool finish(bool again) override;
  void drop() override;

 private:
  struct Box {
    std::shared_ptr<Callback> callback;
    memory::Charge charge;
  };
  void replace_box(Box* box);

  // Bits: pending: a run is due. queued: stands in a queue. running. cancelled: for good. Above them: how many starts
  // were merged into the pending run.
  std::atomic<std::uint64_t> state_{0};
  std::atomic<Box*> box_{nullptr};
  std::atomic<unsigned> running_cpu_{0};
  Executor& executor_;
  const memory::Charge charge_;
};

// The 16 bytes of a bpf_wq (or bpf_timer) in a value. Zero bytes are a free slot. All operations are safe against each
// other from any thread inside an RCU read section. Results are the kfuncs' results (docs/work-queues.md).
class WorkSlot {
 public:
  static WorkSlot& at(void* field) { return *static_cast<WorkSlot*>(field); }

  // `map_alive` says whether the map still has a user reference (-EPERM when not); it is asked before and after the
  // slot is set. The map becomes the slot's owner.
  int init(Executor& executor, bool (*map_alive)(const void* map), void* map);
  int set_callback(std::shared_ptr<Callback> callback, bool (*map_alive)(const void* map), const void* map);
  int start(unsigned cpu);
  // The element goes, or is overwritten: the slot is free again; pending work does not run, running work finishes.
  void cancel();
  bool initialized() const { return item_.load(std::memory_order_acquire) != nullptr; }
  void* owner() const { return owner_.get(); }  // the map; null: torn down just now

 private:
  std::atomic<class WorkItem*> item_;
  OwnerWord owner_;
};
static_assert(sizeof(WorkSlot) == 16);

}  // namespace skep::async
