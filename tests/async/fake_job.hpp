// Callbacks for tests: a function that is called once a slice until it says "finished".
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "async/executor.hpp"
#include "rcu/rcu.hpp"

namespace skep::async::test {

// step(n, cpu): the n-th slice of this run.
using Step = std::function<Progress(unsigned n, unsigned cpu)>;

class FakeJob final : public Job {
 public:
  explicit FakeJob(Step step, std::function<void()> sleep = {}) : step_(std::move(step)), sleep_(std::move(sleep)) {}
  Progress advance(unsigned cpu, std::uint64_t) override { return step_(slice_++, cpu); }
  void sleep_off_cpu() override {
    if (sleep_) sleep_();
  }

 private:
  Step step_;
  std::function<void()> sleep_;
  unsigned slice_ = 0;
};

class FakeCallback final : public Callback {
 public:
  explicit FakeCallback(Step step, std::function<void()> sleep = {})
      : step_(std::move(step)), sleep_(std::move(sleep)) {}
  JobPtr make_job(unsigned) override { return std::make_unique<FakeJob>(step_, sleep_); }

 private:
  Step step_;
  std::function<void()> sleep_;
};

// A callback that runs `what` and is done.
template <typename What>
std::shared_ptr<Callback> calling(What what) {
  return std::make_shared<FakeCallback>([what](unsigned, unsigned cpu) {
    if constexpr (std::is_invocable_v<What, unsigned>) {
      what(cpu);
    } else {
      what();
    }
    return Progress::finished;
  });
}

// Something that one thread waits for and another lets happen.
class Gate {
 public:
  void open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

inline bool alive(const void*) {
  return true;
}
inline bool dead(const void*) {
  return false;
}

// A slot in memory as a map's value has it.
struct Slot {
  alignas(8) unsigned char bytes[16] = {};
  WorkSlot& work() { return WorkSlot::at(bytes); }
  ~Slot() {
    const rcu::ReadGuard section;
    work().cancel();
  }
};

inline constexpr std::uint64_t a_minute = 60'000'000'000;

}  // namespace skep::async::test
