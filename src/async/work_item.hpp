// A work item: what a `struct bpf_wq` in a map's value refers to, and its life.
//
// The 16 bytes in the value hold a pointer to a WorkItem (null: not initialized), set by compare-and-swap. An item is
// started any number of times; while it is pending that is one run, while it runs exactly one more; two runs of one item never
// overlap; cancelling never waits in a program's context and what is pending then does not run. The item is reference-counted
// and its memory reclaimed after a grace period, so a callback that outlives its element still touches valid memory.
// Everything here is lock-free. docs/work-queues.md tells the life as users see it; tested by tests/async/.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "async/job.hpp"

namespace skep::async {

// Makes the job of one run of an item: a callback of a program with its arguments. Kept by the item until another callback is
// set or the item is cancelled; keeps the program alive.
class Callback {
 public:
  virtual ~Callback() = default;
  virtual std::unique_ptr<Job> make_job() = 0;
};

// Counts for `skep run` and the stress test: every start is accounted for.
struct WorkCounts {
  std::uint64_t started = 0;    // start calls that returned 0
  std::uint64_t merged = 0;     // of those, into a run that was already pending
  std::uint64_t ran = 0;        // runs finished
  std::uint64_t cancelled = 0;  // starts that will not run any more
};

class Executor;

// The 16 bytes of a bpf_wq (or bpf_timer) in a value. Zero bytes are a free slot. All operations are safe against each other
// from any thread inside an RCU read section. Results are the kfuncs' results (docs/work-queues.md).
class WorkSlot {
 public:
  static WorkSlot& at(void* field) { return *static_cast<WorkSlot*>(field); }

  // `owner` is asked whether the map still has a user reference (-EPERM when not), before and after the slot is set.
  int init(Executor& executor, bool (*map_alive)(const void* map), const void* map);
  int set_callback(std::shared_ptr<Callback> callback, bool (*map_alive)(const void* map), const void* map);
  int start(unsigned cpu);
  // The element goes, or is overwritten: the slot is free again; pending work does not run, running work finishes.
  void cancel();

 private:
  std::atomic<class WorkItem*> item_;
  std::uint64_t reserved_;
};
static_assert(sizeof(WorkSlot) == 16);

}  // namespace skep::async
