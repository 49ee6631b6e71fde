// Work in the application's own event loop: queued by anybody, run by whoever calls pump(), on that thread.
//
// A queue for each virtual CPU, and timers by time, under one mutex that is held for a few instructions. One timerfd is
// all that an event loop has to watch: it expires at once while something is queued, at the next timer's time else, and
// setting it anew takes its readability back, so that it never says more or less than there is. A callback runs until
// it ends or sleeps; it sleeps on the thread that pumps, its CPU given up, and goes on when the others have had their
// turn. An item that was started while it ran runs again at once, unless the time that pump() was given is over: then
// it stays begun, as if its run had not ended yet, and the next pump() goes on with it. Tested by
// tests/async/executor_test.cpp and pumped_executor_test.cpp.
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <list>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "async/executor.hpp"
#include "async/item_line.hpp"
#include "async/threads.hpp"
#include "rcu/rcu.hpp"

namespace skep::async {
namespace {

constexpr std::uint64_t at_once = 1;  // a time that has passed
constexpr std::uint64_t never = 0;    // what disarms a timerfd

class Pumped final : public PumpedExecutor, public TimerHeap::Owner {
 public:
  Pumped(unsigned cpus, int fd, const std::optional<StandingClock>& clock)
      : cpus_(cpus), fd_(fd), stands_(clock.has_value()), queues_(cpus_.count()) {
    if (clock) set_clock(*clock);
  }
  ~Pumped() override;

  CpuSet& cpus() override { return cpus_; }
  std::uint64_t now_ns() override { return stands_ ? clock_.load(std::memory_order_relaxed) : monotonic_ns(); }
  std::uint64_t realtime_ns() override { return stands_ ? now_ns() + realtime_offset_ : Executor::realtime_ns(); }
  void enqueue(unsigned cpu, Runnable& item) override;
  std::shared_ptr<TimerHeap> timer_heap(unsigned) override { return timers_; }
  void run(Job& job) override { run_outside(this, job, cpus_, nullptr); }
  void run_on(unsigned cpu, Job& job) override { run_outside(this, job, cpus_, &cpu); }
  bool drain(std::uint64_t limit_ns) override { return run_all(limit_ns, false); }
  bool settle(std::uint64_t limit_ns) override { return run_all(limit_ns, true); }
  std::vector<ArmedShot> armed() const override { return armed_in({&timers_, 1}); }
  WorkCounts counts() const override;
  void on_run(std::function<void(const RunRecord&)> listener) override;
  void count_merged(std::uint64_t starts) override {
    started_.fetch_add(starts, std::memory_order_relaxed);
    merged_.fetch_add(starts, std::memory_order_relaxed);
  }
  void count_cancelled() override { cancelled_.fetch_add(1, std::memory_order_relaxed); }

  int pump_fd() const override { return fd_; }
  std::size_t pump(std::uint64_t limit_ns) override;
  bool advance(std::uint64_t ns) override;
  bool set_clock(const StandingClock& clock) override {
    if (!stands_) return false;
    const std::uint64_t now = std::max<std::uint64_t>(clock.now_ns, 1);
    clock_.store(now, std::memory_order_relaxed);
    realtime_offset_.store(clock.realtime_ns - now, std::memory_order_relaxed);
    return true;
  }

 private:
  // What has begun. Put aside: it slept, or its job has ended (and is gone) and finish() is to be called. There is a
  // place for it before it begins: what has begun cannot be refused one.
  struct Run {
    Runnable* item = nullptr;
    unsigned cpu = 0;
    std::uint64_t queued_ns = 0;
    JobPtr job;
    RunRecord record;
    std::unique_ptr<rcu::Hold> hold;  // from the first sleep to the end
    std::uint64_t turn = 0;           // how many of its queue's items go first
  };
  using Runs = std::list<Run>;  // one, where it is handed on

  void show_locked();
  void earliest_changed(std::uint64_t at_ns) override;
  void fire_due() { timers_->fire(now_ns(), ~std::size_t{0}); }
  Runnable* next(Runs& begun, unsigned& cpu);
  void put_back(unsigned cpu, Runs& run, bool first);
  std::size_t run_until(std::uint64_t end);
  bool run_all(std::uint64_t limit_ns, bool with_timers);
  bool run_standing(std::uint64_t until_ns, bool with_timers);
  std::size_t handle(Runnable& item, Runs& run, unsigned cpu, std::uint64_t end);
  bool advance(Run& run, CpuSet::Lease& lease, rcu::ReadGuard& section);
  void told(const RunRecord& record);

