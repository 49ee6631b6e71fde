// What asynchronous work does, in figures: of each callback how long its runs waited and took, of each element's item
// how often it was started.
//
//   skep::measure_work(kernel, true);
//   …                                                           // programs run and start work
//   for (const skep::CallbackTimes& one : skep::callback_times(kernel))
//     fmt::print("{}: {} runs, p99 {} ns\n", one.callback, one.waited.count, one.waited.quantile(0.99));
//   for (const skep::WorkItemState& item : skep::work_items(kernel, map_fd)) …
//
// Each run by itself: Kernel::on_work_run. How often programs ran and for how long: BPF_ENABLE_STATS, as in the kernel.
// Tracers outside the process: the USDT probes of provider `skep` (docs/work-queues.md).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "skep/kernel.hpp"

namespace skep {

// Lengths of time by powers of two.
struct TimeHistogram {
  std::uint64_t count = 0, sum_ns = 0, most_ns = 0;
  // buckets[0]: 0 ns; buckets[n]: from 2^(n-1) ns on, below 2^n.
  std::array<std::uint64_t, 65> buckets = {};

  SKEP_API void add(std::uint64_t ns);
  // The length below which that part (0 … 1) of them was, to a power of two; most_ns at most. 0: there are none.
  SKEP_API std::uint64_t quantile(double part) const;
};

// Of one callback on one map, since measuring began.
struct CallbackTimes {
  std::string program, callback, map;
  bool timer = false, task_work = false;
  std::uint64_t stopped = 0;  // runs that were stopped; they count in the times, too
  TimeHistogram waited;       // from the start of the work, or from when the timer was due, to the run's begin
  TimeHistogram took;         // from its begin to its end
};

// Begins or ends to measure; when it begins, earlier figures are forgotten. Measuring reads the clock three times a
// run. Any thread.
SKEP_API void measure_work(Kernel& kernel, bool on);
// The most runs first. Any thread.
SKEP_API std::vector<CallbackTimes> callback_times(const Kernel& kernel);

// A work item, timer or task work that an element of a map holds.
struct WorkItemState {
  enum class Kind : std::uint8_t { work, timer, task };
  Kind kind = Kind::work;
  std::vector<std::uint8_t> key;  // of the element
  std::string program, callback;  // that is set; empty: none
  bool due = false;               // a run will begin (of a timer: now)
  bool running = false;
  bool armed = false;           // a timer: for later
  std::uint64_t due_in_ns = 0;  // … then: how much later
  std::uint64_t runs = 0;       // that have begun
  std::uint64_t starts = 0;     // of work: that returned 0; those that became no run of their own were merged
};
// Those that are initialized, in the order of the map's elements (at most `most`). Empty: no such map, or it holds
// none. Programs and work may go on meanwhile: each item's figures are of one moment, not all of the same. Any thread.
SKEP_API std::vector<WorkItemState> work_items(Kernel& kernel, int map_fd, std::size_t most = SIZE_MAX);

}  // namespace skep
