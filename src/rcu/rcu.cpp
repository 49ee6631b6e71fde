// liburcu's bp flavor behind rcu.hpp: the one that can go on in the child of a fork. ThreadSanitizer cannot see into
// liburcu, so the order that a grace period gives (whatever a reader did happens before whatever reclaims) is told to
// it here. Tested by tests/rcu/, and in children by tests/bounds/fork_test.cpp.
//
// Deferred calls are the work of a thread of our own, not of liburcu's call_rcu(): what waits at a fork belongs to the
// parent, and a child must be able to forget it.
#include "rcu/rcu.hpp"

#include <pthread.h>
#include <urcu/urcu-bp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <new>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "rcu/brief.hpp"
#include "rcu/own_thread.hpp"

#if defined(__SANITIZE_THREAD__)
extern "C" void __tsan_acquire(void*);
extern "C" void __tsan_release(void*);
#define SKEP_TSAN_ACQUIRE(p) __tsan_acquire(p)
#define SKEP_TSAN_RELEASE(p) __tsan_release(p)
#else
#define SKEP_TSAN_ACQUIRE(p) static_cast<void>(p)
#define SKEP_TSAN_RELEASE(p) static_cast<void>(p)
#endif

namespace skep::rcu {
namespace {

// ThreadSanitizer's: addresses that stand for "all readers" and "all that was reclaimed".
char readers_tag;
char reclaimed_tag;

// More than so many objects that wait for brief sections are made to wait for: their number shall be bounded.
constexpr std::int64_t most_brief = 1 << 14;

std::atomic<std::uint64_t> generation{0};  // of this process: how many forks lie between it and the first

// What stands in where there is no memory for what is deferred: whoever takes an object out of the sight of readers has
// done so already and cannot be refused.
class Reserve {
 public:
  Deferred* take() {
    for (std::size_t n = 0; n < size; ++n) {
      if (taken_[n].exchange(true, std::memory_order_acquire)) continue;
      places_[n] = {.place = Deferred::Place::of_reserve};
      return &places_[n];
    }
    return nullptr;
  }
  void give_back(const Deferred* deferred) {
    taken_[static_cast<std::size_t>(deferred - places_.data())].store(false, std::memory_order_release);
  }

 private:
  static constexpr std::size_t size = 256;
  std::array<Deferred, size> places_;
  std::array<std::atomic<bool>, size> taken_ = {};
};

// The Holds that live, and what they keep. A deferred call that comes up while a Hold lives is parked with the newest
// Hold of that moment, and goes on when that one and all older ones have ended.
class HoldTable {
 public:
  std::uint64_t take() {
    std::lock_guard lock(mutex_);
    live_.insert(++last_);
    any_.store(true, std::memory_order_seq_cst);
    return last_;
  }

  void end(std::uint64_t ticket) {
    Deferred* released = nullptr;
    {
      std::lock_guard lock(mutex_);
      live_.erase(ticket);
      if (live_.empty()) any_.store(false, std::memory_order_seq_cst);
      Deferred** end = &parked_;
      while (*end != nullptr && (live_.empty() || (*end)->newest < *live_.begin())) end = &(*end)->next;
      if (end != &parked_) {
        released = parked_;
        parked_ = *end;
        if (parked_ == nullptr) last_parked_ = &parked_;
        *end = nullptr;
      }
    }
    while (released != nullptr) {
      Deferred* const d = std::exchange(released, released->next);
      d->after_holds = true;  // a Hold that was taken after it was parked cannot know it
      submit(d);
    }
  }

  // Whether `deferred` has to wait for a Hold; it is then kept here.
  bool park(Deferred* deferred) {
    if (!any_.load(std::memory_order_seq_cst)) return false;
    std::lock_guard lock(mutex_);
    if (live_.empty()) return false;
    deferred->newest = last_;
    deferred->next = nullptr;
    *last_parked_ = deferred;
    last_parked_ = &deferred->next;
    return true;
  }

