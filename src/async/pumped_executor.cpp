// Work in the application's own event loop: queued by anybody, run by whoever calls pump(), on that thread.
//
// A queue and a heap of timers for each virtual CPU, the queues under one mutex that is held for a few instructions.
// One timerfd is all that an event loop has to watch: it expires at once while something is queued, at the next timer's
// time else, and setting it anew takes its readability back, so that it never says more or less than there is. Who
// shares the CPUs out among threads has such a descriptor for each CPU. Who pumps one CPU shares the executor with
// those who pump others; who pumps all, or waits for all, has it alone, and is let in before more of the former are. A
// callback runs until it ends or sleeps; it sleeps on the thread that pumps, its CPU given up, and goes on when the
// others have had their turn. A signal handler, which may have interrupted whoever has the mutex, leaves what it queues
// to whoever pumps next, and makes the descriptors readable. An item that was started while it ran runs again at once,
// unless the time that pump() was given is over: then it stays begun, as if its run had not ended yet, and the next
// pump() goes on with it. Tested by tests/async/executor_test.cpp and pumped_executor_test.cpp.
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <list>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <thread>
#include <utility>
#include <vector>

#include "async/executor.hpp"
#include "async/item_line.hpp"
#include "async/item_stack.hpp"
#include "async/threads.hpp"
#include "rcu/rcu.hpp"

