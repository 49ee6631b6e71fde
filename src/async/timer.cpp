// See timer.hpp. Tested by tests/async/executor_test.cpp.
#include "async/timer.hpp"

#include <cerrno>
#include <mutex>
#include <utility>

#include "rcu/rcu.hpp"

namespace skep::async {
namespace {

// The clocks of <linux/time.h>.
constexpr std::uint64_t clock_realtime = 0, clock_monotonic = 1, clock_boottime = 7;

// The timer whose callback this thread is in the midst of.
thread_local TimerItem* current_timer = nullptr;

}  // namespace

class TimerItem : public std::enable_shared_from_this<TimerItem> {
 public:
  TimerItem(Executor& executor, memory::Charge charge) : executor_(executor), charge_(std::move(charge)) {}

  int set_callback(std::shared_ptr<Callback> callback) {
    std::lock_guard lock(mutex_);
    if (released_) return -EINVAL;
    callback_.swap(callback);  // the old one is destroyed after the lock
    return 0;
  }

  int start(unsigned cpu, std::uint64_t nanoseconds, std::uint64_t flags);
  int cancel();
  void release();

  std::shared_ptr<const Callback> callback_of(std::uint64_t generation) {
    std::lock_guard lock(mutex_);
    return !released_ && generation == generation_ && armed_ ? callback_ : nullptr;
  }
  std::shared_ptr<Callback> begin_shot(std::uint64_t generation) {
    std::lock_guard lock(mutex_);
    if (released_ || generation != generation_ || !armed_) return nullptr;
    armed_ = false;
    ++running_;
    return callback_;
  }
  void end_shot() {
    std::lock_guard lock(mutex_);
    --running_;
    waits_for_.store(nullptr, std::memory_order_seq_cst);
  }

 private:
  friend class TimerSlot;
  bool disarm_locked() {
    ++generation_;
    if (token_ != 0) executor_.cancel_timer(std::exchange(token_, 0));
    return std::exchange(armed_, false);
  }

  Executor& executor_;
  const memory::Charge charge_;
  std::mutex mutex_;
  std::shared_ptr<Callback> callback_;
  std::uint64_t generation_ = 0;  // of arming: a shot of an earlier one does nothing
  std::uint64_t token_ = 0;
  bool armed_ = false;
  bool released_ = false;
  bool cancel_was_armed_ = false;  // what it is to return
  unsigned running_ = 0;
  std::atomic<TimerItem*> waits_for_{nullptr};  // while its callback cancels another timer
  std::shared_ptr<TimerItem> slots_reference_;
};

namespace {

// The callback's job, between begin_shot() and end_shot().
class TimerJob final : public Job {
 public:
  TimerJob(std::shared_ptr<TimerItem> item, std::shared_ptr<Callback> callback, JobPtr job)
      : item_(std::move(item)), callback_(std::move(callback)), job_(std::move(job)) {}
  ~TimerJob() override { item_->end_shot(); }
  Progress advance(unsigned cpu, std::uint64_t budget) override {
    TimerItem* outer = std::exchange(current_timer, item_.get());
    const Progress progress = job_->advance(cpu, budget);
    current_timer = outer;
    return progress;
  }
  void sleep_off_cpu() override { job_->sleep_off_cpu(); }
  bool stopped() const override { return job_->stopped(); }

 private:
  std::shared_ptr<TimerItem> item_;
  std::shared_ptr<Callback> callback_;
  JobPtr job_;
};

class Shot final : public Callback {
 public:
  Shot(std::weak_ptr<TimerItem> item, std::uint64_t generation) : item_(std::move(item)), generation_(generation) {}
  JobPtr make_job(unsigned cpu) override {
    std::shared_ptr<TimerItem> item = item_.lock();
    if (!item) return nullptr;
    std::shared_ptr<Callback> callback = item->begin_shot(generation_);
    if (!callback) return nullptr;
    begun_ = callback;
    JobPtr job = callback->make_job(cpu);
    if (!job) {
      item->end_shot();
      return nullptr;
    }
    return std::make_unique<TimerJob>(std::move(item), std::move(callback), std::move(job));
  }
  std::shared_ptr<const Callback> subject() const override {
    if (begun_) return begun_;
    const std::shared_ptr<TimerItem> item = item_.lock();
    return item ? item->callback_of(generation_) : nullptr;
  }

