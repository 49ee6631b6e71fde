// Work on threads: one queue a virtual CPU, and for each queue one thread at a time that has the role of its
// dispatcher.
//
// A queue is a stack of intrusive nodes that anybody pushes to with one compare-and-swap; the dispatcher takes the
// whole of it and turns it round. The dispatcher holds its CPU while it runs items and parks when there are none. When
// a callback sleeps, its thread gives the role and the CPU away, sleeps, and comes back for the CPU only. When a
// callback hogs its CPU for 10 to 20 ms and others are queued behind it, the service thread (which also keeps the
// timers) takes the role from it and gives it to another thread, which runs the queue on whichever CPU is free: the hog
// still holds its own. Threads without a role wait for one; nothing polls but the service thread while a queue is
// behind a run. Tested by tests/async/executor_test.cpp and stress_test.cpp.
#include <linux/futex.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "async/executor.hpp"
#include "async/item_line.hpp"
#include "async/item_stack.hpp"
#include "async/threads.hpp"
#include "rcu/own_thread.hpp"
#include "rcu/rcu.hpp"

namespace skep::async {
namespace {

void futex_wake(std::atomic<std::uint32_t>& word, int waiters) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, waiters, nullptr, nullptr, 0);
}
void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
}
// While the word is `seen`, and at most until then.
void futex_wait_until(std::atomic<std::uint32_t>& word, std::uint32_t seen, std::uint64_t until_ns) {
  const timespec until{static_cast<time_t>(until_ns / 1'000'000'000), static_cast<long>(until_ns % 1'000'000'000)};
  const bool endless = until_ns == unlimited;
  syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, seen, endless ? nullptr : &until, nullptr,
          FUTEX_BITSET_MATCH_ANY);
}

constexpr std::uint32_t busy = 0, parked = 1, never_started = 2, looking = 3;

struct alignas(64) Queue {
  ItemStack pushed, urgent;  // urgent: timers
  std::atomic<std::uint32_t> dispatcher{never_started};
  std::atomic<std::uint64_t> entered{0};  // pushed so far; before they can be completed

  alignas(64) std::atomic<std::uint64_t> completed{0};
  std::atomic<std::uint64_t> timers{0}, timers_ran{0};
  std::atomic<std::uint64_t> ran{0}, merged{0}, cancelled{0};
  // Who has the role: the number of its holder, doubled, plus one while the holder is in a run and it may be taken
  // away.
  std::atomic<std::uint64_t> role{0};
  std::atomic<std::uint32_t> hogs{0};
  std::atomic<bool> unmanned{false};  // a signal handler could hand the role to nobody: the service thread does

  std::atomic<std::uint64_t> sweep_at{SweepRule::at_least};

  // The dispatcher's: what it has taken, oldest first. Others only look whether there is any.
  std::atomic<Runnable*> taken{nullptr}, taken_urgent{nullptr};

  // The dispatcher's: how long it looks for work before it sleeps.
  std::uint64_t spin_ns = 0;

  // The service thread's.
  std::uint64_t seen_role = 0, seen_completed = 0, seen_ticks = 0;

  bool nothing_queued() const {
    return taken.load(std::memory_order_relaxed) == nullptr &&
           taken_urgent.load(std::memory_order_relaxed) == nullptr && pushed.empty() && urgent.empty();
  }
};

class ThreadExecutor final : public Executor, public TimerHeap::Owner {
 public:
  ThreadExecutor(unsigned cpus, const ThreadOptions& options);
  ~ThreadExecutor() override;

  CpuSet& cpus() override { return cpus_; }
  std::uint64_t now_ns() override { return monotonic_ns(); }
  void enqueue(unsigned cpu, Runnable& item) override { push(cpu % cpus_.count(), item); }
  std::shared_ptr<TimerHeap> timer_heap(unsigned cpu) override;
  void run(Job& job) override { run_outside(this, job, cpus_, nullptr); }
  void run_on(unsigned cpu, Job& job) override { run_outside(this, job, cpus_, &cpu); }
  bool drain(std::uint64_t limit_ns) override { return wait_until_done(limit_ns, false); }
  bool settle(std::uint64_t limit_ns) override { return wait_until_done(limit_ns, true); }
  std::vector<ArmedShot> armed() const override { return armed_in(heaps_); }
  WorkCounts counts() const override;
  int prepare_for_signals() override;
  void count_merged(std::uint64_t starts) override { own_queue().merged.fetch_add(starts, std::memory_order_relaxed); }
  using Executor::count_cancelled;
  void count_cancelled() override { own_queue().cancelled.fetch_add(1, std::memory_order_relaxed); }