  static void submit(Deferred* deferred);

 private:
  std::mutex mutex_;
  std::atomic<bool> any_{false};
  std::uint64_t last_ = 0;
  std::set<std::uint64_t> live_;
  Deferred* parked_ = nullptr;  // the oldest first
  Deferred** last_parked_ = &parked_;
};

// What is deferred, and the thread that calls it after a grace period, in order. The thread is started when there is
// something for it the first time, and never ended. One is for what read sections may know, and one for what only brief
// sections may.
class Reclaimer {
 public:
  enum class Of : std::uint8_t { read_sections, brief_sections };
  explicit Reclaimer(Of readers) : readers_(readers) {}

  // 0, or the negative errno for which there is no thread.
  int start() {
    if (started_.load(std::memory_order_acquire)) return 0;
    const std::lock_guard lock(mutex_);
    if (started_.load(std::memory_order_relaxed)) return 0;
    // Signals are for the application's threads.
    sigset_t all{}, before{};
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread{};
    const int error = pthread_create(
        &thread, nullptr, [](void* self) -> void* { return static_cast<Reclaimer*>(self)->go_on(), nullptr; }, this);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (error != 0) return -error;
    pthread_detach(thread);
    started_.store(true, std::memory_order_release);
    return 0;
  }
  void push(Deferred* deferred) {
    waiting_.fetch_add(1, std::memory_order_relaxed);
    SKEP_TSAN_RELEASE(deferred);
    Deferred* top = pushed_.load(std::memory_order_relaxed);
    do {
      deferred->next = top;
    } while (!pushed_.compare_exchange_weak(top, deferred, std::memory_order_acq_rel));
    if (top != nullptr) return;
    start();
    first_pushed_.fetch_add(1, std::memory_order_seq_cst);
    first_pushed_.notify_one();
  }
  void wait_for_grace_period();
  // Calls what waits without waiting for more.
  void hurry() {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  // Until nothing waits but what a Hold keeps.
  void wait_for_all();
  std::int64_t waiting() const { return waiting_.load(std::memory_order_acquire); }
  // Before a fork: nobody waits for a grace period, and nobody will until resume(). False: somebody does, and readers
  // take long.
  bool pause();
  void resume();

 private:
  // Grace periods cost all CPUs something: one serves whatever is deferred within this time.
  static constexpr std::chrono::milliseconds together{10};
  static constexpr std::int64_t enough = 8192;  // to begin at once, if one looks
  // How long a fork waits for readers.
  static constexpr std::chrono::milliseconds patience{250};
  void go_on();
  void call(Deferred* deferred);

  const Of readers_;
  std::atomic<Deferred*> pushed_{nullptr};
  std::atomic<std::uint32_t> first_pushed_{0};  // how often, when there was none
  std::atomic<std::int64_t> waiting_{0};        // pushed, and neither called nor parked
  std::mutex mutex_;
  std::condition_variable changed_, done_;
  std::atomic<bool> started_{false};
  unsigned impatient_ = 0;      // how many are in wait_for_all()
  unsigned grace_periods_ = 0;  // that are being waited for
  std::uint64_t batches_ = 0;   // how many have been called to their end
};

// Grace periods are the process's, and so is this. Never destroyed: the reclaimer may outlive main().
struct Process {
  HoldTable* holds = std::make_unique<HoldTable>().release();
  Reclaimer* reclaimer = std::make_unique<Reclaimer>(Reclaimer::Of::read_sections).release();
  Reclaimer* brief_reclaimer = std::make_unique<Reclaimer>(Reclaimer::Of::brief_sections).release();
  Reserve* reserve = std::make_unique<Reserve>().release();
  bool has_brief = brief_sections_count();
  bool paused = false;    // while it forks
  bool has_none = false;  // the child of a fork that could not wait: see before_fork()
};

// What has to hold still while a process forks, and what the child begins anew. A fork does not wait for the end of a
// run, least of all of the one that forks: where it would have to, the child has no RCU.
void before_fork();
void after_fork_in_parent();
void after_fork_in_child();

Process& process() {
  static Process& the_process = *[] {
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
    return std::make_unique<Process>().release();
  }();
  return the_process;
}

void before_fork() {
  Process& p = process();
  p.paused = !p.has_none && urcu_bp_read_ongoing() == 0 && p.reclaimer->pause();
  if (!p.paused) return;
  if (!p.brief_reclaimer->pause()) {
    p.reclaimer->resume();
    p.paused = false;
    return;
  }
  urcu_bp_before_fork();
}
void after_fork_in_parent() {
  Process& p = process();
  if (!p.paused) return;
  urcu_bp_after_fork_parent();
  p.brief_reclaimer->resume();
  p.reclaimer->resume();
}
void after_fork_in_child() {
  Process& p = process();
  if (p.paused)
    urcu_bp_after_fork_child();
  else
    p.has_none = true;
  // What waits is the parent's: forgotten, with the locks that other threads may have held. Leak checkers know it
  // still.
  static std::vector<Process>& parents = *std::make_unique<std::vector<Process>>().release();
  forget_other_brief_threads();
  parents.push_back(std::exchange(p, Process{.has_none = p.has_none}));
  generation.fetch_add(1, std::memory_order_relaxed);
}

void Reclaimer::wait_for_grace_period() {
  {
    const std::lock_guard lock(mutex_);
    ++grace_periods_;
  }
  if (readers_ == Of::read_sections)
    urcu_bp_synchronize_rcu();
  else
    wait_for_brief_sections();
  const std::lock_guard lock(mutex_);
  --grace_periods_;
  done_.notify_all();
}

void Reclaimer::call(Deferred* deferred) {
  SKEP_TSAN_ACQUIRE(deferred);
  if (deferred->after_holds || !process().holds->park(deferred)) {
    SKEP_TSAN_ACQUIRE(&readers_tag);
    const Deferred::Place place = deferred->place;  // it may be gone with the object
    deferred->fn(deferred->object);
    SKEP_TSAN_RELEASE(&reclaimed_tag);
    if (place == Deferred::Place::of_reserve)
      process().reserve->give_back(deferred);
    else if (place == Deferred::Place::allocated)
      std::default_delete<Deferred>()(deferred);
  }
  const std::int64_t left = waiting_.fetch_sub(1, std::memory_order_release) - 1;
  if (readers_ == Of::brief_sections && left == most_brief) many_wait_brief.store(false, std::memory_order_relaxed);
}

void Reclaimer::go_on() {
  schedule_as_main_thread();  // whoever deferred something first has started the thread
  for (;;) {
    for (;;) {
      const std::uint32_t seen = first_pushed_.load(std::memory_order_seq_cst);
      if (pushed_.load(std::memory_order_seq_cst) != nullptr) break;
      first_pushed_.wait(seen, std::memory_order_seq_cst);
    }
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, together, [this] { return impatient_ != 0 || waiting() >= enough; });
    }
    Deferred* newest = pushed_.exchange(nullptr, std::memory_order_acquire);
    wait_for_grace_period();
    Deferred* first = nullptr;  // in the order in which they were deferred
    while (newest != nullptr) {
      Deferred* const before = newest->next;
      newest->next = first;
      first = newest;
      newest = before;
    }
    while (first != nullptr) {
      Deferred* const deferred = first;
      first = deferred->next;
      call(deferred);
    }
    const std::lock_guard lock(mutex_);
    ++batches_;
    done_.notify_all();
  }
}

void Reclaimer::wait_for_all() {
  // What is deferred by a deferred function comes in a later batch; the bound is for a process whose other threads
  // never stop to defer.
  constexpr std::uint64_t most_batches = 100;
  std::unique_lock lock(mutex_);
  if (!started_.load(std::memory_order_relaxed)) return;
  ++impatient_;
  changed_.notify_all();
  const std::uint64_t last = batches_ + most_batches;
  done_.wait(lock, [&] { return waiting_.load(std::memory_order_acquire) == 0 || batches_ >= last; });
  --impatient_;
}

bool Reclaimer::pause() {
  std::unique_lock lock(mutex_);
  if (!done_.wait_for(lock, patience, [this] { return grace_periods_ == 0; })) return false;
  lock.release();
  return true;
}

void Reclaimer::resume() {
  mutex_.unlock();
}

void HoldTable::submit(Deferred* deferred) {
  process().reclaimer->push(deferred);
}

}  // namespace

