// Work on one thread, one instruction at a time: for tests, for replay, and for looking at schedules.
//
// Each step picks, by the seed, one of all that could happen next: a run that is under way advances by an instruction,
// a queue whose CPU is free begins its next item, a sleeper's sleep ends, one that is back takes its CPU. A virtual CPU
// holds one job at a time, as with threads. Time is virtual: a step takes one nanosecond, and when nothing can happen
// drain() lets time jump to the next timer within its limit. What has begun stays under way between two calls of run()
// and drain(), kept alive by a Hold, so that the host's own operations fall between two instructions of a callback too.
// Tested by tests/async/executor_test.cpp.
#include <algorithm>
#include <atomic>
#include <list>
#include <mutex>
#include <new>
#include <optional>
#include <utility>

#include "async/executor.hpp"
#include "async/item_line.hpp"
#include "async/threads.hpp"
#include "rcu/rcu.hpp"

namespace skep::async {
namespace {

class SteppingExecutor final : public Executor, public TimerHeap::Owner {
 public:
  SteppingExecutor(unsigned cpus, std::uint64_t seed) : cpus_(cpus), state_(seed), queues_(cpus_.count()) {}
  ~SteppingExecutor() override;

  CpuSet& cpus() override { return cpus_; }
  std::uint64_t now_ns() override { return now_.load(std::memory_order_relaxed); }
  void enqueue(unsigned cpu, Runnable& item) override;
  std::shared_ptr<TimerHeap> timer_heap(unsigned) override { return timers_; }
  void run(Job& job) override { run_outside(job, std::nullopt); }
  void run_on(unsigned cpu, Job& job) override { run_outside(job, cpu % cpus_.count()); }
  bool drain(std::uint64_t limit_ns) override;
  bool settle(std::uint64_t limit_ns) override { return drain(limit_ns); }
  std::vector<ArmedShot> armed() const override { return armed_in({&timers_, 1}); }
  WorkCounts counts() const override;
  void count_merged(std::uint64_t starts) override;
  using Executor::count_cancelled;
  void count_cancelled() override;

 private:
  enum class Where : std::uint8_t { on_cpu, asleep, wants_cpu };
  // Something under way: a run of an item, or a job from outside (item null).
  struct Running {
    Runnable* item = nullptr;
    JobPtr owned;
    Job* job = nullptr;
    std::optional<unsigned> cpu;
    Where where = Where::wants_cpu;
    bool blocked = false;    // its last step made no progress
    bool advancing = false;  // a step of it is on this thread's stack
    bool over = false;
    RunRecord record;
    rcu::Hold hold;
  };
  struct Queue {
    ItemLine timers, items;
    Running* holder = nullptr;
    bool empty() const { return timers.empty() && items.empty(); }
  };
  struct Candidate {
    Running* running = nullptr;
    unsigned cpu = 0;  // of the queue to begin from, or to take
  };