 private:
  static constexpr std::chrono::milliseconds tick{5};
  static constexpr std::uint64_t hog_ticks = 2;
  static constexpr std::uint64_t idle_ticks = 200;

  Queue& own_queue() { return queues_[current_run().cpu % cpus_.count()]; }
  void push(unsigned n, Runnable& item);
  void call_dispatcher(unsigned n);
  void sweep(unsigned n, ItemStack& stack);
  Runnable* pop(Queue& queue);
  void hand_over(unsigned n);
  void name_this_thread(std::size_t number) const;
  void worker();
  void dispatch(unsigned n);
  bool look_for_work(Queue& queue) const;
  void wait_for_work(Queue& queue) const;
  bool run_item(unsigned n, Queue& queue, CpuSet::Lease& lease, std::uint64_t role, Runnable& item, JobPtr& finished);
  void count_run(unsigned cpu, bool is_timer);
  void completed(Queue& queue);
  void wake_drainers();
  bool drained() const;
  bool wait_until_done(std::uint64_t limit_ns, bool with_timers);
  bool timer_due_by(std::uint64_t at_ns) const;
  void ensure_service();
  void wake_service();
  void earliest_changed(std::uint64_t at_ns) override;
  void watch();
  void service();
  void look_for_hogs();

  ThreadOptions options_;
  CpuSet cpus_;
  std::vector<Queue> queues_;
  std::atomic<bool> stopping_{false};

  std::mutex workers_mutex_;
  std::condition_variable roles_to_take_;
  std::vector<unsigned> vacant_;
  std::size_t idle_workers_ = 0;
  std::vector<std::thread> workers_;

  std::vector<std::shared_ptr<TimerHeap>> heaps_;  // one a CPU
  std::mutex service_mutex_;                       // for starting it
  std::thread service_;
  std::atomic<bool> has_service_{false};
  std::atomic<std::uint32_t> service_calls_{0};         // what it waits on
  std::atomic<std::uint64_t> service_sleeps_until_{0};  // 0: it is awake
  std::atomic<bool> watching_{false};

  std::atomic<std::uint32_t> drain_calls_{0};
  std::atomic<unsigned> drainers_{0};
};

ThreadExecutor::ThreadExecutor(unsigned cpus, const ThreadOptions& options)
    : options_(options), cpus_(cpus), queues_(cpus_.count()) {
  if (std::thread::hardware_concurrency() < 2) options_.spin_ns = 0;  // nobody could bring work meanwhile
  vacant_.reserve(queues_.size());  // a start that finds nobody to do the work may not fail for it
  for (unsigned n = 0; n < cpus_.count(); ++n) heaps_.push_back(std::make_shared<TimerHeap>(*this));
}

ThreadExecutor::~ThreadExecutor() {
  stopping_.store(true, std::memory_order_seq_cst);
  wake_service();
  {
    const std::lock_guard lock(service_mutex_);
    if (service_.joinable()) service_.join();
  }
  for (Queue& queue : queues_) {
    if (queue.dispatcher.exchange(busy, std::memory_order_seq_cst) == parked) queue.dispatcher.notify_all();
  }
  std::vector<std::thread> workers;
  {
    std::lock_guard lock(workers_mutex_);
    workers.swap(workers_);
    roles_to_take_.notify_all();
  }
  for (std::thread& worker : workers) worker.join();
  const rcu::ReadGuard section;
  for (Queue& queue : queues_) {
    while (Runnable* item = pop(queue)) item->drop();
  }
  for (const auto& heap : heaps_) heap->clear();
}

// ---- queues ---------------------------------------------------------------------------------------------------------