namespace skep::async {
namespace {

constexpr std::uint64_t at_once = 1;  // a time that has passed
constexpr std::uint64_t never = 0;    // what disarms a timerfd
constexpr std::uint64_t unknown = unlimited;

void set_descriptor(int fd, std::uint64_t at) {
  itimerspec when{};
  when.it_value.tv_sec = static_cast<time_t>(at / 1'000'000'000);
  when.it_value.tv_nsec = static_cast<long>(at % 1'000'000'000);
  timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, nullptr);
}

int new_descriptor() {
  return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
}

class Pumped final : public PumpedExecutor {
 public:
  Pumped(unsigned cpus, int fd, const std::optional<StandingClock>& clock)
      : cpus_(cpus), fd_(fd), stands_(clock.has_value()), queues_(cpus_.count()), timed_(cpus_.count()) {
    for (Queue& queue : queues_) {
      queue.executor = this;
      heaps_.push_back(queue.heap);
    }
    if (clock) set_clock(*clock);
  }
  ~Pumped() override;

  CpuSet& cpus() override { return cpus_; }
  std::uint64_t now_ns() override { return stands_ ? clock_.load(std::memory_order_relaxed) : monotonic_ns(); }
  std::uint64_t realtime_ns() override { return stands_ ? now_ns() + realtime_offset_ : Executor::realtime_ns(); }
  void enqueue(unsigned cpu, Runnable& item) override;
  std::shared_ptr<TimerHeap> timer_heap(unsigned cpu) override { return heaps_[cpu % heaps_.size()]; }
  int prepare_for_signals() override { return make_room_for_signals(heaps_) ? 0 : -ENOMEM; }
  void run(Job& job) override { run_outside(this, job, cpus_, nullptr); }
  void run_on(unsigned cpu, Job& job) override { run_outside(this, job, cpus_, &cpu); }
  bool drain(std::uint64_t limit_ns) override { return run_all(limit_ns, false); }
  bool settle(std::uint64_t limit_ns) override { return run_all(limit_ns, true); }
  std::vector<ArmedShot> armed() const override { return armed_in(heaps_); }
  WorkCounts counts() const override;
  void count_merged(std::uint64_t starts) override {
    started_.fetch_add(starts, std::memory_order_relaxed);
    merged_.fetch_add(starts, std::memory_order_relaxed);
  }
  using Executor::count_cancelled;
  void count_cancelled() override { cancelled_.fetch_add(1, std::memory_order_relaxed); }

  int pump_fd() const override { return fd_; }
  int pump_fd(unsigned cpu) override;
  std::size_t pump(std::uint64_t limit_ns) override;
  std::size_t pump(std::uint64_t limit_ns, unsigned cpu) override;
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

  struct Queue final : TimerHeap::Owner {
    void earliest_changed(std::uint64_t at_ns) override;
    bool empty() const { return timers.empty() && items.empty() && begun.empty(); }

    Pumped* executor = nullptr;
    const std::shared_ptr<TimerHeap> heap = std::make_shared<TimerHeap>(*this);
    ItemStack from_signals;
    std::atomic<bool> changed_by_signal{false};  // these, or the times of the heap
    std::mutex driving;                          // one thread at a time runs its work
    Runs room;                                   // for the next one; of who drives
    // Under the executor's mutex:
    ItemLine timers, items;
    Runs begun;
    std::uint64_t entered = 0, taken = 0;  // of the items
    bool timed = false;                    // there have been timers
    std::atomic<int> fd{-1};
    std::uint64_t shown = never;
  };
  // Whoever pumps one CPU, among others.
  struct OfOne {
    OfOne(Pumped& executor, Queue& queue) : shared(executor.entrance()), queue(queue.driving) {}
    const std::shared_lock<std::shared_mutex> shared;
    const std::lock_guard<std::mutex> queue;
  };
  // Whoever pumps all, alone.
  struct OfAll {
    explicit OfAll(Pumped& executor) : door(executor.door_), alone(executor.driving_) {}
    const std::lock_guard<std::mutex> door;
    const std::lock_guard<std::shared_mutex> alone;
  };
  std::shared_lock<std::shared_mutex> entrance() {
    const std::lock_guard lock(door_);
    return std::shared_lock(driving_);
  }

  void show_locked();
  void show_locked(Queue& queue);
  void show(int fd, std::uint64_t& shown, bool queued, std::uint64_t earliest);
  void tell_from_signal(Queue& queue);
  bool changed_by_signal() const;
  void take_from_signals_locked();
  void push_locked(Queue& queue, Runnable& item);
  void know_timers_locked(Queue& queue);
  std::uint64_t earliest() const;
  void fire_due();
  Runnable* next(Runs& begun, unsigned& cpu, const Queue* only);
  void put_back(unsigned cpu, Runs& run, bool first);
  std::size_t run_until(std::uint64_t end, const Queue* only = nullptr);
  bool run_all(std::uint64_t limit_ns, bool with_timers);
  bool run_standing(std::uint64_t until_ns, bool with_timers);
  std::size_t handle(Runnable& item, Runs& run, unsigned cpu, std::uint64_t end);
  bool advance(Run& run, CpuSet::Lease& lease, rcu::ReadGuard& section);

  CpuSet cpus_;
  const int fd_;
  const bool stands_;  // its clock does
  std::atomic<std::uint64_t> clock_{0};
  std::atomic<std::uint64_t> realtime_offset_{0};
  std::mutex door_;  // nobody goes in while somebody waits to be alone
  std::shared_mutex driving_;

  mutable std::mutex mutex_;  // of what follows; nothing else is called under it
  std::vector<Queue> queues_;
  std::vector<Queue*> shown_;  // who has a descriptor
  std::size_t queued_ = 0;
  unsigned turn_ = 0;  // the CPU whose queue is looked at first
  std::uint64_t shown_of_all_ = never;

  std::vector<std::shared_ptr<TimerHeap>> heaps_;  // by CPU
  // Those that have had timers, so that the others cost nothing; read without a lock.
  std::vector<TimerHeap*> timed_;
  std::atomic<std::size_t> timed_count_{0};

  std::atomic<std::uint64_t> started_{0}, merged_{0}, ran_{0}, cancelled_{0}, timers_ran_{0};
};

Pumped::~Pumped() {
  rcu::ReadGuard section;
  const auto clear_timers = [this] {
    for (const auto& heap : heaps_) heap->clear();
  };
  clear_timers();
  const auto drop_all = [this] {
    for (Queue& queue : queues_) {
      const auto next = [&]() -> Runnable* {
        const std::lock_guard lock(mutex_);
        take_from_signals_locked();
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
  clear_timers();
  for (const Queue* queue : shown_) ::close(queue->fd);
  ::close(fd_);
}

std::uint64_t Pumped::earliest() const {
  std::uint64_t first = TimerHeap::never;
  for (std::size_t i = 0; i < timed_count_.load(std::memory_order_acquire); ++i)
    first = std::min(first, timed_[i]->earliest());
  return first;
}

void Pumped::fire_due() {
  for (std::size_t i = 0; i < timed_count_.load(std::memory_order_acquire); ++i)
    timed_[i]->fire(now_ns(), ~std::size_t{0});
}

// Makes a descriptor say when there will be something to do.
void Pumped::show(int fd, std::uint64_t& shown, bool queued, std::uint64_t earliest) {
  for (;;) {
    const bool by_signal = changed_by_signal();
    std::uint64_t at = queued || by_signal ? at_once : earliest != TimerHeap::never ? earliest : never;
    if (stands_ && at != at_once && at != never) at = earliest <= now_ns() ? at_once : never;
    if (at == shown) return;
    shown = at;
    set_descriptor(fd, at);
    // A handler that came before that has set it in vain.
    if (by_signal || !changed_by_signal()) return;
  }
}

// ---- what signal handlers do: nothing here waits or allocates

void Pumped::tell_from_signal(Queue& queue) {
  queue.changed_by_signal.store(true, std::memory_order_seq_cst);
  set_descriptor(fd_, at_once);
  if (const int fd = queue.fd.load(std::memory_order_seq_cst); fd >= 0) set_descriptor(fd, at_once);
}
bool Pumped::changed_by_signal() const {
  return std::any_of(queues_.begin(), queues_.end(),
                     [](const Queue& queue) { return queue.changed_by_signal.load(std::memory_order_seq_cst); });
}
void Pumped::take_from_signals_locked() {
  for (Queue& queue : queues_) {
    if (!queue.changed_by_signal.exchange(false, std::memory_order_seq_cst)) continue;
    shown_of_all_ = queue.shown = unknown;
    if (queue.heap->earliest() != TimerHeap::never) know_timers_locked(queue);
    for (Runnable* item = queue.from_signals.take(); item != nullptr;)
      push_locked(queue, *std::exchange(item, item->next_in_queue));
  }
}

void Pumped::push_locked(Queue& queue, Runnable& item) {
  (item.is_timer ? queue.timers : queue.items).push(item);
  if (!item.is_timer) ++queue.entered;
  ++queued_;
}
void Pumped::know_timers_locked(Queue& queue) {
  if (std::exchange(queue.timed, true)) return;
  const std::size_t count = timed_count_.load(std::memory_order_relaxed);
  timed_[count] = queue.heap.get();
  timed_count_.store(count + 1, std::memory_order_release);
}
void Pumped::show_locked(Queue& queue) {
  show(fd_, shown_of_all_, queued_ != 0, queued_ != 0 ? 0 : earliest());
  if (queue.fd.load() >= 0) show(queue.fd, queue.shown, !queue.empty(), queue.heap->earliest());
}
void Pumped::show_locked() {
  show(fd_, shown_of_all_, queued_ != 0, queued_ != 0 ? 0 : earliest());
  for (Queue* queue : shown_) show(queue->fd, queue->shown, !queue->empty(), queue->heap->earliest());
}

int Pumped::pump_fd(unsigned cpu) {
  if (cpu >= queues_.size()) return -EINVAL;
  Queue& queue = queues_[cpu];
  const std::lock_guard lock(mutex_);
  if (queue.fd < 0) {
    try {
      shown_.reserve(shown_.size() + 1);
    } catch (const std::bad_alloc&) {
      return -ENOMEM;
    }
    const int made = new_descriptor();
    if (made < 0) return -errno;
    queue.fd.store(made, std::memory_order_seq_cst);
    shown_.push_back(&queue);
    show_locked(queue);
  }
  return queue.fd;
}

void Pumped::enqueue(unsigned cpu, Runnable& item) {
  if (!item.is_timer) started_.fetch_add(1, std::memory_order_relaxed);
  if (run_listener.is_there()) item.queued_ns = now_ns();
  cpu %= cpus_.count();
  Queue& queue = queues_[cpu];
  if (memory::in_signal_handler) {
    queue.from_signals.push(item);
    return tell_from_signal(queue);
  }
  ItemLine withdrawn;
  {
    const std::lock_guard lock(mutex_);
    withdrawn = (item.is_timer ? queue.timers : queue.items).sweep();
    push_locked(queue, item);
    show_locked(queue);
  }
  std::size_t gone = 0;
  for (; !withdrawn.empty(); ++gone) withdrawn.pop().begin(cpu);
  if (gone == 0) return;
  const std::lock_guard lock(mutex_);
  queued_ -= gone;
  show_locked(queue);
}

void Pumped::Queue::earliest_changed(std::uint64_t) {
  if (memory::in_signal_handler) return executor->tell_from_signal(*this);
  const std::lock_guard lock(executor->mutex_);
  executor->know_timers_locked(*this);
  executor->show_locked(*this);
}

// Null: nothing is queued, of `only` if it is not null. `begun`: it has begun already.
Runnable* Pumped::next(Runs& begun, unsigned& cpu, const Queue* only) {
  const rcu::ReadGuard section;
  fire_due();
  const std::lock_guard lock(mutex_);
  take_from_signals_locked();
  for (unsigned i = 0; i < queues_.size(); ++i) {
    cpu = (turn_ + i) % static_cast<unsigned>(queues_.size());
    Queue& queue = queues_[cpu];
    if (queue.empty() || (only != nullptr && only != &queue)) continue;
    --queued_;
    if (only == nullptr) turn_ = cpu + 1;
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
          const AwayScope away;
          lease.release();
          run.job->sleep_off_cpu();
          lease = cpus_.enter(run.cpu);
          break;
        }
        section.leave();
        leave_cpu();
        lease.release();
        run.job->sleep_off_cpu();
        return false;
    }
  }
}

// How many runs ended in it.
std::size_t Pumped::handle(Runnable& item, Runs& begun, unsigned cpu, std::uint64_t end) {
  Runs& room = queues_[cpu].room;
  CpuSet::Lease lease = cpus_.enter(cpu);
  const CurrentScope scope(this, cpu, &item);
  rcu::ReadGuard section;
  if (!begun.empty()) {
    if (begun.front().job == nullptr && !item.finish(true)) {
      room.splice(room.end(), begun);
      return 0;
    }
  } else {
    const std::uint64_t queued_ns = item.queued_ns;
    try {
      if (room.empty()) room.emplace_back();
    } catch (const std::bad_alloc&) {  // it begins all the same, and does not run
    }
    if (item.begin(cpu) != Runnable::Begin::run) return 0;
    if (room.empty()) {
      do {
        count_cancelled(item);
      } while (item.finish(true));
      return 1;
    }
    begun.splice(begun.end(), room, room.begin());
    begun.front() = {.item = &item, .cpu = cpu, .queued_ns = queued_ns};
  }
  Run& run = begun.front();
  for (std::size_t runs = 0;;) {
    Callback* callback = item.callback();
    if (run.job == nullptr && callback != nullptr) {
      run.job = callback->make_job(cpu);
      run.record = {callback, cpu, run.queued_ns, now_ns(), 0, item.kind, false};
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
      run_listener.tell(run.record);
      run.hold.reset();
    }
    // Without a callback it was cancelled after it had begun, and set_callback took the callback away.
    if (ran)
      (item.is_timer ? timers_ran_ : ran_).fetch_add(1, std::memory_order_relaxed);
    else
      count_cancelled(item);
    ++runs;
    if (!item.is_timer && monotonic_ns() >= end) {
      put_back(cpu, begun, true);
      return runs;
    }
    if (!item.finish(true)) {
      room.splice(room.end(), begun);
      return runs;
    }
    run.queued_ns = now_ns();
  }
}

std::size_t Pumped::run_until(std::uint64_t end, const Queue* only) {
  std::size_t runs = 0;
  Runs begun;
  unsigned cpu = 0;
  do {
    Runnable* const item = next(begun, cpu, only);
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
  const OfAll lock(*this);
  return run_until(after(limit_ns));
}
std::size_t Pumped::pump(std::uint64_t limit_ns, unsigned cpu) {
  if (current_run().executor == this || cpu >= queues_.size()) return 0;
  const OfOne lock(*this, queues_[cpu]);
  return run_until(after(limit_ns), &queues_[cpu]);
}

// Runs what is queued, and lets the time pass up to each timer in turn that is due by then.
bool Pumped::run_standing(std::uint64_t until_ns, bool with_timers) {
  constexpr std::uint64_t patience_ns = 2'000'000'000;  // of real time, for what starts itself again at once
  const std::uint64_t end = after(patience_ns);
  for (;;) {
    run_until(end);
    std::uint64_t next = 0;
    {
      const std::lock_guard data_lock(mutex_);
      take_from_signals_locked();
      const std::uint64_t first = earliest();
      if (queued_ == 0 && (!with_timers || first > until_ns)) return true;
      if (queued_ == 0) next = first;
    }
    if (monotonic_ns() >= end) return false;
    if (next > now_ns()) clock_.store(next, std::memory_order_relaxed);
  }
}

bool Pumped::advance(std::uint64_t ns) {
  if (!stands_ || current_run().executor == this) return false;
  const OfAll lock(*this);
  const std::uint64_t until = ns > unlimited - 1 - now_ns() ? unlimited - 1 : now_ns() + ns;
  if (!run_standing(until, true)) return false;
  clock_.store(until, std::memory_order_relaxed);
  return true;
}

bool Pumped::run_all(std::uint64_t limit_ns, bool with_timers) {
  if (current_run().executor == this) return false;
  if (stands_) {
    const OfAll lock(*this);
    return run_standing(limit_ns > unlimited - 1 - now_ns() ? unlimited - 1 : now_ns() + limit_ns, with_timers);
  }
  const std::uint64_t end = after(limit_ns);
  const OfAll lock(*this);
  for (;;) {
    std::uint64_t wait = 0;
    {
      const rcu::ReadGuard section;
      fire_due();
    }
    {
      const std::lock_guard data_lock(mutex_);
      take_from_signals_locked();
      const std::uint64_t first = earliest();
      if (queued_ == 0) {
        if (!with_timers || first > end) {
          show_locked();
          return true;
        }
        wait = first - std::min(first, monotonic_ns());
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
  return with_later(counts);
}
}  // namespace

std::unique_ptr<PumpedExecutor> make_pumped_executor(unsigned cpus, const std::optional<StandingClock>& clock) {
  const int fd = new_descriptor();
  if (fd < 0) return nullptr;
  return std::make_unique<Pumped>(cpus, fd, clock);
}

}  // namespace skep::async
