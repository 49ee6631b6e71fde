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
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "async/armed_shots.hpp"
#include "async/executor.hpp"
#include "async/threads.hpp"
#include "rcu/own_thread.hpp"
#include "rcu/rcu.hpp"

namespace skep::async {
namespace {

constexpr std::uint32_t busy = 0, parked = 1, never_started = 2;

struct alignas(64) Queue {
  std::atomic<Runnable*> pushed{nullptr};
  std::atomic<Runnable*> urgent{nullptr};  // timers
  std::atomic<std::uint32_t> dispatcher{never_started};
  std::atomic<std::uint64_t> entered{0};  // pushed so far; before they can be completed

  alignas(64) std::atomic<std::uint64_t> completed{0};
  std::atomic<std::uint64_t> timers{0}, timers_ran{0};
  std::atomic<std::uint64_t> ran{0}, merged{0}, cancelled{0};
  // Who has the role: the number of its holder, doubled, plus one while the holder is in a run and it may be taken
  // away.
  std::atomic<std::uint64_t> role{0};
  std::atomic<std::uint32_t> hogs{0};

  // The dispatcher's: what it has taken, oldest first. Others only look whether there is any.
  std::atomic<Runnable*> taken{nullptr};

  // The service thread's.
  std::uint64_t seen_role = 0, seen_completed = 0, seen_ticks = 0;

  bool nothing_queued() const {
    return taken.load(std::memory_order_relaxed) == nullptr && pushed.load(std::memory_order_seq_cst) == nullptr &&
           urgent.load(std::memory_order_seq_cst) == nullptr;
  }
};

class ThreadExecutor final : public Executor {
 public:
  explicit ThreadExecutor(unsigned cpus) : cpus_(cpus), queues_(cpus_.count()) {}
  ~ThreadExecutor() override;

  CpuSet& cpus() override { return cpus_; }
  std::uint64_t now_ns() override { return monotonic_ns(); }
  void enqueue(unsigned cpu, Runnable& item) override { push(cpu % cpus_.count(), item, false); }
  std::uint64_t arm_timer(unsigned cpu, std::uint64_t at_ns, std::shared_ptr<Callback> callback) override;
  bool cancel_timer(std::uint64_t token) override;
  void run(Job& job) override { run_outside(this, job, cpus_, nullptr); }
  void run_on(unsigned cpu, Job& job) override { run_outside(this, job, cpus_, &cpu); }
  bool drain(std::uint64_t limit_ns) override { return wait_until_done(limit_ns, false); }
  bool settle(std::uint64_t limit_ns) override { return wait_until_done(limit_ns, true); }
  std::vector<ArmedShot> armed() const override;
  WorkCounts counts() const override;
  void on_run(std::function<void(const RunRecord&)> listener) override;
  void count_merged(std::uint64_t starts) override { own_queue().merged.fetch_add(starts, std::memory_order_relaxed); }
  void count_cancelled() override { own_queue().cancelled.fetch_add(1, std::memory_order_relaxed); }

 private:
  struct Armed {
    std::uint64_t token;
    unsigned cpu;
    std::shared_ptr<Callback> callback;
  };
  static constexpr std::chrono::milliseconds tick{5};
  static constexpr std::uint64_t hog_ticks = 2;
  static constexpr std::uint64_t idle_ticks = 200;

  Queue& own_queue() { return queues_[current_run().cpu % cpus_.count()]; }
  void push(unsigned n, Runnable& item, bool urgent);
  Runnable* pop(Queue& queue);
  void hand_over(unsigned n);
  void worker();
  void dispatch(unsigned n);
  bool run_item(unsigned n, Queue& queue, CpuSet::Lease& lease, std::uint64_t role, Runnable& item);
  void completed(Queue& queue);
  void wake_drainers();
  bool drained() const;
  bool wait_until_done(std::uint64_t limit_ns, bool with_timers);
  bool timer_due_by(std::uint64_t at_ns) const;
  void ensure_service_locked();
  void watch();
  void service();
  void look_for_hogs();

