// liburcu's memb flavor behind rcu.hpp. ThreadSanitizer cannot see into liburcu, so the order that a grace period gives
// (whatever a reader did happens before whatever reclaims) is told to it here. Tested by tests/rcu/.
#include "rcu/rcu.hpp"

#include <pthread.h>
#include <urcu/urcu-memb.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

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

// Addresses that stand for "all readers" and "all that was reclaimed".
char readers_tag;
char reclaimed_tag;

struct Registration {
  Registration() { urcu_memb_register_thread(); }
  ~Registration() { urcu_memb_unregister_thread(); }
};

// liburcu's own thread, which reclaims, has registered itself.
bool& is_reclaimer() {
  static thread_local bool reclaimer = false;
  return reclaimer;
}

void register_this_thread() {
  if (is_reclaimer()) return;
  static thread_local Registration registration;
}

struct Deferred {
  rcu_head head;
  void (*fn)(void*);
  void* object;
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
    std::vector<Deferred*> released;
    {
      std::lock_guard lock(mutex_);
      live_.erase(ticket);
      if (live_.empty()) any_.store(false, std::memory_order_seq_cst);
      while (!parked_.empty() && (live_.empty() || parked_.front().newest < *live_.begin())) {
        released.push_back(parked_.front().deferred);
        parked_.pop_front();
      }
    }
    for (Deferred* d : released) {
      ++queued_;
      submit_released(d);
    }
  }

  // Whether `deferred` has to wait for a Hold; it is then kept here.
  bool park(Deferred* deferred) {
    if (!any_.load(std::memory_order_seq_cst)) return false;
    std::lock_guard lock(mutex_);
    if (live_.empty()) return false;
    parked_.push_back({last_, deferred});
    return true;
  }

  void submit(Deferred* deferred);
  // A Hold that was taken after it was parked cannot know it: it does not wait for Holds again.
  static void submit_released(Deferred* deferred);
  // `deferred` was called, or parked.
  void leave_queue() { --queued_; }
  bool queue_is_empty() const { return queued_ == 0; }

 private:
  struct Parked {
    std::uint64_t newest;
    Deferred* deferred;
  };
  std::mutex mutex_;
  std::atomic<bool> any_{false};
  std::atomic<std::int64_t> queued_{0};  // what barrier() waits for: neither called nor parked yet
  std::uint64_t last_ = 0;
  std::set<std::uint64_t> live_;
  std::deque<Parked> parked_;
};

// Grace periods are the process's, and so is this. Never destroyed: RCU's own thread may outlive main().
HoldTable& holds() {
  static HoldTable& table = *std::make_unique<HoldTable>().release();
  return table;
}

void call(Deferred* deferred) {
  SKEP_TSAN_ACQUIRE(deferred);
  SKEP_TSAN_ACQUIRE(&readers_tag);
  const std::unique_ptr<Deferred> owned(deferred);
  owned->fn(owned->object);
  SKEP_TSAN_RELEASE(&reclaimed_tag);
  holds().leave_queue();
}

void reclaim_after_holds(rcu_head* head) {
  call(reinterpret_cast<Deferred*>(head));
}

void become_reclaimer() {
  if (is_reclaimer()) return;
  is_reclaimer() = true;
  schedule_as_main_thread();  // whoever deferred something first has started the thread
}

void reclaim(rcu_head* head) {
  become_reclaimer();
  auto* deferred = reinterpret_cast<Deferred*>(head);  // its first member
  if (holds().park(deferred)) {
    holds().leave_queue();
  } else {
    call(deferred);
  }
}

void HoldTable::submit(Deferred* deferred) {
  register_this_thread();
  ++queued_;
  SKEP_TSAN_RELEASE(deferred);
  urcu_memb_call_rcu(&deferred->head, reclaim);
}

void HoldTable::submit_released(Deferred* deferred) {
  register_this_thread();
  SKEP_TSAN_RELEASE(deferred);
  urcu_memb_call_rcu(&deferred->head, reclaim_after_holds);
}

}  // namespace

void read_lock() {
  register_this_thread();
  urcu_memb_read_lock();
}

void read_unlock() {
  SKEP_TSAN_RELEASE(&readers_tag);
  urcu_memb_read_unlock();
}

Hold::Hold() : ticket_(holds().take()) {}

Hold::~Hold() {
  SKEP_TSAN_RELEASE(&readers_tag);
  holds().end(ticket_);
}

int start_reclaimer() {
  pthread_t probe{};
  if (const int error = pthread_create(&probe, nullptr, [](void*) -> void* { return nullptr; }, nullptr); error != 0)
    return -error;
  pthread_join(probe, nullptr);
  return urcu_memb_get_default_call_rcu_data() != nullptr ? 0 : -EAGAIN;
}

void defer(void (*fn)(void*), void* object) {
  auto deferred = std::make_unique<Deferred>();
  deferred->fn = fn;
  deferred->object = object;
  holds().submit(deferred.release());
}

void synchronize() {
  register_this_thread();
  urcu_memb_synchronize_rcu();
  SKEP_TSAN_ACQUIRE(&readers_tag);
}

void barrier() {
  // RCU's thread calls in order, so a call of our own comes after all that were deferred before. (liburcu's own barrier
  // does the same with memory that ThreadSanitizer thinks racy.) What is deferred by a deferred function comes in a
  // later round; the bound is for a process whose other threads never stop to defer.
  constexpr int most_rounds = 100;
  struct Reached {
    rcu_head head;
    std::atomic<bool> yes{false};
    std::shared_ptr<Reached> self;
  };
  register_this_thread();
  for (int round = 0; round < most_rounds && (round == 0 || !holds().queue_is_empty()); ++round) {
    const auto reached = std::make_shared<Reached>();
    reached->self = reached;
    SKEP_TSAN_RELEASE(reached.get());
    urcu_memb_call_rcu(&reached->head, [](rcu_head* head) {
      become_reclaimer();
      SKEP_TSAN_ACQUIRE(head);
      const std::shared_ptr<Reached> theirs = std::move(reinterpret_cast<Reached*>(head)->self);
      theirs->yes.store(true, std::memory_order_release);
      theirs->yes.notify_all();
    });
    reached->yes.wait(false, std::memory_order_acquire);
  }
  SKEP_TSAN_ACQUIRE(&reclaimed_tag);
}

}  // namespace skep::rcu
