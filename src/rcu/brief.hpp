// Brief sections: a few instructions inside one call, in which a thread may look at an object that others take away.
//
// A run of a program is a read section (rcu.hpp) from its beginning to its end, and what it takes away itself would
// wait for that end: a run that makes and deletes eight million work items would keep them all. Programs know map
// elements, so those must wait. They never know what an element refers to inside, items and their callbacks: only the
// calls do, each anew, for as long as it takes. So these wait for brief sections alone, which are over at once.
//
// Sections nest, also in signal handlers. Entering one costs a store to the thread's own memory; who reclaims makes all
// threads' stores visible by membarrier(2). Where that system call is forbidden, what is retired here waits for read
// sections instead, and brief sections cost the same and are not looked at. Tested by tests/rcu/brief_test.cpp.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "rcu/rcu.hpp"

namespace skep::rcu {

// What a thread's sections are known by to who reclaims.
struct BriefThread {
  // How many outermost sections have ended, and below, how deep this one is.
  std::atomic<std::uint64_t> word{0};
  std::atomic<bool> known{false};  // stands among the threads that are looked at
  BriefThread* next = nullptr;

  static constexpr std::uint64_t one_ended = 1 << 16;
  static constexpr std::uint64_t depth = one_ended - 1;
};
extern constinit thread_local BriefThread brief_thread;
// Once a thread; a signal handler's sections need it to have been done.
void make_brief_thread_known();

class BriefSection {
 public:
  BriefSection() : thread_(brief_thread) {
    if (!thread_.known.load(std::memory_order_relaxed)) make_brief_thread_known();
    before_ = thread_.word.load(std::memory_order_relaxed);
    thread_.word.store(before_ + 1, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  ~BriefSection() {
    const bool outermost = (before_ & BriefThread::depth) == 0;
    thread_.word.store(outermost ? before_ + BriefThread::one_ended : before_, std::memory_order_release);
  }
  BriefSection(const BriefSection&) = delete;
  BriefSection& operator=(const BriefSection&) = delete;

 private:
  BriefThread& thread_;
  std::uint64_t before_;
};

// Calls fn(object) once every brief section that may know the object has ended, on a thread of RCU's own; as defer() in
// all else. Nobody may know the object by a read section or a Hold alone.
void defer_brief(void (*fn)(void*), void* object);
void defer_brief(Deferred& room, void (*fn)(void*), void* object);

template <typename T>
void retire_brief(T* object) {
  constexpr auto destroy = [](void* p) { std::default_delete<T>()(static_cast<T*>(p)); };
  if (object == nullptr) return;
  if constexpr (HasRoom<T>)
    defer_brief(object->while_it_waits, destroy, object);
  else
    defer_brief(destroy, object);
}

// Where something was retired and the section has been left: gives the reclaiming thread a moment, at most a
// millisecond, when more waits for it than it keeps up with.
extern constinit std::atomic<bool> many_wait_brief;
void let_brief_reclaimer_catch_up();
inline void after_retiring_brief() {
  if (many_wait_brief.load(std::memory_order_relaxed)) let_brief_reclaimer_catch_up();
}

// For rcu.cpp. Whether there is a membarrier(2) for it; asked once, and again by the child of a fork.
bool brief_sections_count();
// Until all brief sections that had begun have ended.
void wait_for_brief_sections();
// The other threads are the parent's.
void forget_other_brief_threads();

}  // namespace skep::rcu