  CpuSet cpus_;
  const int fd_;
  const bool stands_;  // its clock does
  std::atomic<std::uint64_t> clock_{0};
  std::atomic<std::uint64_t> realtime_offset_{0};
  std::mutex driving_;  // held for all of pump(): one thread at a time runs work
  Runs room_;           // for the next one; of who drives

  mutable std::mutex mutex_;  // of what follows; nothing else is called under it
  struct Queue {
    ItemLine timers, items;
    Runs begun;
    std::uint64_t entered = 0, taken = 0;  // of the items
    bool empty() const { return timers.empty() && items.empty() && begun.empty(); }
  };
  std::vector<Queue> queues_;
  std::size_t queued_ = 0;
  unsigned turn_ = 0;  // the CPU whose queue is looked at first
  const std::shared_ptr<TimerHeap> timers_ = std::make_shared<TimerHeap>(*this);
  std::uint64_t shown_ = never;
  std::shared_ptr<const std::function<void(const RunRecord&)>> listener_;

  std::atomic<bool> listening_{false};
  std::atomic<std::uint64_t> started_{0}, merged_{0}, ran_{0}, cancelled_{0}, timers_ran_{0};
};

Pumped::~Pumped() {
  rcu::ReadGuard section;
  timers_->clear();
  const auto drop_all = [this] {
    for (Queue& queue : queues_) {
      const auto next = [&]() -> Runnable* {
        const std::lock_guard lock(mutex_);
        if (queue.timers.empty() && queue.items.empty()) return nullptr;
        return &(queue.timers.empty() ? queue.items : queue.timers).pop();
      };
      while (Runnable* item = next()) item->drop();
    }
  };
  drop_all();
  for (Queue& queue : queues_) {
    for (Run& run : queue.begun) {
      // What has begun ends: its side effects are half made. New work that it starts is dropped below.
      if (run.job != nullptr) {
        CpuSet::Lease lease = cpus_.enter(run.cpu);
        const CurrentScope scope(this, run.cpu, run.item);
        drive(*run.job, cpus_, lease, section, {});
        run.job.reset();
      }
      run.item->finish(false);
    }
    queue.begun.clear();
  }
  drop_all();
  timers_->clear();
  ::close(fd_);
}

// Makes the descriptor say when there will be something to do.
void Pumped::show_locked() {
  const std::uint64_t earliest = timers_->earliest();
  std::uint64_t at = queued_ != 0 ? at_once : earliest != TimerHeap::never ? earliest : never;
  if (stands_ && queued_ == 0 && at != never) at = earliest <= now_ns() ? at_once : never;
  if (at == shown_) return;
  shown_ = at;
  itimerspec when{};
  when.it_value.tv_sec = static_cast<time_t>(at / 1'000'000'000);
  when.it_value.tv_nsec = static_cast<long>(at % 1'000'000'000);
  timerfd_settime(fd_, TFD_TIMER_ABSTIME, &when, nullptr);
}

void Pumped::enqueue(unsigned cpu, Runnable& item) {
  if (!item.is_timer) started_.fetch_add(1, std::memory_order_relaxed);
  if (listening_.load(std::memory_order_relaxed)) item.queued_ns = now_ns();
  cpu %= cpus_.count();
  ItemLine withdrawn;
  {
    const std::lock_guard lock(mutex_);
    Queue& queue = queues_[cpu];
    ItemLine& line = item.is_timer ? queue.timers : queue.items;
    withdrawn = line.sweep();
    line.push(item);
    if (!item.is_timer) ++queue.entered;
    ++queued_;
    show_locked();
  }
  std::size_t gone = 0;
  for (; !withdrawn.empty(); ++gone) withdrawn.pop().begin(cpu);
  if (gone == 0) return;
  const std::lock_guard lock(mutex_);
  queued_ -= gone;
  show_locked();
}

void Pumped::earliest_changed(std::uint64_t) {
  const std::lock_guard lock(mutex_);
  show_locked();
}

// Null: nothing is queued. `begun`: it has begun already.
Runnable* Pumped::next(Runs& begun, unsigned& cpu) {
  const rcu::ReadGuard section;
  fire_due();
  const std::lock_guard lock(mutex_);
  for (unsigned i = 0; i < queues_.size(); ++i) {
    cpu = (turn_ + i) % static_cast<unsigned>(queues_.size());
    Queue& queue = queues_[cpu];
    if (queue.empty()) continue;
    --queued_;
    turn_ = cpu + 1;
    if (!queue.timers.empty()) return &queue.timers.pop();
    if (!queue.begun.empty() && (queue.items.empty() || queue.begun.front().turn <= queue.taken)) {
      begun.splice(begun.end(), queue.begun, queue.begun.begin());
      return begun.front().item;
    }
    ++queue.taken;
    return &queue.items.pop();
  }
  return nullptr;
}

void Pumped::put_back(unsigned cpu, Runs& run, bool first) {
  const std::lock_guard lock(mutex_);
  Queue& queue = queues_[cpu];
  run.front().turn = first ? 0 : queue.entered;
  queue.begun.splice(first ? queue.begun.begin() : queue.begun.end(), run);
  ++queued_;
}

// False: it has slept, without the CPU and the section, and is to be gone on with.
bool Pumped::advance(Run& run, CpuSet::Lease& lease, rcu::ReadGuard& section) {
  for (unsigned blocked = 0;;) {
    switch (run.job->advance(run.cpu, unlimited)) {
      case Progress::finished:
        return true;
      case Progress::out_of_budget:
        break;
      case Progress::blocked:  // whoever holds it runs on another thread and will be done soon
        pause_blocked(++blocked);
        break;
      case Progress::sleeping:
        try {
          if (!run.hold) run.hold = std::make_unique<rcu::Hold>();
        } catch (const std::bad_alloc&) {  // the section then keeps what it sees, and grace periods wait
          lease.release();
          run.job->sleep_off_cpu();
          lease = cpus_.enter(run.cpu);
          break;
        }
        section.leave();
        lease.release();
        run.job->sleep_off_cpu();
        return false;
    }
  }
}

void Pumped::told(const RunRecord& record) {
  if (!listening_.load(std::memory_order_relaxed)) return;
  std::shared_ptr<const std::function<void(const RunRecord&)>> listener;
  {
    const std::lock_guard lock(mutex_);
    listener = listener_;
  }
  if (listener) (*listener)(record);
}

// How many runs ended in it.
std::size_t Pumped::handle(Runnable& item, Runs& begun, unsigned cpu, std::uint64_t end) {
  CpuSet::Lease lease = cpus_.enter(cpu);
  const CurrentScope scope(this, cpu, &item);
  rcu::ReadGuard section;
  if (!begun.empty()) {
    if (begun.front().job == nullptr && !item.finish(true)) {
      room_.splice(room_.end(), begun);
      return 0;
    }
  } else {
    const std::uint64_t queued_ns = item.queued_ns;
    try {
      if (room_.empty()) room_.emplace_back();
    } catch (const std::bad_alloc&) {  // it begins all the same, and does not run
    }
    if (item.begin(cpu) != Runnable::Begin::run) return 0;
    if (room_.empty()) {
      do {
        if (!item.is_timer) count_cancelled();
      } while (item.finish(true));
      return 1;
    }
    begun.splice(begun.end(), room_, room_.begin());
    begun.front() = {.item = &item, .cpu = cpu, .queued_ns = queued_ns};
  }
  Run& run = begun.front();
  for (std::size_t runs = 0;;) {
    Callback* callback = item.callback();
    if (run.job == nullptr && callback != nullptr) {
      run.job = callback->make_job(cpu);
      run.record = {callback, cpu, run.queued_ns, now_ns(), 0, item.is_timer, false};
    }
    const bool ran = run.job != nullptr;
    if (ran) {
      if (!advance(run, lease, section)) {
        put_back(cpu, begun, false);
        return runs;
      }
      run.record.stopped = run.job->stopped();
      run.job.reset();
      run.record.ended_ns = now_ns();
      told(run.record);
      run.hold.reset();
    }
    // Without a callback it was cancelled after it had begun, and set_callback took the callback away.
    if (ran || !item.is_timer)
      (item.is_timer ? timers_ran_ : ran ? ran_ : cancelled_).fetch_add(1, std::memory_order_relaxed);
    ++runs;
    if (!item.is_timer && monotonic_ns() >= end) {
      put_back(cpu, begun, true);
      return runs;
    }
    if (!item.finish(true)) {
      room_.splice(room_.end(), begun);
      return runs;
    }
    run.queued_ns = now_ns();
  }
}

std::size_t Pumped::run_until(std::uint64_t end) {
  std::size_t runs = 0;
  Runs begun;
  unsigned cpu = 0;
  do {
    Runnable* const item = next(begun, cpu);
    if (item == nullptr) break;
    runs += handle(*item, begun, cpu, end);
  } while (monotonic_ns() < end);
  const std::lock_guard lock(mutex_);
  show_locked();
  return runs;
}

std::uint64_t after(std::uint64_t limit_ns) {
  const std::uint64_t now = monotonic_ns();
  return limit_ns > unlimited - now ? unlimited : now + limit_ns;
}

std::size_t Pumped::pump(std::uint64_t limit_ns) {
  if (current_run().executor == this) return 0;
  const std::lock_guard lock(driving_);
  return run_until(after(limit_ns));
}

// Runs what is queued, and lets the time pass up to each timer in turn that is due by then.
bool Pumped::run_standing(std::uint64_t until_ns, bool with_timers) {
  constexpr std::uint64_t patience_ns = 2'000'000'000;  // of real time, for what starts itself again at once
  const std::uint64_t end = after(patience_ns);
  for (;;) {
    run_until(end);
    std::uint64_t next = 0;
    {
      const std::uint64_t earliest = timers_->earliest();
      const std::lock_guard data_lock(mutex_);
      if (queued_ == 0 && (!with_timers || earliest > until_ns)) return true;
      if (queued_ == 0) next = earliest;
    }
    if (monotonic_ns() >= end) return false;
    if (next > now_ns()) clock_.store(next, std::memory_order_relaxed);
  }
}

bool Pumped::advance(std::uint64_t ns) {
  if (!stands_ || current_run().executor == this) return false;
  const std::lock_guard lock(driving_);
  const std::uint64_t until = ns > unlimited - 1 - now_ns() ? unlimited - 1 : now_ns() + ns;
  if (!run_standing(until, true)) return false;
  clock_.store(until, std::memory_order_relaxed);
  return true;
}

bool Pumped::run_all(std::uint64_t limit_ns, bool with_timers) {
  if (current_run().executor == this) return false;
  if (stands_) {
    const std::lock_guard lock(driving_);
    return run_standing(limit_ns > unlimited - 1 - now_ns() ? unlimited - 1 : now_ns() + limit_ns, with_timers);
  }
  const std::uint64_t end = after(limit_ns);
  const std::lock_guard lock(driving_);
  for (;;) {
    std::uint64_t wait = 0;
    {
      const rcu::ReadGuard section;
      fire_due();
    }
    {
      const std::uint64_t earliest = timers_->earliest();
      const std::lock_guard data_lock(mutex_);
      if (queued_ == 0) {
        if (!with_timers || earliest > end) {
          show_locked();
          return true;
        }
        wait = earliest - std::min(earliest, monotonic_ns());
      }
      if (wait == 0 && monotonic_ns() >= end) return false;
    }
    if (wait != 0)
      std::this_thread::sleep_for(std::chrono::nanoseconds(wait));
    else
      run_until(end);
  }
}

WorkCounts Pumped::counts() const {
  WorkCounts counts;
  counts.ran = ran_.load(std::memory_order_relaxed);
  counts.timers = timers_ran_.load(std::memory_order_relaxed);
  counts.cancelled = cancelled_.load(std::memory_order_relaxed);
  counts.merged = merged_.load(std::memory_order_relaxed);
  counts.started = started_.load(std::memory_order_relaxed);
  return counts;
}

void Pumped::on_run(std::function<void(const RunRecord&)> listener) {
  const std::lock_guard lock(mutex_);
  listener_ = listener ? std::make_shared<const std::function<void(const RunRecord&)>>(std::move(listener)) : nullptr;
  listening_.store(listener_ != nullptr, std::memory_order_relaxed);
}

}  // namespace

std::unique_ptr<PumpedExecutor> make_pumped_executor(unsigned cpus, const std::optional<StandingClock>& clock) {
  const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0) return nullptr;
  return std::make_unique<Pumped>(cpus, fd, clock);
}

}  // namespace skep::async