 private:
  std::weak_ptr<TimerItem> item_;
  std::uint64_t generation_;
  std::shared_ptr<const Callback> begun_;  // by the thread that runs it
};

}  // namespace

int TimerItem::start(unsigned cpu, std::uint64_t nanoseconds, std::uint64_t flags) {
  std::lock_guard lock(mutex_);
  if (released_ || !callback_) return -EINVAL;
  disarm_locked();
  std::uint64_t at = nanoseconds;
  const std::uint64_t now = executor_.now_ns();
  if ((flags & timer_flag::absolute) == 0) at = nanoseconds > unlimited - 1 - now ? unlimited - 1 : now + nanoseconds;
  armed_ = true;
  token_ = executor_.arm_timer(cpu, at, std::make_shared<Shot>(weak_from_this(), generation_));
  return 0;
}

int TimerItem::cancel() {
  if (current_timer == this) return -EDEADLK;
  std::shared_ptr<Callback> dropped;  // after the lock
  std::lock_guard lock(mutex_);
  if (released_) return -EINVAL;
  const bool was_armed = disarm_locked();
  dropped = std::move(callback_);
  callback_.reset();
  cancel_was_armed_ = cancel_was_armed_ || was_armed;
  if (running_ != 0) {
    if (current_timer != nullptr) {
      current_timer->waits_for_.store(this, std::memory_order_seq_cst);
      const TimerItem* next = waits_for_.load(std::memory_order_seq_cst);
      for (int hops = 0; next != nullptr && hops < 8; ++hops) {
        if (next == current_timer) {
          current_timer->waits_for_.store(nullptr, std::memory_order_seq_cst);
          cancel_was_armed_ = false;
          return -EDEADLK;
        }
        next = next->waits_for_.load(std::memory_order_seq_cst);
      }
    }
    return -EAGAIN;
  }
  if (current_timer != nullptr) current_timer->waits_for_.store(nullptr, std::memory_order_seq_cst);
  return std::exchange(cancel_was_armed_, false) ? 1 : 0;
}

void TimerItem::release() {
  std::shared_ptr<Callback> dropped;
  std::lock_guard lock(mutex_);
  released_ = true;
  disarm_locked();
  dropped = std::move(callback_);
}

int TimerSlot::init(Executor& executor, std::uint64_t flags, bool (*map_alive)(const void* map), void* map) {
  if (flags != clock_realtime && flags != clock_monotonic && flags != clock_boottime) return -EINVAL;
  if (item_.load(std::memory_order_acquire) != nullptr) return -EBUSY;
  if (!map_alive(map)) return -EPERM;
  constexpr std::uint64_t bytes = sizeof(TimerItem) + 512;  // with its callback and its shot
  memory::Charge charge;
  if (!charge.take(executor.account, bytes)) return -ENOMEM;
  auto item = std::make_shared<TimerItem>(executor, std::move(charge));
  TimerItem* none = nullptr;
  item->slots_reference_ = item;
  owner_.set(map);
  if (!item_.compare_exchange_strong(none, item.get(), std::memory_order_seq_cst)) {
    item->slots_reference_.reset();
    return -EBUSY;
  }
  if (map_alive(map)) return 0;
  release();
  return -EPERM;
}

int TimerSlot::set_callback(std::shared_ptr<Callback> callback, bool (*map_alive)(const void* map), const void* map) {
  TimerItem* item = item_.load(std::memory_order_acquire);
  if (item == nullptr) return -EINVAL;
  if (!map_alive(map)) return -EPERM;
  return item->set_callback(std::move(callback));
}

int TimerSlot::start(unsigned cpu, std::uint64_t nanoseconds, std::uint64_t flags) {
  if ((flags & ~(timer_flag::absolute | timer_flag::cpu_pin)) != 0) return -EINVAL;
  TimerItem* item = item_.load(std::memory_order_acquire);
  return item == nullptr ? -EINVAL : item->start(cpu, nanoseconds, flags);
}

int TimerSlot::cancel() {
  TimerItem* item = item_.load(std::memory_order_acquire);
  return item == nullptr ? -EINVAL : item->cancel();
}

void TimerSlot::release() {
  if (item_.load(std::memory_order_relaxed) == nullptr) return;
  TimerItem* item = item_.exchange(nullptr, std::memory_order_acq_rel);
  if (item == nullptr) return;
  item->release();
  rcu::defer([](void* p) { static_cast<TimerItem*>(p)->slots_reference_.reset(); }, item);
}

}  // namespace skep::async
