// Who runs work items, and when: threads (production), the application's own event loop, or a stepping executor for
// tests and replay.
//
// All executors keep the kernel's rules: items started on CPU n run on CPU n and begin in the order of their first
// start; never two runs of one item at a time; a callback that sleeps gives up its CPU and lets others proceed; with
// threads, one that hogs its CPU for some 10 ms is noticed (7.3), and the next items of its queue start without waiting
// for it: on any CPU that is free, since the hog still holds its own. With all CPUs held they wait. Tested by
// tests/async/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "async/job.hpp"
#include "async/work_item.hpp"
#include "memory/account.hpp"

namespace skep::async {

// One finished or cancelled run, told to whoever listens (`skep run` prints these). Times are monotonic nanoseconds.
struct RunRecord {
  const Callback* callback = nullptr;  // a timer's: see Callback::subject
  unsigned cpu = 0;
  std::uint64_t started_ns = 0, began_ns = 0, ended_ns = 0;
  bool timer = false, stopped = false;
};

// A timer that is armed, or whose time has come and whose callback has not begun.
struct ArmedShot {
  std::shared_ptr<const Callback> callback;  // see Callback::subject
  unsigned cpu = 0;
  std::uint64_t at_ns = 0;
};

class Executor {
 public:
  virtual ~Executor() = default;
  memory::AccountPtr account;  // that pays for work items and timers; null: nobody counts. Set before any are made
  virtual CpuSet& cpus() = 0;
  virtual std::uint64_t now_ns() = 0;

  // Queues one run, and counts one start; called by WorkItem. Never blocks; safe from any thread and from a running
  // job.
  virtual void enqueue(unsigned cpu, Runnable& item) = 0;
  // Runs a job of the callback's on `cpu` once `at_ns` has come; a token for cancelling, or 0.
  virtual std::uint64_t arm_timer(unsigned cpu, std::uint64_t at_ns, std::shared_ptr<Callback> callback) = 0;
  virtual bool cancel_timer(std::uint64_t token) = 0;
  // Runs a job of the caller's to its end on any CPU, sleeping and blocking as it asks: how programs are run from
  // outside.
  virtual void run(Job& job) = 0;
  virtual void run_on(unsigned cpu, Job& job) = 0;

  // Returns when nothing is queued or running (timers armed for later do not count). Self-restarting work never drains:
  // false after `limit_ns` of this executor's time.
  virtual bool drain(std::uint64_t limit_ns) = 0;
  // As drain(), and timers that are due within the limit count too.
  virtual bool settle(std::uint64_t limit_ns) = 0;
  // In the order of their times.
  virtual std::vector<ArmedShot> armed() const = 0;
  virtual WorkCounts counts() const = 0;
  virtual void on_run(std::function<void(const RunRecord&)> listener) = 0;  // called on the worker's thread
  // What the items report: see WorkCounts.
  virtual void count_merged(std::uint64_t starts) = 0;  // as many starts, none of which made a run of its own
  virtual void count_cancelled() = 0;
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
};

std::unique_ptr<Executor> make_thread_executor(unsigned cpus);
// Null when the process has no descriptor left.
std::unique_ptr<PumpedExecutor> make_pumped_executor(unsigned cpus);
// Runs everything on the thread that calls run() or drain(): each step advances one runnable job, chosen by `seed`, by
// one instruction. The same seed gives the same schedule.
std::unique_ptr<Executor> make_stepping_executor(unsigned cpus, std::uint64_t seed);

}  // namespace skep::async