void read_lock() {
  urcu_bp_read_lock();
}

void read_unlock() {
  SKEP_TSAN_RELEASE(&readers_tag);
  urcu_bp_read_unlock();
}

Hold::Hold() : ticket_(process().holds->take()) {}

Hold::~Hold() {
  SKEP_TSAN_RELEASE(&readers_tag);
  process().holds->end(ticket_);
}

int start_reclaimer() {
  Process& p = process();
  if (p.has_none) return -EDEADLK;
  const int error = p.reclaimer->start();
  return error != 0 ? error : p.brief_reclaimer->start();
}

std::uint64_t process_generation() {
  return generation.load(std::memory_order_relaxed);
}

namespace {

// Null: it stays for good.
Deferred* make_deferred(void (*fn)(void*), void* object) {
  Deferred* deferred = nullptr;
  try {
    deferred = std::make_unique<Deferred>().release();
  } catch (const std::bad_alloc&) {
    deferred = process().reserve->take();
    if (deferred == nullptr) return nullptr;
  }
  deferred->fn = fn;
  deferred->object = object;
  return deferred;
}

}  // namespace

void defer(Deferred& room, void (*fn)(void*), void* object) {
  room = {.fn = fn, .object = object, .place = Deferred::Place::in_object};
  process().reclaimer->push(&room);
}