  CpuSet cpus_;
  std::vector<Queue> queues_;
  std::atomic<bool> stopping_{false};

  std::mutex workers_mutex_;
  std::condition_variable roles_to_take_;
  std::vector<unsigned> vacant_;
  std::size_t idle_workers_ = 0;
  std::vector<std::thread> workers_;

  mutable std::mutex service_mutex_;
  std::condition_variable service_wakeup_;
  std::thread service_;
  std::atomic<bool> watching_{false};
  std::multimap<std::uint64_t, Armed> timers_;
  std::atomic<unsigned> firing_{0};  // shots that are in neither timers_ nor a queue at this moment
  std::uint64_t last_token_ = 0;

  std::mutex drain_mutex_;
  std::condition_variable drain_wakeup_;
  std::atomic<unsigned> drainers_{0};

  std::atomic<bool> listening_{false};
  std::mutex listener_mutex_;
  std::shared_ptr<const std::function<void(const RunRecord&)>> listener_;
};

ThreadExecutor::~ThreadExecutor() {
  stopping_.store(true, std::memory_order_seq_cst);
  {
    std::lock_guard lock(service_mutex_);
    service_wakeup_.notify_all();
  }
  if (service_.joinable()) service_.join();
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
}

// ---- queues ---------------------------------------------------------------------------------------------------------

void ThreadExecutor::push(unsigned n, Runnable& item, bool urgent) {
  Queue& queue = queues_[n];
  if (listening_.load(std::memory_order_relaxed)) item.queued_ns = monotonic_ns();
  if (urgent) queue.timers.fetch_add(1, std::memory_order_relaxed);
  queue.entered.fetch_add(1, std::memory_order_seq_cst);
  auto& stack = urgent ? queue.urgent : queue.pushed;
  Runnable* top = stack.load(std::memory_order_relaxed);
  do {
    item.next_in_queue = top;
  } while (!stack.compare_exchange_weak(top, &item, std::memory_order_seq_cst));
  // `item` may be over and gone from here on. Whoever pushed first sees to it that somebody comes.
  if (top != nullptr) return;
  std::uint32_t state = queue.dispatcher.load(std::memory_order_seq_cst);
  if (state == busy) {
    if (!watching_.load(std::memory_order_relaxed)) watch();
  } else if (queue.dispatcher.compare_exchange_strong(state, busy, std::memory_order_seq_cst)) {
    if (state == parked) {
      queue.dispatcher.notify_one();
    } else {
      hand_over(n);
    }
  }
}

// Only for the queue's dispatcher.
Runnable* ThreadExecutor::pop(Queue& queue) {
  Runnable* first = nullptr;
  const auto take = [&first](std::atomic<Runnable*>& stack) {
    Runnable* item = stack.exchange(nullptr, std::memory_order_acquire);
    while (item != nullptr) first = std::exchange(item, std::exchange(item->next_in_queue, first));
  };
  if (queue.urgent.load(std::memory_order_relaxed) != nullptr) {
    take(queue.urgent);
    Runnable* last = first;
    while (last->next_in_queue != nullptr) last = last->next_in_queue;
    last->next_in_queue = queue.taken.load(std::memory_order_relaxed);
  } else {
    first = queue.taken.load(std::memory_order_relaxed);
  }
  if (first == nullptr && queue.pushed.load(std::memory_order_relaxed) != nullptr) take(queue.pushed);
  if (first != nullptr) queue.taken.store(first->next_in_queue, std::memory_order_relaxed);
  return first;
}

void ThreadExecutor::hand_over(unsigned n) {
  std::lock_guard lock(workers_mutex_);
  if (stopping_.load(std::memory_order_seq_cst)) return;
  vacant_.push_back(n);
  if (idle_workers_ >= vacant_.size()) {
    roles_to_take_.notify_one();
  } else {
    try {
      workers_.emplace_back([this] { worker(); });
    } catch (...) {  // no thread can be had: the role waits for a worker that is there, or for the next attempt
    }
  }
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
  while (!stopping_.load(std::memory_order_relaxed)) {
    const bool behind_hog = queue.hogs.load(std::memory_order_relaxed) != 0;
    // Between two items others may have the CPU; and one that was only borrowed is given back.
    if (lease.held() && (cpus_.contended(lease.cpu()) || (lease.cpu() != n && !behind_hog))) lease.release();
    if (queue.nothing_queued()) {
      lease.release();
      queue.dispatcher.store(parked, std::memory_order_seq_cst);
      if (!queue.nothing_queued() || stopping_.load(std::memory_order_seq_cst)) {
        queue.dispatcher.exchange(busy, std::memory_order_seq_cst);
        continue;
      }
      queue.dispatcher.wait(parked);
      continue;
    }
    if (!lease.held()) lease = behind_hog ? cpus_.try_enter(n) : cpus_.enter(n);
    if (!lease.held()) lease = cpus_.enter();
    Runnable* item = pop(queue);
    if (item != nullptr && !run_item(n, queue, lease, role, *item)) return;
  }
}

void ThreadExecutor::completed(Queue& queue) {
  queue.completed.fetch_add(1, std::memory_order_seq_cst);
  wake_drainers();
}

void ThreadExecutor::wake_drainers() {
  if (drainers_.load(std::memory_order_seq_cst) != 0) {
    std::lock_guard lock(drain_mutex_);
    drain_wakeup_.notify_all();
  }
}

// False: the role went to another thread in the course of it.
bool ThreadExecutor::run_item(unsigned n, Queue& queue, CpuSet::Lease& lease, std::uint64_t role, Runnable& item) {
  rcu::ReadGuard section;
  const CurrentScope scope(this, lease.cpu());
  const std::uint64_t queued_ns = item.queued_ns;
  switch (item.begin(n)) {
    case Runnable::Begin::merged:  // whoever runs it has not completed yet
    case Runnable::Begin::dropped:
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
    const bool listening = listening_.load(std::memory_order_relaxed);
    bool ran = false;
    RunRecord record;
    Callback* callback = item.callback();
    if (callback != nullptr) {
      if (const JobPtr job = callback->make_job(lease.cpu())) {
        ran = true;
        if (listening) record = {callback, lease.cpu(), queued_ns, monotonic_ns(), 0, item.is_timer, false};
        drive(*job, cpus_, lease, section, [&] {
          leave_role();
          end_hog();
        });
        record.stopped = job->stopped();
      }
    }
    if (listening && record.callback != nullptr) {
      record.ended_ns = monotonic_ns();
      std::shared_ptr<const std::function<void(const RunRecord&)>> listener;
      {
        std::lock_guard lock(listener_mutex_);
        listener = listener_;
      }
      if (listener) (*listener)(record);
    }
    // Without a callback it was cancelled after it had begun, and set_callback took the callback away.
    if (ran || !item.is_timer)
      (item.is_timer ? queue.timers_ran : ran ? queue.ran : queue.cancelled).fetch_add(1, std::memory_order_relaxed);
    again = item.finish(!stopping_.load(std::memory_order_relaxed));
  }
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
  const std::lock_guard lock(service_mutex_);
  return firing_.load(std::memory_order_seq_cst) != 0 || (!timers_.empty() && timers_.begin()->first <= at_ns);
}

bool ThreadExecutor::wait_until_done(std::uint64_t limit_ns, bool with_timers) {
  const auto limit = std::chrono::nanoseconds(std::min<std::uint64_t>(limit_ns, std::uint64_t{1} << 60));
  const std::uint64_t end = monotonic_ns() + static_cast<std::uint64_t>(limit.count());
  // A callback that is queued or runs may arm a timer, so nothing counts before all of it is over.
  const auto all_done = [&] {
    return drained() && (!with_timers || (!timer_due_by(end) && drained() && !timer_due_by(end)));
  };
  if (all_done()) return true;
  const auto deadline = std::chrono::steady_clock::now() + limit;
  std::unique_lock lock(drain_mutex_);
  drainers_.fetch_add(1, std::memory_order_seq_cst);
  const bool done = drain_wakeup_.wait_until(lock, deadline, all_done);
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
  return sum;
}

void ThreadExecutor::on_run(std::function<void(const RunRecord&)> listener) {
  std::lock_guard lock(listener_mutex_);
  listener_ = listener ? std::make_shared<const std::function<void(const RunRecord&)>>(std::move(listener)) : nullptr;
  listening_.store(listener_ != nullptr, std::memory_order_relaxed);
}

// ---- the service thread: timers, and queues behind a hog ------------------------------------------------------------

void ThreadExecutor::ensure_service_locked() {
  if (!service_.joinable() && !stopping_.load(std::memory_order_relaxed)) service_ = std::thread([this] { service(); });
}

std::uint64_t ThreadExecutor::arm_timer(unsigned cpu, std::uint64_t at_ns, std::shared_ptr<Callback> callback) {
  std::lock_guard lock(service_mutex_);
  ensure_service_locked();
  const std::uint64_t token = ++last_token_;
  const auto at = timers_.emplace(at_ns, Armed{token, cpu % cpus_.count(), std::move(callback)});
  if (at == timers_.begin()) service_wakeup_.notify_one();
  return token;
}

bool ThreadExecutor::cancel_timer(std::uint64_t token) {
  std::shared_ptr<Callback> released;  // after the lock
  {
    std::lock_guard lock(service_mutex_);
    auto i = timers_.begin();
    while (i != timers_.end() && i->second.token != token) ++i;
    if (i == timers_.end()) return false;
    released = std::move(i->second.callback);
    timers_.erase(i);
  }
  wake_drainers();
  return true;
}

std::vector<ArmedShot> ThreadExecutor::armed() const {
  return armed_shots(service_mutex_, timers_);
}

void ThreadExecutor::watch() {
  if (watching_.exchange(true, std::memory_order_seq_cst)) return;
  std::lock_guard lock(service_mutex_);
  ensure_service_locked();
  service_wakeup_.notify_one();
}

void ThreadExecutor::service() {
  rcu::schedule_as_main_thread();
  std::uint64_t quiet_ticks = 0;
  std::uint64_t next_tick = 0;
  std::unique_lock lock(service_mutex_);
  while (!stopping_.load(std::memory_order_relaxed)) {
    const std::uint64_t now = monotonic_ns();
    if (!timers_.empty() && timers_.begin()->first <= now) {
      Armed armed = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
      firing_.fetch_add(1, std::memory_order_seq_cst);
      lock.unlock();
      push(armed.cpu, *std::make_unique<TimerShot>(std::move(armed.callback)).release(), true);
      firing_.fetch_sub(1, std::memory_order_seq_cst);
      lock.lock();
      continue;
    }
    const bool watching = watching_.load(std::memory_order_seq_cst);
    if (watching && now >= next_tick) {
      next_tick = now + static_cast<std::uint64_t>(std::chrono::nanoseconds(tick).count());
      lock.unlock();
      look_for_hogs();
      bool behind = false;
      for (const Queue& queue : queues_) behind = behind || !queue.nothing_queued();
      lock.lock();
      quiet_ticks = behind ? 0 : quiet_ticks + 1;
      if (quiet_ticks >= idle_ticks) {
        quiet_ticks = 0;
        watching_.store(false, std::memory_order_seq_cst);
      }
      continue;
    }
    std::uint64_t until = watching ? next_tick : unlimited;
    if (!timers_.empty()) until = std::min(until, timers_.begin()->first);
    if (until == unlimited) {
      service_wakeup_.wait(lock);
    } else {
      service_wakeup_.wait_for(lock, std::chrono::nanoseconds(until - now));
    }
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

std::unique_ptr<Executor> make_thread_executor(unsigned cpus) {
  return std::make_unique<ThreadExecutor>(cpus);
}

}  // namespace skep::async
