// See brief.hpp.
#include "rcu/brief.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

namespace skep::rcu {
namespace {

// The threads that have ever had a section, as they stand in their own storage. Behind a lock of our own: the child of
// a fork must be able to take it whoever had it.
constinit std::atomic<bool> locked{false};
constinit BriefThread* threads = nullptr;

// No signal handler, which may want it too, interrupts whoever has it.
class Lock {
 public:
  Lock() {
    sigset_t all{};
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
    while (locked.exchange(true, std::memory_order_acquire)) std::this_thread::yield();
  }
  ~Lock() {
    locked.store(false, std::memory_order_release);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  sigset_t before_{};
};

struct AtThreadEnd {
  ~AtThreadEnd() {
    const Lock lock;
    for (BriefThread** link = &threads; *link != nullptr; link = &(*link)->next) {
      if (*link != &brief_thread) continue;
      *link = brief_thread.next;
      break;
    }
    brief_thread.known.store(false, std::memory_order_relaxed);
  }
};

long membarrier(int command) {
  return syscall(SYS_membarrier, command, 0, 0);
}

}  // namespace

constinit thread_local BriefThread brief_thread;

void make_brief_thread_known() {
  static thread_local const AtThreadEnd at_thread_end;
  const Lock lock;
  brief_thread.next = threads;
  threads = &brief_thread;
  brief_thread.known.store(true, std::memory_order_relaxed);
}

bool brief_sections_count() {
  return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0 &&
         membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
}

void wait_for_brief_sections() {
  using namespace std::chrono_literals;
  const Lock lock;
  // A section that this does not see begins after it, and cannot find what was taken away before.
  membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
  for (const BriefThread* thread = threads; thread != nullptr; thread = thread->next) {
    const std::uint64_t seen = thread->word.load(std::memory_order_acquire);
    std::uint64_t now = seen;
    const auto the_same = [&] {
      return (now & BriefThread::depth) != 0 && now / BriefThread::one_ended == seen / BriefThread::one_ended;
    };
    for (unsigned tries = 1; the_same(); ++tries) {
      if (tries % 64 == 0)
        std::this_thread::sleep_for(50us);
      else
        std::this_thread::yield();
      now = thread->word.load(std::memory_order_acquire);
    }
  }
}

void forget_other_brief_threads() {
  const bool known = brief_thread.known.load(std::memory_order_relaxed);
  threads = known ? &brief_thread : nullptr;
  brief_thread.next = nullptr;
  locked.store(false, std::memory_order_release);
}

}  // namespace skep::rcu