  std::uint64_t random() {  // splitmix64
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  void run_outside(Job& job, std::optional<unsigned> cpu);
  bool step();
  void earliest_changed(std::uint64_t) override {}
  void fire_due_timers() { timers_->fire(now_, ~std::size_t{0}); }
  void drop_queued();
  void count_ran(const Running& running);
  std::list<Running> make_room();
  void gather(bool with_blocked);
  void begin(unsigned cpu);
  void advance(Running& running);
  void end_run(Running& running);
  bool make_job(Running& running);

  CpuSet cpus_;
  // Held by whoever drives, for all of run() or drain(), and again by jobs that run others.
  std::recursive_mutex driving_;
  // For the queues' items, the timers and the counts, which any thread may add to. Nothing else is called under it.
  mutable std::mutex mutex_;
  std::uint64_t state_;
  std::atomic<std::uint64_t> now_{1'000'000'000};  // changed by who drives
  std::vector<Queue> queues_;
  std::list<Running> running_;
  std::vector<Candidate> candidates_;
  const std::shared_ptr<TimerHeap> timers_ = std::make_shared<TimerHeap>(*this);
  WorkCounts counts_;
};

SteppingExecutor::~SteppingExecutor() {
  const std::lock_guard lock(driving_);
  const rcu::ReadGuard section;
  drop_queued();
  // What has begun ends: its side effects are half made. New work that it starts is dropped.
  while (!running_.empty()) {
    step();
    drop_queued();
  }
}

void SteppingExecutor::drop_queued() {
  timers_->clear();
  for (Queue& queue : queues_) {
    for (ItemLine* line : {&queue.timers, &queue.items}) {
      const auto next = [&]() -> Runnable* {
        const std::lock_guard lock(mutex_);
        return line->empty() ? nullptr : &line->pop();
      };
      while (Runnable* item = next()) item->drop();
    }
  }
}

void SteppingExecutor::enqueue(unsigned cpu, Runnable& item) {
  cpu %= cpus_.count();
  ItemLine withdrawn;
  {
    const std::lock_guard lock(mutex_);
    if (!item.is_timer) ++counts_.started;
    Queue& queue = queues_[cpu];
    item.queued_ns = now_;
    ItemLine& line = item.is_timer ? queue.timers : queue.items;
    withdrawn = line.sweep();
    line.push(item);
  }
  while (!withdrawn.empty()) withdrawn.pop().begin(cpu);
}

void SteppingExecutor::count_merged(std::uint64_t starts) {
  std::lock_guard lock(mutex_);
  counts_.merged += starts;
  counts_.started += starts;
}

// What had no callback was cancelled after it had begun.
void SteppingExecutor::count_ran(const Running& running) {
  if (running.job == nullptr) return count_cancelled(*running.item);
  std::lock_guard lock(mutex_);
  ++(running.item->is_timer ? counts_.timers : counts_.ran);
}

void SteppingExecutor::count_cancelled() {
  std::lock_guard lock(mutex_);
  ++counts_.cancelled;
}

WorkCounts SteppingExecutor::counts() const {
  std::lock_guard lock(mutex_);
  return with_later(counts_);
}

// A run under way, to be added, with room for the choices that it brings.
std::list<SteppingExecutor::Running> SteppingExecutor::make_room() {
  std::list<Running> one(1);
  candidates_.reserve((running_.size() + 2) * queues_.size());
  return one;
}

void SteppingExecutor::gather(bool with_blocked) {
  candidates_.clear();
  for (Running& running : running_) {
    if (running.advancing || running.over || (running.blocked && !with_blocked)) continue;
    if (running.where != Where::wants_cpu) {
      candidates_.push_back({&running, running.cpu.value_or(0)});
      continue;
    }
    for (unsigned cpu = 0; cpu < queues_.size(); ++cpu) {
      if (queues_[cpu].holder == nullptr && running.cpu.value_or(cpu) == cpu) candidates_.push_back({&running, cpu});
    }
  }
  const std::lock_guard lock(mutex_);
  for (unsigned cpu = 0; cpu < queues_.size(); ++cpu) {
    if (queues_[cpu].holder == nullptr && !queues_[cpu].empty()) candidates_.push_back({nullptr, cpu});
  }
}

// One thing happens. False: nothing can, not even later.
bool SteppingExecutor::step() {
  ++now_;
  fire_due_timers();
  gather(false);
  if (candidates_.empty()) gather(true);
  if (candidates_.empty()) return false;
  const Candidate chosen = candidates_[random() % candidates_.size()];
  if (chosen.running == nullptr) {
    begin(chosen.cpu);
    return true;
  }
  Running& running = *chosen.running;
  switch (running.where) {
    case Where::on_cpu:
      advance(running);
      break;
    case Where::asleep:
      running.advancing = true;
      running.job->sleep_off_cpu();
      running.advancing = false;
      running.where = Where::wants_cpu;
      break;
    case Where::wants_cpu:
      running.cpu = chosen.cpu;
      running.where = Where::on_cpu;
      queues_[chosen.cpu].holder = &running;
      break;
  }
  return true;
}

bool SteppingExecutor::make_job(Running& running) {
  running.job = nullptr;
  Callback* callback = running.item->callback();
  if (callback == nullptr) return false;
  running.owned = callback->make_job(*running.cpu);
  running.job = running.owned.get();
  running.record.callback = callback;
  running.record.cpu = *running.cpu;
  running.record.began_ns = now_;
  return running.job != nullptr;
}

void SteppingExecutor::begin(unsigned cpu) {
  Queue& queue = queues_[cpu];
  std::list<Running> room;
  try {
    room = make_room();
  } catch (const std::bad_alloc&) {  // it begins all the same, and does not run
  }
  Runnable* item = nullptr;
  {
    const std::lock_guard lock(mutex_);
    item = &(queue.timers.empty() ? queue.items : queue.timers).pop();
  }
  const std::uint64_t queued_ns = item->queued_ns;
  if (item->begin(cpu) != Runnable::Begin::run) return;
  if (room.empty()) {
    do {
      count_cancelled(*item);
    } while (item->finish(true));
    return;
  }
  running_.splice(running_.end(), room);
  Running& running = running_.back();
  running.item = item;
  running.cpu = cpu;
  running.where = Where::on_cpu;
  running.record.started_ns = queued_ns;
  queue.holder = &running;
  if (!make_job(running)) end_run(running);
}

void SteppingExecutor::advance(Running& running) {
  running.advancing = true;
  const CurrentScope scope(this, *running.cpu, running.item);
  const Progress progress = running.job->advance(*running.cpu, 1);
  running.advancing = false;
  running.blocked = progress == Progress::blocked;
  if (!running.blocked) {  // it may have released what others wait for
    for (Running& other : running_) other.blocked = false;
  }
  if (progress == Progress::sleeping) {
    running.where = Where::asleep;
    queues_[*running.cpu].holder = nullptr;
  } else if (progress == Progress::finished) {
    end_run(running);
  }
}

void SteppingExecutor::end_run(Running& running) {
  const bool from_outside = running.owned == nullptr && running.job != nullptr;
  if (running.item != nullptr) running.record.kind = running.item->kind;
  running.record.stopped = running.job != nullptr && running.job->stopped();
  running.owned.reset();
  running.record.ended_ns = now_;
  if (!from_outside && running.record.callback != nullptr) run_listener.tell(running.record);
  if (running.item != nullptr) {
    count_ran(running);
    while (running.item->finish(true)) {
      running.record.started_ns = now_;
      if (make_job(running)) return;
      count_ran(running);
    }
  }
  queues_[*running.cpu].holder = nullptr;
  running.over = true;
  if (from_outside) return;  // run_outside() looks at it
  running_.remove_if([&running](const Running& r) { return &r == &running; });
}

void SteppingExecutor::run_outside(Job& job, std::optional<unsigned> cpu) {
  const std::lock_guard lock(driving_);
  rcu::ReadGuard section;
  for (Running& outer : running_) {
    if (!outer.advancing) continue;
    // Inside a step of another job: its CPU is held, and it is not for others to run in the midst of one of its
    // instructions.
    for (;;) {
      const Progress progress = job.advance(*outer.cpu, unlimited);
      if (progress == Progress::finished) return;
      if (progress == Progress::sleeping) job.sleep_off_cpu();
    }
  }
  running_.splice(running_.end(), make_room());
  Running& running = running_.back();
  running.job = &job;
  running.cpu = cpu;
  for (std::uint64_t steps = 1; !running.over; ++steps) {
    step();
    if (steps % 1024 == 0) {  // lets grace periods end
      section.leave();
      section.enter();
    }
  }
  running_.remove_if([&running](const Running& r) { return &r == &running; });
}

bool SteppingExecutor::drain(std::uint64_t limit_ns) {
  const std::lock_guard lock(driving_);
  rcu::ReadGuard section;
  const std::uint64_t end = limit_ns > unlimited - now_ ? unlimited : now_ + limit_ns;
  for (std::uint64_t steps = 1;; ++steps) {
    bool something = !running_.empty();
    {
      const std::lock_guard data_lock(mutex_);
      for (const Queue& queue : queues_) something = something || !queue.empty();
      if (!something) {
        // Timers that are due within a limit are part of what is drained; without a limit, time stands.
        if (limit_ns == unlimited || timers_->earliest() > end) return true;
        now_ = std::max(now_.load(), timers_->earliest());
      }
    }
    if (!something) {
      fire_due_timers();
      continue;
    }
    if (now_ >= end) return false;
    if (!step()) return false;
    if (steps % 1024 == 0) {
      section.leave();
      section.enter();
    }
  }
}

}  // namespace

std::unique_ptr<Executor> make_stepping_executor(unsigned cpus, std::uint64_t seed) {
  return std::make_unique<SteppingExecutor>(cpus, seed);
}

}  // namespace skep::async