void defer(void (*fn)(void*), void* object) {
  if (Deferred* const deferred = make_deferred(fn, object)) process().reclaimer->push(deferred);
}

namespace {

void push_brief(Deferred* deferred) {
  Process& p = process();
  if (deferred == nullptr) return;
  if (!p.has_brief) return p.reclaimer->push(deferred);
  deferred->after_holds = true;  // no Hold knows it
  p.brief_reclaimer->push(deferred);
  if (p.brief_reclaimer->waiting() > most_brief) many_wait_brief.store(true, std::memory_order_relaxed);
}

}  // namespace

void defer_brief(void (*fn)(void*), void* object) {
  push_brief(make_deferred(fn, object));
}

void defer_brief(Deferred& room, void (*fn)(void*), void* object) {
  room = {.fn = fn, .object = object, .place = Deferred::Place::in_object};
  push_brief(&room);
}

constinit std::atomic<bool> many_wait_brief{false};

void let_brief_reclaimer_catch_up() {
  using namespace std::chrono_literals;
  for (int n = 0; n < 20 && many_wait_brief.load(std::memory_order_relaxed); ++n) {
    process().brief_reclaimer->hurry();
    std::this_thread::sleep_for(50us);
  }
}

void synchronize() {
  if (process().has_none) return;
  process().reclaimer->wait_for_grace_period();
  SKEP_TSAN_ACQUIRE(&readers_tag);
}

void barrier() {
  Process& p = process();
  if (p.has_none) return;
  // Each may defer for the other; the bound is for a process whose other threads never stop.
  constexpr int most_rounds = 10;
  for (int n = 0; n < most_rounds && (p.reclaimer->waiting() != 0 || p.brief_reclaimer->waiting() != 0); ++n) {
    p.brief_reclaimer->wait_for_all();
    p.reclaimer->wait_for_all();
  }
  SKEP_TSAN_ACQUIRE(&reclaimed_tag);
}

}  // namespace skep::rcu