void ThreadExecutor::push(unsigned n, Runnable& item) {
  Queue& queue = queues_[n];
  const bool urgent = item.is_timer;
  if (run_listener.is_there()) item.queued_ns = monotonic_ns();
  if (urgent) queue.timers.fetch_add(1, std::memory_order_relaxed);
  auto& stack = urgent ? queue.urgent : queue.pushed;
  const bool look = SweepRule::time_to_look(queue.entered.fetch_add(1, std::memory_order_seq_cst));
  if (look && !memory::in_signal_handler) sweep(n, stack);
  // `item` may be over and gone from then on. Whoever pushed first sees to it that somebody comes.
  if (stack.push(item)) call_dispatcher(n);
}

void ThreadExecutor::call_dispatcher(unsigned n) {
  Queue& queue = queues_[n];
  std::uint32_t state = queue.dispatcher.load(std::memory_order_seq_cst);
  if (state == looking) return;
  if (state == busy) {
    if (!watching_.load(std::memory_order_relaxed)) watch();
  } else if (queue.dispatcher.compare_exchange_strong(state, busy, std::memory_order_seq_cst)) {
    if (state == parked) {
      queue.dispatcher.notify_one();
    } else if (memory::in_signal_handler) {
      queue.unmanned.store(true, std::memory_order_seq_cst);
      wake_service();
    } else {
      hand_over(n);
    }
  }
}

// Takes out what was cancelled, when there may be much of it.
void ThreadExecutor::sweep(unsigned n, ItemStack& stack) {
  Queue& queue = queues_[n];
  const std::uint64_t done = queue.completed.load(std::memory_order_relaxed);
  const std::uint64_t waiting = queue.entered.load(std::memory_order_relaxed) - done;
  if (waiting < queue.sweep_at.load(std::memory_order_relaxed)) return;
  bool found = false;
  const auto drop = [&](Runnable& item) {
    item.begin(n);
    completed(queue);
  };
  queue.sweep_at.store(SweepRule::next(stack.sweep(drop, found)), std::memory_order_relaxed);
  if (found) call_dispatcher(n);
}

// Only for the queue's dispatcher.
Runnable* ThreadExecutor::pop(Queue& queue) {
  const auto pop_from = [](std::atomic<Runnable*>& taken, ItemStack& stack) {
    Runnable* first = taken.load(std::memory_order_relaxed);
    if (first == nullptr) first = stack.take();
    if (first != nullptr) taken.store(first->next_in_queue, std::memory_order_relaxed);
    return first;
  };
  if (Runnable* timer = pop_from(queue.taken_urgent, queue.urgent)) return timer;
  return pop_from(queue.taken, queue.pushed);
}

void ThreadExecutor::hand_over(unsigned n) {
  std::lock_guard lock(workers_mutex_);
  if (stopping_.load(std::memory_order_seq_cst)) return;
  vacant_.push_back(n);
  if (idle_workers_ >= vacant_.size()) {
    roles_to_take_.notify_one();
  } else if (options_.more_workers == 0 || workers_.size() < queues_.size() + options_.more_workers) {
    try {
      workers_.emplace_back([this, number = workers_.size()] {
        name_this_thread(number);
        worker();
      });
    } catch (...) {  // no thread can be had: the role waits for a worker that is there, as at the limit
    }
  }
}

