// Who runs work items, and when: threads (production), the application's own event loop, or a stepping executor for
// tests and replay.
//
// All executors keep the kernel's rules: items started on CPU n run on CPU n and begin in the order of their first
// start; never two runs of one item at a time; a callback that sleeps gives up its CPU and lets others proceed; with
// threads, one that hogs its CPU for some 10 ms is noticed (7.3), and the next items of its queue start without waiting
// for it: on any CPU that is free, since the hog still holds its own. With all CPUs held they wait. Tested by
// tests/async/.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/item.hpp"
#include "async/job.hpp"
#include "async/run_listener.hpp"
#include "async/task_work.hpp"
#include "async/timer.hpp"
#include "async/timer_heap.hpp"
#include "async/work_item.hpp"
#include "memory/account.hpp"

namespace skep::async {

// Counts for `skep run` and the stress test: every start is accounted for.
struct WorkCounts {
  std::uint64_t started = 0;    // start calls that returned 0 (those that merged are counted when their run begins)
  std::uint64_t merged = 0;     // of those, into a run that was already pending
  std::uint64_t ran = 0;        // runs finished
  std::uint64_t cancelled = 0;  // starts that will not run any more
  std::uint64_t timers = 0;     // timers' callbacks that ended
  // Of timers' starts that returned 0, those that came while it was armed or due, whose run is the later one's; and
  // those that will not run any more. Of task work, runs that ended, and what was scheduled and will not run.
  std::uint64_t timers_merged = 0, timers_cancelled = 0;
  std::uint64_t task_works = 0, task_works_cancelled = 0;
};

class Executor {
 public:
  virtual ~Executor() = default;
  TaskThreads task_threads;    // work that waits for threads of the application
  RunListener run_listener;    // told on the thread that ran
  memory::AccountPtr account;  // that pays for work items and timers; null: nobody counts. Set before any are made
  virtual CpuSet& cpus() = 0;
  virtual std::uint64_t now_ns() = 0;
  // The time of day that belongs to it, since 1970.
  virtual std::uint64_t realtime_ns();

  // Queues one run, before those of work items if it is a timer's, and counts one start if not; called by Item. Never
  // blocks; safe from any thread and from a running job.
  virtual void enqueue(unsigned cpu, Runnable& item) = 0;
  // Where timers that are initialized on `cpu` are kept while they are armed.
  virtual std::shared_ptr<TimerHeap> timer_heap(unsigned cpu) = 0;
  // Runs a job of the caller's to its end on any CPU, sleeping and blocking as it asks: how programs are run from
  // outside.
  virtual void run(Job& job) = 0;
  virtual void run_on(unsigned cpu, Job& job) = 0;
  // The same in a signal handler, on a CPU that is free or that the interrupted run holds, for a job that does not
  // sleep; waits for nothing, locks nothing and allocates nothing. False, and the job has not begun: no CPU is to be
  // had, or the thread has never been in a call of ours.
  bool run_in_signal_handler(Job& job);
  // Before the first of these: 0, or -EOPNOTSUPP when this executor is not made for it; -EAGAIN, -ENOMEM.
  virtual int prepare_for_signals() { return -EOPNOTSUPP; }

  // Returns when nothing is queued or running (timers armed for later do not count). Self-restarting work never drains:
  // false after `limit_ns` of this executor's time.
  virtual bool drain(std::uint64_t limit_ns) = 0;
  // As drain(), and timers that are due within the limit count too.
  virtual bool settle(std::uint64_t limit_ns) = 0;
  virtual std::vector<ArmedShot> armed() const = 0;  // in the order of their times; inside a read section
  virtual WorkCounts counts() const = 0;
  // What the items report: see WorkCounts.
  virtual void count_merged(std::uint64_t starts) = 0;  // as many starts, none of which made a run of its own
  virtual void count_cancelled() = 0;
  enum class Later : std::uint8_t { timer_merged, timer_cancelled, task_ran, task_cancelled };
  void count(Later what);
  void count_cancelled(const Runnable& item);  // of whatever kind

 protected:
  WorkCounts with_later(WorkCounts counts) const;

 private:
  struct alignas(64) LaterCounts {
    std::array<std::atomic<std::uint64_t>, 4> of = {};
  };
  std::array<LaterCounts, 4> later_;  // by the CPU
};

// A clock that stands until somebody lets it go on.
struct StandingClock {
  std::uint64_t now_ns = 1;
  std::uint64_t realtime_ns = 0;  // since 1970, at that time
};

// An executor that runs its work only where the application asks for it: in pump(), on the thread that calls it. What
// is queued or due makes a descriptor readable, for the application's own event loop.
class PumpedExecutor : public Executor {
 public:
  // Readable exactly while pump() has something to do. The executor's own: for poll, select and epoll
  // (level-triggered), not to be read or closed.
  virtual int pump_fd() const = 0;
  // Runs what is queued and what is due, on this thread, until nothing is left or `limit_ns` have passed; with a
  // limit of 0 it takes one step, if there is one. A callback is not interrupted for the limit. How many runs ended; 0
  // from inside a run. Threads that call it at the same time take turns.
  virtual std::size_t pump(std::uint64_t limit_ns) = 0;
  // As these two, of what is queued on one CPU and of its timers. Threads that pump different CPUs run side by side.
  // -EINVAL and 0: there is no such CPU; the descriptor is made when it is first asked for, and its errno answered.
  virtual int pump_fd(unsigned cpu) = 0;
  virtual std::size_t pump(std::uint64_t limit_ns, unsigned cpu) = 0;
  // Of one whose clock stands: lets so much time pass, in which timers run when they are due, and the work that follows
  // from them. False: its clock goes by itself, or work that restarts itself never ends, and the clock has stopped
  // there.
  virtual bool advance(std::uint64_t ns) = 0;
  // Sets such a clock anew, even back; while nothing runs. False: its clock goes by itself.
  virtual bool set_clock(const StandingClock& clock) = 0;
};

struct ThreadOptions {
  // How long a thread that has no work left looks for more before it sleeps, at most; 0: never. It does so only while
  // work comes in shorter intervals than that.
  std::uint64_t spin_ns = 50'000;
  // How many workers there may be at once beyond one a CPU, for callbacks that sleep or hog; 0: as many as are needed.
  // At the limit work waits.
  unsigned more_workers = 0;
  std::string name = "skep";  // of its threads, at most 11 bytes; a number follows
};
std::unique_ptr<Executor> make_thread_executor(unsigned cpus, const ThreadOptions& options = {});
// Null when the process has no descriptor left. With a clock of its own it sleeps nowhere: settle() lets the time pass
// at once up to what is due, and its limits are of that clock, but for work that never ends.
std::unique_ptr<PumpedExecutor> make_pumped_executor(unsigned cpus, const std::optional<StandingClock>& clock = {});
// Runs everything on the thread that calls run() or drain(): each step advances one runnable job, chosen by `seed`, by
// one instruction. The same seed gives the same schedule.
std::unique_ptr<Executor> make_stepping_executor(unsigned cpus, std::uint64_t seed);

}  // namespace skep::async