void ThreadExecutor::name_this_thread(std::size_t number) const {
  const std::string name = options_.name.substr(0, 11) + "/" + std::to_string(number);
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

void ThreadExecutor::worker() {
  rcu::schedule_as_main_thread();
  for (;;) {
    unsigned n = 0;
    {
      std::unique_lock lock(workers_mutex_);
      ++idle_workers_;
      roles_to_take_.wait(lock, [this] { return stopping_.load(std::memory_order_relaxed) || !vacant_.empty(); });
      --idle_workers_;
      if (stopping_.load(std::memory_order_relaxed)) return;
      n = vacant_.front();
      vacant_.erase(vacant_.begin());
    }
    dispatch(n);
  }
}

// Has the role of queue n's dispatcher; returns when it is given up or taken away.
void ThreadExecutor::dispatch(unsigned n) {
  Queue& queue = queues_[n];
  const std::uint64_t role = queue.role.load(std::memory_order_acquire) >> 1;
  CpuSet::Lease lease;
  JobPtr finished;  // the last one, while there is more to run: what it has need not be given back and taken again
  while (!stopping_.load(std::memory_order_relaxed)) {
    const bool behind_hog = queue.hogs.load(std::memory_order_relaxed) != 0;
    // Between two items others may have the CPU; and one that was only borrowed is given back.
    if (lease.held() && (cpus_.contended(lease.cpu()) || (lease.cpu() != n && !behind_hog))) lease.release();
    if (queue.nothing_queued()) {
      finished.reset();  // a sweep may have taken out what it was kept for
      lease.release();
      if (!look_for_work(queue)) wait_for_work(queue);
      continue;
    }
    if (!lease.held()) lease = behind_hog ? cpus_.try_enter(n) : cpus_.enter(n);
    if (!lease.held()) lease = cpus_.enter();
    Runnable* item = pop(queue);
    if (item != nullptr && !run_item(n, queue, lease, role, *item, finished)) return;
  }
}

// Whoever sees that we look for work leaves it to us.
bool ThreadExecutor::look_for_work(Queue& queue) const {
  if (queue.spin_ns == 0) return false;
  queue.dispatcher.store(looking, std::memory_order_seq_cst);
  const std::uint64_t end = monotonic_ns() + queue.spin_ns;
  for (unsigned round = 1;; ++round) {
    if (!queue.nothing_queued() || stopping_.load(std::memory_order_relaxed)) {
      queue.dispatcher.store(busy, std::memory_order_relaxed);
      return true;
    }
    if (round % 32 == 0 && monotonic_ns() >= end) return false;
    pause_briefly();
  }
}

// Looking would have been worth while if the sleep is a short one.
void ThreadExecutor::wait_for_work(Queue& queue) const {
  queue.dispatcher.store(parked, std::memory_order_seq_cst);
  if (!queue.nothing_queued() || stopping_.load(std::memory_order_seq_cst)) {
    queue.dispatcher.exchange(busy, std::memory_order_seq_cst);
    return;
  }
  const std::uint64_t begin = options_.spin_ns != 0 ? monotonic_ns() : 0;
  queue.dispatcher.wait(parked);
  if (options_.spin_ns == 0) return;
  const bool short_sleep = monotonic_ns() - begin < options_.spin_ns;
  queue.spin_ns = short_sleep ? options_.spin_ns : queue.spin_ns < 1000 ? 0 : queue.spin_ns / 2;
}

// Only who holds the CPU counts its runs.
void ThreadExecutor::count_run(unsigned cpu, bool is_timer) {
  std::atomic<std::uint64_t>& runs = is_timer ? queues_[cpu].timers_ran : queues_[cpu].ran;
  runs.store(runs.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void ThreadExecutor::completed(Queue& queue) {
  queue.completed.fetch_add(1, std::memory_order_seq_cst);
  wake_drainers();
}

void ThreadExecutor::wake_drainers() {
  if (drainers_.load(std::memory_order_seq_cst) == 0) return;
  drain_calls_.fetch_add(1, std::memory_order_seq_cst);
  futex_wake(drain_calls_, INT_MAX);
}

// False: the role went to another thread in the course of it.
bool ThreadExecutor::run_item(unsigned n, Queue& queue, CpuSet::Lease& lease, std::uint64_t role, Runnable& item,
                              JobPtr& finished) {
  rcu::ReadGuard section;
  const CurrentScope scope(this, lease.cpu(), &item);
  const std::uint64_t queued_ns = item.queued_ns;
  switch (item.begin(n)) {
    case Runnable::Begin::merged:  // whoever runs it has not completed yet
    case Runnable::Begin::dropped:
      if (queue.nothing_queued()) finished.reset();
      completed(queue);
      return true;
    case Runnable::Begin::run:
      break;
  }
  queue.role.store(role << 1 | 1, std::memory_order_release);
  if (!watching_.load(std::memory_order_relaxed) && !queue.nothing_queued()) watch();
  bool has_role = true;
  bool hogged = false;
  const auto leave_role = [&] {
    std::uint64_t mine = role << 1 | 1;
    if (!has_role) return;
    has_role = false;
    if (queue.role.compare_exchange_strong(mine, (role + 1) << 1, std::memory_order_acq_rel)) {
      hand_over(n);
    } else {
      hogged = true;
    }
  };
  const auto end_hog = [&] {
    if (std::exchange(hogged, false)) queue.hogs.fetch_sub(1, std::memory_order_relaxed);
  };
  bool again = true;
  while (again) {
    const bool listening = run_listener.is_there();
    bool ran = false;
    RunRecord record;
    Callback* callback = item.callback();
    if (callback != nullptr) {
      if (JobPtr job = callback->make_job(lease.cpu(), std::move(finished))) {
        ran = true;
        if (listening) record = {callback, lease.cpu(), queued_ns, monotonic_ns(), 0, item.kind, false};
        drive(*job, cpus_, lease, section, [&] {
          leave_role();
          end_hog();
        });
        record.stopped = job->stopped();
        finished = std::move(job);
      }
    }
    if (listening && record.callback != nullptr) {
      record.ended_ns = monotonic_ns();
      run_listener.tell(record);
    }
    // Without a callback it was cancelled after it had begun, and set_callback took the callback away.
    if (ran)
      count_run(lease.cpu(), item.is_timer);
    else
      count_cancelled(item);
    again = item.finish(!stopping_.load(std::memory_order_relaxed));
  }
  // Who waits until all is completed finds that nothing keeps the program.
  if (!has_role || queue.nothing_queued()) finished.reset();
  completed(queue);
  section.leave();
  if (has_role) {
    std::uint64_t mine = role << 1 | 1;
    has_role = queue.role.compare_exchange_strong(mine, role << 1, std::memory_order_acq_rel);
    hogged = !has_role;
  }
  end_hog();
  return has_role;
}

// ---- waiting for the end, and counting
// -------------------------------------------------------------------------------

// What was completed is read before what was entered: when they are equal, there was a moment at which nothing was
// left.
bool ThreadExecutor::drained() const {
  std::uint64_t done = 0;
  std::uint64_t entered = 0;
  for (const Queue& queue : queues_) done += queue.completed.load(std::memory_order_seq_cst);
  for (const Queue& queue : queues_) entered += queue.entered.load(std::memory_order_seq_cst);
  return done == entered;
}

// Timers are looked at first: one that is due goes over to a queue, and never back.
bool ThreadExecutor::timer_due_by(std::uint64_t at_ns) const {
  return std::any_of(heaps_.begin(), heaps_.end(), [at_ns](const auto& heap) { return heap->due_by(at_ns); });
}

bool ThreadExecutor::wait_until_done(std::uint64_t limit_ns, bool with_timers) {
  const std::uint64_t end = monotonic_ns() + std::min(limit_ns, std::uint64_t{1} << 60);
  // A callback that is queued or runs may arm a timer, so nothing counts before all of it is over.
  const auto all_done = [&] {
    return drained() && (!with_timers || (!timer_due_by(end) && drained() && !timer_due_by(end)));
  };
  if (all_done()) return true;
  drainers_.fetch_add(1, std::memory_order_seq_cst);
  bool done = false;
  for (;;) {
    const std::uint32_t calls = drain_calls_.load(std::memory_order_seq_cst);
    done = all_done();
    if (done || monotonic_ns() >= end) break;
    futex_wait_until(drain_calls_, calls, end);
  }
  drainers_.fetch_sub(1, std::memory_order_seq_cst);
  return done;
}

WorkCounts ThreadExecutor::counts() const {
  WorkCounts sum;
  for (const Queue& queue : queues_) {
    const std::uint64_t merged = queue.merged.load(std::memory_order_relaxed);
    sum.started +=
        queue.entered.load(std::memory_order_relaxed) - queue.timers.load(std::memory_order_relaxed) + merged;
    sum.merged += merged;
    sum.ran += queue.ran.load(std::memory_order_relaxed);
    sum.cancelled += queue.cancelled.load(std::memory_order_relaxed);
    sum.timers += queue.timers_ran.load(std::memory_order_relaxed);
  }
  return with_later(sum);
}

// ---- the service thread: timers, and queues behind a hog ------------------------------------------------------------

void ThreadExecutor::ensure_service() {
  if (has_service_.load(std::memory_order_acquire)) return;
  const std::lock_guard lock(service_mutex_);
  if (has_service_.load(std::memory_order_relaxed) || stopping_.load(std::memory_order_seq_cst)) return;
  try {
    service_ = std::thread([this] { service(); });
    has_service_.store(true, std::memory_order_release);
  } catch (...) {  // no thread can be had: the next who needs it tries again
  }
}

int ThreadExecutor::prepare_for_signals() {
  ensure_service();
  if (!has_service_.load(std::memory_order_acquire)) return -EAGAIN;
  return make_room_for_signals(heaps_) ? 0 : -ENOMEM;
}

std::shared_ptr<TimerHeap> ThreadExecutor::timer_heap(unsigned cpu) {
  ensure_service();
  return heaps_[cpu % heaps_.size()];
}

void ThreadExecutor::wake_service() {
  service_calls_.fetch_add(1, std::memory_order_seq_cst);
  futex_wake(service_calls_, 1);
}

void ThreadExecutor::earliest_changed(std::uint64_t at_ns) {
  if (at_ns < service_sleeps_until_.load(std::memory_order_seq_cst)) wake_service();
  wake_drainers();
}

void ThreadExecutor::watch() {
  if (watching_.exchange(true, std::memory_order_seq_cst)) return;
  ensure_service();
  wake_service();
}

void ThreadExecutor::service() {
  rcu::schedule_as_main_thread();
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);  // nanoseconds
  constexpr std::size_t at_a_time = 256;         // timers, for which one heap stays locked
  std::uint64_t quiet_ticks = 0;
  std::uint64_t next_tick = 0;
  while (!stopping_.load(std::memory_order_relaxed)) {
    const std::uint32_t calls = service_calls_.load(std::memory_order_seq_cst);
    for (unsigned n = 0; n < queues_.size(); ++n)
      if (queues_[n].unmanned.exchange(false, std::memory_order_seq_cst)) hand_over(n);
    const std::uint64_t now = monotonic_ns();
    bool more = false;
    std::uint64_t until = TimerHeap::never;
    for (const auto& heap : heaps_) {
      if (heap->earliest() <= now) {
        const rcu::ReadGuard section;
        more = heap->fire(now, at_a_time) == at_a_time || more;
      }
      until = std::min(until, heap->earliest());
    }
    if (watching_.load(std::memory_order_seq_cst)) {
      if (now >= next_tick) {
        next_tick = now + static_cast<std::uint64_t>(std::chrono::nanoseconds(tick).count());
        look_for_hogs();
        bool behind = false;
        for (const Queue& queue : queues_) behind = behind || !queue.nothing_queued();
        quiet_ticks = behind ? 0 : quiet_ticks + 1;
        if (quiet_ticks >= idle_ticks) {
          quiet_ticks = 0;
          watching_.store(false, std::memory_order_seq_cst);
          continue;
        }
      }
      until = std::min(until, next_tick);
    }
    if (more) continue;
    // Who makes an earlier one the first sees for how long we sleep, or we see that it is.
    service_sleeps_until_.store(until, std::memory_order_seq_cst);
    const bool earlier =
        std::any_of(heaps_.begin(), heaps_.end(), [&](const auto& h) { return h->earliest() < until; });
    if (!earlier && until > monotonic_ns()) futex_wait_until(service_calls_, calls, until);
    service_sleeps_until_.store(0, std::memory_order_seq_cst);
  }
}

void ThreadExecutor::look_for_hogs() {
  for (unsigned n = 0; n < queues_.size(); ++n) {
    Queue& queue = queues_[n];
    std::uint64_t role = queue.role.load(std::memory_order_acquire);
    const std::uint64_t done = queue.completed.load(std::memory_order_relaxed);
    if ((role & 1) == 0 || role != queue.seen_role || done != queue.seen_completed || queue.nothing_queued()) {
      queue.seen_role = role;
      queue.seen_completed = done;
      queue.seen_ticks = 0;
      continue;
    }
    if (++queue.seen_ticks < hog_ticks) continue;
    queue.seen_ticks = 0;
    queue.hogs.fetch_add(1, std::memory_order_relaxed);
    if (queue.role.compare_exchange_strong(role, ((role >> 1) + 1) << 1, std::memory_order_acq_rel)) {
      hand_over(n);
    } else {
      queue.hogs.fetch_sub(1, std::memory_order_relaxed);
    }
  }
}

}  // namespace

std::unique_ptr<Executor> make_thread_executor(unsigned cpus, const ThreadOptions& options) {
  return std::make_unique<ThreadExecutor>(cpus, options);
}

}  // namespace skep::async
